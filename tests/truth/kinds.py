# SPDX-License-Identifier: MIT
"""Kinds of clients whose line in the ledger is known, because of what they do."""

import dataclasses
from collections.abc import Callable

import ledger_h2
from ledger_clients import request


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    enter: Callable  # (site, count): the connections
    line: str
    there: dict  # what one of them adds to LedgerSite.look()
    core: bool = False  # a worker of uWSGI is at it
    also: str = ""  # the line where it is while a piece of its answer is on its way
    plain: bool = True  # its listener speaks HTTP/1 only


def _clients(method, *args, **more):
    return lambda site, count: getattr(site.clients, method)(count, *args, **more)


def _ask_again(site, count):
    made = site.clients.idle(count, "/file")  # which needs no application
    for connection in made:
        connection.sendall(request("/hold"))
    return made


def _tls(method):
    return lambda site, count: getattr(site.clients, method)(count, port=site.tls_port)


def _unix(data):
    return lambda site, count: site.clients.say_to_unix(count, site.nginx.socket, data)


def _h2(*uris):
    return lambda site, count: site.clients.say(count, ledger_h2.opening(*uris), port=site.h2_port)


KINDS = (
    Kind("idle", _clients("idle", "/"), "keepalive", {"waiting": 1}),
    Kind("silent", _clients("silent"), "keepalive", {"waiting": 1}),
    Kind("partial header", _clients("partial_header"), "request", {"reading": 1}),
    Kind("upload", _clients("upload", "/upload"), "unanswered", {"writing": 1}),
    Kind("never reads", _clients("never_read", "/big?mb=32"), "stalled_client",
         {"writing": 1, "stalled": 1}),
    Kind("never reads the end", _clients("never_read", "/file"), "stalled_client",
         {"waiting": 1, "stalled": 1}),
    Kind("never reads, unbuffered", _clients("never_read", "/unbuffered/big?mb=32"),
         "stalled_client", {"writing": 1, "stalled": 1, "busy": 1}, core=True),
    Kind("upload, unbuffered", _clients("upload", "/unbuffered/upload"), "app",
         {"writing": 1, "busy": 1}, core=True),
    Kind("half-closed", _clients("half_close", "/ignoring/hold"), "half_closed",
         {"writing": 1, "busy": 1, "half_closed": 1}, core=True),
    Kind("event stream", _clients("stream", "/events"), "app", {"writing": 1, "busy": 1},
         core=True, also="sending"),
    Kind("throttled", _clients("stream", "/throttled"), "long_lived", {"writing": 1},
         also="sending"),
    Kind("websocket", _clients("websocket", "/websocket"), "long_lived",
         {"writing": 1, "websockets": 1}),
    Kind("lingering", _clients("upload", "/unbuffered/"), "lingering",
         {"writing": 1, "lingering": 1}),
    Kind("silent over TLS", _tls("silent"), "keepalive", {"waiting": 1}, plain=False),
    Kind("half a handshake", lambda site, count: site.clients.half_hello(count, site.tls_port),
         "request", {}, plain=False),
    Kind("idle over HTTP/2", _h2(), "keepalive", {"waiting": 1}, plain=False),
    Kind("silent over a unix socket", _unix(b""), "keepalive", {"waiting": 1}),
    Kind("slow over a unix socket", _unix(b"GET / HTTP/1.1\r\n"), "request", {"reading": 1}),
)
# Those who wait for the application, or are in it: as many as it has workers left for.
WAITING = (
    Kind("asks", _clients("ask", "/hold"), "app", {"writing": 1}),
    Kind("asks again", _ask_again, "app", {"writing": 1}),
    Kind("pipelines", _clients("pipeline", "/", "/hold"), "app", {"writing": 1}),
    Kind("asks over a unix socket", _unix(request("/hold")), "app", {"writing": 1}),
    Kind("asks over HTTP/2", _h2("/hold"), "app", {"writing": 1}, plain=False),
)
