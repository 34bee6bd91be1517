# SPDX-License-Identifier: MIT
"""What a random site is like, and what its readers are told of it."""

import dataclasses

import servers


@dataclasses.dataclass(frozen=True)
class App:
    """How uWSGI runs, and how nginx reaches it."""

    name: str
    listen: str = "tcp"
    workers: int = 4
    threads: int = 1
    options: tuple = ()
    speaks_http: bool = False

    @property
    def is_async(self):
        """One worker goes from one request to the next: none may hold it up."""
        return "--async" in self.options

    @property
    def cores(self):
        return self.workers * (int(self.options[1]) if self.is_async else self.threads)


APPS = (
    App("uWSGI over TCP"),
    App("uWSGI over a unix socket", "unix"),
    App("uWSGI with threads", workers=2, threads=2),
    App("uWSGI with threads over a unix socket", "unix", workers=2, threads=2),
    App("uWSGI with --async", workers=1, options=("--async", "5")),
    App("uWSGI that speaks HTTP", options=("--protocol", "http"), speaks_http=True),
)
# Behind nginx: {name: (behaviour, whether over a unix socket)}.
BEHIND = {
    "hang": (servers.HANG, False), "hang-unix": (servers.HANG, True),
    "deaf": (servers.QUEUE, False), "deaf-unix": (servers.QUEUE, True),
    "pool": (servers.POOL, False), "stream": (servers.STREAM, False),
    "websocket": (servers.WEBSOCKET, False), "grpc": (servers.GRPC, False),
    "session": (servers.HANG, False), "echo": (servers.ECHO, False),
}
PLAIN_DOORS = ("tcp", "reuseport", "proxy", "tcp6")
OTHER_DOORS = ("unix", "tls", "h2", "h2tls")
FEATURES = ("cache", "auth", "dns", "self", "grpc", "realip")
STATS, ADDRESS, NOTHING = "stats", "its address", "nothing"


@dataclasses.dataclass(frozen=True)
class Shape:
    workers: int  # of nginx
    app: App
    doors: tuple  # names of listeners; "tcp" is always among them
    blocks: tuple  # of "stream" and "mail"
    features: tuple
    named: tuple  # servers behind nginx that the readers are told of
    tells: str  # what they are told of uWSGI
    few_ports: bool  # a reader often has the port of a client of another listener

    def __str__(self):
        parts = [f"{self.workers} workers", self.app.name, "listeners " + ", ".join(self.doors)]
        if self.blocks:
            parts.append(" and ".join(self.blocks))
        if self.features:
            parts.append("with " + ", ".join(self.features))
        parts.append("named " + (", ".join(self.named) or "nothing"))
        parts.append(f"of uWSGI {self.tells}")
        return "; ".join(parts) + ("; few ports" if self.few_ports else "")

    @property
    def is_plain(self):
        """HTTP/1 over TCP and nothing else."""
        return not self.blocks and set(self.doors) <= set(PLAIN_DOORS)

    @staticmethod
    def has_queue(server):
        """Whether this server behind nginx never accepts."""
        return server in BEHIND and BEHIND[server][0] == servers.QUEUE

    def knows(self, server):
        """Whether the readers are told of this server behind nginx; "app" is uWSGI."""
        return self.tells != NOTHING if server == "app" else server in self.named


def _some(rng, names, chance):
    return tuple(name for name in names if rng.random() < chance)


def random_shape(rng, without=frozenset()):
    """`without` are names of listeners that it must not have."""
    is_plain = rng.random() < 0.55
    doors = ("tcp", *_some(rng, PLAIN_DOORS[1:], 0.3))
    blocks = ()
    if not is_plain:
        doors += _some(rng, OTHER_DOORS, 0.6)
        blocks = _some(rng, ("stream", "mail"), 0.3)
    features = tuple(name for name in _some(rng, FEATURES, 0.15)
                     if name != "realip" or "proxy" in doors)
    return Shape(
        workers=rng.choice((1, 2, 2, 3, 4)), app=rng.choice(APPS),
        doors=tuple(door for door in doors if door not in without), blocks=blocks,
        features=features, named=_some(rng, BEHIND, rng.choice((0, 0.5, 1))),
        tells=rng.choices((STATS, ADDRESS, NOTHING), (8, 1, 1))[0], few_ports=rng.random() < 0.3)
