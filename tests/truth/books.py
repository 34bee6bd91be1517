# SPDX-License-Identifier: MIT
"""Who is at a site, and so what is true of it."""

import collections
import dataclasses
import itertools
import socket

import doors
import kinds
import place as places

COUNTED = ("active", "reading", "writing", "waiting", "stalled", "vanished", "sending",
           "half_closed", "lingering", "clients")
# Where those may be who come and go: not at the application, never vanished, and no phantoms.
LOOSE = frozenset(("request", "keepalive", "unanswered", "sending", "stalled_client",
                   "half_closed", "lingering", "long_lived", "unexplained"))


@dataclasses.dataclass(eq=False)
class Client:
    """One that is there. `ends` are those of its TCP connection as the kernel lists nginx's."""

    kind: kinds.Kind
    door: doors.Door
    connection: socket.socket
    spots: list
    is_mute: bool = False  # it does not even acknowledge any more

    def __post_init__(self):
        self.ends = places.ends_of(self.connection)


@dataclasses.dataclass
class Truth:
    """What may be true. `floating` {(line, other): number} are on either of two lines; on `loose`
    lines there may be others, who come and go; `has_orphans`: a server behind nginx may be at it
    for somebody who is gone; `requests` {"app_queue": (least, most), "app": ...} at the servers
    behind nginx that the readers know."""

    lines: collections.Counter
    floating: collections.Counter
    loose: frozenset = frozenset()
    has_orphans: bool = False
    requests: dict = dataclasses.field(default_factory=dict)

    def all(self):
        """All lines that may be true, without the others."""
        pairs = list(self.floating.items())
        for moved in itertools.product(*(range(count + 1) for _, count in pairs)):
            lines = collections.Counter(self.lines)
            for ((line, other), count), number in zip(pairs, moved):
                lines[line] += count - number
                lines[other] += number
            yield lines

    def __str__(self):
        lines = {line: number for line, number in self.lines.items() if number}
        floating = {f"{line} or {other}": number
                    for (line, other), number in self.floating.items()}
        return f"truth {lines}" + (f", and {floating}" if floating else "") + (
            f"; others come and go on {sorted(self.loose)}" if self.loose else "") + (
            f"; requests {self.requests}")


class Books:
    def __init__(self, shape):
        self.shape = shape
        self.clients = []
        self.ghosts = []  # kinds of clients that nginx has not heard going
        self.phantoms = 0
        self.crashed = False  # a worker of nginx has ended
        self._base = collections.Counter()  # what nginx counts for phantoms
        self.begin()

    def begin(self):
        """Another population. Nobody is left of the one before, but phantoms."""
        self.ghosts.clear()
        self.orphans = 0  # workers of uWSGI that are at it for nobody
        self.reloaded = False
        self.mixed = False  # some of uWSGI's queue and of its workers are for nobody, ...
        self.queued_then = (0, 0)  # ... and (least, most) of those who wait are in the queue
        self._abandoned = collections.Counter()  # in our servers' queues, for nobody

    def spots(self):
        return [(client, spot) for client in self.clients for spot in client.spots]

    def cores_free(self):
        """Not taken by those who have one until they leave."""
        taken = sum(kind.cores for kind in
                    [client.kind for client in self.clients] + self.ghosts) + self.orphans
        return self.shape.app.cores - taken

    def waiting(self):
        """How many need a core."""
        return sum(client.kind.waits for client in self.clients)

    def queued(self):
        """(least, most) of these that are in the queue."""
        queued = max(0, self.waiting() - self.cores_free())
        return self.queued_then if self.mixed else (queued, queued)

    def is_plain(self):
        """Whether all speak HTTP/1 over TCP."""
        return all(client.door.name in kinds.TCP for client, _ in self.spots())

    def is_known(self):
        """Whether the readers are told of all servers that clients are at, and no worker of nginx
        has ended or drains."""
        return not self.phantoms and not self.reloaded and not self.ghosts and all(
            self.shape.knows(spot.at) for _, spot in self.spots() if spot.at)

    # ---- what is true ----------------------------------------------------------------------------

    def truth(self, doubtful=()):
        """To those who are told what shape.knows(). `doubtful` clients may be there no more, or
        still be counted."""
        lines = collections.Counter({"phantom": self.phantoms})
        floating = collections.Counter()
        for client, spot in self.spots():
            line = spot.line if not spot.at or self.shape.knows(spot.at) else spot.unnamed
            if client in doubtful:
                continue
            if client.kind.floats:
                floating[(line, client.kind.floats)] += 1
            else:
                lines[line] += 1
        for kind in self.ghosts:
            floating[("unexplained", self._line_of_ghost(kind))] += 1
        if self.shape.knows("app"):
            least, most = self.queued()
            lines["app"] -= most
            lines["app_queue"] += least
            floating[("app", "app_queue")] += most - least
        gone = [spot for client in doubtful for spot in client.spots]
        loose = LOOSE.union(spot.line for spot in gone) if doubtful else frozenset()
        # A ghost is gone, whatever nginx thinks.
        has_orphans = self.orphans > 0 or any(kind.orphans for kind in self.ghosts)
        return Truth(lines, +floating, loose,
                     has_orphans or self.mixed or any(spot.at for spot in gone),
                     self._requests(doubtful))

    def _requests(self, doubtful):
        """What nginx has at the servers that the readers know. With those of `doubtful` clients it
        may have finished."""
        found = {"app_queue": [0, 0], "app": [0, 0]}

        def add(held_by, least, most):
            found[held_by][0] += least
            found[held_by][1] += most
        for client in {*self.clients, *doubtful}:
            is_sure = client not in doubtful
            for spot in client.spots:
                for server in filter(self.shape.knows, places.shapes.BEHIND):
                    count = spot.there.get(server, spot.at == server)
                    add("app_queue" if self.shape.has_queue(server) else "app",
                        count * is_sure, count)
        for kind in self.ghosts:
            for server in filter(self.shape.knows, places.shapes.BEHIND):
                add("app", kind.unheard.get(server, 0), kind.unheard.get(server, 0))
        if self.shape.knows(kinds.APP):
            least, most = self.queued()
            at_work = sum(client.kind.cores for client in self.clients if client.spots) + \
                sum(kind.cores for kind in self.ghosts) + self.waiting()
            gone = sum(client.kind.waits + client.kind.cores for client in doubtful)
            add("app_queue", least, most + gone)
            add("app", at_work - most, at_work - least + gone)
        return found

    def _line_of_ghost(self, kind):
        """Where it would be if it were there still."""
        if "waiting" in kind.unheard:
            return "keepalive"
        return "app" if self.shape.knows(kinds.APP if kind.cores else "hang") else "unanswered"

    def expected(self, servers):
        """What Place.look() has to show of nginx, uWSGI and these servers of ours."""
        wanted = collections.Counter(self._base)
        for kind in self.ghosts:
            wanted.update({"active": 1, **kind.unheard})
        for client in self.clients:
            wanted.update({} if client.spots else client.kind.there)
        for client, spot in self.spots():
            wanted.update({"active": 1, **spot.there})
            wanted["clients"] += not client.door.is_unix
        keys = {*COUNTED, *servers}
        if not self.mixed:
            keys |= {"busy", "app_queue"}
            wanted["app_queue"] = self.queued()[0]
            wanted["busy"] = self.shape.app.cores - self.cores_free() + self.waiting() - \
                wanted["app_queue"]
        return {key: wanted[key] + self._abandoned[key] for key in keys}

    # ---- a worker that has ended -----------------------------------------------------------------

    def bury(self, dead, exporters):
        """These clients were with it, and so many connections of exporters: nginx counts them for
        ever."""
        self.mixed = self.mixed or self.queued() != (0, 0)
        for client in dead:
            for spot in client.spots:
                for key in ("reading", "writing", "waiting"):
                    self._base[key] += spot.there.get(key, 0)
                if self.shape.has_queue(spot.at):
                    self._abandoned[spot.at] += 1
            self.clients.remove(client)
            self.orphans += client.kind.orphans
        self._base["waiting"] += exporters
        self._base["active"] += len(dead) + exporters
        self.phantoms += len(dead) + exporters
        self.crashed = True
