#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures connledger beside its peers: tests/bench/run.py BUILD_DIRECTORY [--quick] [--only NAME]

Starts private servers in a temporary folder on free ports and runs all measurements one after the
other, several minutes in all; writes docs/BENCHMARKS.md. With --quick it takes about a minute,
means less, and prints the report instead; with --only NAME (a module beside this one) it measures
just that, and prints it. Nothing is left behind, however it ends. A goal that is
missed is said in the report and is no failure; a program that does not work is.
"""

import argparse
import pathlib
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:1] = [str(HERE), str(ROOT)]

import collectd_reads  # noqa: E402
import exporter_cores  # noqa: E402
import exporter_load  # noqa: E402
import exporter_many  # noqa: E402
import exporter_sites  # noqa: E402
import ledger_cost  # noqa: E402
import ledger_memory  # noqa: E402
import ledger_speed  # noqa: E402
import ledger_truth  # noqa: E402
import machine  # noqa: E402
import process_time  # noqa: E402
import report  # noqa: E402
import uwsgi_parser  # noqa: E402
from demo.process import StartFailed  # noqa: E402
from demo.stop import Stopped, StopSignals  # noqa: E402
from stage import Failed, Stage  # noqa: E402

MEASUREMENTS = (exporter_load, exporter_many, exporter_sites, exporter_cores, uwsgi_parser,
                process_time, ledger_speed, ledger_memory, ledger_cost, ledger_truth,
                collectd_reads)
EXPORTER = "prometheus_exporter/connledger_exporter"
PROGRAMS = (EXPORTER, "collectd/connledger.so", "munin/connledger", "nagios/check_nginx",
            "nagios/check_connections", "tests/bench/bench_bare", "tests/bench/bench_ledger",
            "tests/bench/bench_run", "tests/bench/bench_scrape", "tests/bench/bench_uwsgi")


def measure_all(stage, measurements):
    """The report's text."""
    load = machine.load()
    stage.open()
    sections = []
    for measurement in measurements:
        before = time.monotonic()
        section = measurement.measure(stage)
        sections.append(section)
        print(f"bench: {section.title} ({time.monotonic() - before:.0f} s)", file=sys.stderr)
        for goal in section.goals:
            print(f"bench:   {'met   ' if goal.met else 'MISSED'} {goal.what}: {goal.got}; "
                  f"wanted: {goal.wanted}", file=sys.stderr)
    version = stage.run([stage.program(EXPORTER), "--version"]).strip()
    return report.render(machine.facts(version, load), sections)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", choices=[one.__name__ for one in MEASUREMENTS])
    given = parser.parse_args()
    missing = [name for name in PROGRAMS if not (given.build / name).is_file()]
    if missing:
        sys.exit(f"bench: {given.build / missing[0]} is missing: run make all bench-tools first")
    return given


def main():
    given = arguments()
    measurements = [one for one in MEASUREMENTS if given.only in (None, one.__name__)]
    signals = StopSignals()
    stage = Stage(given.build, given.quick, signals)
    try:
        try:
            text = measure_all(stage, measurements)
        finally:
            signals.ignore()
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    except (StartFailed, TimeoutError, Failed, subprocess.TimeoutExpired) as failure:
        sys.exit(f"bench: {failure}")
    finally:
        stage.close()
    if given.quick or given.only:
        print(text, end="")
    else:
        (ROOT / "docs" / "BENCHMARKS.md").write_text(text, encoding="utf-8")
        print("bench: wrote docs/BENCHMARKS.md", file=sys.stderr)


if __name__ == "__main__":
    main()
