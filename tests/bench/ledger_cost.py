# SPDX-License-Identifier: MIT
"""What the ledger adds to a scrape of a site without trouble."""

import dataclasses
import functools
import re
import socket
import time

import report
from crowd import Clients, Sleepers
from demo.process import Process, free_port, wait_until
from demo.site import Uwsgi
from figures import Goal, Spread, in_turn, median
from ledger_speed import BARE, Ways, crowded_nginx
from stage import Failed

EXPORTER = "prometheus_exporter/connledger_exporter"
ROUNDS, SCRAPES_A_ROUND = (10, 3), 20
SLEEPERS, CLIENTS = (300, 30), (2000, 200)
MORE_MS_MAX = 3
ANSWER_SECONDS = 30
CPU_CLOCK_OF_PROCESS = 2  # of the kernel's numbers for clocks
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.I)


@dataclasses.dataclass
class Scrape:
    """One answer, in milliseconds."""

    wall: float
    cpu: float  # of the exporter


class Exporter:
    """A running exporter, asked over one connection as Prometheus does."""

    def __init__(self, stage, log, argv):
        self.port = free_port()
        self._process = Process([*argv, f"--web.listen-address=127.0.0.1:{self.port}"],
                                stage.folder / f"{log}.log")
        self._connection = None
        self._clock = ~self._process.pid << 3 | CPU_CLOCK_OF_PROCESS
        try:
            self._process.wait_ready(self._connect)
        except BaseException:
            self.stop()
            raise

    def _connect(self):
        self._connection = socket.create_connection(("127.0.0.1", self.port), ANSWER_SECONDS)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return True

    def read(self):
        """The answer's text."""
        self._connection.sendall(REQUEST)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(LENGTH.search(head + b"\r\n")[1])
        parts, got = [body], len(body)
        while got < length:
            parts.append(self._more())
            got += len(parts[-1])
        return b"".join(parts).decode()

    def _more(self):
        some = self._connection.recv(65536)
        if not some:
            raise Failed(f"the exporter ended:\n{self._process.log_text()[-2000:]}")
        return some

    def scrape(self):
        wall, cpu = time.monotonic(), time.clock_gettime(self._clock)
        self.read()
        return Scrape(1000 * (time.monotonic() - wall),
                      1000 * (time.clock_gettime(self._clock) - cpu))

    def stop(self):
        if self._connection:
            self._connection.close()
        return self._process.stop()


class Pair:
    """Two exporters of one site, that differ in the ledger. Stops its nginx, too."""

    def __init__(self, stage, name, nginx, uwsgi):
        argv = [stage.program(EXPORTER), f"--nginx.scrape-uri={nginx.status_url}",
                f"--uwsgi.stats-uri={uwsgi.target}"]
        self.port = nginx.port
        self._stage = stage
        self._nginx = nginx
        self._names = {nginx.status_url: "URL", str(uwsgi.folder): "FOLDER"}
        self.argv = {"without": [*argv, "--no-collect.ledger"], "with": argv}
        self.exporters = {one: stage.start(Exporter, stage, f"{name}-{one}", command)
                          for one, command in self.argv.items()}

    def shown(self):
        """The commands as the report shows them."""
        texts = [self._stage.shown([*argv, "--web.listen-address=127.0.0.1:PORT"])
                 for argv in self.argv.values()]
        for what, shown in self._names.items():
            texts = [text.replace(what, shown) for text in texts]
        return texts

    def look(self, total):
        """The ledger must be there, exact, and all of it; or else its time means nothing."""
        exact, lines = 'connledger_confidence{level="exact"} 1\n', "connledger_connections{"
        if lines in self.exporters["without"].read():
            raise Failed("the exporter makes a ledger although it is told not to")

        def right():
            text = self.exporters["with"].read()
            found = sum(float(line.split()[-1]) for line in text.splitlines()
                        if line.startswith(lines) and not line.endswith("NaN"))
            # The other exporter has a connection too.
            return exact in text and "\nuwsgi_up 1\n" in text and total <= found <= total + 2
        wait_until(right, ANSWER_SECONDS, f"an exact ledger of {total} connections")

    def measure(self):
        """{name: [[Scrape of one round]]}"""
        rounds = {name: [] for name in self.exporters}
        for _ in range(self._stage.amount(*ROUNDS)):
            found = {name: [] for name in self.exporters}
            for _, name in in_turn(SCRAPES_A_ROUND, list(self.exporters)):
                found[name].append(self.exporters[name].scrape())
            for name, scrapes in found.items():
                rounds[name].append(scrapes)
        return rounds

    def stop(self):
        for one in (*self.exporters.values(), self._nginx):
            one.stop()


def _middles(rounds, field):
    return [median([getattr(scrape, field) for scrape in scrapes]) for scrapes in rounds]


def _more(rounds, field):
    """With the ledger less without it, round by round: the middles of the scrapes."""
    return Spread([a - b for a, b in zip(_middles(rounds["with"], field),
                                         _middles(rounds["without"], field), strict=True)])


def _row(stage, section, name, pair):
    rounds = pair.measure()
    more = _more(rounds, "wall")
    section.goals.append(Goal(f"ledger: added to a scrape, {name}", f"at most {MORE_MS_MAX} ms",
                              f"{more} ms", more.middle <= MORE_MS_MAX))
    ways = Ways(stage, pair.port, 0)
    ways.run()
    middles = [f"{median(_middles(rounds[one], field)):.2f}"
               for field in ("wall", "cpu") for one in ("without", "with")]
    return [name, *middles[:2], more, *middles[2:], _more(rounds, "cpu"),
            f"{ways.times[BARE].cpu[0]:.2f}"]


def _rows(stage, section, daemon, child):
    sleepers, clients = stage.amount(*SLEEPERS), stage.amount(*CLIENTS)
    row = functools.partial(_row, stage, section)
    daemon.look(0)
    child.look(0)
    yield row("quiet", daemon)
    crowd = stage.start(Sleepers, stage.folder, sleepers)
    yield row(f"{sleepers} more processes", daemon)
    yield row(f"{sleepers} more processes, nginx no daemon", child)
    crowd.stop()
    crowd = stage.start(Clients, stage.folder, daemon.port, clients)
    daemon.look(clients)
    yield row(f"{clients} idle clients", daemon)
    crowd.stop()


def measure(stage):
    uwsgi = stage.start(Uwsgi, stage.folder / "app")
    pairs = []
    for name, detached in (("daemon", True), ("child", False)):
        nginx = crowded_nginx(stage, name, 2 * CLIENTS[0], uwsgi.nginx_app, detached)
        pairs.append(stage.start(Pair, stage, name, nginx, uwsgi))
    section = report.Section("Ledger: what it adds to a scrape")
    rows = list(_rows(stage, section, *pairs))
    scrapes = stage.amount(*ROUNDS) * SCRAPES_A_ROUND
    section.add(
        report.paragraph(f"""Two exporters watch the same nginx and uWSGI, which have nothing to do,
        one with the ledger and one without. Each is asked {scrapes} times, in turn, over one
        connection. The ledger looks for nginx among the children of process 1 first, as a daemon
        is one, and then among all processes of the host. The middle of all rounds of
        {SCRAPES_A_ROUND} scrapes; "more" is the difference of the middles of a round. CPU time is
        the exporter's; "bare" is what the kernel's bare answer takes, as above. Milliseconds."""),
        report.commands(pairs[0].shown()),
        report.table(["", "wall-clock, without", "with", "more", "CPU, without", "with", "more",
                      "bare"], rows))
    for one in (*pairs, uwsgi):
        one.stop()
    return section
