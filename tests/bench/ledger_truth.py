#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Counts phantoms under load: tests/bench/ledger_truth.py BUILD_DIRECTORY [--quick]

Makes true phantoms by killing an nginx worker that has connections, puts load on that nginx, and
asks the exporter again and again: how often does it tell the true number, and how far off is it
otherwise? A part of `make bench` too, by measure().
"""

import argparse
import collections
import contextlib
import dataclasses
import http.client
import os
import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:1] = [str(HERE), str(ROOT), str(ROOT / "tests" / "live")]

import report  # noqa: E402
from demo.process import Process, StartFailed, children, free_port, wait_until  # noqa: E402
from demo.site import Nginx, http_get  # noqa: E402
from demo.stop import Stopped, StopSignals  # noqa: E402
from figures import Goal  # noqa: E402
from ledger_clients import Clients  # noqa: E402
from ledger_kernel import socket_inodes, tcp_sockets  # noqa: E402
from stage import NO_APP, Failed, Stage  # noqa: E402

EXPORTER = "prometheus_exporter/connledger_exporter"
WORKER = "nginx: worker process"
IDLE = 60
SCRAPES, SHARE = (100, 20), 0.95  # in full and when it has to be quick; what is promised
LOAD_SECONDS = 600  # longer than it will be needed
WARM_SECONDS = 1
ANSWER_SECONDS = 30
PHANTOM = re.compile(r'^connledger_connections\{held_by="phantom"\} (\S+)$', re.M)
CONFIDENCE = re.compile(r'^connledger_confidence\{level="(\w+)"\} 1$', re.M)
PAGE = """
        location = /page {
            return 200 "a page\\n";
        }
"""
HTTP2 = """
    server {{
        listen 127.0.0.1:{port} http2;
        location = /page {{
            return 200 "a page\\n";
        }}
    }}
"""


class Haunted:
    """An nginx that counts `phantoms` connections that nobody has."""

    def __init__(self, folder):
        self.h2_port = free_port()
        self.nginx = Nginx(folder, NO_APP, locations=PAGE, servers=HTTP2.format(port=self.h2_port),
                           worker_connections=1024)
        try:
            self.phantoms = self._make_phantoms()
        except BaseException:
            self.nginx.stop()
            raise

    def _workers(self):
        return children(self.nginx.master_pid(), WORKER)

    def _make_phantoms(self):
        clients = Clients(self.nginx.port)
        clients.idle(IDLE, "/page")
        inodes = {one.inode for one in tcp_sockets() if one.local_port == self.nginx.port}
        count, worker = max((len(inodes & socket_inodes(worker)), worker)
                            for worker in self._workers())
        count -= 1  # its listening socket
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in self._workers() and len(self._workers()) == 2, 60,
                   "a new worker")
        clients.reset()
        wait_until(lambda: self._active() == count + 1, 60, f"{count} phantoms and ourselves")
        return count

    def _active(self):
        return int(self.nginx.get("/stub_status")[1].split()[2])

    def loads(self):
        """{what: command}; none of them ends by itself while it is needed."""
        page = f"http://127.0.0.1:{self.nginx.port}/page"
        wrk = ["wrk", "-t1", "-c100", f"-d{LOAD_SECONDS}s"]
        return {
            "no load": None,
            "wrk, keepalive": [*wrk, page],
            "wrk, a connection for each request": [*wrk, "-H", "Connection: close", page],
            "h2load, HTTP/2": ["h2load", "-c20", "-m10", f"-D{LOAD_SECONDS}",
                               f"http://127.0.0.1:{self.h2_port}/page"]}

    def stop(self):
        self.nginx.stop()


class OneShot:
    """The exporter run anew for each scrape: it knows nothing but what it sees in a moment."""

    name = "`--once`"

    def __init__(self, stage, haunted):
        self._stage = stage
        self._argv = [stage.program(EXPORTER), "--once",
                      "--nginx.scrape-uri", haunted.nginx.status_url]

    def scrape(self):
        return self._stage.run(self._argv)

    def stop(self):
        pass


class Server:
    """The exporter as it is used: it serves, and was there before the load."""

    name = "server"

    def __init__(self, stage, haunted):
        self._port = free_port()
        self._process = Process(
            [stage.program(EXPORTER), "--nginx.scrape-uri", haunted.nginx.status_url,
             "--web.listen-address", f"127.0.0.1:{self._port}"], stage.folder / "exporter.log")
        self._process.wait_ready(self.scrape)

    def scrape(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        return http_get(connection, "/metrics")[1].decode()

    def stop(self):
        self._process.stop()


def _phantoms(text):
    """(phantoms, confidence) of one scrape."""
    phantom, confidence = PHANTOM.search(text), CONFIDENCE.search(text)
    if not phantom or not confidence:
        raise Failed(f"no phantoms in the exporter's answer:\n{text[:2000]}")
    return round(float(phantom[1])), confidence[1]


@contextlib.contextmanager
def _loaded(stage, argv):
    if not argv:
        yield
        return
    process = stage.start(Process, argv, stage.folder / "load.log")
    time.sleep(WARM_SECONDS)
    try:
        yield
        if not process.alive():
            raise Failed(f"{argv[0]} ended early:\n{process.log_text()[-2000:]}")
    finally:
        process.stop()


@dataclasses.dataclass
class Score:
    """What so many scrapes of one reader said under one load."""

    off: list  # by how many each was off
    exact: list  # the same for those that called their ledger exact
    seconds: float

    def right(self):
        return self.off.count(0)

    def cells(self):
        counted = sorted(collections.Counter(self.off).items())
        spread = ", ".join(f"{count} x {number:+d}" for number, count in counted if number)
        return [f"{self.right()} of {len(self.off)}", spread or "-",
                f"{self.exact.count(0)} of {len(self.exact)}",
                f"{1000 * self.seconds / len(self.off):.0f}"]


def _score(reader, truth, scrapes):
    before = time.monotonic()
    found = [_phantoms(reader.scrape()) for _ in range(scrapes)]
    seconds = time.monotonic() - before
    return Score([phantoms - truth for phantoms, _ in found],
                 [phantoms - truth for phantoms, confidence in found if confidence == "exact"],
                 seconds)


def measure(stage):
    scrapes = stage.amount(*SCRAPES)
    haunted = stage.start(Haunted, stage.folder / "haunted")
    readers = [stage.start(kind, stage, haunted) for kind in (Server, OneShot)]
    section = report.Section("Ledger: phantoms counted under load")
    rows = []
    for name, argv in haunted.loads().items():
        with _loaded(stage, argv):
            for reader in readers:
                score = _score(reader, haunted.phantoms, scrapes)
                rows.append([name, reader.name, *score.cells()])
                section.goals.append(Goal(
                    f"ledger: phantoms told right, {name}, {reader.name}",
                    f"at least {SHARE:.0%} of the scrapes", f"{score.right()} of {scrapes}",
                    score.right() >= SHARE * scrapes))
    for server in [*readers, haunted]:
        server.stop()
    section.add(
        report.paragraph(f"""A worker of nginx was killed with {haunted.phantoms} connections, which
        nginx counts since then and which are nobody's. connledger_exporter was asked {scrapes}
        times under each load, all on this machine, and should have said {haunted.phantoms} each
        time. It served all the time ("server"), or was run anew each time (`--once`). "Off by" says
        how often it said how many more or fewer; "right when exact" counts only the scrapes that
        called their ledger exact."""),
        report.table(["load", "exporter", "right", "off by", "right when exact", "ms per scrape"],
                     rows, "---"),
        report.commands([stage.shown(argv) for argv in haunted.loads().values() if argv]))
    return section


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    signals = StopSignals()
    stage = Stage(given.build, given.quick, signals)
    try:
        try:
            stage.open()
            section = measure(stage)
        finally:
            signals.ignore()
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    except (StartFailed, TimeoutError, Failed) as failure:
        sys.exit(f"ledger_truth: {failure}")
    finally:
        stage.close()
    print(section.text())
    sys.exit(any(not goal.met for goal in section.goals))


if __name__ == "__main__":
    main()
