# SPDX-License-Identifier: MIT
"""What the tests of the collectd plugin share: blocks, what the daemon writes, its unix socket."""

import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess

from demo.process import find_program, wait_until
from programs import assert_clean, sanitizer_env

WAIT_SECONDS = 120
README = pathlib.Path(__file__).resolve().parents[2] / "collectd" / "README.md"
# The daemon leaks the name of each plugin that takes no configuration, a few bytes, once. Leaks are
# looked for where none of these is loaded.
CONFIGLESS = {"ASAN_OPTIONS": sanitizer_env()["ASAN_OPTIONS"].replace("detect_leaks=1",
                                                                      "detect_leaks=0")}
# A plugin of collectd's own, to see that it goes on.
UPTIME = {"extra": "LoadPlugin uptime\n", "env": CONFIGLESS}
UPTIME_SERIES = "uptime/uptime"
LATE = re.compile(r"read-function of the `[^']*' plugin took .*|.*above its read interval.*")


def site_of(name, *lines):
    """A <Site> block."""
    return f"  <Site \"{name}\">\n" + "".join(f"    {line}\n" for line in lines) + "  </Site>\n"


def block_of(sites):
    """The plugin's configuration."""
    return f"LoadPlugin connledger\n<Plugin connledger>\n{sites}</Plugin>\n"


def block(*lines, site="blog"):
    return block_of(site_of(site, *lines))


def block_for(site, *more):
    return block(f'Nginx "{site.nginx.status_url}"', f'Uwsgi "{site.uwsgi.target}"', *more)


def wait_value(server, name, accept=lambda value: True):
    """Waits for a value of the series that `accept` is true for; returns all newest values."""
    def found():
        assert server.process.alive(), server.process.log_text()
        values = server.values()
        return name in values and accept(values[name])
    try:
        wait_until(found, WAIT_SECONDS, name)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{server.values()}\n{server.process.log_text()}") from error
    return server.values()


def wait_round(server, series):
    """Waits until a read whose values have all been written: its daemon has begun the next one.
    Returns all newest values."""
    wait_value(server, series)
    before = len(server.samples()[series])
    wait_until(lambda: len(server.samples()[series]) > before, WAIT_SECONDS, f"another {series}")
    return server.values()


def wait_log(server, pattern):
    """Waits until the log has it; returns the match."""
    try:
        return wait_until(lambda: re.search(pattern, server.process.log_text()), WAIT_SECONDS,
                          pattern)
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{server.process.log_text()}") from error


def stop(server):
    """SIGTERM has to end it with status 0, and no sanitizer may complain."""
    status = server.stop()
    assert_clean(server.process.log_text())
    assert status == 0, server.process.log_text()


def times(server, series):
    """When the values of a series were read, Unix seconds."""
    plugin, _, name = series.partition("/")
    found = []
    for path in sorted((server.folder / "csv").glob(f"*/{plugin}/{name}-????-??-??")):
        rows = path.read_text().splitlines(keepends=True)[1:]
        found += [float(row.split(",")[0]) for row in rows if row.endswith("\n")]
    return found


def readme_block(word):
    """The one example of README.md that has this word in it."""
    found = [text for text in re.findall(r"^```\w*\n(.*?)^```$", README.read_text(), re.M | re.S)
             if word in text]
    assert len(found) == 1, f"{len(found)} examples with {word}"
    return found[0]


class UnixSock:
    """collectd's unixsock plugin: its configuration, and a client."""

    def __init__(self, folder):
        self.path = folder / "collectd.sock"
        self.config = (f'LoadPlugin unixsock\n<Plugin unixsock>\n  SocketFile "{self.path}"\n'
                       '  SocketPerms "0600"\n  DeleteSocket true\n</Plugin>\n')

    def ask(self, command):
        """The lines of the answer, after the line that says how many they are."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(WAIT_SECONDS)
            connection.connect(str(self.path))
            with connection.makefile("rw", encoding="utf-8") as lines:
                lines.write(command + "\n")
                lines.flush()
                head = lines.readline()
                count = int(head.split()[0])
                if count < 0:
                    raise ValueError(head.strip())
                return [lines.readline().strip() for _ in range(count)]

    def identifiers(self):
        """{identifier: time of its last value}"""
        return {name: float(when) for when, name in
                (line.split(" ", 1) for line in self.ask("LISTVAL"))}

    def value(self, identifier):
        """The value; of a counter its rate."""
        [line] = self.ask(f'GETVAL "{identifier}"')
        return float(line.partition("=")[2])


class Daemonised:
    """A collectd that goes into the background, as an init script starts it."""

    def __init__(self, server):
        """Of a Collectd that has been stopped: starts it anew, with its configuration."""
        self.folder = server.folder
        self._pidfile = self.folder / "collectd.pid"
        self._reports = self.folder / "sanitizer"
        env = {**os.environ, "LD_PRELOAD": server.env.get("LD_PRELOAD", ""), **sanitizer_env()}
        env["ASAN_OPTIONS"] += f":log_path={self._reports}"
        subprocess.run([find_program("collectd"), "-C", server.config], check=True, env=env,
                       timeout=WAIT_SECONDS)
        self.pid = wait_until(lambda: int(self._pidfile.read_text()), WAIT_SECONDS, "a process")

    def alive(self):
        """A zombie is as good as gone: who adopted it may not look after it."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
            return stat.rpartition(")")[2].split()[0] != "Z"
        return False

    def stop(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        try:
            wait_until(lambda: not self.alive(), WAIT_SECONDS, "end")
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            raise
        assert list(self.folder.glob("sanitizer*")) == []
