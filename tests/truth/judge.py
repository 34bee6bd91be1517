# SPDX-License-Identifier: MIT
"""Compares what connledger says with the truth."""

import collections

from ledger_kit import LINES

# Findings that name something that never happens to a site of ours.
NEVER = ("nginx_down", "uwsgi_down", "two_masters", "accept_queue_full", "app_queue_overflow",
         "worker_connections_exhausted", "connections_dropped")
# Looks of which most have to be exact: clients speak HTTP/1 over TCP, and nothing moves.
PLAIN = "settled, HTTP/1 over TCP, as root"
KNOWN = f"{PLAIN}, all servers known and all workers well"


def alarms(world, truth):
    """{finding: whether there is what it names}, for those that may alarm somebody."""
    lines = collections.Counter()
    for one in truth.all():
        lines |= one  # the most of each
    return {
        **dict.fromkeys(NEVER, False),
        "phantom_counters": world.phantoms > 0,
        "leaking_connections": lines["half_closed"] > 0,
        "slow_clients": lines["stalled_client"] + lines["vanished_client"] > 0 or
        "stalled_client" in truth.loose,
        "slow_headers": lines["request"] > 0 or "request" in truth.loose,
        "orphaned_work": truth.has_orphans,
        "old_workers_draining": world.reloaded,
        "worker_crashed": world.crashed,
    }


def fault(reading, truth, is_settled):
    """What is wrong with the lines of a reading, or ""."""
    if reading.confidence == "unknown":
        return "nothing is known of a site that is here" if is_settled else ""
    bounds = {line: (value, value) for line, value in reading.all_lines.items()} \
        if reading.confidence == "exact" else reading.bounds
    if set(bounds) != set(LINES):
        return "lines are missing"
    if any(not low <= reading.all_lines[line] <= high for line, (low, high) in bounds.items()):
        return "a line is shown that is not within its own bounds"
    if not any(all(_fits(bounds[line], lines[line], line in truth.loose) for line in LINES)
               for lines in truth.all()):
        return "not the truth"
    for held_by, (least, most) in truth.requests.items():
        low, _, high = reading.requests.get(held_by, (least, 0, most))
        if high < least or most < low:
            return f"not the truth: requests at {held_by}"
    if "phantom_counters" in reading.findings and not reading.all_lines["phantom"] > 0:
        return "a finding of phantoms, of which the line has none"
    if is_settled and not truth.loose and \
            sum(reading.all_lines.values()) != sum(next(truth.all()).values()):
        return "the lines do not add up to what nginx counts"
    return ""


def _fits(bounds, number, is_loose):
    low, high = bounds
    return number <= high and (is_loose or low <= number)


class Judge:
    """Counts looks, and what was wrong with them. `why` prints what is not exact."""

    def __init__(self, why=False):
        self.seen = collections.Counter()
        self.violations = 0
        self._why = why

    def judge(self, seed, world, way, readings, truth, *, is_settled):
        for reading in readings:
            self._count(world, way, reading, is_settled)
            found = fault(reading, truth, is_settled)
            named = {name for name, is_so in alarms(world, truth).items() if not is_so}
            if named & set(reading.findings):
                found = f"{', '.join(named & set(reading.findings))} about nothing; {found}"
            if found:
                self.violations += 1
                print(f"VIOLATION seed {seed}, {way}: {found}\n  {world.shape}\n"
                      f"  {'; '.join(world.story)}\n  {truth}\n  {reading}", flush=True)

    def _count(self, world, way, reading, is_settled):
        self.seen[str(way), reading.confidence] += 1
        if not (is_settled and world.is_plain() and way.user == "root"):
            return
        self.seen[PLAIN, reading.confidence] += 1
        if world.is_known():
            self.seen[KNOWN, reading.confidence] += 1
        if self._why and reading.confidence != "exact":
            open_lines = ", ".join(f"{line} {low:g}..{high:g}" for line, (low, high)
                                   in reading.bounds.items() if low < high)
            print(f"not exact, {way}: {open_lines}\n  {reading.err or '(it does not say why)'}\n"
                  f"  {'; '.join(world.story) or 'nobody is there'}\n  {world.shape}",
                  flush=True)

    def figures(self):
        """A line for each way, and for the looks of which most have to be exact."""
        for who in sorted({who for who, _ in self.seen} - {PLAIN, KNOWN}) + [PLAIN, KNOWN]:
            numbers = {level: self.seen[who, level] for level in ("exact", "bounded", "unknown")}
            looks = sum(numbers.values())
            if looks:
                parts = ", ".join(f"{number} {level}" for level, number in numbers.items())
                yield f"{who}: {looks} looks: {parts} ({numbers['exact'] / looks:.0%} exact)"
