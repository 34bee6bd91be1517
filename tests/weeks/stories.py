# SPDX-License-Identifier: MIT
"""What happens at a site in a week: visitors by the time of day, and one trouble in each story."""

import dataclasses
import math
import os
import random
import signal
from collections.abc import Callable

STEPS_A_DAY = 96  # each 15 minutes
NIGHT = 7, 22  # before and after these hours nobody has a websocket open
SERVERS = """
    server {{
        listen 127.0.0.1:{port};
        location = /silent {{
            proxy_pass http://{silent};
            proxy_read_timeout 900s;
        }}
        location = /ignoring {{
            proxy_pass http://{silent};
            proxy_read_timeout 900s;
            proxy_ignore_client_abort on;
        }}
    }}
"""


class Visitors:
    """They come in the morning and leave in the evening, some by RST, and a few ask the application
    in each moment that somebody looks. nginx is reloaded each night."""

    def __init__(self, site, seed):
        self._site = site
        self._rng = random.Random(seed)
        self._idle, self._websockets = [], []

    def _fit(self, there, wanted, enter):
        clients = self._site.clients
        gone = self._rng.sample(there, max(len(there) // 3, len(there) - wanted))
        for connection in gone:
            there.remove(connection)
        (clients.abort if self._rng.random() < 0.5 else clients.close)(gone)
        there += enter(max(0, wanted - len(there)))

    def pass_by(self, step):
        """A quarter of an hour."""
        clients = self._site.clients
        hour = step % STEPS_A_DAY * 24 / STEPS_A_DAY
        day = max(0, math.sin(math.pi * (hour - NIGHT[0]) / (NIGHT[1] - NIGHT[0])))
        self._fit(self._websockets, round(12 * day) if NIGHT[0] < hour < NIGHT[1] else 0,
                  lambda count: clients.websocket(count, "/websocket"))
        self._fit(self._idle, 3 + round(15 * day), lambda count: clients.idle(count, "/file"))
        clients.close(clients.idle(round(10 * day), "/file"))
        if step % STEPS_A_DAY == 12:
            os.kill(self._site.nginx.master_pid(), signal.SIGHUP)

    def ask(self):
        """Up to two of the application's four workers are busy."""
        return self._site.clients.ask(self._rng.randint(0, 2), "/hold")


def _more(method, uri, *, here=False):
    """One more of these each time, which never ends; `here`: on the server that visitors use."""
    def happen(site, step):
        getattr(site.clients if here else site.trouble, method)(1, uri)
    return happen


def _hang_in_reading(site, step):
    site.clients.partial_header(1)


def _stick(site, step):
    if step == STEPS_A_DAY:
        site.is_stuck = True
        site.hold()
        site.clients.ask(12, "/hold")


def _crash(site, step):
    if step % STEPS_A_DAY == STEPS_A_DAY // 2:
        site.clients.idle(8)
        site.signal_worker(site.busiest_worker(), signal.SIGKILL)


@dataclasses.dataclass(frozen=True)
class Story:
    name: str
    happen: Callable = lambda site, step: None
    expected: tuple = ()  # one of these findings, as a warning or worse


STORIES = (
    Story("healthy"),
    Story("clients that do not read", _more("never_read", "/file", here=True),
          ("slow_clients", "leaking_connections")),
    Story("a stuck application", _stick, ("app_saturated", "app_queue_growing")),
    Story("an upstream that nobody named", _more("ask", "/silent"), ("leaking_connections",)),
    Story("half-closed", _more("half_close", "/ignoring"), ("leaking_connections",)),
    Story("a worker killed each day", _crash, ("phantom_counters", "worker_crashed")),
    Story("requests that hang in reading", _hang_in_reading,
          ("leaking_connections", "slow_headers")),
    Story("websockets that never close", _more("websocket", "/websocket", here=True),
          ("leaking_connections",)),
)
