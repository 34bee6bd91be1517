# SPDX-License-Identifier: MIT
"""The ledger behind a proxy: uWSGI is told the visitors' addresses, which are no sockets here."""

import pytest

from demo.process import free_port, wait_until
from ledger_clients import Clients
from ledger_kit import NOBODY, ROOT
from ledger_site import WAIT_SECONDS

REALIP = """
    server {{
        listen 127.0.0.1:{0};
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Forwarded-For;
        location / {{
            include /etc/nginx/uwsgi_params;
            uwsgi_pass @app@;
            uwsgi_read_timeout 900s;
        }}
    }}
"""
SETTLED_SECONDS = 4  # before that a request of which nothing is seen is none that is missed


@pytest.fixture
def site(make_ledger_site):
    port = free_port()
    site = make_ledger_site(servers=REALIP.format(port), workers=6)
    site.ports.append(port)
    site.proxy = Clients(port)
    site.hold()
    yield site
    site.proxy.close()


def _ask_for(site, address):
    site.proxy.ask(1, "/hold", f"X-Forwarded-For: {address}\r\n")


def test_visitors_are_not_missed(site, ledger_reader):
    """Some come through the proxy, with and without a port, and some straight."""
    for port in range(3000, 3003):
        _ask_for(site, f"203.0.113.9:{port}")
    _ask_for(site, "203.0.113.10")
    site.clients.ask(1, "/hold")
    site.wait(active=5, busy=5)
    wait_until(lambda: ledger_reader.read(site).samples["connledger_oldest_request_seconds"]
               >= SETTLED_SECONDS, WAIT_SECONDS, "requests of some age")
    reading = ledger_reader.read(site)
    reading.check(5, {"app": 5})
    for reading in reading, ledger_reader.read(site, NOBODY):
        assert reading.samples["connledger_orphaned_requests"] == 0
        assert reading.findings == {}, reading


def test_nobody_is_taken_for_another(site, ledger_reader):
    """A visitor has the address of a websocket that is here, too."""
    websocket, = site.clients.websocket(1, "/websocket")
    site.wait(active=1, websockets=1)
    _ask_for(site, "{}:{}".format(*websocket.getsockname()))
    site.wait(active=2, busy=1)
    for user in ROOT, NOBODY:
        reading = ledger_reader.read(site, user)
        assert reading.is_within({"long_lived": 1, "app": 1}), reading
