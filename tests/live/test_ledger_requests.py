# SPDX-License-Identifier: MIT
"""How many requests wait for the application and are in it, whatever carries them to nginx."""

import re
import socket
import struct
import threading

import pytest

import ledger_h2
from badserver import BadServer
from demo.process import free_port, wait_until
from ledger_clients import request
from ledger_kit import CHECK, NOBODY, ROOT
from privileges import OTHER_USERS, need

WORKERS = 4


def exactly(queued, active):
    return {"app_queue": (queued,) * 3, "app": (active,) * 3}


def check_within(reading, queued, active):
    for at, truth in ("app_queue", queued), ("app", active):
        low, value, high = reading.requests[at]
        assert low <= truth <= high and low <= value <= high, (queued, active, reading)


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_streams_of_one_client(ledger_sites, ledger_reader, listen):
    """The lines cannot know what its one connection is at, the requests are exact. A PING makes the
    client the last to have spoken, or nginx, and says nothing of any request."""
    site = ledger_sites(listen)
    with site.situation() as clients:
        (client,) = clients.say(1, ledger_h2.opening(*["/hold"] * 20), port=site.h2_port)
        site.wait(active=1, writing=20, busy=WORKERS, queue=20 - WORKERS)
        for _ in range(2):
            for user in ROOT, NOBODY:
                reading = ledger_reader.read(site, user)
                assert reading.confidence == "bounded" and reading.is_within({"app": 1}), reading
                assert reading.requests == exactly(20 - WORKERS, WORKERS), reading
            client.sendall(ledger_h2.ping())
            site.wait_still()
        clients.say(1, ledger_h2.opening(*["/hold"] * 5), port=site.h2_port)
        clients.ask(3, "/hold")
        site.wait(active=5, writing=28, busy=WORKERS, queue=28 - WORKERS)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user)
            assert reading.requests == exactly(28 - WORKERS, WORKERS), reading
            assert reading.findings["app_saturated"] == "warning", reading


def test_clients_on_other_lines(ledger_site, ledger_reader):
    """Who does not read, or has hung up, stands on another line; the request is in the application
    all the same."""
    site = ledger_site
    with site.situation() as clients:
        clients.never_read(1, "/unbuffered/big?mb=32")
        site.wait(busy=1, stalled=1)
        clients.half_close(2, "/ignoring/hold")
        site.wait(busy=3, half_closed=2)
        clients.ask(3, "/hold")
        site.wait(active=6, busy=WORKERS, queue=2)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user)
            assert reading.requests == exactly(2, WORKERS), reading


def test_the_check_says_it(ledger_site, ledger_reader):
    site = ledger_site
    with site.situation() as clients:
        clients.say(1, ledger_h2.opening(*["/hold"] * 6), port=site.h2_port)
        site.wait(active=1, writing=6, busy=WORKERS, queue=2)
        result = ledger_reader.run(
            CHECK, ROOT, "--nginx", site.nginx.status_url, "--uwsgi", site.uwsgi.target,
            "--state-dir", site.folder / "state", "-v", "-w", "requests_queued=1",
            "-c", "requests_active=4")
    first, _, rest = result.out.partition("\n")
    assert result.status == 1 and "requests_queued 2 above 1" in first, result
    assert first.endswith(" requests_queued=2;1;;0 requests_active=4;;4;0"), result
    assert re.search(r"^app +1  \(0 to 1\) Requests that", rest, re.M), result
    assert re.search(r"^may be held by +unanswered \(0 to 1\), app_queue \(0 to 1\)", rest, re.M)
    assert re.search(r"^requests_queued +2  Requests", rest, re.M), result
    assert re.search(r"^requests_active +4  Requests", rest, re.M), result


def test_beyond_a_full_queue(alone, make_ledger_site, ledger_reader):
    """Over TCP those who find no room wait too; nginx believes to be connected, or still tries.
    Those that have only just asked may get through yet."""
    site = make_ledger_site(backlog=8)
    with site.situation() as clients:
        clients.ask(WORKERS, "/hold")
        site.wait(busy=WORKERS)
        clients.ask(36, "/hold")
        site.wait(active=40, writing=40, busy=WORKERS)
        for user in ROOT, NOBODY:
            def is_sure(who=user):
                reading = ledger_reader.read(site, who)
                check_within(reading, 36, WORKERS)
                return reading.requests == exactly(36, WORKERS)
            wait_until(is_sure, 60, "questions that are known not to arrive")


def _connect(address):
    """Another client of uWSGI's, which asks by its protocol. (Of a core whose first request has just
    begun uWSGI 2.0.21 cannot tell anything, and says nothing at all when it is asked.)"""
    host, _, port = address.rpartition(":")
    one = socket.socket(socket.AF_INET if host else socket.AF_UNIX)
    one.connect((host, int(port)) if host else address)
    words = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/hold", "PATH_INFO": "/hold",
             "QUERY_STRING": "", "SERVER_NAME": "other", "SERVER_PORT": "80"}
    body = b"".join(struct.pack("<H", len(word)) + word.encode()
                    for pair in words.items() for word in pair)
    one.sendall(struct.pack("<BHB", 0, len(body), 0) + body)
    return one


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_others_at_the_same_application(ledger_sites, ledger_reader, listen):
    """Connections of other users than nginx's are not counted. Over TCP it is not known which of
    all have been taken."""
    need(OTHER_USERS)  # nginx's workers are www-data's
    site = ledger_sites(listen)
    with site.situation() as clients:
        others = [_connect(site.uwsgi.address) for _ in range(2)]
        try:
            site.wait(busy=2, queue=0)
            clients.ask(5, "/hold")
            site.wait(active=5, busy=WORKERS, queue=3)
            for user in ROOT, NOBODY:
                reading = ledger_reader.read(site, user)
                check_within(reading, 3, 2)
                assert listen == "tcp" or reading.requests == exactly(3, 2), reading
        finally:
            for one in others:
                one.close()


def test_no_application_and_one_that_does_not_tell(ledger_site, ledger_reader, dead_port):
    """What is not known is not there. That an application is named is enough, unless a uWSGI that
    was named too does not tell where it listens."""
    site = ledger_site
    named = ("--nginx.upstream", site.uwsgi.address)
    silent = ("--uwsgi.stats-uri", f"127.0.0.1:{dead_port}")
    with site.situation() as clients:
        clients.ask(WORKERS + 2, "/hold")
        site.wait(writing=WORKERS + 2, busy=WORKERS, queue=2)
        for user in ROOT, NOBODY:
            def read(*options, who=user):
                return ledger_reader.read(site, who, *options, uwsgi=False).requests
            assert read() == {}
            assert read(*named) == exactly(2, WORKERS)
            assert read(*named, *silent) == {}


# ---- connections that are kept -------------------------------------------------------------------

TOGETHER = 3
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SERVERS = """
    upstream kept {{
        server {kept};
        keepalive 8;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://kept;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_read_timeout 900s;
        }}
        location /call {{
            {call};
        }}
    }}
"""
CALLS = "upstream calls { server %s; keepalive 8; }"


@pytest.fixture
def keeper():
    """A server that answers those who ask for /together when they are so many, and /never never."""
    barrier = threading.Barrier(TOGETHER)

    def serve(peer):
        while (asked := peer.read_request()) and b" /never " not in asked:
            if b" /together " in asked:
                barrier.wait()
            peer.send(ANSWER)
        peer.hold()
    server = BadServer(serve)
    yield server
    barrier.abort()
    server.stop()


@pytest.fixture
def calls():
    """A server of gRPC."""
    server = BadServer(ledger_h2.answer_calls)
    yield server
    server.stop()


def _site(make, keeper, call="return 204", servers=""):
    port = free_port()
    site = make(servers=servers + SERVERS.format(kept=keeper.address, port=port, call=call))
    site.ports.append(port)
    return site, port


def test_kept_connections_are_no_requests(make_ledger_site, ledger_reader, keeper):
    """The configuration tells that no gRPC is spoken there: then the last word of nginx is a
    request. Who may not read it knows how many there may be at most."""
    site, port = _site(make_ledger_site, keeper)
    named = ("--nginx.upstream", keeper.address)
    site.clients.say(TOGETHER, request("/together"), port=port)
    site.wait(active=TOGETHER, waiting=TOGETHER)
    assert ledger_reader.read(site, ROOT, *named).requests == exactly(0, 0)
    check_within(ledger_reader.read(site, NOBODY, *named), 0, 0)
    site.clients.say(2, request("/never"), port=port)
    site.wait(active=TOGETHER + 2, writing=2)
    assert ledger_reader.read(site, ROOT, *named).requests == exactly(0, 2)
    reading = ledger_reader.read(site, NOBODY, *named)
    check_within(reading, 0, 2)
    # Each worker keeps its own. On a host without another nginx he may read its configuration.
    assert reading.requests["app"] == (2, 2, 2) or \
        reading.requests["app"][2] == keeper.connections, reading


def test_the_last_word_over_grpc_is_no_request(make_ledger_site, ledger_reader, keeper, calls):
    site, port = _site(make_ledger_site, keeper, "grpc_pass grpc://calls", CALLS % calls.address)
    named = ("--nginx.upstream", keeper.address, "--nginx.upstream", calls.address)
    for _ in range(TOGETHER):
        site.clients.say(1, request("/call"), port=port)
    site.wait(active=TOGETHER, waiting=TOGETHER)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user, *named)
        check_within(reading, 0, 0)
        assert reading.requests["app"][:2] == (0, 0), reading
