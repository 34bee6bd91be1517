#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The truth machine: makes random sites, and looks whether what connledger says of them is so.

    tests/truth/run.py BUILD [--seconds N | --sites N] [--seed N] [--looks N]

Each seed is one site. Of each look it asserts: exact, and every line is the truth; bounded, and the
truth is within the bounds of every line; the truth is within the bounds of the requests at the
application; a finding of phantoms or of leaks only where there are some.
Ends with 1 if one was not so; the seed that is printed repeats it.
"""

import argparse
import collections
import contextlib
import pathlib
import random
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests" / "live"), str(TOP / "tests" / "truth")]

import certificates  # noqa: E402
from ledger_kit import NOBODY, ROOT, Reader  # noqa: E402
from programs import Programs  # noqa: E402
from world import World  # noqa: E402

ALARMS = ("phantom_counters", "leaking_connections")


class Judge:
    """Counts looks, and what was wrong with them."""

    def __init__(self, reader):
        self._reader = reader
        self.seen = collections.Counter()
        self.violations = 0

    def look(self, seed, world, *, gone=0):
        """As root and as nobody, who is told the ports or not. `gone` clients may still be counted."""
        for user, ports in ((ROOT, True), (NOBODY, True), (NOBODY, False)):
            reading = self._reader.read(world.site, user, ports=ports)
            who = user if ports else f"{user} without ports"
            self.seen["looks", who] += 1
            self.seen[reading.confidence, who] += 1
            self.seen["exact requests", who] += all(low == high for low, _, high in
                                                    reading.requests.values())
            fault = self._fault(reading, world, gone)
            if fault:
                self.violations += 1
                print(f"VIOLATION seed {seed}, {who}: {fault}\n  {'; '.join(world.story)}\n"
                      f"  truth {list(world.truths())[:3]}\n  {reading}", flush=True)

    @staticmethod
    def _fault(reading, world, gone):
        if reading.confidence == "unknown":
            return ""
        if not world.phantoms and set(reading.findings) & set(ALARMS):
            return "an alarm about nothing"
        for at, truth in world.requests.items():
            low, _, high = reading.requests[at]
            if not low <= truth <= high:
                return f"there are {truth} requests at {at}"
        fits = (lambda lines: lines == reading.lines) if reading.confidence == "exact" and not gone \
            else reading.is_within
        if gone:
            # Where those are that have left, before nginx has noticed, is nobody's business here.
            return "" if any(all(reading.bounds[line][0] <= number + gone and
                                 reading.bounds[line][1] >= number
                                 for line, number in lines.items()) for lines in world.truths()) \
                else "the clients that are left are not within the bounds"
        return "" if any(map(fits, world.truths())) else "the truth is another one"


def one_site(seed, folder, ca, judge, looks):
    rng = random.Random(seed)
    world = World(folder, ca, rng)
    try:
        world.populate()
        for _ in range(looks):
            judge.look(seed, world)
        if rng.random() < 0.5:
            judge.look(seed, world, gone=world.leave())
    finally:
        world.stop()


def report(judge, sites, seconds):
    print(f"{sites} sites in {seconds:.0f} s, {judge.violations} violations")
    for who in sorted({who for _, who in judge.seen}):
        looks = judge.seen["looks", who]
        parts = ", ".join(f"{judge.seen[level, who]} {level}" for level in
                          ("exact", "bounded", "unknown", "exact requests"))
        print(f"  {who}: {looks} looks: {parts}")


def main():
    options = argparse.ArgumentParser(description="random sites whose truth is known")
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sites", type=int, help="so many, however long it takes")
    options.add_argument("--looks", type=int, default=3)
    given = options.parse_args()
    start = time.monotonic()
    sites = 0
    with contextlib.ExitStack() as undo:
        top = pathlib.Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="cl-truth-")))
        top.chmod(0o755)
        (top / "reader").mkdir()
        judge = Judge(Reader(Programs(given.build.resolve(), top / "reader"), top / "reader"))
        ca = certificates.make(top / "ca")
        while sites < given.sites if given.sites else time.monotonic() - start < given.seconds:
            one_site(given.seed + sites, top / f"site{sites}", ca, judge, given.looks)
            sites += 1
    report(judge, sites, time.monotonic() - start)
    sys.exit(1 if judge.violations else 0)


if __name__ == "__main__":
    main()
