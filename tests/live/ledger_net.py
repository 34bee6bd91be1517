# SPDX-License-Identifier: MIT
"""Two private network namespaces with a link between them, as a server and its client have one; and
control groups. A test that needs what the machine refuses is not run (privileges.py)."""

import contextlib
import ctypes
import os
import pathlib
import subprocess

from demo.process import Process, find_program, wait_until
from privileges import NETWORK_NAMESPACE, need, refuse

CLONE_NEWNET = 0x40000000
SERVER, CLIENT = "192.0.2.1", "192.0.2.2"  # RFC 5737: nobody's addresses
NO_KERNEL = "192.0.2.3"  # on the cable, too, for whoever speaks TCP himself (raw_client.py)
OWN = "198.51.100.1"


def _run(*argv):
    done = subprocess.run([find_program(argv[0]), *argv[1:]], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr.strip()}"


def _check(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _set_namespace(descriptor):
    _check(ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET))


def leave_the_host():
    """From now on this thread, and whatever it starts, is in a network namespace of its own."""
    _check(ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET))
    _run("ip", "link", "set", "lo", "up")
    # A host has an address; without one getaddrinfo() with AI_ADDRCONFIG finds not even 127.0.0.1.
    _run("ip", "address", "add", f"{OWN}/32", "dev", "lo")


class Namespace:
    """A network namespace, which lives as long as a process that sleeps in it."""

    def __init__(self, folder, name):
        need(NETWORK_NAMESPACE)
        ours = os.readlink("/proc/self/ns/net")
        self.process = Process(["unshare", "--net", "sleep", "infinity"], folder / f"{name}.log")
        self.pid = self.process.pid
        self.process.wait_ready(lambda: os.readlink(f"/proc/{self.pid}/ns/net") != ours)
        with self.entered():
            _run("ip", "link", "set", "lo", "up")

    @contextlib.contextmanager
    def entered(self):
        """Whatever is started or connected in the block, by this thread, is in this namespace."""
        with open("/proc/thread-self/ns/net", "rb") as ours, \
                open(f"/proc/{self.pid}/ns/net", "rb") as there:
            _set_namespace(there.fileno())
            try:
                yield
            finally:
                _set_namespace(ours.fileno())

    def stop(self):
        self.process.stop()


class Link:
    """`server` and `client`, with a cable between them that can be pulled."""

    def __init__(self, folder):
        self._undo = contextlib.ExitStack()
        try:
            self.server = self._namespace(folder, "server")
            self.client = self._namespace(folder, "client")
            with self.server.entered():
                _run("ip", "link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns",
                     str(self.client.pid))
                self._up("veth0", SERVER)
            with self.client.entered():
                self._up("veth1", CLIENT)
        except BaseException:
            self._undo.close()
            raise

    def _namespace(self, folder, name):
        made = Namespace(folder, name)
        self._undo.callback(made.stop)
        return made

    @staticmethod
    def _up(device, address):
        _run("ip", "address", "add", f"{address}/29", "dev", device)
        _run("ip", "link", "set", device, "up")

    def patient(self, seconds):
        """The server waits so long until it sends again what was not acknowledged."""
        with self.server.entered():
            _run("ip", "route", "replace", f"{CLIENT}/32", "dev", "veth0", "src", SERVER, "rto_min",
                 f"{seconds}s")

    def pull(self):
        with self.client.entered():
            _run("ip", "link", "set", "veth1", "down")

    def stop(self):
        self._undo.close()


class ControlGroup:
    """A cgroup (v2) of its own, for what is started in it."""

    def __init__(self, name):
        mounted = [line.split()[1] for line in pathlib.Path("/proc/mounts").read_text().splitlines()
                   if line.split()[2] == "cgroup2"]
        if not mounted:
            refuse("cgroup v2 (none is mounted)")
        ours = pathlib.Path("/proc/self/cgroup").read_text().rpartition("0::/")[2].strip()
        self._ours = pathlib.Path(mounted[0]) / ours
        self.folder = self._ours / name
        try:
            self.folder.mkdir()
            with self.entered():
                pass
        except OSError as error:
            if self.folder.exists():
                self.folder.rmdir()
            refuse(f"a cgroup v2 of its own ({error.strerror})")

    @contextlib.contextmanager
    def entered(self):
        """Whatever is started in the block is in the group."""
        self._move_to(self.folder)
        try:
            yield
        finally:
            self._move_to(self._ours)

    @staticmethod
    def _move_to(folder):
        (folder / "cgroup.procs").write_text("0")

    def stop(self):
        """Once all that was started in it has ended."""
        wait_until(lambda: not (self.folder / "cgroup.procs").read_text(), 30, "an empty cgroup")
        self.folder.rmdir()
