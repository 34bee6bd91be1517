# SPDX-License-Identifier: MIT
"""The ledger when nginx's processes come and go: workers that are killed leave phantoms behind,
reloads and upgrades leave old processes that still have connections."""

import os
import signal

import pytest

import ledger_kernel as kernel
from demo.process import wait_until
from ledger_kit import EITHER, NOBODY, ROOT, as_user
from ledger_site import WAIT_SECONDS

pytestmark = pytest.mark.usefixtures("alone")
OLD_SECONDS = 2.5
PROOF_SECONDS = 300
DRAINING = "nginx: worker process is shutting down"
PHANTOMS = {"phantom_counters": "warning"}
CRASHED = {**PHANTOMS, "worker_crashed": "warning"}


def _kill_a_worker(site, number):
    """Returns how many connections it had: nginx will count them for ever."""
    worker = site.busiest_worker()
    count = site.held_by_worker(worker)
    site.signal_worker(worker, number)
    return count


def _grow_old(site):
    """Until a new worker will be seen to be younger than the others."""
    wait_until(lambda: min(map(kernel.age_seconds, site.nginx.workers())) > OLD_SECONDS,
               WAIT_SECONDS, "workers of some age")


def _proved(reader, site, user):
    """Root sees at once what a phantom is. For anybody else it takes some looks, for which a busy
    host may not leave one scrape the time: until then they are unexplained."""
    if user == ROOT:
        return reader.read(site)
    return wait_until(lambda: (reading := reader.read(site, user)).lines.get("phantom") and reading,
                      PROOF_SECONDS, "a proof")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=str)
def test_a_worker_is_ended(make_ledger_site, ledger_reader, number):
    """Phantoms of all kinds, then with living clients beside them, then after a reload."""
    site = make_ledger_site(ignoring=False)
    site.clients.idle(8)
    site.clients.partial_header(8)
    site.clients.websocket(8, "/websocket")
    site.wait(active=24, reading=8, writing=8, waiting=8)
    _grow_old(site)
    phantoms = _kill_a_worker(site, number)
    site.clients.reset()
    site.wait(active=phantoms, clients=0)
    for user in ROOT, NOBODY:
        _proved(ledger_reader, site, user).check(phantoms, {"phantom": phantoms}, findings=CRASHED)
    site.hold()
    site.clients.ask(3, "/hold")
    site.wait(active=phantoms + 3, clients=3, busy=3)
    for user in ROOT, NOBODY:
        _proved(ledger_reader, site, user).check(
            phantoms + 3, {"phantom": phantoms, "app": 3}, findings=CRASHED)
    site.release()
    site.clients.reset()
    _reload(site)
    site.wait(active=phantoms, clients=0)
    ledger_reader.read(site).check(phantoms, {"phantom": phantoms}, findings=PHANTOMS)
    # To who has no memory nothing tells any more that a worker has died: they may be clients that
    # have just gone.
    ledger_reader.read(site, NOBODY).check(phantoms, {"unexplained": phantoms}, "bounded")


def test_phantoms_blur_who_is_idle(make_ledger_site, ledger_reader):
    """Some phantoms are counted as waiting: idle clients cannot be told from websockets then, as
    the ledger admits. How many phantoms there are is known for sure."""
    site = make_ledger_site()
    site.clients.idle(12)
    site.wait(active=12, waiting=12)
    phantoms = _kill_a_worker(site, signal.SIGKILL)
    site.clients.reset()
    site.clients.websocket(5, "/websocket")
    site.wait(active=phantoms + 5, clients=5, websockets=5)
    for user, line in (ROOT, "phantom"), (NOBODY, "unexplained"):
        reading = ledger_reader.read(site, user)
        assert reading.all_lines[line] == phantoms and reading.confidence == "bounded", reading
        assert sum(reading.lines.values()) == phantoms + 5, reading
        assert set(reading.lines) <= {line, "keepalive", "long_lived"}, reading


def _reload(site):
    """Returns when the new workers are there and have taken over."""
    before = set(site.nginx.workers())
    os.kill(site.nginx.master_pid(), signal.SIGHUP)
    wait_until(lambda: not before & set(site.nginx.workers()), WAIT_SECONDS, "new workers")


def test_nginx_of_the_reader(make_ledger_site, ledger_reader):
    """An nginx that nobody has started hides nothing from him: no ports need to be named."""
    own = ["sh", "-c", 'chown -R "$0" . && exec "$@"', NOBODY, *as_user(NOBODY)]
    site = make_ledger_site(before=own)
    site.clients.idle(2)
    site.clients.half_hello(2, site.tls_port)
    site.clients.say_to_unix(2, site.nginx.socket, b"")
    site.wait(active=6, waiting=4)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user, ports=False)
        reading.check(6, {"keepalive": 4, "request": 2})


def test_reload_with_a_draining_worker(make_ledger_site, ledger_reader):
    site = make_ledger_site()
    site.clients.idle(2)
    site.clients.websocket(1, "/websocket")
    site.wait(active=3, waiting=2, websockets=1)
    _reload(site)
    site.wait(active=1, clients=1)  # the idle ones were closed
    site.clients.idle(3)
    site.wait(active=4, clients=4, waiting=3)
    wait_until(lambda: len(site.workers(DRAINING)) == 1, WAIT_SECONDS, "one draining worker")
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user)
        reading.check(4, {"long_lived": 1, "keepalive": 3}, EITHER,
                      {"old_workers_draining": "info"})
        assert reading.samples["connledger_old_workers"] == 1


def test_binary_upgrade(make_ledger_site, ledger_reader):
    """Two masters share the port; each has counters of its own, and the kernel's sockets belong to
    both. Once the old one drains, nginx counts nothing of what it still has."""
    site = make_ledger_site(detached=True)
    site.clients.websocket(3, "/websocket")
    site.wait(active=3, websockets=3)
    old = site.nginx.master_pid()
    os.kill(old, signal.SIGUSR2)
    wait_until(lambda: site.nginx.master_pid() != old and len(site.workers()) == 2, WAIT_SECONDS,
               "a second master")
    for _ in range(10):  # either of the two may answer
        reading = ledger_reader.read(site)
        assert reading.confidence == "bounded" and "two_masters" in reading.findings, reading
        assert "phantom" not in reading.lines, reading
    os.kill(old, signal.SIGQUIT)
    site.wait(active=0, clients=3)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user)
        reading.check(0, {"keepalive": 3, "unexplained": -3}, "bounded",
                      {"two_masters": "warning", "old_workers_draining": "info"})
    site.clients.reset()
    wait_until(lambda: not os.path.exists(f"/proc/{old}/fd/0"), WAIT_SECONDS, "the old one's end")
    site.clients.idle(2)
    site.wait(active=2, waiting=2)
    for user in ROOT, NOBODY:
        ledger_reader.read(site, user).check(2, {"keepalive": 2})
