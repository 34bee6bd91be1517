# SPDX-License-Identifier: MIT
"""connledger_exporter with many sites of one nginx."""

import report
from demo.site import Nginx
from figures import Spread, at_most, in_turn, median, ratio
from ledger_cost import EXPORTER, Exporter
from stage import NO_APP, Failed

COUNTS = 1, 10, 50, 200
MANY = 50
RATIO_MAX = 2  # the time of fifty sites, by that of one
ROUNDS, SCRAPES_A_ROUND = (20, 4), 10
EXACT = 'connledger_confidence{{site="{}",level="exact"}} 1\n'
EXACT_ALONE = 'connledger_confidence{level="exact"} 1\n'


class Sites:
    """An exporter of `count` sites, whose nginx is the same: its one page, or a page for each."""

    def __init__(self, stage, nginx, count, apart):
        self.count, self.apart = count, apart
        name = f"sites-{count}-{'apart' if apart else 'together'}"
        config = stage.folder / f"{name}.yml"
        config.write_text("sites:\n" + "".join(
            f"  s{number}: {{ nginx: \"{nginx.status_url}{f'?{number}' if apart else ''}\" }}\n"
            for number in range(count)))
        self._exporter = stage.start(
            Exporter, stage, name, [stage.program(EXPORTER), f"--config.file={config}"])

    def look(self):
        """All ledgers must be exact, or else their time means nothing."""
        text = self._exporter.read()
        exact = [EXACT_ALONE] if self.count == 1 else [
            EXACT.format(f"s{number}") for number in range(self.count)]
        return all(line in text for line in exact)

    def scrape(self):
        return self._exporter.scrape()


def _measure(stage, sites):
    """{sites: [[Scrape of one round]]}"""
    for one in sites:
        if not any(one.look() for _ in range(SCRAPES_A_ROUND)):
            raise Failed(f"{one.count} sites of one nginx: no exact ledgers")
    rounds = {one: [] for one in sites}
    for _, one in in_turn(stage.amount(*ROUNDS), sites):
        rounds[one].append([one.scrape() for _ in range(SCRAPES_A_ROUND)])
    return rounds


def _middles(rounds, field):
    return [median([getattr(scrape, field) for scrape in scrapes]) for scrapes in rounds]


def _row(one, rounds, alone):
    row = [f"{one.count}, {'a page each' if one.apart else 'one page'}"]
    for field in "wall", "cpu":
        found = _middles(rounds[one], field)
        row += [Spread(found), ratio(found, _middles(rounds[alone], field))]
    return row


def measure(stage):
    section = report.Section("Exporter: many sites of one nginx")
    nginx = stage.start(Nginx, stage.folder / "one", NO_APP, worker_connections=4096)
    sites = [Sites(stage, nginx, count, apart)
             for apart in (False, True) for count in (COUNTS if not apart else COUNTS[1:])]
    alone = sites[0]
    rounds = _measure(stage, sites)
    fifty = next(one for one in sites if one.count == MANY and not one.apart)
    for field, what in ("wall", "time"), ("cpu", "CPU time"):
        section.goals.append(at_most(
            f"exporter: {MANY} sites of one nginx: {what} of a scrape",
            ratio(_middles(rounds[fifty], field), _middles(rounds[alone], field)), RATIO_MAX,
            "of that of one site"))
    section.add(
        report.paragraph(f"""Each site of a configuration file names the same nginx, which has
        nothing to do: all of them the same page, or each another one. All ledgers are exact. Each
        exporter is asked {SCRAPES_A_ROUND} times in each of {stage.amount(*ROUNDS)} rounds, over
        one connection; time is that from the question to the last byte, of which 50 sites have
        180 kB. Milliseconds; "by one" is the ratio to the exporter of one site."""),
        report.commands(["build/prometheus_exporter/connledger_exporter --config.file=FILE",
                         "tests/bench/run.py build --only exporter_sites"]),
        report.table(["sites", "wall-clock", "by one", "CPU", "by one"],
                     [_row(one, rounds, alone) for one in sites]))
    nginx.stop()
    return section
