# SPDX-License-Identifier: MIT
"""What a ledger of 100,000 sockets takes: memory, and how often memory is asked for."""

import report
from crowd import Pairs
from demo.process import free_port
from figures import Goal, median
from stage import Failed

CONNECTIONS = ((500, 5000, 50000), (50, 500, 5000))  # in full, and when it has to be quick
RUNS = 3
MEMORY_KB_MAX = 16 * 1000
GROWTH_MAX = 4  # doublings until there is room for ten times as many
TOOL = "tests/bench/bench_ledger"


def _look(stage, port):
    """{"sockets": ..., "first": ..., "second": ..., "hwm_kb": ...}"""
    found = []
    for _ in range(RUNS):
        words = stage.run([stage.program(TOOL), "memory", port]).split()
        found.append(dict(zip(words[::2], map(int, words[1::2]))))
    return {name: int(median([one[name] for one in found])) for name in found[0]}


def _pairs(stage, connections):
    pairs = stage.start(Pairs, stage.folder, connections)
    found = _look(stage, pairs.port)
    pairs.stop()
    if found["sockets"] != pairs.sockets:
        raise Failed(f"bench_ledger: {pairs.sockets} sockets were expected: {found}")
    return found


def _judge(section, found, nothing):
    before, most = found[-2:]
    kb = most["hwm_kb"] - nothing["hwm_kb"]
    section.goals.append(Goal(f"ledger: memory for {most['sockets']} sockets", "under 16 MB",
                              f"{kb / 1000:.1f} MB", kb < MEMORY_KB_MAX))
    more = most["first"] - before["first"]
    section.goals.append(Goal(
        "ledger: requests for memory, ten times the sockets",
        f"at most {GROWTH_MAX} more; none for a second dump", f"{more} more; {most['second']}",
        more <= GROWTH_MAX and most["second"] == 0))


def measure(stage):
    section = report.Section("Ledger: memory")
    nothing = _look(stage, free_port())
    found = [_pairs(stage, connections) for connections in stage.amount(*CONNECTIONS)]
    _judge(section, found, nothing)
    section.add(
        report.paragraph(f"""Connections on this host, all of whose sockets, both ends, belong into
        the ledger. Peak memory is VmHWM of the whole process; "more than for none" is less that of
        the same process that finds nothing. "First" and "second" count the calls of malloc(),
        calloc() and realloc() for one dump of all these sockets, its tally and its lines, and for
        a second one in the same memory. The middle of {RUNS} runs."""),
        report.commands([stage.shown([stage.program(TOOL), "memory", "PORT"])]),
        report.table(
            ["sockets", "peak memory, kB", "more than for none, kB", "bytes for each", "first",
             "second"],
            [[one["sockets"], one["hwm_kb"], one["hwm_kb"] - nothing["hwm_kb"],
              f"{1024 * (one['hwm_kb'] - nothing['hwm_kb']) / max(one['sockets'], 1):.0f}",
              one["first"], one["second"]] for one in [nothing, *found]]))
    return section
