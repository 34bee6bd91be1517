# SPDX-License-Identifier: MIT
"""What one run of a check or a Munin plugin takes, beside its peers and a bare C program."""

import dataclasses

import report
from figures import in_turn, median, ratio

CHECK_HTTP = "/usr/lib/nagios/plugins/check_http"
NGINX_STATUS = "/usr/share/munin/plugins/nginx_status"
RUNS_A_ROUND = 20
BARE, CHECK, PLUGIN = "bench_bare", "check_nginx", "Munin plugin"
LEDGER_CHECK = "check_connections"
STOCK_CHECK, STOCK_PLUGIN = "check_http", "Perl's nginx_status"
PAIRS = ((CHECK, STOCK_CHECK), (CHECK, BARE), (LEDGER_CHECK, CHECK), (PLUGIN, STOCK_PLUGIN),
         (PLUGIN, BARE))


@dataclasses.dataclass
class Contestant:
    """A program, and its runs in each round."""

    name: str
    argv: list
    env: dict = dataclasses.field(default_factory=dict)
    rounds: list = dataclasses.field(default_factory=list)

    def by_round(self, field):
        """The middle of each round."""
        return [median([getattr(run, field) for run in runs]) for runs in self.rounds]

    def all(self, field):
        return [getattr(run, field) for runs in self.rounds for run in runs]


def _contestants(stage):
    url, port = stage.nginx.status_url, stage.nginx.port
    return [
        Contestant(BARE, [stage.program("tests/bench/bench_bare"), port, "/stub_status"]),
        Contestant(CHECK, [stage.program("nagios/check_nginx"), "--url", url,
                           "--state-dir", stage.folder]),
        Contestant(LEDGER_CHECK, [stage.program("nagios/check_connections"), "--nginx", url,
                                  "--state-dir", stage.folder]),
        Contestant(STOCK_CHECK, [CHECK_HTTP, "-H", "127.0.0.1", "-p", port, "-u", "/stub_status",
                                 "-s", "Active connections"]),
        Contestant(PLUGIN, [stage.program("munin/connledger")], {"nginx": url}),
        Contestant(STOCK_PLUGIN, [NGINX_STATUS],
                   {"url": url, "MUNIN_LIBDIR": "/usr/share/munin"}),
    ]


def _look(stage, contestants):
    """Each must read nginx's numbers, or else its time means nothing."""
    telling = {CHECK: "active=", LEDGER_CHECK: "connections (", PLUGIN: "writing.value 1",
               STOCK_CHECK: "HTTP OK", STOCK_PLUGIN: "writing.value 1"}
    for one in contestants:
        stage.expect(telling.get(one.name, ""), one.argv, one.env)


def measure(stage):
    section = report.Section("One run of a check, one fetch of a Munin plugin")
    contestants = _contestants(stage)
    _look(stage, contestants)
    rounds = stage.amount(10, 3)
    for _, one in in_turn(rounds, contestants):
        one.rounds.append(stage.measure(RUNS_A_ROUND, one.argv, one.env))
    by_name = {one.name: one for one in contestants}
    section.add(
        report.paragraph(f"""Whole processes, from their start to their end: {rounds} rounds of
        {RUNS_A_ROUND} runs each. {BARE} connects, writes a request and reads to the end: less
        is not possible. {STOCK_CHECK} looks for a word in the page and makes no numbers of it.
        check_connections and the Munin plugin make the ledger, too, here of an nginx that has
        nothing to do. CPU time is user and system; peak memory is the highest of all runs."""),
        report.commands([stage.shown(one.argv, one.env).replace(str(stage.nginx.port), "PORT")
                         for one in contestants]),
        report.table(["", "CPU µs, median", "lowest", "wall-clock µs, median", "peak memory, kB"],
                     [[one.name, f"{median(one.all('cpu_us')):.0f}", min(one.all("cpu_us")),
                       f"{median(one.all('wall_us')):.0f}", max(one.all("peak_kb"))]
                      for one in contestants]),
        "Ratios of CPU time:",
        report.table(["", "ratio"],
                     [[f"{ours} / {other}", ratio(by_name[ours].by_round("cpu_us"),
                                                  by_name[other].by_round("cpu_us"))]
                      for ours, other in PAIRS]))
    return section
