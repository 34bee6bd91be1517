# SPDX-License-Identifier: MIT
"""connledger_exporter with a thousand targets, ten of which hang."""

import http.client
import os
import re
import socket
import time

import report
from demo.process import Process, free_port
from demo.site import Nginx, http_get
from figures import Goal, median
from stage import NO_APP, Failed

PAGES, HUNG = 990, 10
PATIENCE_SECONDS = 10  # Prometheus' own default
MARGIN_SECONDS = 0.25  # kept back for the way to the scraper
ROUNDS = 3, 2
MEMORY_KB = 40 * 1024
PROGRAM = "prometheus_exporter/connledger_exporter"


class Silence:
    """A server that takes connections and says nothing."""

    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0), backlog=4 * HUNG)
        self.port = self._server.getsockname()[1]

    def stop(self):
        self._server.close()


class Many:
    """An exporter that watches all of them."""

    def __init__(self, stage, targets, options):
        self._port = free_port()
        self._process = Process(
            [stage.program(PROGRAM), f"--web.listen-address=127.0.0.1:{self._port}", *options],
            stage.folder / f"many-{self._port}.log",
            env={**os.environ, "SCRAPE_URI": "\n".join(targets)})
        self._process.wait_ready(lambda: self._get("/-/healthy")[0] == 200)

    def _get(self, uri):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        return http_get(connection, uri,
                        {"X-Prometheus-Scrape-Timeout-Seconds": str(PATIENCE_SECONDS)})

    def scrape(self):
        """(seconds, text)"""
        before = time.monotonic()
        status, body = self._get("/metrics")
        if status != 200:
            raise Failed(f"a scrape of many targets: HTTP {status}")
        return time.monotonic() - before, body.decode()

    def _status(self, name):
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"{name}:\s+(\d+)", status.read())[1])

    def peak_kb(self):
        return self._status("VmHWM")

    def stop(self):
        return self._process.stop()


def _ups(text):
    return [int(value) for value in re.findall(r"^nginx_up\S* ([01])$", text, re.M)]


def _ledgers(text):
    """How many have been made: the others had no time."""
    return len(re.findall(r'^connledger_confidence\{\S*level="(?:exact|bounded)"\S* 1$', text,
                          re.M))


def _measure(stage, targets, options):
    """[what the table says], and (answers up, seconds, memory)"""
    many = stage.start(Many, stage, targets, options)
    found = [many.scrape() for _ in range(stage.amount(*ROUNDS))]
    peak = many.peak_kb()
    many.stop()
    ups = min(sum(_ups(text)) for _, text in found)
    downs = max(_ups(text).count(0) for _, text in found)
    seconds = [took for took, _ in found]
    row = [f"{median(seconds):.3f}", f"{max(seconds):.3f}", ups, downs,
           _ledgers(found[-1][1]), f"{peak / 1024:.1f}"]
    return row, (ups, max(seconds), peak)


def _add_goals(section, ups, seconds, peak):
    of = f"{PAGES + HUNG} targets, {HUNG} hung"
    section.goals += [
        Goal(f"exporter: {of}: the others up", f"all {PAGES}", str(ups), ups == PAGES),
        Goal(f"exporter: {of}: time to the answer",
             f"less than the scraper's {PATIENCE_SECONDS} s", f"{seconds:.2f} s",
             seconds < PATIENCE_SECONDS - MARGIN_SECONDS),
        Goal(f"exporter: {of}: resident memory at its highest", "less than 40 MB",
             f"{peak / 1024:.1f} MB", peak < MEMORY_KB)]


def measure(stage):
    section = report.Section("Exporter: a thousand targets")
    silence = stage.start(Silence)
    nginx = stage.start(Nginx, stage.folder / "pages", NO_APP, worker_connections=4096,
                        locations="".join(f"location = /s{number} {{ stub_status; }}\n"
                                          for number in range(PAGES)))
    good = [f"http://127.0.0.1:{nginx.port}/s{number}" for number in range(PAGES)]
    bad = [f"http://127.0.0.1:{silence.port}/{number}" for number in range(HUNG)]
    rows = []
    for name, targets, options in (
            ("all answer, no ledger", good, ["--no-collect.ledger"]),
            (f"{HUNG} hang, no ledger", good + bad, ["--no-collect.ledger"]),
            (f"{HUNG} hang, with ledgers", good + bad, [])):
        row, result = _measure(stage, targets, options)
        rows.append([name, *row])
    _add_goals(section, *result)
    section.add(
        report.paragraph(f"""{PAGES} status pages of one nginx, and {HUNG} of a server that takes
        connections and says nothing. Each target is a site of its own. The scraper says that it
        waits {PATIENCE_SECONDS} s; a target has 5 s (--nginx.timeout). The nginx is looked at once
        for all of its sites. The goals are those of the last line."""),
        report.table(["", "seconds", "slowest", "up", "down", "ledgers", "highest MB"], rows))
    nginx.stop()
    silence.stop()
    return section
