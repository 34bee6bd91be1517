# SPDX-License-Identifier: MIT
"""The ledger where connections are not taken: full queues of uWSGI and of nginx, no free
worker_connections, workers that stand still."""

import contextlib
import os
import signal

import pytest

import answers as page
import ledger_kernel as kernel
from behaviours import answers
from demo.process import free_port, wait_until
from ledger_clients import request
from ledger_kit import NOBODY, ROOT
from starting import starting

WORKERS, BACKLOG = 4, 8
OVERFLOW = {"app_saturated": "warning", "app_queue_overflow": "critical"}


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_app_queue(make_ledger_site, ledger_reader, listen):
    """uWSGI itself says that the queue of a unix socket is empty."""
    site = make_ledger_site(listen=listen, stats="unix", backlog=32)
    with site.situation() as clients:
        clients.ask(10, "/hold")
        site.wait(active=10, busy=WORKERS, queue=6)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user)
            reading.check(10, {"app": WORKERS, "app_queue": 6},
                          findings={"app_saturated": "warning"})
            assert reading.queues("uwsgi_socket_backlog", "name") == {site.uwsgi.address: (6, 32)}
        clients.ask(14, "/hold")
        site.wait(active=24, busy=WORKERS, queue=20)
        for user in ROOT, NOBODY:
            ledger_reader.read(site, user).check(
                24, {"app": WORKERS, "app_queue": 20},
                findings={"app_saturated": "warning", "app_queue_growing": "warning"})


def _fill(site):
    """The workers first, so that none of them makes room in the queue later."""
    site.clients.ask(WORKERS, "/hold")
    site.wait(busy=WORKERS)
    site.clients.ask(40 - WORKERS, "/hold")


def test_app_queue_overflow_tcp(alone, make_ledger_site, ledger_reader):
    """Those beyond the queue wait too, without a place in it: nginx is still connecting."""
    site = make_ledger_site(backlog=BACKLOG)
    with site.situation():
        _fill(site)
        wait_until(lambda: site.look()["queue"] >= BACKLOG, 60, "a full queue")
        site.wait(active=40, writing=40, busy=WORKERS)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user)
            reading.check(40, {"app": WORKERS, "app_queue": 40 - WORKERS}, findings=OVERFLOW)
            (length, limit), = reading.queues("uwsgi_socket_backlog", "name").values()
            assert length >= BACKLOG and limit == BACKLOG, reading
            reading, overflows = kernel.with_overflows(
                lambda who=user: ledger_reader.read(site, who))
            assert reading.samples["connledger_listen_overflows_total"] == overflows > 0, reading


def test_app_queue_overflow_unix(make_ledger_site, ledger_reader):
    """There is no room beyond the queue of a unix socket: nginx answers 502 at once."""
    site = make_ledger_site(listen="unix", backlog=BACKLOG)
    with site.situation():
        _fill(site)
        site.wait(active=40, busy=WORKERS, queue=BACKLOG + 1, waiting=40 - WORKERS - BACKLOG - 1)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user)
            reading.check(40, {"app": WORKERS, "app_queue": BACKLOG + 1,
                               "keepalive": 40 - WORKERS - BACKLOG - 1}, findings=OVERFLOW)


def _let_go_on(site):
    for pid in site.workers():
        os.kill(pid, signal.SIGCONT)


@pytest.fixture
def stopped(make_ledger_site):
    """A site whose workers the test may stop: they go on before the site is ended."""
    with starting(make_ledger_site, _let_go_on) as start:
        yield start


def test_accept_queue_full(stopped, ledger_reader):
    """No worker accepts: the status page does not answer either."""
    site = stopped(nginx_listen=f"backlog={BACKLOG}")
    for pid in site.nginx.workers():
        os.kill(pid, signal.SIGSTOP)
    site.clients.silent(BACKLOG + 1)
    wait_until(lambda: kernel.tcp_queue(site.nginx.port) == BACKLOG + 1, 60, "a full queue")
    for user in ROOT, NOBODY:
        # On a busy host there may be no time left for the queues once the page's is over.
        reading = wait_until(lambda who=user: _of_queues(
            ledger_reader.read(site, who, "--nginx.timeout", "1s")), 60, "a look at the queues")
        assert reading.samples["nginx_up"] == 0
        assert reading.findings == {"nginx_down": "critical", "accept_queue_full": "critical"}
        name = f"127.0.0.1:{site.nginx.port}"
        assert reading.queues("nginx_listener_queue", "listener")[name] == (BACKLOG + 1, BACKLOG)


def _of_queues(reading):
    return reading if reading.queues("nginx_listener_queue", "listener") else None


def test_accept_queue_full_of_one_worker(stopped, ledger_reader):
    """With reuseport each worker has a queue: one stands still, the others and the status page go
    on. Its clients are nginx's only when they are accepted."""
    port = free_port()
    site = stopped(servers=f"""
    server {{
        listen 127.0.0.1:{port} reuseport backlog={BACKLOG};
        return 204;
    }}""")
    site.ports.append(port)
    # What the worker has when it is stopped, it keeps: the connection that found nginx ready, too.
    wait_until(lambda: not _connections(site.nginx.port), 60, "an nginx without connections")
    os.kill(site.nginx.workers()[0], signal.SIGSTOP)
    while kernel.tcp_queue(port) < BACKLOG:
        site.clients.silent(1, port=port)
    for user in ROOT, NOBODY:
        reading = wait_until(lambda who=user: _of_accepted(site, ledger_reader.read(site, who)),
                             60, "a ledger of just the silent clients that were accepted")
        reading.check(sum(reading.lines.values()), reading.lines,
                      findings={"accept_queue_full": "critical"})
        queue, _ = reading.queues("nginx_listener_queue", "listener")[f"127.0.0.1:{port}"]
        assert queue >= BACKLOG


def test_a_worker_is_blocked(alone, stopped, ledger_reader):
    """One of two stands still, and its clients ask something. The other one answers for nginx."""
    site = stopped()
    idle = site.clients.idle(8, "/file")
    site.wait(active=8, waiting=8)
    worker = site.busiest_worker()
    os.kill(worker, signal.SIGSTOP)
    for client in idle:
        client.sendall(request("/file"))
    for user in ROOT, NOBODY:
        reading = wait_until(lambda who=user: _of_blocked(ledger_reader.read(site, who)), 60,
                             "a worker that is found to be blocked")
        assert reading.findings["worker_blocked"] == "warning"
    os.kill(worker, signal.SIGCONT)
    for user in ROOT, NOBODY:
        assert "worker_blocked" not in ledger_reader.read(site, user).findings


def _of_blocked(reading):
    """The kernel may wake the worker that stands still for the status page, too."""
    return reading if "worker_blocked" in reading.findings else None


def _connections(port):
    return [one for one in kernel.tcp_sockets()
            if one.local_port == port and one.state not in ("LISTEN", "TIME_WAIT")]


def _of_accepted(site, reading):
    """The kernel may wake the worker that stands still for the status page too. Who asks then gives
    up, and the connection is half-closed until the other one gets to it."""
    accepted = {"keepalive": site.status()["active"]}
    answered = reading.samples["nginx_up"] == 1
    return reading if answered and reading.all_lines.items() >= accepted.items() \
        and sum(reading.lines.values()) == accepted["keepalive"] else None


def _is_reset(site):
    try:
        site.status()
    except ConnectionError:
        return True
    return False


def _exhaust(site):
    """Requests that do not end, until no worker has room even for the status page. On a busy host
    the kernel may pass over one of them again and again, which is not full yet."""
    resets = 0
    while resets < 20 or len(set(map(site.held_by_worker, site.nginx.workers()))) > 1:
        with contextlib.suppress(ConnectionError):  # whoever finds no room
            site.clients.partial_header(1)
        resets = resets + 1 if _is_reset(site) else 0


def test_worker_connections_exhausted(make_ledger_site, ledger_reader):
    """nginx cannot even say so: it cuts the connection that asks. Afterwards its counters tell."""
    site = make_ledger_site(worker_connections=16)
    _exhaust(site)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user)
        assert reading.samples["nginx_up"] == 0
        assert reading.findings == {"nginx_down": "critical",
                                    "worker_connections_exhausted": "critical"}, reading
    site.clients.reset()
    site.wait(active=0, clients=0)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user)
        reading.check(0, {}, findings={"connections_dropped": "info"})  # it is over
        assert reading.samples["nginx_connections_dropped_total"] >= 20


CUTTERS = """
    server {{
        listen {0} proxy_protocol;
        location = /stub_status {{
            stub_status;
        }}
    }}
    server {{
        listen {1};
        return 444;
    }}
"""


def test_others_that_cut(make_ledger_site, ledger_reader, bad):
    """A listener that wants the PROXY protocol, a server that gives no answer, a page that breaks off:
    nothing is known to be full there."""
    ports = free_port(), free_port()
    site = make_ledger_site(servers=CUTTERS.format(*ports))
    broken = bad(answers(page.http(page.STUB_STATUS)[:-30]))
    for url in (*(f"http://127.0.0.1:{port}/stub_status" for port in ports), broken.url):
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user, nginx=url)
            assert reading.samples["nginx_up"] == 0
            assert reading.findings == {"nginx_down": "critical"}, (url, reading)


def test_little_room(alone, make_ledger_site, ledger_reader):
    """Told worker_connections, and seeing the workers, the ledger knows before nginx is full."""
    site = make_ledger_site()
    site.clients.idle(20)
    site.wait(active=20, waiting=20)
    for user in ROOT, NOBODY:
        ledger_reader.read(site, user, "--nginx.worker-connections", "12").check(
            20, {"keepalive": 20}, findings={"worker_connections_exhausted": "warning"})
        ledger_reader.read(site, user, "--nginx.worker-connections", "256").check(
            20, {"keepalive": 20})
