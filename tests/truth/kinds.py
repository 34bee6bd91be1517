# SPDX-License-Identifier: MIT
"""Kinds of clients whose line in the ledger is known, because of what they do."""

import dataclasses
import itertools
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

import doors
import ledger_kernel as kernel
from demo.process import wait_until
from ledger_clients import HALF_HELLO, WEBSOCKET, post, read_answer, read_head, request

HTTP1 = ("tcp", "reuseport", "proxy", "tcp6", "unix", "tls")
TCP = ("tcp", "reuseport", "proxy", "tcp6")
OVER_TCP = (*TCP, "tls")
V4 = ("tcp", "reuseport")  # where a client may choose its address
PART_OF_HEADER = request("/small", "X-More: to come\r\n")[:-4]
APP = "app"
_NUMBER = itertools.count()


class Spot(NamedTuple):
    """Where one connection to nginx is."""

    line: str
    unnamed: str
    at: str
    there: dict


@dataclasses.dataclass(frozen=True, eq=False)
class Kind:
    name: str
    enter: Callable  # is given a Door: the connection
    line: str
    there: dict  # what one of them adds to Place.look()
    doors: tuple = HTTP1
    at: str = ""  # the server behind nginx that it is at: "app", or one of shape.BEHIND
    unnamed: str = ""  # the line where the reader does not know that server
    cores: int = 0  # so many workers of uWSGI are at it until it leaves
    waits: bool = False  # it needs one, and is in the queue until there is one
    orphans: bool = False  # its worker goes on when it has left
    leaves: bool = True  # nginx has nothing of it any more when it has left
    unheard: dict = None  # what stays of it in Place.look() when it resets, for nginx is deaf then
    blocks: bool = False  # uWSGI waits for it, and does nothing else
    brief: bool = False  # a worker of uWSGI is at it for a moment
    floats: str = ""  # it is on this line instead, at times
    needs: str = ""  # a feature of the site
    differ: Callable = None  # of `count` clients: the spots of each, where they are not all alike
    own: bool = False  # its address is one of its own, to which the kernel has another route
    drips: bool = False  # it reads a little now and then
    tangled: bool = False  # what becomes of it when a worker ends depends on others

    @property
    def is_idle(self):
        """Whether nginx may close it when it is asked to end."""
        return "waiting" in self.there or self.name == "mail"

    def spots(self, count):
        """Of each of `count` clients: the connections to nginx that it brings about."""
        if self.differ:
            return self.differ(self, count)
        return [[Spot(self.line, self.unnamed or self.line, self.at, self.there)]] * count


def _one_asks(kind, count):
    """The first one's question is passed on, the others wait for its answer."""
    asks = {**kind.there, kind.at: 1}
    return [[Spot("app", "unanswered", kind.at, asks)]] + \
        [[Spot("unanswered", "unanswered", "", kind.there)]] * (count - 1)


def _twice(kind, count):
    """nginx is its own client."""
    return [[Spot("unanswered", "unanswered", "", kind.there),
             Spot("app", "unanswered", kind.at, {**kind.there, kind.at: 1})]] * count


def _nowhere(_, count):
    return [[]] * count


def say(data, **more):
    return lambda door: door.enter(data, **more)


def ask(uri, header="", **more):
    return say(request(uri, header), **more)


def _answered(data):
    def enter(door):
        connection = door.enter(data)
        assert read_answer(connection) == 200
        return connection
    return enter


def _idle_and_more(data):
    """Who has an answer already."""
    def enter(door):
        connection = _answered(request("/small"))(door)
        connection.sendall(data)
        return connection
    return enter


def _half_close(uri):
    def enter(door):
        connection = door.enter(request(uri))
        connection.shutdown(socket.SHUT_WR)
        return connection
    return enter


def _begun(uri, header="", status="200"):
    """Who has read the beginning of an answer that does not end."""
    def enter(door):
        connection = door.enter(request(uri, header))
        assert read_head(connection).split()[1] == status
        if status == "200":
            assert connection.recv(1)
        return connection
    return enter


def _silenced(uri, source):
    """Who does not acknowledge what comes, and says no more when its question has arrived."""
    def enter(door):
        connection = door.enter(source=source)
        doors.lose_answers(connection)
        connection.sendall(request(uri))
        wait_until(lambda: doors.has_said_all(connection), doors.CONNECT_SECONDS,
                   "an acknowledged question")
        return connection
    return enter


def _stalled_and_silenced(door):
    """Who has not read, and then does not even say so any more."""
    connection = door.enter(request("/large"), small=True, source=doors.IMPATIENT)
    end = kernel.name_of(connection.family, connection.getsockname())
    wait_until(lambda: any(one.remote == end and one.is_stalled() for one in kernel.tcp_sockets()),
               doors.CONNECT_SECONDS, "a client that does not read")
    doors.fall_silent(connection)
    return connection


def _half_close_alone(door):
    """Who has asked for a page that nobody else asks for."""
    return _half_close(f"/cache?{next(_NUMBER)}")(door)


def _raw(data=None):
    """Who speaks TLS by hand: `data`, or the first part of a handshake."""
    def enter(door):
        connection = door.connect()
        connection.sendall(door.hello() if data is None else data)
        return connection
    return enter


def _ask_application(door):
    """Without nginx, as any program of the host may."""
    if door.name == "app by HTTP":
        return door.enter(request("/hold"))
    words = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/hold", "PATH_INFO": "/hold",
             "QUERY_STRING": "", "SERVER_PROTOCOL": "HTTP/1.1", "SERVER_NAME": "stranger",
             "SERVER_PORT": "80", "REMOTE_ADDR": "192.0.2.9", "REMOTE_PORT": "9"}
    body = b"".join(struct.pack("<H", len(word)) + word.encode()
                    for pair in words.items() for word in pair)
    return door.enter(struct.pack("<BHB", 0, len(body), 0) + body)


def _behind(name):
    """A row for who waits at a server of our own."""
    is_queue = "deaf" in name
    return Kind(f"asks {name}", ask(f"/{name}"), "app_queue" if is_queue else "app",
                {"writing": 1, name: 1}, at=name, unnamed="unanswered", leaves=not is_queue)


PLAIN = (
    Kind("idle", _answered(request("/small")), "keepalive", {"waiting": 1}),
    Kind("idle after the application", _answered(request("/")), "keepalive", {"waiting": 1},
         brief=True),
    Kind("idle after a pool", _answered(request("/pool")), "keepalive", {"waiting": 1}),
    Kind("silent", say(b""), "keepalive", {"waiting": 1}),
    Kind("half a header", say(PART_OF_HEADER), "request", {"reading": 1}),
    Kind("half a second header", _idle_and_more(PART_OF_HEADER), "request", {"reading": 1}),
    Kind("one and a half headers", _answered(request("/small") + PART_OF_HEADER), "request",
         {"reading": 1}),
    Kind("upload", say(post("/upload", 100000) + b"u" * 500), "unanswered", {"writing": 1}),
    Kind("upload to one that hangs", say(post("/hang", 100000) + b"u" * 500), "unanswered",
         {"writing": 1}),
    Kind("upload, unbuffered, to one that hangs",
         say(post("/unbuffered-hang", 100000) + b"u" * 500), "app", {"writing": 1, "hang": 1},
         at="hang", unnamed="unanswered"),
    Kind("upload, unbuffered", say(post("/unbuffered/upload", 100000) + b"u" * 500), "app",
         {"writing": 1}, at=APP, unnamed="unanswered", cores=1, blocks=True),
    Kind("delayed", ask("/delayed"), "unanswered", {"writing": 1}),
    # By nginx 1.19.7 and later they are waiting, too.
    Kind("lingers", ask("/linger"), "lingering", {"writing": 1, "waiting": 1, "lingering": 1},
         OVER_TCP),
    Kind("sends what nobody wants", _answered(post("/small", 100000) + b"u" * 500), "long_lived",
         {"writing": 1}, TCP, leaves=False, unheard={"waiting": 1}),
    Kind("lingers after the application", say(post("/unbuffered/", 100000) + b"u" * 500),
         "lingering", {"writing": 1, "waiting": 1, "lingering": 1}, TCP, brief=True),
)
SLOW = (
    Kind("never reads", ask("/large", small=True), "stalled_client", {"writing": 1, "stalled": 1},
         OVER_TCP),
    Kind("never reads the end", ask("/file", small=True), "stalled_client",
         {"waiting": 1, "stalled": 1}, TCP),
    Kind("never reads the application's", ask("/big?mb=8", small=True), "stalled_client",
         {"writing": 1, "stalled": 1}, TCP, brief=True),
    Kind("never reads, unbuffered", ask("/unbuffered/big?mb=64", small=True), "stalled_client",
         {"writing": 1, "stalled": 1}, TCP, at=APP, unnamed="stalled_client", cores=1,
         blocks=True),
    Kind("pipelines and never reads", say(b"".join([request("/file")] * 40), small=True),
         "stalled_client", {"writing": 1, "stalled": 1}, TCP),
    Kind("never reads a unix socket", ask("/large"), "stalled_client", {"writing": 1}, ("unix",)),
    Kind("reads slowly", ask("/large", small=True), "sending", {"writing": 1}, TCP,
         floats="stalled_client", drips=True),
    Kind("throttled", _begun("/throttled"), "long_lived", {"writing": 1}, floats="sending"),
    Kind("vanished", _silenced("/large", doors.IMPATIENT), "vanished_client",
         {"writing": 1, "vanished": 1}, V4, own=True),
    Kind("vanished at the end", _silenced("/small", doors.IMPATIENT), "vanished_client",
         {"waiting": 1, "vanished": 1}, V4, own=True),
    Kind("stalled, then vanished", _stalled_and_silenced, "vanished_client", {"writing": 1}, V4,
         floats="stalled_client", own=True),
    Kind("an answer on its way", _silenced("/large", doors.PATIENT), "sending",
         {"writing": 1, "sending": 1}, V4, own=True),
    Kind("the end on its way", _silenced("/small", doors.PATIENT), "sending",
         {"waiting": 1, "sending": 1}, V4, own=True),
)
CLOSED = (
    Kind("half-closed", _half_close("/ignoring/hold"), "half_closed",
         {"writing": 1, "half_closed": 1}, OVER_TCP, at=APP, unnamed="half_closed", cores=1,
         orphans=True, leaves=False, unheard={"writing": 1}),
    Kind("half-closed at one that hangs", _half_close("/ignoring-hang"), "half_closed",
         {"writing": 1, "half_closed": 1, "hang": 1}, OVER_TCP, leaves=False,
         unheard={"writing": 1, "hang": 1}),
    Kind("half-closed, and its answer is for the cache", _half_close_alone, "half_closed",
         {"writing": 1, "half_closed": 1, "hang": 1}, TCP, needs="cache", leaves=False,
         unheard={"writing": 1, "hang": 1}, tangled=True),
    Kind("half-closed over a unix socket", _half_close("/ignoring/hold"), "half_closed",
         {"writing": 1}, ("unix",), at=APP, unnamed="half_closed", cores=1, orphans=True,
         leaves=False),
)
BEHIND = (
    *map(_behind, ("hang", "hang-unix", "deaf", "deaf-unix")),
    Kind("asks, and the server cannot be reached", ask("/dead"), "unanswered", {"writing": 1}),
    Kind("a stream", _begun("/stream"), "app", {"writing": 1, "stream": 1}, at="stream",
         unnamed="long_lived"),
    Kind("websocket", _begun("/websocket", WEBSOCKET, "101"), "app",
         {"writing": 1, "websocket": 1}, at="websocket", unnamed="long_lived"),
    Kind("event stream", _begun("/events"), "app", {"writing": 1}, at=APP, unnamed="long_lived",
         cores=1, floats="sending"),
    Kind("asks one that hangs, again", _idle_and_more(request("/hang")), "app",
         {"writing": 1, "hang": 1}, at="hang", unnamed="unanswered"),
    Kind("waits for the cache", ask("/cache"), "app", {"writing": 1}, at="hang", needs="cache",
         leaves=False, tangled=True, differ=_one_asks),
    Kind("waits for leave", ask("/auth"), "app", {"writing": 1, "hang": 1}, at="hang",
         unnamed="unanswered", needs="auth"),
    Kind("waits for a name", ask("/dns"), "unanswered", {"writing": 1}, needs="dns"),
    Kind("asks nginx to ask nginx", ask("/self"), "unanswered", {"writing": 1}, TCP, at="hang",
         needs="self", leaves=False, tangled=True, differ=_twice),
)
# Those who wait for the application, or are in it: as many as it has cores left for, and more.
WAITING = (
    Kind("asks", ask("/hold"), "app", {"writing": 1}, at=APP, unnamed="unanswered", waits=True,
         orphans=True),
    Kind("asks again", _idle_and_more(request("/hold")), "app", {"writing": 1}, at=APP,
         unnamed="unanswered", waits=True, orphans=True),
    # By what the lines are defined by: it has its answer and is not idle.
    # Over a unix socket it is still being sent, for nobody reads it.
    Kind("pipelines", say(request("/small") + request("/hold")), "app", {"writing": 1}, OVER_TCP,
         at=APP, unnamed="long_lived", waits=True, orphans=True),
)
# Other programs, which are no clients of nginx's.
STRANGERS = (
    Kind("a stranger at the application", _ask_application, "", {}, ("app", "app by HTTP"),
         cores=1, leaves=False, differ=_nowhere),
    Kind("a stranger at one that hangs", say(request("/")), "", {"hang": 1}, ("hang",),
         differ=_nowhere),
)
HANDSHAKES = (
    Kind("says nothing where TLS is spoken", _raw(b""), "keepalive",
         {"waiting": 1}, ("tls", "h2tls")),
    Kind("half a handshake", _raw(HALF_HELLO), "request", {},
         ("tls", "h2tls")),
    Kind("leaves a handshake after the server's part", _raw(),
         "request", {}, ("tls", "h2tls")),
    Kind("says nothing after the handshake", say(b""), "keepalive", {"waiting": 1}, ("tls",)),
)
