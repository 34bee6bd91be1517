# SPDX-License-Identifier: MIT
"""A ledger of a crowded host beside the kernel's bare answer, and beside ss."""

import dataclasses
import resource

import report
from crowd import Clients
from demo.site import Nginx
from figures import Spread, at_least, at_most, in_turn, median, ratio
from stage import NO_APP, Failed

CLIENTS = (10000, 1000)  # in full, and when it has to be quick
ROUNDS, RUNS_A_ROUND = (10, 3), 5
TOOL, SCRAPE_TOOL = "tests/bench/bench_ledger", "tests/bench/bench_scrape"
BARE, DUMP, LEDGER = WAYS = ("bare", "sockets_dump()", "ledger")
SS, SS_V4, SS_INFO, SS_START = ("ss -tan", "ss -4tan", "ss -tani", "ss -V")
NS = 1e6  # nanoseconds of a millisecond
KINDS = ("wall", "cpu")


@dataclasses.dataclass
class Times:
    """Of one contestant, in milliseconds: the middle of each round."""

    wall: list = dataclasses.field(default_factory=list)
    cpu: list = dataclasses.field(default_factory=list)

    def add(self, wall, cpu):
        self.wall.append(median(wall))
        self.cpu.append(median(cpu))

    def less(self, other):
        """Without what `other` takes, round by round."""
        return Times(*([mine - its for mine, its in zip(getattr(self, kind), getattr(other, kind))]
                       for kind in KINDS))

    def cells(self):
        return [f"{median(self.wall):.1f}", f"{median(self.cpu):.1f}"]

    def over(self, other):
        """[of wall-clock time, of CPU time]"""
        return [ratio(getattr(self, kind), getattr(other, kind)) for kind in KINDS]


def crowded_nginx(stage, name, clients, app=NO_APP, detached=False):
    """An nginx that has room for so many idle clients, all on one worker if it comes to that."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    files = 2 * clients
    return stage.start(Nginx, stage.folder / name, app, worker_connections=files,
                       locations="keepalive_timeout 1h;", detached=detached,
                       before=["prlimit", f"--nofile={files}:{max(files, hard)}"])


def numbers(line):
    return [int(word) for word in line.split()]


class Ways:
    """Our three ways to ask the kernel, in one process."""

    def __init__(self, stage, port, wanted):
        self.times = {way: Times() for way in WAYS}
        self.argv = [stage.program(TOOL), "speed", RUNS_A_ROUND, port]
        self._stage = stage
        self._wanted = wanted

    def run(self):
        *lines, last = self._stage.run(self.argv).splitlines()
        if int(last.split()[1]) < self._wanted:
            raise Failed(f"bench_ledger found fewer than {self._wanted} sockets: {last}")
        columns = list(zip(*map(numbers, lines)))
        for number, way in enumerate(WAYS):
            self.times[way].add(*([value / NS for value in columns[2 * number + i]]
                                  for i in range(2)))


class Peer:
    """A whole process, from its start to its end."""

    def __init__(self, stage, argv):
        self.times = Times()
        self.argv = argv
        self._stage = stage

    def run(self):
        runs = self._stage.measure(RUNS_A_ROUND, self.argv)
        self.times.add([run.wall_us / 1000 for run in runs], [run.cpu_us / 1000 for run in runs])


def _beside_bare(section, ways):
    rows = []
    for way in WAYS:
        times = ways.times[way]
        rows.append([way, *times.cells(), *times.over(ways.times[BARE])])
    spread = ways.times[LEDGER].over(ways.times[BARE])[0]
    section.goals.append(at_most("ledger: time on a crowded host", spread, 1.3,
                                 "of the kernel's bare answer"))
    section.add(
        report.table(["", "wall-clock ms", "CPU ms", "wall-clock / bare", "CPU / bare"], rows),
        report.paragraph(""""bare" is the least: one question with the same filter, tcp_info among
        what it asks for, and a loop that receives all answers and looks at none.
        "sockets_dump()" makes structs of them, "ledger" puts each socket into its class and makes
        the lines. Nearly all of the time is the kernel's: for its walk over all sockets of the
        host, and for those that it tells of."""))


def _beside_ss(section, ways, peers):
    ledger, start = ways.times[LEDGER], peers[SS_START].times
    rows = []
    for name in (SS, SS_V4, SS_INFO):
        times = peers[name].times
        rows.append([name, *times.cells(), *times.over(ledger)])
        less = times.less(start)
        rows.append([f"{name}, its start taken off", *less.cells(), *less.over(ledger)])
    rows.append(["bare, for comparison", *ways.times[BARE].cells(),
                 *ways.times[BARE].over(ledger)])
    section.goals.append(at_least("ledger: speed on a crowded host",
                                  peers[SS].times.over(ledger)[0], 3, "times that of ss -tan"))
    section.add(
        "The same sockets by ss, and how often a ledger could be made in that time:",
        report.table(["", "wall-clock ms", "CPU ms", "wall-clock / ledger", "CPU / ledger"], rows),
        report.paragraph(f"""ss is a process of its own, from its start to its end, its output to
        /dev/null; "its start taken off" is less what `{SS_START}` takes. ss has the kernel walk
        over all sockets once for IPv4 and once for IPv6, the ledger knows that this nginx has no
        IPv6 sockets. `{SS}` does not ask for tcp_info, without which a connection that waits cannot
        be told from one that is idle; `{SS_INFO}` does. Nobody who asks the kernel this can be
        faster than "bare", however little is done with the answers."""))


def _scrapes(stage, section, nginx, clients):
    argv = [stage.program(SCRAPE_TOOL), stage.amount(*ROUNDS) * RUNS_A_ROUND, nginx.status_url]
    *lines, last = stage.run(argv).splitlines()
    if not last.startswith(f"total {clients} confidence 2"):
        raise Failed(f"bench_scrape: {clients} clients, told exactly, were expected: {last}")
    columns = list(zip(*map(numbers, lines)))
    rows = [[name, *(Spread([value / NS for value in columns[at + i]]) for i in range(2))]
            for name, at in (("without the ledger", 0), ("with it", 2))]
    section.add(
        report.paragraph(f"""A whole scrape of this nginx, which is to find out first which sockets
        are nginx's, and asks for the status page three times instead of once. Samples that it
        took (a status page, the kernel, a status page): {median(columns[4]):.0f}, the most
        {max(columns[4])}. Milliseconds, lowest and highest:"""),
        report.commands([stage.shown(argv)]),
        report.table(["", "wall-clock ms", "CPU ms"], rows))


def measure(stage):
    clients = stage.amount(*CLIENTS)
    nginx = crowded_nginx(stage, "crowded", clients)
    crowd = stage.start(Clients, stage.folder, nginx.port, clients)
    section = report.Section(f"Ledger: a host with {2 * clients} sockets")
    wanted = f"sport = :{nginx.port}"
    ways = Ways(stage, nginx.port, clients)
    peers = {name: Peer(stage, [*name.split(), wanted]) for name in (SS, SS_V4, SS_INFO)}
    peers[SS_START] = Peer(stage, SS_START.split())
    stage.expect(str(nginx.port), peers[SS].argv)
    for _, one in in_turn(stage.amount(*ROUNDS), [ways, *peers.values()]):
        one.run()
    shown = [stage.shown(one.argv).replace(str(nginx.port), "PORT")
             for one in (ways, *peers.values())]
    section.add(
        report.paragraph(f"""An nginx with {clients} idle clients on this host: {clients} sockets
        are nginx's, as many their clients'. {stage.amount(*ROUNDS)} rounds of {RUNS_A_ROUND} runs
        each."""),
        report.commands(shown))
    _beside_bare(section, ways)
    _beside_ss(section, ways, peers)
    _scrapes(stage, section, nginx, clients)
    crowd.stop()
    nginx.stop()
    return section
