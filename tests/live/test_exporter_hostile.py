# SPDX-License-Identifier: MIT
"""Clients that mean no good, and clients that are only slow: threads and memory stay bounded, honest
scrapers get their answers meanwhile, and whoever takes too long is dropped.

Deadlines are exact in the unit test of guard.c, by a clock of its own. Here only the shortest ones
are waited for, by all clients at once."""

import contextlib
import json
import re
import resource
import signal
import socket
import threading

import pytest

from behaviours import says
from demo.process import wait_until
from starting import starting

HALF_OPEN, DRIPPING, SILENT, KEPT, SLOW = 200, 20, 50, 1000, 100
ASK = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
WORKERS = 6000  # of which an exposition has more than 10 MB
DESCRIPTORS = 4096
DROP_SECONDS = 60  # the longest deadline waited for is 20 seconds


@pytest.fixture(autouse=True)
def descriptors():
    """This process has more clients than the usual limit lets it have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Crowd:
    """Many connections to one exporter."""

    def __init__(self, server):
        self._address = ("127.0.0.1", server.port)
        self._open = contextlib.ExitStack()

    def connect(self, number, said=b"", source="127.0.0.1", room=None):
        """`number` connections that have said something; `room` is their receive buffer."""
        made = []
        for _ in range(number):
            one = self._open.enter_context(socket.socket())
            one.settimeout(60)
            if room:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
            one.bind((source, 0))
            one.connect(self._address)
            if said:
                one.sendall(said)
            made.append(one)
        return made

    def close(self):
        self._open.close()


@pytest.fixture
def crowd():
    with starting(Crowd, Crowd.close) as gather:
        yield gather


def is_closed(connection):
    """Whether the exporter has ended the connection. What it said before is read."""
    connection.setblocking(False)
    try:
        while connection.recv(1 << 20):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def wait_closed(connections, what):
    left = list(connections)

    def none_left():
        left[:] = [one for one in left if not is_closed(one)]
        return not left
    wait_until(none_left, DROP_SECONDS, f"{len(left)} {what} to be dropped")


@contextlib.contextmanager
def dripping(connections):
    """Sends a byte of a header that never ends to each connection every half second."""
    stop = threading.Event()

    def drip():
        while not stop.wait(0.5):
            for one in connections:
                with contextlib.suppress(OSError):
                    one.send(b"x")
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def honest(server):
    """A scrape that is answered as if nobody else were there."""
    samples = server.samples()
    assert samples["nginx_up"] == 1 and samples["nginx_connections_active"] >= 1


def test_a_crowd(exporter, nginx, crowd):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger")
    honest(server)
    threads, memory = server.threads(), server.memory_mb()
    clients = crowd(server)
    half_open = clients.connect(HALF_OPEN, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-")
    silent = clients.connect(SILENT)
    drips = clients.connect(DRIPPING, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: ")
    kept = clients.connect(KEPT, HEALTHY)
    for one in kept:
        assert one.recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    pipelined = clients.connect(20, (HEALTHY + ASK) * 20)
    oversized = clients.connect(20, b"GET / HTTP/1.1\r\nHost: x\r\nX-Huge: " + b"x" * 60000)
    with dripping(drips):
        for _ in range(10):
            honest(server)
        assert server.threads() == threads <= 8
        assert server.memory_mb() - memory < 200  # ASan keeps what was freed
        for one in oversized:
            assert one.recv(12) in (b"HTTP/1.1 431", b"HTTP/1.1 413", b"HTTP/1.1 400")
        wait_closed(oversized, "with oversized headers")
        wait_closed(half_open, "half-open")
        wait_closed(silent, "silent")
        wait_closed(drips, "dripping")
    wait_closed(kept, "idle")
    wait_closed(pipelined, "pipelining")
    honest(server)
    assert server.threads() == threads
    refused = server.samples()["connledger_exporter_connections_refused_total"]
    assert refused == HALF_OPEN + SILENT + DRIPPING
    assert server.samples()["connledger_exporter_answers_in_flight"] == 1  # this one


def stats_of_many_workers(workers=WORKERS):
    """What a uWSGI of very many workers says of itself."""
    return json.dumps({"version": "2.0.21", "workers": [
        {"id": number + 1, "pid": number + 2, "accepting": 1, "requests": number, "status": "idle",
         "running_time": number, "last_spawn": 1795338811, "respawn_count": 1, "tx": number,
         "avg_rt": 1} for number in range(workers)]}).encode()


def test_readers_of_a_long_answer(exporter, bad, crowd):
    server = exporter("--uwsgi.stats-uri", f"tcp://{bad(says(stats_of_many_workers())).address}",
                      "--no-collect.ledger")
    assert len(server.ask("/metrics")[2]) > 10 << 20
    threads, memory = server.threads(), server.memory_mb()
    descriptors = server.descriptors()
    clients = crowd(server)
    clients.connect(1, ASK, room=4096)
    slow = clients.connect(SLOW, ASK, room=4096)
    for one in slow:
        assert one.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
    assert len(server.ask("/metrics")[2]) > 10 << 20
    assert server.threads() == threads
    # They share a few copies; one for each would be a thousand.
    assert server.memory_mb() - memory < 400
    # Who does not read cannot see the end of what it was sent, so the exporter is looked at.
    wait_until(lambda: server.descriptors() <= descriptors, DROP_SECONDS, "readers to be dropped")
    assert len(server.ask("/metrics")[2]) > 10 << 20


def test_sigterm_lets_a_reader_finish(exporter, bad, crowd):
    server = exporter("--uwsgi.stats-uri",
                      f"tcp://{bad(says(stats_of_many_workers(600))).address}",
                      "--no-collect.ledger")
    [reader] = crowd(server).connect(1, ASK, room=65536)
    got = reader.recv(4096)
    length = int(re.search(rb"Content-Length: (\d+)", got)[1])
    assert length > 1 << 20  # more than the kernel holds for it
    server.process.signal(signal.SIGTERM)
    with contextlib.suppress(ConnectionResetError):
        while chunk := reader.recv(1 << 20):
            got += chunk
    assert len(got.partition(b"\r\n\r\n")[2]) == length
    assert server.process.wait_end() == 0


def test_room_is_made_for_those_who_come(exporter, nginx, crowd):
    """With room for 64 clients, and 48 of one address."""
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger",
                      wrapper=["sh", "-c", 'ulimit -n 128; exec "$@"', "sh"])
    clients = crowd(server)
    others = clients.connect(10, HEALTHY, source="127.0.0.2")
    for one in others:
        assert one.recv(4096)
    kept = []
    for _ in range(150):
        kept.extend(clients.connect(1, HEALTHY))
        assert kept[-1].recv(4096).startswith(b"HTTP/1.1 200 OK\r\n")
    honest(server)
    closed = [is_closed(one) for one in kept]
    assert closed == sorted(closed, reverse=True)  # the longest idle ones
    assert 150 - 48 <= sum(closed) <= 150 - 40
    assert not any(is_closed(one) for one in others)
