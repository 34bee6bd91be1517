# SPDX-License-Identifier: MIT
"""connledger_exporter beside prometheus-nginx-exporter: answers per second, and memory."""

import dataclasses
import http.client
import os
import re

import report
from demo.process import Process, free_port
from demo.site import http_get
from figures import at_least, at_most, in_turn, median, ratio
from stage import Failed

CLIENTS = (1, 32)
KINDS = ("connledger_exporter", "prometheus-nginx-exporter")
ANSWER_SECONDS = 30
# In full, and when it has to be quick. Many short rounds have a steadier middle than few long ones.
ROUNDS, SECONDS, STARTS = (10, 3), (2, 1), (5, 2)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Load:
    """One run of wrk."""

    rate: float  # answers per second
    p99_us: float  # 99 of 100 answers came sooner
    cpu_us: float  # CPU time of the exporter, per answer
    asked: float  # how often nginx was asked, per answer


class Exporter:
    """A running exporter that watches the stage's nginx."""

    def __init__(self, stage, kind):
        self.kind = kind
        self._stage = stage
        self._port = free_port()
        self._url = f"http://127.0.0.1:{self._port}/metrics"
        self.argv = self._command()
        self._process = Process(self.argv, stage.folder / f"{kind}.log")
        self._process.wait_ready(self._answer)

    def _command(self):
        address, url = f"127.0.0.1:{self._port}", self._stage.nginx.status_url
        if self.kind == KINDS[0]:
            return [self._stage.program("prometheus_exporter/connledger_exporter"),
                    f"--web.listen-address={address}", f"--nginx.scrape-uri={url}",
                    "--no-collect.ledger"]  # the peer has none
        return [self.kind, f"-web.listen-address={address}", f"-nginx.scrape-uri={url}"]

    def _answer(self):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        return b"\nnginx_up 1\n" in http_get(connection, "/metrics")[1]

    def shown(self):
        return self._stage.shown(self.argv)

    def memory_kb(self):
        """{"VmRSS": ..., "RssAnon": ...}"""
        with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
            return {name: int(kb) for name, kb in re.findall(r"(\w+):\s+(\d+) kB", status.read())}

    def _cpu_seconds(self):
        with open(f"/proc/{self._process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def _nginx_requests(self):
        body = self._stage.nginx.get("/stub_status")[1]
        return int(body.splitlines()[2].split()[2])

    def load(self, clients, seconds):
        """Asks with `clients` connections for so many seconds."""
        cpu, asked = self._cpu_seconds(), self._nginx_requests()
        output = self._stage.run(wrk(clients, seconds, self._url))
        cpu = self._cpu_seconds() - cpu
        asked = self._nginx_requests() - asked - 1  # the last question is our own
        answers = int(re.search(r"(\d+) requests in", output)[1])
        if "Non-2xx" in output or "Socket errors" in output or not answers:
            raise Failed(f"{self.kind} under load:\n{output}")
        rate = float(re.search(r"Requests/sec:\s+([0-9.]+)", output)[1])
        return Load(rate, _latency_us(output), cpu * 1e6 / answers, asked / answers)

    def stop(self):
        return self._process.stop()


def wrk(clients, seconds, url):
    return ["wrk", "-t1", "--latency", f"-c{clients}", f"-d{seconds}s", url]


def _latency_us(output):
    value, unit = re.search(r"99%\s+([0-9.]+)(us|ms|s)\b", output).groups()
    return float(value) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def _memory_at_start(stage):
    """{kind: [memory of each fresh process that has answered once]}"""
    found = {kind: [] for kind in KINDS}
    for _, kind in in_turn(stage.amount(*STARTS), KINDS):
        exporter = stage.start(Exporter, stage, kind)
        found[kind].append(exporter.memory_kb())
        exporter.stop()
    return found


def _loads(stage, exporters, clients):
    """{kind: [Load of each round]}"""
    found = {exporter.kind: [] for exporter in exporters}
    for exporter in exporters:
        exporter.load(clients, 1)  # to warm up
    for _, exporter in in_turn(stage.amount(*ROUNDS), exporters):
        found[exporter.kind].append(exporter.load(clients, stage.amount(*SECONDS)))
    return found


def _speed(section, loads):
    rows, late, more = [], [], []
    for clients, found in loads.items():
        who = f"{clients} client{'s' * (clients > 1)}"
        rates = [[load.rate for load in found[kind]] for kind in KINDS]
        p99 = [[load.p99_us for load in found[kind]] for kind in KINDS]
        rows.append([clients, *(f"{median(rate):.0f}" for rate in rates), ratio(*rates)])
        late.append([clients, *(f"{median(time):.0f}" for time in p99), ratio(*p99)])
        section.goals.append(at_least(
            f"exporter: answers per second, {who}", ratio(*rates), 1.5, "of the peer's"))
        section.goals.append(at_most(
            f"exporter: p99 latency, {who}", ratio(*p99), 0.7, "of the peer's"))
        for kind in KINDS:
            more.append([kind, clients, *(f"{median(values):{form}}" for values, form in (
                ([load.cpu_us for load in found[kind]], ".0f"),
                ([load.asked for load in found[kind]], ".2f")))])
    section.add("Answers per second:", report.table(["clients", *KINDS, "ratio"], rows),
                "99 of 100 answers came within so many µs:",
                report.table(["clients", *KINDS, "ratio"], late),
                "What an answer costs:", report.table(
                    ["", "clients", "CPU time, µs", "readings of nginx"], more),
                report.paragraph("""Scrapers that wait at the same time share connledger_exporter's
                next reading of nginx, which begins after they asked; the peer reads nginx once for
                each. So with many clients the ratio is that of two designs, not of two
                parsers. wrk accepts no compression, so neither compresses."""))


def _memory(section, moments):
    rows = []
    for name, found in moments.items():
        for field in ("VmRSS", "RssFile", "RssAnon"):
            sizes = [[memory[field] for memory in found[kind]] for kind in KINDS]
            spread = ratio(*sizes)
            rows.append([f"{name}: {field}", *(f"{median(size):.0f}" for size in sizes), spread])
            if field == "VmRSS":
                section.goals.append(at_most(f"exporter: resident memory {name}", spread, 0.6,
                                             "of the peer's"))
    section.add("Memory in kB. VmRSS is RssFile (programs, libraries) and RssAnon (its own data):",
                report.table(["", *KINDS, "ratio"], rows))


def measure(stage):
    section = report.Section("Exporter: one nginx")
    moments = {"after the first answer": _memory_at_start(stage)}
    exporters = [stage.start(Exporter, stage, kind) for kind in KINDS]
    loads = {clients: _loads(stage, exporters, clients) for clients in CLIENTS}
    moments["after the load"] = {one.kind: [one.memory_kb()] for one in exporters}
    seconds, rounds = stage.amount(*SECONDS), stage.amount(*ROUNDS)
    section.add(
        report.paragraph(f"""Both exporters watch the same nginx and run side by side; one is asked
        while the other rests. {rounds} rounds of {seconds} s for each, after a second to warm up.
        Both do the same: read nginx's status page and show it. What the ledger takes, which the
        peer does not have, is further below.
        Memory after the first answer is that of {stage.amount(*STARTS)} fresh processes each."""),
        report.commands([one.shown() for one in exporters] + [
            stage.shown(wrk(clients, seconds, "http://127.0.0.1:PORT/metrics"))
            for clients in CLIENTS]))
    _speed(section, loads)
    _memory(section, moments)
    for one in exporters:
        one.stop()
    return section
