# SPDX-License-Identifier: MIT
"""Starts server programs, waits until they serve, and stops them by their process id.

Nothing here knows nginx or uWSGI. Each program gets a process group of its own, so that Ctrl-C in a
terminal reaches only the one who started it, and that one stops the programs in order.
"""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import time

START_SECONDS = 60  # generous: a busy machine is no failure
STOP_SECONDS = 20
# Where servers are installed; not on everybody's PATH.
PATH = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/sbin:/sbin"
# Below the kernel's range for outgoing connections, so that no connection takes the port meanwhile.
PORTS = range(12000, 32000)
BLOCK = 50
_blocks, _ports = [], []


class StartFailed(Exception):
    """A program that is missing, ended early or did not get ready; says so with its log."""


def find_program(name):
    """The path of an installed program, or StartFailed."""
    path = shutil.which(str(name), path=PATH)
    if not path:
        raise StartFailed(f"{name} is not installed (make deps installs it)")
    return path


def _take_block():
    """Ports that no other process like this one gives away, as a name in the network namespace says
    until this process ends: until its server listens, a port looks free to everybody."""
    for first in random.sample(PORTS[::BLOCK], len(PORTS) // BLOCK):
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0connledger-ports-{first}")
        except OSError:
            name.close()
            continue
        _blocks.append(name)
        return random.sample(range(first, first + BLOCK), BLOCK)
    raise StartFailed("all free ports are taken")


def free_port(host="127.0.0.1"):
    """A TCP port of `host` that nobody uses. No port is given twice in one run."""
    while True:
        if not _ports:
            _ports.extend(_take_block())
        port = _ports.pop()
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as trial:
            try:
                trial.bind((host, port))
                return port
            except OSError:
                continue


def wait_until(check, seconds, what):
    """Calls `check` until it returns something true, which is returned. A connection that fails is
    the same as "not yet". Raises TimeoutError, naming `what`, when `seconds` are over."""
    deadline = time.monotonic() + seconds
    last = None
    while time.monotonic() < deadline:
        try:
            result = check()
            if result:
                return result
        except (OSError, ValueError) as error:
            last = error
        time.sleep(0.05)
    raise TimeoutError(f"{what}: not within {seconds} seconds" + (f" ({last})" if last else ""))


def children(pid, title):
    """The ids of the processes with that title (what `ps` shows as their command) whose parent is
    `pid`, in ascending order."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
        if int(fields[1]) == pid and command.rstrip("\0 ") == title:
            found.append(int(folder.name))
    return sorted(found)


class Process:
    """One running program whose output goes to a log file."""

    def __init__(self, argv, log, *, cwd=None, env=None, stop_signal=signal.SIGTERM):
        self.argv = [find_program(argv[0]), *(str(word) for word in argv[1:])]
        self.log = log
        self.stop_signal = stop_signal
        with open(log, "ab") as output:
            self._child = subprocess.Popen(
                self.argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True)
        self.pid = self._child.pid

    def alive(self):
        # WNOWAIT leaves the dead process in the table, so that its id belongs to nobody else yet.
        if self._child.returncode is not None:
            return False
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_ready(self, check, seconds=START_SECONDS):
        """Waits until `check` returns something true, and returns that. Otherwise stops the program
        and raises StartFailed with its log."""
        def ready():
            return check() if self.alive() else "ended"
        try:
            result = wait_until(ready, seconds, "ready")
            reason = "ended at once" if result == "ended" else None
        except TimeoutError as error:
            reason = str(error)
        except BaseException:
            self.stop()
            raise
        if reason:
            status = self.stop()
            raise StartFailed(f"{' '.join(self.argv)}\n{reason} (exit status {status}); its log:\n"
                              f"{self.log_text()[-4000:]}")
        return result

    def wait_end(self, seconds=STOP_SECONDS):
        """Waits until the program has ended by itself and returns its exit status."""
        wait_until(lambda: not self.alive(), seconds, f"end of {self.argv[0]}")
        return self.stop()

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def stop(self):
        """Ends the program and whatever it has started; returns its exit status (-9 when it had to
        be killed). May be called again."""
        if self._child.returncode is not None:
            return self._child.returncode
        self.signal(self.stop_signal)
        try:
            wait_until(lambda: not self.alive(), STOP_SECONDS, "end")
        except TimeoutError:
            pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self._child.wait()
