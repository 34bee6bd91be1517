# SPDX-License-Identifier: MIT
"""A scraper that is not known yet gets in with the right password beside a crowd that guesses: each
guess costs a bcrypt, and one is worked off at a time."""

import base64
import contextlib
import functools
import http.client
import itertools
import signal
import threading

import pytest

import web_kit
from demo.process import wait_until
from starting import starting
from web_kit import HASH, PASSWORD

GUESSERS = 50
SCRAPERS = 10
SCRAPE_SECONDS = 10  # what Prometheus waits, if nothing else is said
# Of cost 12, a quarter of a second: "open sesame" too.
COSTLY_HASH = "$2b$12$abcdefghijklmnopqrstuuq2uHH4t8IjTa8PV9VUUF1vssBH6WaR2"


@pytest.fixture
def serve(programs, folder):
    with starting(functools.partial(web_kit.WebExporter, programs, folder)) as start:
        yield start


def ask(server, user, password, source, seconds=60):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=seconds,
                                            source_address=(source, 0))
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    try:
        connection.request("GET", "/-/healthy", headers={"Authorization": f"Basic {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


class Guessers:
    """Each guesses on as soon as it is told that it was wrong."""

    def __init__(self, server, user, source):
        self.statuses = []
        self._server, self._user, self._source = server, user, source
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._guess, args=(number,))
                         for number in range(GUESSERS)]
        for thread in self._threads:
            thread.start()

    def _guess(self, number):
        for attempt in itertools.count():
            if self._stop.is_set():
                return
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.statuses.append(ask(self._server, self._user(number, attempt),
                                         f"guess {number} {attempt}", self._source(number)))

    def stop(self):
        """Without waiting for the verdicts on them all."""
        self._stop.set()
        self._server.process.signal(signal.SIGTERM)
        for thread in self._threads:
            thread.join()


CROWDS = {
    "of many addresses, at its name": (lambda n, _: "scraper{}", lambda n: f"127.0.0.{100 + n}"),
    "of many addresses, at many names": (lambda n, i: f"user{n}-{i}",
                                         lambda n: f"127.0.0.{100 + n}"),
    "of its address, at its name": (lambda n, _: "scraper{}", lambda n: "127.0.0.1"),
    "of its address, at another name": (lambda n, _: "root", lambda n: "127.0.0.1"),
    "of its address, at many names": (lambda n, i: f"user{n}-{i}", lambda n: "127.0.0.1"),
}


# Of equals the last one goes first: a guess that comes just after the scrape may win, and then the
# next scrape gets in.
INDISTINGUISHABLE = ("of its address, at its name", "of its address, at many names")


@pytest.mark.parametrize("hashed, crowd", [
    *((HASH, crowd) for crowd in CROWDS),
    (COSTLY_HASH, "of many addresses, at its name"),
    (COSTLY_HASH, "of its address, at its name"),
])
def test_a_newcomer_beside_guessers(serve, crowd, hashed):
    server = serve("basic_auth_users:\n" +
                   "".join(f"  scraper{number}: {hashed}\n" for number in range(SCRAPERS)))
    user, source = CROWDS[crowd]
    # The name that they guess at is that of the scraper whose turn it is.
    turn = [0]
    guessers = Guessers(server, lambda n, i: user(n, i).format(turn[0]), source)
    try:
        wait_until(lambda: len(guessers.statuses) > 5, 60, "guesses")
        for number in range(SCRAPERS):
            turn[0] = number
            before = len(guessers.statuses)

            def gets_in(user=f"scraper{number}"):
                return ask(server, user, PASSWORD, "127.0.0.1", SCRAPE_SECONDS) == 200
            if crowd in INDISTINGUISHABLE:
                wait_until(gets_in, 120, "a scrape")
            else:
                assert gets_in()
            wait_until(lambda: len(guessers.statuses) > before, 60, "guesses")
    finally:
        guessers.stop()
    assert set(guessers.statuses) <= {401, 503} and 401 in guessers.statuses
