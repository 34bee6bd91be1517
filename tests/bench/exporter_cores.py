# SPDX-License-Identifier: MIT
"""Every core of a large uWSGI server in each format: how long, how many bytes."""

import http.client
import time

import answers
import report
from demo.process import Process, free_port
from demo.site import http_get
from figures import median
from stage import Failed
from stats_server import StatsServer

WORKERS = 150
ROUNDS = 5, 2
ANSWER_SECONDS = 60
PROGRAM = "prometheus_exporter/connledger_exporter"
PROTOBUF = "application/vnd.google.protobuf"
FORMATS = {
    "text 0.0.4": ("text/plain;version=0.0.4", "text/plain"),
    "OpenMetrics 1.0": ("application/openmetrics-text;version=1.0.0",
                        "application/openmetrics-text"),
    "protobuf": (f"{PROTOBUF};proto=io.prometheus.client.MetricFamily;encoding=delimited",
                 PROTOBUF)}


class Exporter:
    def __init__(self, stage, stats_port, more=()):
        self._port = free_port()
        self.argv = [stage.program(PROGRAM), f"--web.listen-address=127.0.0.1:{self._port}",
                     f"--uwsgi.stats-uri=tcp://127.0.0.1:{stats_port}", *more]
        self._process = Process(self.argv, stage.folder / "cores.log")
        self._process.wait_ready(lambda: self._connect().connect() is None)

    def _connect(self):
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)

    def scrape(self, accept, media_type, compressed):
        """(seconds, bytes on the wire)"""
        connection = self._connect()
        before = time.monotonic()
        try:
            connection.request("GET", "/metrics", headers={
                "Accept": accept, "Accept-Encoding": "gzip" if compressed else "identity",
                "Connection": "close"})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        took = time.monotonic() - before
        got = answer.getheader("Content-Type", ""), answer.getheader("Content-Encoding")
        if (answer.status, got[1]) != (200, "gzip" if compressed else None) or \
                not got[0].startswith(media_type):
            raise Failed(f"asked for {accept}: HTTP {answer.status}, {got}")
        return took, len(body)

    def series(self):
        body = http_get(self._connect(), "/metrics")[1]
        return sum(line[:1] not in (b"#", b"") for line in body.split(b"\n"))

    def peak_kb(self):
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))

    def stop(self):
        self._process.stop()


def measure(stage):
    section = report.Section("Exporter: every core, each format")
    answer = answers.large(stage.folder / "cores.json", WORKERS)
    server = stage.start(StatsServer, answer.path)
    options = ["--collect.cores", "--collect.max-series=1000000"]
    rows = []
    for name, (accept, media_type) in FORMATS.items():
        for compressed in (False, True):
            exporter = stage.start(Exporter, stage, server.port, options)
            found = [exporter.scrape(accept, media_type, compressed)
                     for _ in range(stage.amount(*ROUNDS))]
            rows.append([name + (", gzip" if compressed else ""),
                         f"{median([took for took, _ in found]) * 1e3:.0f}",
                         f"{median([length for _, length in found]) / 1e6:.2f}",
                         f"{exporter.peak_kb() / 1024:.0f}"])
            series, shown = exporter.series(), stage.shown(exporter.argv)
            exporter.stop()
    server.stop()
    section.add(
        report.paragraph(f"""A uWSGI server of {WORKERS} workers with {answers.LARGE_CORES} cores
        each ({answer.megabytes():.1f} MB of JSON, one core in {answers.IN_FLIGHT} at a request)
        makes {series} series. Time from the question to the last byte, reading the JSON included;
        a fresh exporter for each line."""),
        report.commands([shown]),
        report.table(["", "ms", "MB", "highest memory, MB"], rows))
    return section
