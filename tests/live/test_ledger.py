# SPDX-License-Identifier: MIT
"""Each situation that the ledger tells apart, in a real nginx and uWSGI: line by line, as root and
as nobody. Those that need a site of their own are in the other test_ledger files."""

import dataclasses
from collections.abc import Callable

import pytest

import ledger_h2
from demo.process import wait_until
from ledger_clients import request
from ledger_kit import EITHER, NOBODY, ROOT

WORKERS = 4  # of either site that these share: or two workers with two threads


@dataclasses.dataclass
class Situation:
    name: str
    enter: Callable  # what the clients do; is given the LedgerSite
    there: dict  # how it is known that it came about: see LedgerSite.look()
    lines: dict  # what the ledger has to say: the lines that are not 0
    findings: dict = dataclasses.field(default_factory=dict)
    confidence: str | tuple = "exact"
    more: dict = dataclasses.field(default_factory=dict)  # other samples of the exporter
    options: Callable = lambda site: ()  # of the exporter


def clients(method, *args):
    return lambda site: getattr(site.clients, method)(*args)


def h2(*uris, window=65535):
    return lambda site: site.clients.say(1, ledger_h2.opening(*uris, window=window),
                                         port=site.h2_port)


def delayed(site):
    site.clients.idle(1, "/delayed")  # the first one is served at once
    site.clients.ask(3, "/delayed")


def ask_again(site):
    for connection in site.clients.idle(3):
        connection.sendall(request("/hold"))


def go_away(site):
    """Three whom a worker is at, for longer than a moment, two in the queue, and all leave."""
    site.clients.ask(WORKERS + 2, "/hold")
    site.wait(busy=WORKERS, queue=2)
    site.grow_old(2)
    site.clients.reset()


def everything(site):
    site.clients.idle(7)
    site.clients.silent(2)
    site.clients.partial_header(3)
    site.clients.half_hello(2, site.tls_port)
    site.clients.upload(3, "/upload")
    site.clients.websocket(4, "/websocket")
    site.clients.stream(2, "/throttled")
    site.clients.never_read(2, "/big?mb=32")
    site.wait(active=25, busy=0, stalled=2, websockets=4)
    site.clients.upload(2, "/unbuffered/")
    site.wait(lingering=2)
    site.clients.half_close(1, "/ignoring/hold")
    site.wait(busy=1, half_closed=1)
    site.clients.stream(1, "/events")
    site.clients.ask(6, "/hold")


MANY = {"slow_clients": "info"}  # fewer are on every site
BLOCKING = {"slow_clients": "warning"}
SATURATED = {"app_saturated": "warning"}
SITUATIONS = [
    Situation("calm", lambda site: None, {"active": 0}, {}),
    Situation("slow app", clients("ask", 3, "/hold"), {"writing": 3, "busy": 3}, {"app": 3}),
    Situation("app queue", clients("ask", 10, "/hold"), {"busy": WORKERS, "queue": 6},
              {"app": WORKERS, "app_queue": 6}, SATURATED),
    Situation("slow app, after an answer", ask_again, {"writing": 3, "busy": 3}, {"app": 3}),
    Situation("slow app, pipelined", clients("pipeline", 2, "/", "/hold"),
              {"writing": 2, "busy": 2}, {"app": 2}),
    Situation("keepalive", clients("idle", 5), {"waiting": 5}, {"keepalive": 5}),
    Situation("silent", clients("silent", 2), {"waiting": 2}, {"keepalive": 2}),
    Situation("partial header", clients("partial_header", 4), {"reading": 4}, {"request": 4}),
    Situation("many partial headers", clients("partial_header", 21), {"reading": 21},
              {"request": 21}, {"slow_headers": "info"}),
    Situation("half TLS hello", lambda site: site.clients.half_hello(2, site.tls_port),
              {"active": 2, "waiting": 0, "reading": 0, "writing": 0}, {"request": 2}),
    Situation("slow upload", clients("upload", 3, "/upload"), {"writing": 3, "busy": 0},
              {"unanswered": 3}),
    Situation("slow upload, unbuffered", clients("upload", 2, "/unbuffered/upload"),
              {"writing": 2, "busy": 2}, {"app": 2}),
    Situation("stalled", clients("never_read", 2, "/big?mb=32"),
              {"writing": 2, "busy": 0, "stalled": 2}, {"stalled_client": 2}),
    Situation("stalled, unbuffered", clients("never_read", 2, "/unbuffered/big?mb=32"),
              {"writing": 2, "busy": 2, "stalled": 2}, {"stalled_client": 2}, BLOCKING,
              more={"connledger_blocked_upstreams": 2}),
    Situation("stalled, all sent", clients("never_read", 12, "/file"),
              {"writing": 0, "waiting": 12, "stalled": 12}, {"stalled_client": 12}, MANY),
    Situation("throttled", clients("stream", 2, "/throttled"), {"writing": 2, "unsent": 0},
              {"long_lived": 2}, {}, EITHER),  # who spoke last in one tick of the kernel?
    Situation("delayed", delayed, {"writing": 3, "waiting": 1}, {"unanswered": 3, "keepalive": 1}),
    Situation("websocket", clients("websocket", 4, "/websocket"), {"writing": 4, "websockets": 4},
              {"long_lived": 4}, {}, EITHER),
    Situation("websocket, backend named", clients("websocket", 4, "/websocket"),
              {"writing": 4, "websockets": 4}, {"app": 4}, {}, "bounded",  # it may keep idle ones
              options=lambda site: ("--nginx.upstream", site.backend.address)),
    Situation("event stream", clients("stream", 2, "/events"), {"writing": 2, "busy": 2},
              {"app": 2}),
    Situation("half-closed", clients("half_close", 3, "/ignoring/hold"),
              {"writing": 3, "busy": 3, "half_closed": 3}, {"half_closed": 3}),
    Situation("lingering close", clients("upload", 3, "/unbuffered/"),
              {"writing": 3, "busy": 0, "lingering": 3}, {"lingering": 3}),
    Situation("orphaned work", go_away, {"active": 0, "busy": WORKERS, "queue": 2}, {},
              {"app_saturated": "info", "orphaned_work": "warning"},
              more={"connledger_orphaned_requests": WORKERS, "connledger_abandoned_requests": 2}),
    Situation("HTTP/2, many streams", h2(*["/hold"] * 20),
              {"active": 1, "writing": 20, "busy": WORKERS, "queue": 20 - WORKERS}, {"app": 1},
              SATURATED, "bounded", more={"connledger_requests{held_by=\"app\"}": WORKERS}),
    Situation("HTTP/2, window exhausted", h2(*["/file"] * 3, window=0),
              {"active": 1, "writing": 3, "unsent": 0}, {"long_lived": 1}, {}, "bounded"),
    Situation("HTTP/2, idle", h2(), {"active": 1, "waiting": 1}, {"keepalive": 1}),
    Situation("everything together", everything,
              {"active": 35, "busy": WORKERS, "queue": 4, "half_closed": 1, "lingering": 2,
               "stalled": 2},
              {"keepalive": 9, "request": 5, "unanswered": 3, "long_lived": 6, "stalled_client": 2,
               "lingering": 2, "half_closed": 1, "app": 3, "app_queue": 4},
              SATURATED, "bounded"),  # the stalled ones may be idle to nginx
]


def _read(reader, site, user, situation):
    """A stream's client is on `sending` while a piece is on its way, which on a busy machine lasts:
    where there are streams, looks again then. Nowhere else may a look be wrong for once."""
    def settled():
        reading = reader.read(site, user, *situation.options(site))
        if "long_lived" not in situation.lines:
            return reading
        more = reading.lines.get("sending", 0) - situation.lines.get("sending", 0)
        return None if more > 0 else reading
    return wait_until(settled, 60, "a look between two pieces")


@pytest.mark.parametrize("listen", ["tcp", "unix"])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: one.name)
def test_ledger(ledger_sites, ledger_reader, situation, listen):
    site = ledger_sites(listen)
    with site.situation():
        situation.enter(site)
        site.wait(**situation.there)
        active = site.status()["active"]
        for user in ROOT, NOBODY:
            reading = _read(ledger_reader, site, user, situation)
            reading.check(active, situation.lines, situation.confidence, situation.findings)
            assert situation.more.items() <= reading.samples.items(), reading


@pytest.mark.parametrize("user", [ROOT, NOBODY])
def test_an_application_that_is_not_named(ledger_site, ledger_reader, user):
    """Without uWSGI's stats its requests wait for something unseen; its address tells enough."""
    site = ledger_site
    with site.situation() as clients:
        clients.ask(WORKERS + 2, "/hold")
        site.wait(writing=WORKERS + 2, busy=WORKERS, queue=2)
        ledger_reader.read(site, user, uwsgi=False).check(WORKERS + 2, {"unanswered": WORKERS + 2})
        ledger_reader.read(site, user, "--nginx.upstream", site.uwsgi.address, uwsgi=False).check(
            WORKERS + 2, {"app": WORKERS, "app_queue": 2})
