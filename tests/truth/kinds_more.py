# SPDX-License-Identifier: MIT
"""Kinds of clients that speak HTTP/2, or come in by stream{} and mail{}."""

import ledger_h2
from kinds import APP, Kind, say
from ledger_h2 import HEADERS, PREFACE, frame

H2 = ("h2", "h2tls")
PING = 6
MANY = 5


def _h2(*uris, then=b"", **more):
    return say(ledger_h2.opening(*uris, **more) + then)


def _greeted(door):
    """Who has the server's first words."""
    connection = door.connect()
    assert connection.recv(1)
    return connection


HTTP2 = (
    Kind("idle over HTTP/2", _h2(), "keepalive", {"waiting": 1}, H2),
    Kind("idle over HTTP/2 after an answer", _h2("/small"), "keepalive", {"waiting": 1}, H2),
    Kind("asks one that hangs over HTTP/2", _h2("/hang"), "app", {"writing": 1, "hang": 1}, H2,
         at="hang", unnamed="unanswered"),
    Kind("asks much over HTTP/2", _h2(*["/hang"] * MANY), "app",
         {"writing": MANY, "hang": MANY}, H2, at="hang", unnamed="unanswered"),
    Kind("asks over HTTP/2 and pings", _h2("/hang", then=frame(PING, 0, 0, bytes(8))), "app",
         {"writing": 1, "hang": 1}, H2, at="hang", unnamed="unanswered"),
    Kind("asks over HTTP/2", _h2("/hold"), "app", {"writing": 1}, H2, at=APP,
         unnamed="unanswered", cores=1, orphans=True),
    Kind("gives no window", _h2(*["/file"] * 3, window=0), "long_lived", {"writing": 3}, H2),
    Kind("gives no second window", _h2("/large"), "long_lived", {"writing": 1}, H2),
    Kind("half a header over HTTP/2",
         say(PREFACE + ledger_h2.settings(65535) + frame(HEADERS, 1, 1, ledger_h2.GET)),
         "request", {"reading": 1}, H2),
    Kind("upload over HTTP/2", _h2(then=ledger_h2.post(1, "/upload")), "unanswered",
         {"writing": 1}, H2),
    Kind("asks by gRPC", _h2("/grpc"), "app", {"writing": 1, "grpc": 1}, H2, at="grpc",
         unnamed="unanswered", needs="grpc"),
)
SESSIONS = (
    Kind("a silent session", say(b""), "app", {}, ("stream",), at="session",
         unnamed="long_lived"),
    Kind("a session whose client waits", say(b"hello"), "app", {"session": 1}, ("stream",),
         at="session", unnamed="long_lived"),
    Kind("a session that looks like TLS", say(b"\x16\x03\x01hello"), "app", {"session": 1},
         ("stream",), at="session", unnamed="long_lived"),
    Kind("a session with an answer", say(b"hello"), "app", {"echo": 1}, ("echo",), at="echo",
         unnamed="long_lived"),
    Kind("mail", _greeted, "long_lived", {}, ("mail", "smtp")),
)
