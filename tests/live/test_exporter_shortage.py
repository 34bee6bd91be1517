# SPDX-License-Identifier: MIT
"""When the system has no descriptors or no memory for one more connection: the exporter says so once,
stays, rests, and goes on by itself as soon as there are some."""

import contextlib
import errno
import http.client
import mmap
import os
import pathlib
import resource
import socket
import struct
import subprocess
import threading
import time

import pytest

from behaviours import hung
from demo.collector import sanitizer_preload
from demo.process import wait_until
from programs import SANITIZER_STATUS

HERE = pathlib.Path(__file__).parent
ASK = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
SCRAPE = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
AGAIN_SECONDS = 15  # far less than a client's own deadlines; the longest rest is a second
REST_SECONDS = 1.5
CALLS = ("accept4", "epoll_add", "epoll_del", "epoll_wait", "epoll_create1")
SAID = 'msg="cannot accept connections, trying again"'
SAID_AGAIN = 'msg="connections are accepted again"'
TICKS = os.sysconf("SC_CLK_TCK")


def knock(server):
    """A connection that has asked."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=AGAIN_SECONDS)
    connection.sendall(ASK)
    return connection


def is_answered(server):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port,
                                                       timeout=AGAIN_SECONDS)) as connection:
        try:
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            return answer.status == 200 and b"\nnginx_up 1\n" in answer.read()
        except (OSError, http.client.HTTPException):
            return False


def wait_answered(server):
    wait_until(lambda: is_answered(server), AGAIN_SECONDS, "a scrape")


def allow(server, descriptors):
    """How many descriptors the running exporter may have; returns how many it might before."""
    _, hard = limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (descriptors, hard))
    return limits[0]


def highest(server):
    return max(int(one.name) for one in
               pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir())


def cpu_seconds(server):
    with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def assert_rests(server):
    """It takes next to no CPU time while this waits. The time is what is measured over, not what is
    hoped to be enough."""
    before = cpu_seconds(server)
    time.sleep(REST_SECONDS)
    assert cpu_seconds(server) - before < REST_SECONDS / 4


def assert_said(server, cause):
    log = server.process.log_text()
    assert log.count(SAID) == 1 and cause in log, log


@pytest.fixture
def server(exporter, nginx):
    made = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger")
    assert is_answered(made)
    return made


# ---- descriptors ---------------------------------------------------------------------------------

def test_the_only_connection_closes(server):
    """libmicrohttpd alone is deaf from then on."""
    kept = knock(server)
    assert kept.recv(4096)
    usual = allow(server, highest(server) + 1)
    second = knock(server)
    wait_until(lambda: SAID in server.process.log_text(), AGAIN_SECONDS, "a line in the log")
    kept.close()
    assert second.recv(4096).startswith(b"HTTP/1.1 200 ")  # who idles has made room for it
    second.close()
    allow(server, usual)
    wait_answered(server)
    assert_said(server, "Too many open files")


def test_who_waits_for_room(server):
    """There is nobody who could make room: those who come wait, and are served in the end."""
    usual = allow(server, highest(server) - 1)
    waiting = [knock(server) for _ in range(10)]
    wait_until(lambda: SAID in server.process.log_text(), AGAIN_SECONDS, "a line in the log")
    assert_rests(server)
    assert_said(server, "Too many open files")
    allow(server, usual)
    for one in waiting:
        assert one.recv(4096).startswith(b"HTTP/1.1 200 ")
        one.close()
    wait_until(lambda: is_answered(server) and SAID_AGAIN in server.process.log_text(),
               AGAIN_SECONDS, "another line in the log")
    assert_said(server, "Too many open files")
    assert server.samples()["connledger_exporter_accept_failures_total"] >= 2


def test_less_room_than_there_are_clients(server):
    """The limit falls while many are connected: the longest idle ones go, the next one is served."""
    kept = [knock(server) for _ in range(100)]
    for one in kept:
        assert one.recv(4096)
    allow(server, 100)
    wait_answered(server)
    assert server.descriptors() < 80
    assert is_answered(server)
    for one in kept:
        one.close()


# ---- calls that fail -----------------------------------------------------------------------------

class Shortage:
    """Which calls of an exporter fail: a struct of shortage.c."""

    def __init__(self, folder, binary):
        library = folder / "shortage.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, HERE / "shortage.c",
                        "-ldl"], check=True)
        self.path = folder / "shortage"
        self.path.write_bytes(bytes(2 * 4 * len(CALLS)))
        with open(self.path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 0)
        preload = f"{sanitizer_preload(binary)} {library}".strip()
        # A daemon of libmicrohttpd that is left behind is a leak.
        self.wrapper = ["env", f"LD_PRELOAD={preload}", f"SHORTAGE={self.path}",
                        f"ASAN_OPTIONS=exitcode={SANITIZER_STATUS}:detect_leaks=0"]

    def fail(self, call, cause):
        struct.pack_into("i", self._shared, 4 * CALLS.index(call), cause)

    def calls(self):
        return struct.unpack_from(f"{len(CALLS)}i", self._shared, 4 * len(CALLS))

    def end(self):
        for call in CALLS:
            self.fail(call, 0)


@pytest.fixture
def shortage(folder, build):
    return Shortage(folder, build / "prometheus_exporter" / "connledger_exporter")


@pytest.fixture
def short_server(exporter, nginx, shortage):
    made = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger",
                    wrapper=shortage.wrapper)
    assert is_answered(made)
    return made


FAULTS = [("accept4", errno.EMFILE), ("accept4", errno.ENFILE), ("accept4", errno.ENOMEM),
          ("accept4", errno.ENOBUFS), ("epoll_add", errno.ENOMEM), ("epoll_add", errno.ENOSPC),
          ("epoll_del", errno.ENOMEM), ("epoll_wait", errno.ENOMEM)]


@pytest.mark.parametrize("call, cause", FAULTS,
                         ids=[f"{call}-{errno.errorcode[cause]}" for call, cause in FAULTS])
def test_calls_that_fail(short_server, shortage, call, cause):
    server = short_server
    kept = [knock(server) for _ in range(3)]
    for one in kept:
        assert one.recv(4096)
    shortage.fail(call, cause)
    for one in kept[:2]:
        with contextlib.suppress(OSError):
            one.sendall(SCRAPE)
    coming = [knock(server) for _ in range(3)]
    before = shortage.calls()
    assert_rests(server)
    assert max(after - then for then, after in zip(before, shortage.calls())) < 200
    shortage.end()
    wait_answered(server)
    assert server.process.alive()
    for one in (*kept, *coming):
        one.close()
    if call in ("accept4", "epoll_add"):
        assert_said(server, os.strerror(cause))


@pytest.mark.parametrize("create", [0, errno.EMFILE], ids=["", "twice"])
def test_what_is_left_behind(exporter, bad, nginx, shortage, create):
    """The kernel gives no descriptor back, which libmicrohttpd ends the process for: connections are
    lost, what they have asked for is forgotten, and nothing stays open."""
    target = bad(hung)
    server = exporter("--nginx.scrape-uri", target.url, "--nginx.timeout", "2s",
                      "--no-collect.ledger", wrapper=shortage.wrapper)
    assert server.get("/-/healthy")[0] == 200
    before = server.descriptors()
    asking = [server.connect() for _ in range(4)]
    for one in asking:
        one.request("GET", "/metrics")
    wait_until(lambda: target.connections, AGAIN_SECONDS, "the question to nginx")
    idle = knock(server)
    assert idle.recv(4096)
    shortage.fail("epoll_create1", create)
    shortage.fail("epoll_del", errno.ENOMEM)
    idle.sendall(SCRAPE)
    for one in asking:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            one.getresponse()
    assert idle.recv(1) == b""
    assert 'msg="libmicrohttpd has given up"' in server.process.log_text()
    shortage.end()
    wait_until(lambda: server.get("/-/healthy")[0] == 200, AGAIN_SECONDS, "an answer")
    wait_until(lambda: server.descriptors() <= before, AGAIN_SECONDS, "descriptors to be closed")
    samples = server.samples()
    assert samples["connledger_exporter_answers_in_flight"] == 1 and samples["nginx_up"] == 0
    assert server.process.alive()


def test_many_faults_at_once(short_server, shortage):
    """Whatever fails, and whenever: it is there afterwards."""
    server = short_server
    stop = threading.Event()

    def ask():
        while not stop.is_set():
            is_answered(server)
    clients = [threading.Thread(target=ask) for _ in range(4)]
    for client in clients:
        client.start()
    try:
        for call in CALLS:
            for cause in (errno.ENOMEM, errno.EMFILE):
                seen = shortage.calls()[CALLS.index(call)]
                shortage.fail(call, cause)
                with contextlib.suppress(TimeoutError):  # epoll_create1() is seldom called
                    wait_until(lambda: shortage.calls()[CALLS.index(call)] > seen + 1,
                               1, "calls that fail")
                shortage.end()
                wait_answered(server)
    finally:
        stop.set()
        for client in clients:
            client.join()
    assert server.process.alive() and is_answered(server)
