# SPDX-License-Identifier: MIT
"""What a read costs collectd and a site takes of its memory, beside collectd's own plugins."""

import dataclasses
import os
import pathlib
import re
import time

import report
from demo.collector import Collectd
from demo.process import wait_until
from demo.site import Nginx, Uwsgi
from figures import Spread, in_turn, median, ratio
from stage import NO_APP

ROUNDS, SECONDS = (3, 1), (3, 1)
SITES = 200, 20
INTERVAL = 0.0001  # none: a read follows the other
USUAL_SECONDS = 10
WAIT_SECONDS = 120
OURS = "connledger"
# One site of each kind; {url} and {stats} are where it is, {name} is what it is called.
OUR_SITE = '<Site "{name}">\n{lines}Ledger {ledger}\nTimeout 5\n</Site>\n'
STOCK_NGINX = '<Plugin nginx>\nURL "{url}"\nTimeout 5000\n</Plugin>\n'
KEYS = {"requests": "http_requests", "exceptions": "errors", "harakiri_count": "errors",
        "tx": "total_bytes", "running_time": "total_time_in_ms", "respawn_count": "total_events",
        "rss": "ps_rss", "vsz": "ps_vm", "avg_rt": "response_time"}
CURL_JSON = ('<Sock "{stats}">\nInstance "{name}"\n'
             + "".join(f'<Key "workers/*/{key}">\nType "{kind}"\n</Key>\n'
                       for key, kind in KEYS.items()) + "</Sock>\n")


@dataclasses.dataclass
class Contestant:
    """`series` is counted: one value of each read; `site` is its configuration."""

    name: str
    plugin: str
    site: str
    series: str
    rounds: list = dataclasses.field(default_factory=list)

    def config(self, names, interval):
        sites = "".join(self.site.replace("{name}", name) for name in names)
        if self.plugin != "nginx":
            sites = f"<Plugin {self.plugin}>\n{sites}</Plugin>\n"
        return (f"<LoadPlugin {self.plugin}>\nInterval {interval}\n</LoadPlugin>\n{sites}")


@dataclasses.dataclass
class Round:
    """Milliseconds for one read."""

    wall: float
    cpu: float


def _ours(name, lines, series, ledger):
    site = OUR_SITE.replace("{lines}", lines).replace("{ledger}", "true" if ledger else "false")
    return Contestant(name, OURS, site, series)


def _contestants(nginx, uwsgi):
    page, stats = f'Nginx "{nginx.status_url}"\n', f'Uwsgi "{uwsgi.target}"\n'
    return [
        Contestant("nginx plugin", "nginx", STOCK_NGINX.replace("{url}", nginx.status_url),
                   "nginx/nginx_requests"),
        _ours("connledger, nginx", page, "nginx-s0/bool-up", False),
        _ours("connledger, nginx with the ledger", page, "nginx-s0/bool-up", True),
        Contestant("curl_json, nine keys of each worker", "curl_json",
                   CURL_JSON.replace("{stats}", str(uwsgi.stats_address)),
                   "curl_json-s0/http_requests-workers-0-requests"),
        _ours("connledger, uWSGI", stats, "uwsgi-s0/bool-up", False),
        _ours("connledger, uWSGI and each worker", stats + "PerWorker true\n", "uwsgi-s0/bool-up",
              False),
        _ours("connledger, both with the ledger", page + stats, "nginx-s0/bool-up", True)]


class Daemon(Collectd):
    """A collectd that writes csv files; its processor time, memory and finished reads."""

    def __init__(self, stage, folder, contestant, names, interval):
        ours = contestant.plugin == OURS
        super().__init__(folder, contestant.config(names, interval), interval=USUAL_SECONDS,
                         plugin_dir=stage.program("collectd") if ours else "/usr/lib/collectd")
        self._status = pathlib.Path(f"/proc/{self.process.pid}")

    def cpu_ms(self):
        fields = (self._status / "stat").read_text().rpartition(")")[2].split()
        return 1e3 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_kb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", (self._status / "status").read_text())[1])

    def reads(self, series):
        plugin, _, name = series.partition("/")
        files = (self.folder / "csv").glob(f"*/{plugin}/{name}-????-??-??")
        return sum(path.read_bytes().count(b"\n") - 1 for path in files)


def _run(stage, contestant, number, seconds):
    """One round: a fresh daemon that does nothing but read this site, again and again."""
    folder = stage.folder / f"reads-{number}-{contestant.series.replace('/', '-')}-{id(contestant)}"
    daemon = stage.start(Daemon, stage, folder, contestant, ["s0"], INTERVAL)
    wait_until(lambda: daemon.reads(contestant.series) >= 10, WAIT_SECONDS, "reads")
    begin, reads, cpu = time.monotonic(), daemon.reads(contestant.series), daemon.cpu_ms()
    time.sleep(seconds)
    reads = daemon.reads(contestant.series) - reads
    wall, cpu = 1e3 * (time.monotonic() - begin), daemon.cpu_ms() - cpu
    daemon.stop()
    contestant.rounds.append(Round(wall / reads, cpu / reads))


def _resident_kb(stage, contestant, count):
    """Of a daemon with so many sites, each of which was read twice."""
    daemon = stage.start(Daemon, stage, stage.folder / f"memory-{count}-{id(contestant)}",
                         contestant, [f"s{number}" for number in range(count)], 1)
    last = contestant.series.replace("s0", f"s{count - 1}")
    wait_until(lambda: all(daemon.reads(series) >= 2 for series in (contestant.series, last)),
               WAIT_SECONDS, "reads")
    found = daemon.memory_kb()
    daemon.stop()
    return found


def _memory_row(stage, contestant):
    one = _resident_kb(stage, contestant, 1)
    if contestant.plugin == "nginx":
        return [contestant.name, one, "-"]
    sites = stage.amount(*SITES)
    many = _resident_kb(stage, contestant, sites)
    return [contestant.name, one, f"{(many - one) / (sites - 1):.1f}"]


def _rows(contestants):
    for one in contestants:
        wall, cpu = ([getattr(r, what) for r in one.rounds] for what in ("wall", "cpu"))
        share = median(cpu) / (10 * USUAL_SECONDS)
        yield [one.name, Spread(wall), Spread(cpu), f"{share:.3f} %"]


def _ratio(ours, theirs, what):
    return ratio([getattr(r, what) for r in ours.rounds],
                 [getattr(r, what) for r in theirs.rounds])


def measure(stage):
    section = report.Section("collectd: time per read, memory per site")
    nginx = stage.start(Nginx, stage.folder / "read-nginx", NO_APP)
    uwsgi = stage.start(Uwsgi, stage.folder / "read-app", workers=4, threads=1)
    contestants = _contestants(nginx, uwsgi)
    rounds, seconds = stage.amount(*ROUNDS), stage.amount(*SECONDS)
    for number, one in in_turn(rounds, contestants):
        _run(stage, one, number, seconds)
    stock, page, _, json, stats, workers, _ = contestants
    pairs = [("connledger, nginx / nginx plugin", page, stock),
             ("connledger, uWSGI / curl_json", stats, json),
             ("connledger, uWSGI and each worker / curl_json", workers, json)]
    section.add(
        report.paragraph(f"""A collectd with the csv plugin and one plugin that reads one site, a
        read as soon as the one before is over: {rounds} rounds of {seconds} s. nginx and uWSGI
        (4 workers) have nothing to do. CPU time is that of the whole daemon, the csv plugin
        included, for each read: connledger has more values to write than its peers. "At 10 s" is
        what one site takes of a processor core at the usual interval. Milliseconds."""),
        report.table(["", "wall-clock", "CPU", "at 10 s"], _rows(contestants)),
        "Ratios:",
        report.table(["", "wall-clock", "CPU"],
                     [[name, _ratio(ours, theirs, "wall"), _ratio(ours, theirs, "cpu")]
                      for name, ours, theirs in pairs]),
        report.paragraph(f"""Memory: resident kB of the daemon with one site, and for each further
        one of {stage.amount(*SITES)}, after two reads; collectd's own cache of the values is part
        of it. The nginx plugin can have one site only."""),
        report.table(["", "with one site", "for each more"],
                     [_memory_row(stage, one) for one in contestants]))
    return section
