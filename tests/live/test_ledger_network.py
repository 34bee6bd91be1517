# SPDX-License-Identifier: MIT
"""The ledger and the network: clients whose link goes down, other kinds of listeners, an nginx in a
namespace of its own, a kernel that will not be asked. The links need root."""

import contextlib
import pathlib
import sys

import pytest

from demo.process import find_program, free_port, wait_until
from ledger_clients import Clients, request
from ledger_kit import EITHER, NOBODY, ROOT
from ledger_net import NO_KERNEL, SERVER, ControlGroup, Link
from privileges import PID_NAMESPACE, need
from raw_client import RawClient

WAIT_SECONDS = 60

LINKED = """
    server {{
        listen {server}:{port};
        location = /throttled {{
            alias {folder}/file;
            limit_rate 8k;
        }}
        location = /file {{
            alias {folder}/file;
        }}
    }}
"""


@pytest.fixture
def link(folder):
    made = Link(folder)
    yield made
    made.stop()


@pytest.fixture
def linked_site(link, make_ledger_site, folder):
    """A site in the server's namespace; its `far` clients are in the other. The test runs in the
    server's namespace too."""
    with link.server.entered():
        port = free_port(SERVER)
        site = make_ledger_site(servers=LINKED.format(server=SERVER, port=port,
                                                      folder=folder / "site0"))
        site.ports.append(port)
        site.far = Clients(port, SERVER)
        yield site
        site.far.close()


def _download(link, site, count):
    with link.client.entered():
        site.far.stream(count, "/throttled")
        site.far.idle(1, "/file")
    site.wait(active=count + 1, writing=count, waiting=1, unsent=0)


def test_vanished_clients(link, linked_site, ledger_reader):
    """Whoever was reading has vanished once three repetitions were not acknowledged. Who had
    nothing to read may vanish unseen: nobody can know. Nor can he know whether nginx is idle for
    one of those to whom it has sent all, and still writing for who seems to be idle."""
    _download(link, linked_site, 10)
    link.pull()
    linked_site.wait(vanished=10)
    for user in ROOT, NOBODY:
        ledger_reader.read(linked_site, user).check(
            11, {"vanished_client": 10, "keepalive": 1}, "bounded", {"slow_clients": "info"})


def test_clients_whose_window_closes(link, linked_site, ledger_reader):
    """Whoever answers is there, though he takes nothing: an honest client whose window is closed,
    and two that take theirs back while bytes are on their way. Who answers no more has vanished, closed
    window or not."""
    kinds = [({"then": None}, False), ({"then": 0}, False), ({"then": 500}, False),
             ({"then": None}, True), ({"then": 0}, True), ({"then": 500}, True)]
    with contextlib.ExitStack() as undo:
        with link.client.entered():
            made = [(RawClient("veth1", NO_KERNEL, SERVER, linked_site.ports[-1], request("/file"),
                               own=40000 + i, limit=20000, **how), is_silent)
                    for i, (how, is_silent) in enumerate(kinds)]
        for client, _ in made:
            undo.callback(client.close)
        for client, is_silent in made:
            assert client.is_full.wait(WAIT_SECONDS)
            client.is_silent = is_silent
        reading = wait_until(lambda: _with_vanished(ledger_reader.read(linked_site), 3),
                             WAIT_SECONDS, "three that have vanished")
    reading.check(6, {"stalled_client": 3, "vanished_client": 3})


def _with_vanished(reading, count):
    return reading if reading.lines.get("vanished_client") == count else None


def test_an_answer_on_its_way(link, linked_site, ledger_reader):
    """Sent, not yet acknowledged, and not yet sent again: the client is reading."""
    link.patient(100)
    _download(link, linked_site, 2)
    link.pull()
    linked_site.wait(unsent=2)
    for user in ROOT, NOBODY:
        ledger_reader.read(linked_site, user).check(3, {"sending": 2, "keepalive": 1},
                                                         "bounded")


def test_listeners_of_all_kinds(link, make_ledger_site, ledger_reader):
    """IPv6, IPv4 on an IPv6 socket, a unix socket: root finds all; nobody has to name the ports and
    the unix socket."""
    with link.server.entered():  # where :: is nobody else's
        port = free_port()
        site = make_ledger_site(servers=f"""
    server {{
        listen [::]:{port} ipv6only=off;
        return 200 hello;
    }}""")
        site.ports.append(port)
        four, six = Clients(port), Clients(port, "::1")
        four.idle(2)
        six.idle(3)
        site.wait(active=5, waiting=5, clients=5)
        for user in ROOT, NOBODY:
            ledger_reader.read(site, user).check(5, {"keepalive": 5})
        site.hold()
        site.clients.say_to_unix(4, site.nginx.socket, request("/hold"))
        site.wait(active=9, waiting=5, busy=4)
        reading = ledger_reader.read(site)
        reading.check(9, {"keepalive": 5, "app": 4}, findings={"app_saturated": "info"})
        assert reading.queues("nginx_listener_queue", "listener")[f"unix:{site.nginx.socket}"] == \
            (0, 511)
        named = ledger_reader.read(site, NOBODY, "--nginx.ports", f"unix:{site.nginx.socket}")
        assert named.all_lines["app"] == 4 and named.bounds["unexplained"] == (0, 0), named
        unnamed = ledger_reader.read(site, NOBODY)
        assert unnamed.bounds["unexplained"][1] >= 4, unnamed
        for reading in named, unnamed:
            assert reading.is_within({"keepalive": 5, "app": 4}), reading
        four.close()
        six.close()


def test_the_status_page_over_a_unix_socket(make_ledger_site, ledger_reader):
    site = make_ledger_site()
    site.clients.idle(3)
    site.wait(active=3, waiting=3)
    for user in ROOT, NOBODY:
        ledger_reader.read(site, user, nginx=f"unix:{site.nginx.socket}:/stub_status").check(
            3, {"keepalive": 3})


def test_nginx_in_another_namespace(link, make_ledger_site, ledger_reader):
    """As in a container: the kernel's short list is all there is, and who waits for what cannot be
    told. What can be told is true."""
    with link.server.entered():
        site = make_ledger_site(stats="unix", listen="unix")
        site.clients.idle(2)
        site.clients.websocket(3, "/websocket")
        site.clients.never_read(2, "/big?mb=32")
        site.wait(active=7, writing=5, waiting=2, stalled=2)
    reading = ledger_reader.read(site, nginx=f"unix:{site.nginx.socket}:/stub_status")
    reading.check(7, {"stalled_client": 2, "keepalive": 2, "unexplained": 3}, "bounded")


def test_without_netlink(ledger_site, ledger_reader):
    """The same list, because the kernel refuses the better one."""
    site = ledger_site
    with site.situation() as clients:
        clients.idle(2)
        clients.never_read(2, "/big?mb=32")
        site.wait(active=4, stalled=2, busy=0)
        clients.half_close(1, "/ignoring/hold")
        clients.ask(2, "/hold")
        site.wait(active=7, half_closed=1, busy=3)
        reading = ledger_reader.read(
            site, before=[sys.executable, pathlib.Path(__file__).with_name("sandbox.py"),
                                "netlink"])
        reading.check(7, {"keepalive": 2, "stalled_client": 2, "half_closed": 1, "app": 2},
                      "bounded")


@pytest.fixture
def cgroup():
    group = ControlGroup(f"connledger-{free_port()}")
    yield group
    group.stop()


def test_a_cgroup_of_its_own(cgroup, make_ledger_site, ledger_reader):
    """By the cgroup of nginx's sockets anybody finds its ports. Of unix sockets the kernel does not
    tell it: whether there are none with clients he has to say, by naming any port."""
    site = make_ledger_site(nginx_in=cgroup.entered())
    try:
        site.clients.idle(2)
        site.clients.half_hello(2, site.tls_port)
        site.wait(active=4, waiting=2)
        for user in ROOT, NOBODY:
            reading = ledger_reader.read(site, user, ports=False)
            reading.check(4, {"keepalive": 2, "request": 2},
                          "exact" if user == ROOT else EITHER)
            assert reading.samples["connledger_old_workers"] == 0, reading
        ledger_reader.read(site, NOBODY, "--nginx.ports", str(site.tls_port), ports=False).check(
            4, {"keepalive": 2, "request": 2})
    finally:
        site.stop()


def test_nobody_is_not_told_the_ports(ledger_site, ledger_reader):
    """Whatever is at the ports that he does not know may be a phantom or a client, and he says so.
    """
    site = ledger_site
    with site.situation() as clients:
        clients.idle(2)
        clients.half_hello(1, site.tls_port)
        site.wait(active=3, waiting=2)
        reading = ledger_reader.read(site, NOBODY, ports=False)
    reading.check(3, {"keepalive": 2, "unexplained": 1}, "bounded")


def test_another_host(make_ledger_site, ledger_reader):
    """The page is all there is, and what uWSGI says; everything else goes on. A container without
    nginx is as far away from its sockets and processes as another host."""
    need(PID_NAMESPACE)
    site = make_ledger_site(stats="unix")
    with site.situation() as clients:
        clients.idle(3)
        clients.partial_header(1)
        clients.ask(2, "/hold")
        site.wait(active=6, reading=1, waiting=3, busy=2)
        reading = ledger_reader.read(
            site, nginx=f"unix:{site.nginx.socket}:/stub_status",
            before=[find_program("unshare"), "--net", "--pid", "--fork", "--mount-proc"])
    assert reading.confidence == "unknown" and reading.findings == {}, reading
    assert reading.lines == {"keepalive": 3, "request": 1, "app": 2}, reading
    assert "phantom" not in reading.all_lines and reading.samples["nginx_up"] == 1, reading
