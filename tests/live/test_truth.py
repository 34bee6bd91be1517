# SPDX-License-Identifier: MIT
"""The truth machine (tests/truth) finds what is wrong: in readings that are made up here, and in
those of an exporter that lies. That it finds nothing else is for `make check-truth`."""

import collections
import dataclasses
import pathlib
import subprocess
import sys

import pytest

from ledger_kit import CHECK, EXPORTER, LINES

TRUTH = pathlib.Path(__file__).resolve().parents[1] / "truth"
sys.path.append(str(TRUTH))

import judge  # noqa: E402
from books import Truth  # noqa: E402
from readers import Given  # noqa: E402

EXACT, BOUNDED, UNKNOWN = "exact", "bounded", "unknown"
LINES_OF_ALL = {"keepalive": 3, "app": 2}
RUN_SECONDS = 240


def reading(lines, bounds=None, confidence=EXACT, findings=(), requests=None):
    """`bounds` are those of lines that are not sure; `requests` {"app": (low, value, high), ...}."""
    shown = {line: lines.get(line, 0) for line in LINES}
    sure = {line: (value, value) for line, value in shown.items()}
    return Given("root", shown, {**sure, **(bounds or {})}, confidence, dict.fromkeys(findings, ""),
                 requests=requests)


def truth(lines=LINES_OF_ALL, floating=None, loose=(), has_orphans=False, requests=None):
    return Truth(collections.Counter(lines), collections.Counter(floating or {}), frozenset(loose),
                 has_orphans, requests or {})


FAULTS = [
    ("the truth", reading({"keepalive": 3, "app": 2}), truth(), ""),
    ("one line is wrong", reading({"keepalive": 4, "app": 1}), truth(), "not the truth"),
    ("a line too many", reading({"keepalive": 3, "app": 2, "phantom": 1}), truth(),
     "not the truth"),
    ("within bounds", reading({"keepalive": 4, "app": 1}, {"keepalive": (2, 4), "app": (1, 2)},
                              BOUNDED), truth(), ""),
    ("too low a bound", reading({"keepalive": 2, "app": 3}, {"keepalive": (0, 2), "app": (0, 3)},
                                BOUNDED), truth(), "not the truth"),
    ("too high a bound", reading({"keepalive": 2, "app": 3}, {"keepalive": (0, 5), "app": (3, 5)},
                                 BOUNDED), truth(), "not the truth"),
    ("exact in spite of bounds", reading({"keepalive": 4, "app": 1}, {"keepalive": (2, 4)}),
     truth(), "not the truth"),
    ("outside of its own bounds", reading({"keepalive": 5}, {"keepalive": (0, 3), "app": (0, 2)},
                                          BOUNDED), truth(), "a line is shown that"),
    ("they do not add up", reading({"keepalive": 3, "app": 1}, {"app": (0, 2)}, BOUNDED), truth(),
     "the lines do not add up"),
    ("nothing is known", reading({}, confidence=UNKNOWN), truth(), "nothing is known"),
    ("on one of two lines", reading({"keepalive": 3, "app": 1, "sending": 1}),
     truth({"keepalive": 3, "app": 1}, {("app", "sending"): 1}), ""),
    ("on a third one", reading({"keepalive": 4, "app": 1}),
     truth({"keepalive": 3, "app": 1}, {("app", "sending"): 1}), "not the truth"),
    ("others come", reading({"keepalive": 3, "app": 2, "request": 9}), truth(loose=["request"]),
     ""),
    ("others do not go there", reading({"keepalive": 3, "app": 2, "phantom": 9}),
     truth(loose=["request"]), "not the truth"),
    ("others cannot be fewer", reading({"keepalive": 2, "app": 2}), truth(loose=["keepalive"]),
     "not the truth"),
    ("a finding of phantoms that are not there",
     reading({"keepalive": 3, "app": 2}, findings=["phantom_counters"]), truth(),
     "a finding of phantoms"),
    ("requests within bounds", reading(LINES_OF_ALL, requests={"app": (2, 3, 5)}),
     truth(requests={"app": (5, 6)}), ""),
    ("too few requests", reading(LINES_OF_ALL, requests={"app": (2, 3, 4)}),
     truth(requests={"app": (5, 6)}), "not the truth: requests at app"),
    ("too many requests", reading(LINES_OF_ALL, requests={"app_queue": (7, 7, 7)}),
     truth(requests={"app_queue": (5, 6)}), "not the truth: requests at app_queue"),
    ("requests are not known", reading(LINES_OF_ALL), truth(requests={"app": (5, 6)}), ""),
    ("a line is missing", Given("root", LINES_OF_ALL, {}, EXACT, {}), truth(), "lines are missing"),
]


@pytest.mark.parametrize("name, said, true, expected", FAULTS, ids=[row[0] for row in FAULTS])
def test_what_is_wrong_with_the_lines(name, said, true, expected):
    found = judge.fault(said, true, is_settled=True)
    assert found.startswith(expected) and bool(found) == bool(expected), (name, found)


@dataclasses.dataclass
class Site:
    """As much of a World as the judge looks at."""

    phantoms: int = 0
    reloaded: bool = False
    crashed: bool = False


ALARMS = [
    ("phantom_counters", Site(), truth(), False),
    ("phantom_counters", Site(phantoms=1), truth(), True),
    ("slow_clients", Site(), truth(), False),
    ("slow_clients", Site(), truth({"stalled_client": 1}), True),
    ("slow_clients", Site(), truth(floating={("sending", "stalled_client"): 1}), True),
    ("slow_headers", Site(), truth(loose=["request"]), True),
    ("orphaned_work", Site(), truth(), False),
    ("orphaned_work", Site(), truth(has_orphans=True), True),
    ("worker_crashed", Site(reloaded=True), truth(), False),
    ("old_workers_draining", Site(reloaded=True), truth(), True),
    ("leaking_connections", Site(), truth({"half_closed": 1}), True),
    ("two_masters", Site(phantoms=1, reloaded=True, crashed=True), truth(), False),
]


@pytest.mark.parametrize("finding, site, true, may_be", ALARMS)
def test_what_may_alarm(finding, site, true, may_be):
    assert judge.alarms(site, true)[finding] == may_be


LIES = {
    "a line": (r"s/^\(connledger_connections{held_by=.keepalive.}\) .*/\1 4000/", "VIOLATION"),
    "a bound": (r"s/^\(connledger_connections_high{held_by=.*}\) .*/\1 0/;"
                r"s/^\(connledger_connections_low{held_by=.*}\) .*/\1 0/;"
                r"s/^\(connledger_confidence{level=.exact.}\) .*/\1 0/;"
                r"s/^\(connledger_confidence{level=.bounded.}\) .*/\1 1/", "VIOLATION"),
    "requests": (r"s/^\(connledger_requests.*{held_by=.*}\) .*/\1 4000/", "requests at app"),
    "nothing": ("", "0 violations, 0 errors"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_liar_is_caught(build, folder, lie):
    """The exporter says something else than what it has found, where it runs once."""
    script, expected = LIES[lie]
    liar = folder / "build" / EXPORTER
    (folder / "build" / CHECK).parent.mkdir(parents=True)
    (folder / "build" / CHECK).write_bytes((build / CHECK).read_bytes())
    liar.parent.mkdir()
    liar.write_text(f'#!/bin/sh\n[ "$1" = --once ] || exec "{build / EXPORTER}" "$@"\n'
                    f'"{build / EXPORTER}" "$@" | sed "{script}"\n')
    liar.chmod(0o755)
    others = [f"--without={way} as {who}" for way in ("metrics", "api", "check", "sites", "once")
              for who in ("root", "nobody", "nobody without ports", "nobody with some ports")
              if (way, who) != ("once", "root")]
    done = subprocess.run(
        [sys.executable, TRUTH / "run.py", folder / "build", "--sites", "1", "--seed", "1",
         "--populations", "2", "--without", "unix", "--without", "unheard", *others],
        capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    assert expected in done.stdout, done.stdout + done.stderr
    assert done.returncode == (0 if lie == "nothing" else 1), done.stdout + done.stderr
