# SPDX-License-Identifier: MIT
"""A random site with random clients, of which the truth is known because it was made here."""

import collections
import itertools

from kinds import KINDS, WAITING
from ledger_site import LedgerSite

WORKERS = 4
BACKLOG = 64


class World:
    """The site of one seed. `lines` is the truth, `floating` {(line, other): number} are clients who
    are on either of two lines."""

    def __init__(self, folder, ca, rng):
        self._rng = rng
        self.listen = rng.choice(("tcp", "unix"))
        self.is_plain = rng.random() < 0.6
        self.site = LedgerSite(folder, ca, listen=self.listen, backlog=BACKLOG)
        self.lines = collections.Counter()
        self.floating = collections.Counter()
        self.requests = {"app_queue": 0, "app": 0}  # at the application
        self.phantoms = 0  # none yet is made here
        self._made = []  # (kind, connection)
        self.story = [f"uWSGI over {self.listen}"]

    # ---- clients ---------------------------------------------------------------------------------

    def populate(self):
        site = self.site
        site.hold()
        expected = collections.Counter()
        kinds = [kind for kind in KINDS if kind.plain or not self.is_plain]
        cores = WORKERS
        chosen = self._rng.sample(kinds, self._rng.randint(1, 7))
        for kind in chosen:
            if not kind.core:
                self._enter(kind, self._rng.randint(1, 5), expected)
        self._settle(expected)  # they have their answers
        for kind in chosen:
            count = min(self._rng.randint(1, 5), cores) if kind.core else 0
            if count:
                self._enter(kind, count, expected)
                cores -= count
        self._settle(expected)
        if self._rng.random() < 0.6:
            self._fill(cores, expected)
            self._settle(expected)
        self.requests = {"app_queue": expected["queue"], "app": expected["busy"]}

    def _enter(self, kind, count, expected):
        self.story.append(f"{count} {kind.name}")
        self._made += [(kind, connection) for connection in kind.enter(self.site, count)]
        for name, value in kind.there.items():
            expected[name] += value * count
        expected["active"] += count
        if kind.also:
            self.floating[(kind.line, kind.also)] += count
        else:
            self.lines[kind.line] += count

    def _fill(self, cores, expected):
        """The application's workers, and then its queue."""
        before = self.lines["app"]
        kinds = [kind for kind in WAITING if kind.plain or not self.is_plain]
        for kind in self._rng.sample(kinds, self._rng.randint(1, 2)):
            self._enter(kind, self._rng.randint(1, 5), expected)
        asking = self.lines["app"] - before
        expected["busy"] += min(cores, asking)
        expected["queue"] = max(0, asking - cores)
        self.lines["app"] -= expected["queue"]
        self.lines["app_queue"] += expected["queue"]

    def _settle(self, expected):
        wanted = {name: expected[name] for name in ("active", "reading", "writing", "waiting", "busy",
                                                    "queue", "stalled", "half_closed", "lingering")}
        if expected["lingering"]:
            del wanted["waiting"]  # by nginx's version they are in it, too
        self.site.wait(**wanted)
        # nginx sends the rest of an answer to those who do not read before it is done.
        self.site.wait_still()

    # ---- what befalls it -------------------------------------------------------------------------

    def leave(self):
        """Some clients go, by FIN or RST, and nginx has noticed it or not. What is left is the
        truth; whoever has gone may still be counted."""
        safe = [pair for pair in self._made if pair[0].line in ("keepalive", "request")
                and not pair[0].there.get("stalled")]
        gone = self._rng.sample(safe, min(len(safe), self._rng.randint(1, 6)))
        by_reset = self._rng.random() < 0.5
        for kind, connection in gone:
            self._made.remove((kind, connection))
            self.lines[kind.line] -= 1
            (self.site.clients.abort if by_reset else self.site.clients.close)([connection])
        self.story.append(f"{len(gone)} leave by {'RST' if by_reset else 'FIN'}")
        return len(gone)

    def stop(self):
        self.site.stop()

    # ---- the truth -------------------------------------------------------------------------------

    def truths(self):
        """All that may be true: clients that float are on one of two lines each."""
        pairs = list(self.floating.items())
        for moved in itertools.product(*(range(count + 1) for _, count in pairs)):
            lines = collections.Counter(self.lines)
            for ((line, other), count), number in zip(pairs, moved):
                lines[line] += count - number
                lines[other] += number
            lines["phantom"] = self.phantoms
            yield {line: number for line, number in lines.items() if number}
