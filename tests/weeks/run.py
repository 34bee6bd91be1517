#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Weeks in minutes: tests/weeks/run.py BUILD [--days N] [--seed N] [--story NAME]...

A real nginx and uWSGI with visitors, and check_connections each quarter of an hour of a clock that
runs ahead of the real one, for all three of them. A healthy week may not have one alarm;
each trouble has to be found, and how soon is printed. Ends with 1 if not.
"""

import argparse
import collections
import contextlib
import os
import pathlib
import re
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests" / "live"), str(TOP / "tests" / "weeks")]

import certificates  # noqa: E402
from badserver import BadServer  # noqa: E402
from behaviours import hung  # noqa: E402
from demo.process import free_port  # noqa: E402
from ledger_clients import Clients, read_head  # noqa: E402
from ledger_site import LedgerSite  # noqa: E402
from programs import run  # noqa: E402
from stories import SERVERS, STEPS_A_DAY, STORIES, Visitors  # noqa: E402

STEP_SECONDS = 86400 // STEPS_A_DAY
STATES = "OK", "WARNING", "CRITICAL", "UNKNOWN"
FINDING = re.compile(r"^(info|warning|critical): ([a-z_]+)", re.M)


class Clock:
    """What time it is for all programs that are started from now on (later.c)."""

    def __init__(self, folder):
        self._file = folder / "later"
        self._file.write_bytes(bytes(8))
        self._file.chmod(0o644)
        library = folder / "later.so"
        run(["cc", "-shared", "-fPIC", "-o", library, TOP / "tests" / "weeks" / "later.c", "-ldl"])
        os.environ.update(LD_PRELOAD=str(library), LATER=str(self._file))

    def set(self, seconds):
        with open(self._file, "r+b") as file:
            file.write(struct.pack("=q", seconds))


class Week:
    def __init__(self, folder, ca, build, clock, story, seed):
        self._undo = contextlib.ExitStack()
        self._folder, self._clock = folder, clock
        self._check = build / "nagios" / "check_connections"
        self._story = story
        silent = BadServer(hung)
        self._undo.callback(silent.stop)
        port = free_port()
        self.site = LedgerSite(folder / "site", ca, worker_connections=4096,
                               servers=SERVERS.format(port=port, silent=silent.address))
        self._undo.callback(self.site.stop)
        self.site.ports.append(port)
        self.site.is_stuck = False
        self.site.trouble = Clients(port)
        self._undo.callback(self.site.trouble.close)
        self._visitors = Visitors(self.site, seed)
        self.states = collections.Counter()
        self.first = {}  # {(finding, severity): step}
        self.wrong = []

    def _look(self, step):
        result = run([self._check, "-v", "--nginx", self.site.nginx.status_url, "--uwsgi",
                      self.site.uwsgi.target, "--state-dir", self._folder / "state"])
        self.states[STATES[result.status]] += 1
        for severity, finding in FINDING.findall(result.out):
            self.first.setdefault((finding, severity), step)
        if not self._story.expected and result.status:
            self.wrong.append(f"step {step}: {result.out}")

    def pass_by(self, steps):
        for step in range(steps):
            self._clock.set(step * STEP_SECONDS)
            self._visitors.pass_by(step)
            self._story.happen(self.site, step)
            asking = [] if self.site.is_stuck else self._ask()
            self._look(step)
            if not self.site.is_stuck:
                self._answer(asking)

    def _ask(self):
        self.site.hold()
        return self._visitors.ask()

    def _answer(self, asking):
        self.site.release()
        for connection in asking:
            read_head(connection)
        self.site.clients.close(asking)

    def is_as_expected(self):
        expected = self._story.expected
        return not self.wrong and (not expected or any(
            finding in expected and severity != "info" for finding, severity in self.first))

    def report(self):
        print(f"{'ok' if self.is_as_expected() else 'WRONG'}  {self._story.name}: "
              f"{', '.join(f'{count} {state}' for state, count in self.states.items())}")
        for (finding, severity), step in self.first.items():
            print(f"      {severity}: {finding}, after {step * STEP_SECONDS / 3600:.2f} h")
        for text in self.wrong[:3]:
            print(f"  {text}", flush=True)

    def stop(self):
        self._undo.close()


def main():
    options = argparse.ArgumentParser(description="weeks in minutes")
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--days", type=float, default=7)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--story", action="append", help="; ".join(one.name for one in STORIES))
    given = options.parse_args()
    is_right = True
    with tempfile.TemporaryDirectory(prefix="cl-weeks-") as folder:
        top = pathlib.Path(folder)
        top.chmod(0o755)
        ca = certificates.make(top / "ca")
        clock = Clock(top)
        for number, story in enumerate(STORIES):
            if given.story and story.name not in given.story:
                continue
            start = time.monotonic()
            clock.set(0)
            week = Week(top / f"week{number}", ca, given.build.resolve(), clock, story, given.seed)
            try:
                week.pass_by(round(given.days * STEPS_A_DAY))
            finally:
                week.stop()
            week.report()
            print(f"      ({time.monotonic() - start:.0f} s)", flush=True)
            is_right = is_right and week.is_as_expected()
    sys.exit(0 if is_right else 1)


if __name__ == "__main__":
    main()
