# SPDX-License-Identifier: MIT
"""The reader of uWSGI's answers: its speed beside yajl's own, and its memory."""

import answers
import report
from figures import Goal, at_least, ratio
from stage import Failed
from stats_server import StatsServer

MEMORY_KB_MAX = 40 * 1000
GOAL_CASE = "repeated.json"
ONCE_RUNS, ONCE_RUNS_QUICK = 5, 2


def _lines_of(stage, answer, *mode):
    """What bench_uwsgi prints, less its last line, after a look that it found all there is."""
    lines = stage.run([stage.program("tests/bench/bench_uwsgi"), *mode],
                      stdin=answer.path).splitlines()
    if not answer.found_by(lines[-1]):
        raise Failed(f"bench_uwsgi {mode[0]}: not all of {answer} was found: {lines[-1]}")
    return lines


def _speed_of(stage, answer, rounds):
    """For each of the three ways: the best time in nanoseconds; and the ratios of all rounds."""
    rows = [tuple(map(int, line.split()))
            for line in _lines_of(stage, answer, "speed", rounds)[:-1]]
    ours, bare, unchecked = zip(*rows)
    # Speed is the inverse of time.
    return [min(ours), min(bare), min(unchecked)], ratio(bare, ours), ratio(unchecked, ours)


def _speed(stage, section, cases):
    rows = []
    for what, answer, rounds in cases:
        best, bare, unchecked = _speed_of(stage, answer, rounds)
        rates = [answer.megabytes() * 1e9 / time for time in best]
        rows.append([what, f"{answer.megabytes():.1f}", *(f"{rate:.0f}" for rate in rates), bare,
                     unchecked])
        if what == GOAL_CASE:
            section.goals.append(at_least("uWSGI parser: speed", bare, 0.7, "of bare yajl's"))
    section.add(
        report.paragraph("""Speed in MB per second of CPU time: the best of all rounds. A round
        hands each piece to all three in turn, so that what disturbs one disturbs the others; the
        ratios are those of the rounds."""),
        report.table(["answer", "MB", "connledger", "bare yajl", "bare yajl, UTF-8 unchecked",
                      "connledger / bare", "connledger / unchecked"], rows))


def _memory(stage, section, cases):
    rows = []
    for what, answer in cases:
        last = _lines_of(stage, answer, "memory")[-1]
        own_kb = int(last.split()[-1])
        run = stage.measure(1, [stage.program("tests/bench/bench_uwsgi"), "memory"],
                            stdin=answer.path)[0]
        rows.append([what, f"{answer.megabytes():.1f}", own_kb, run.peak_kb])
        if answer.cores == answers.LARGE_WORKERS * answers.LARGE_CORES:
            peak = max(own_kb, run.peak_kb)
            section.goals.append(Goal("uWSGI parser: peak memory, 200 workers x 256 cores",
                                      "under 40 MB", f"{peak / 1000:.1f} MB",
                                      peak < MEMORY_KB_MAX))
    section.add("Peak memory of the whole process in kB, as it says itself and as its parent is "
                "told:", report.table(["answer", "MB", "VmHWM", "ru_maxrss"], rows))


def _once(stage, section, large):
    """The whole way: a raw TCP server, the exporter, its output."""
    server = stage.start(StatsServer, large.path)
    exporter = stage.program("prometheus_exporter/connledger_exporter")
    rows, shown = [], []
    for option in ([], ["--collect.cores"]):
        argv = [exporter, "--once", f"--uwsgi.stats-uri=tcp://127.0.0.1:{server.port}", *option]
        output = stage.expect("\nuwsgi_up 1\n", argv)
        runs = stage.measure(stage.amount(ONCE_RUNS, ONCE_RUNS_QUICK), argv)
        rows.append([" ".join(["--once", *option]), output.count("\n"),
                     f"{len(output) / 1e6:.1f}",
                     f"{min(run.wall_us for run in runs) / 1000:.0f}",
                     f"{min(run.cpu_us for run in runs) / 1000:.0f}",
                     max(run.peak_kb for run in runs)])
        shown.append(stage.shown(argv))
    server.stop()
    section.add(
        report.paragraph("""The whole way: connledger_exporter reads the large answer from a raw TCP
        socket and prints its metrics; best time and highest peak of all runs."""),
        report.commands(shown),
        report.table(["", "lines", "MB of output", "wall-clock ms", "CPU ms", "ru_maxrss, kB"],
                     rows))


def measure(stage):
    section = report.Section("uWSGI: answers of 30 MB")
    repeated = answers.repeated(stage.folder / "repeated.json")
    large = answers.large(stage.folder / "large.json")
    fixture = answers.recorded()
    rounds = stage.amount(12, 4)
    section.add(
        report.paragraph(f"""repeated.json is the recorded answer of a real uWSGI with 32 workers,
        32 threads each, and metrics ({fixture.megabytes():.2f} MB), over and over, with fresh
        worker ids and metric names: one answer with {repeated.workers} workers, {repeated.cores}
        cores and {repeated.metrics} metrics, and seven more for each core, which repeat what
        stands in cores[] and are passed over as connledger always does (some seven tenths of this
        text). large.json has {large.workers} workers with
        {large.cores // large.workers} cores, one in {answers.IN_FLIGHT} at a request with the
        variables of a browser. Both are laid out as uWSGI does. "Bare yajl" is yajl_parse() without
        callbacks: it makes nothing of what it reads. All are fed pieces of 64 KiB."""),
        report.commands([
            stage.shown([stage.program("tests/bench/bench_uwsgi"), "speed", rounds],
                        stdin=repeated.path),
            stage.shown([stage.program("tests/bench/bench_uwsgi"), "memory"],
                        stdin=large.path)]))
    _speed(stage, section, [(GOAL_CASE, repeated, rounds), ("large.json", large, rounds),
                            ("as recorded", fixture, 10 * rounds)])
    _memory(stage, section, [("large.json", large), ("repeated.json", repeated)])
    _once(stage, section, large)
    return section
