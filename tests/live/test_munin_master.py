# SPDX-License-Identifier: MIT
"""A real Munin master over several rounds: the RRD files, what is in them, and whose history they
go on with."""

import pathlib

import pytest

from demo.process import Process

STOCK = pathlib.Path("/usr/share/munin/plugins")  # the Perl plugins of munin-plugins-core
MOVING = ("connledger_uwsgi_time", "connledger_uwsgi_memory")  # other values at each look
STOCK_NAMES = ("nginx_status", "nginx_request")
ROUND = 300


@pytest.fixture
def node(munin, build):
    munin.install(build / "munin" / "connledger")
    return munin


@pytest.fixture
def site_node(node, own_site):
    """A node that has the plugin in use for the site of the test's own."""
    node.enable("connledger")
    node.configure("connledger", nginx=own_site.nginx.status_url, uwsgi=own_site.uwsgi.target,
                   ports=str(own_site.nginx.port))
    return node


def start_again(server, is_ready):
    """Starts a server that was stopped, as it was started."""
    server.process = Process(server.process.argv, server.folder / "again.log", cwd=server.folder)
    server.process.wait_ready(is_ready)


def start_site(site):
    start_again(site.uwsgi, lambda: site.uwsgi.busy() == 0)
    start_again(site.nginx, lambda: site.nginx.get("/stub_status")[0] == 200)


def said(lines):
    """What a plugin says, as RRD files are named: {"graph-field-g": value}."""
    found, graph, kinds = {}, None, {}
    for line in lines:
        key, _, value = line.partition(" ")
        if key == "multigraph":
            graph = value
        elif key.endswith(".type"):
            kinds[graph, key.removesuffix(".type")] = value[0].lower()
        elif key.endswith(".value"):
            field = key.removesuffix(".value")
            found[f"{graph}-{field}-{kinds.get((graph, field), 'g')}"] = value
    return found


# ---- rounds --------------------------------------------------------------------------------------

def test_a_file_for_each_field(site_node, master, own_site):
    own_site.get_stuck(2)
    own_site.keep_open(3)
    client = site_node.start()
    client.line("cap multigraph dirtyconfig")
    for _ in range(2):
        master.update()
    fields = said(client.block("config connledger"))
    client.close()
    assert master.files().keys() == fields.keys() and len(fields) > 40
    for name, value in fields.items():
        when, stored = master.last(name)
        assert when == master.time(), name
        source = master.data_source(name)
        assert source["type"] == ("DERIVE" if name.endswith("-d") else "GAUGE")
        assert float(source["min"]) == 0 or name == "connledger_held-unexplained-g", source
        if name.endswith("-g") and not name.startswith(MOVING):
            assert stored == value, name
            assert master.values(name) == [None if value == "U" else float(value)] * 2, name
    assert fields["connledger_held-app-g"] == "2" and fields["connledger_held-keepalive-g"] == "3"
    assert fields["connledger_uwsgi_workers-busy_cores-g"] == "2"


def test_each_plugin_is_called_once_a_round(site_node, master):
    site_node.start().close()
    master.update()
    master.update()
    assert site_node.commands() == ["cap multigraph dirtyconfig", "list node.example.org",
                                    "config connledger", "quit"] * 2
    assert master.values("connledger_requests-accepts-d") == [None, pytest.approx(1 / ROUND)]


def test_counters_become_rates(site_node, master, own_site):
    site_node.start().close()
    counted = {f"connledger_{name}-d": [] for name in (
        "requests-requests", "requests-accepts", "uwsgi_requests-requests",
        "uwsgi_errors-exceptions")}
    for pages, errors in ((0, 0), (30, 6), (0, 0)):
        for uri in ["/"] * pages + ["/error"] * errors:
            own_site.nginx.get(uri)
        master.update()
        for name, values in counted.items():
            values.append(int(master.last(name)[1]))
    for name, values in counted.items():
        rates = [(b - a) / ROUND for a, b in zip(values, values[1:])]
        assert master.values(name) == [None, *map(pytest.approx, rates)], name
    served = counted["connledger_uwsgi_requests-requests-d"]
    assert [b - a for a, b in zip(served, served[1:])] == [36, 0]
    failed = counted["connledger_uwsgi_errors-exceptions-d"]
    assert [b - a for a, b in zip(failed, failed[1:])] == [6, 0]


def test_a_round_without_the_site_is_a_gap(site_node, master, own_site):
    client = site_node.start()
    own_site.keep_open(2)
    for _ in range(20):
        own_site.nginx.get("/")
    master.update()
    files = master.files().keys()
    own_site.nginx.stop()
    own_site.uwsgi.stop()
    master.update()
    assert {master.last(name)[1] for name in files} == {"U"}
    start_site(own_site)
    for _ in range(10):
        own_site.nginx.get("/")
    master.update()
    master.update()
    assert master.files().keys() == files
    for name in files:
        known = [value is not None for value in master.values(name)]
        if name.startswith("connledger_uwsgi_queue"):
            assert known == [False] * 4, name  # uWSGI cannot tell that of a unix socket
        else:
            assert known == ([True, False, True, True] if name.endswith("-g") else
                             [False, False, False, True]), name
    assert master.values("connledger_held-keepalive-g") == [2, None, 0, 0]
    client.line("cap multigraph")
    assert client.line("list") == "connledger"
    client.close()
    assert "connection refused" in site_node.node_log()


def test_a_restart_between_two_rounds_is_no_peak(site_node, master, own_site):
    site_node.start().close()
    for _ in range(40):
        own_site.nginx.get("/")
    master.update()
    master.update()
    own_site.nginx.stop()
    own_site.uwsgi.stop()
    start_site(own_site)
    master.update()
    master.update()
    for name in ("connledger_requests-requests-d", "connledger_requests-accepts-d",
                 "connledger_uwsgi_requests-requests-d"):
        values = master.values(name)
        assert values[2] is None and max(values[1], values[3]) < 10 / ROUND, (name, values)
    assert None not in master.values("connledger_connections-total-g")


# ---- in place of Munin's own plugins -------------------------------------------------------------

def attributes(lines):
    """{"total.label": "Active connections", ...}"""
    return {key: value.strip() for key, _, value in (line.partition(" ") for line in lines)
            if key not in ("", "#")}


def test_history_goes_on_after_the_switch(node, master, own_site):
    node.configure("nginx*", url=own_site.nginx.status_url)
    for name in STOCK_NAMES:
        node.install(STOCK / name, f"stock_{name}")
        node.enable(name, f"stock_{name}")
    client = node.start()
    stock = {name: attributes(client.block(f"config {name}")) for name in STOCK_NAMES}
    client.close()
    own_site.keep_open(4)
    counted = []

    def rounds(pages):
        for count in pages:
            for _ in range(count):
                own_site.nginx.get("/")
            master.update()
            counted.append(int(master.last("nginx_request-request-d")[1]))
    rounds([0, 30])
    before = {name: (path.stat().st_ino, master.data_source(name))
              for name, path in master.files().items()}
    assert before.keys() == {"nginx_status-total-g", "nginx_status-reading-g",
                             "nginx_status-writing-g", "nginx_status-waiting-g",
                             "nginx_request-request-d"}
    node.stop()
    for name in STOCK_NAMES:
        node.enable(name, "connledger")
    client = node.start()
    for name in STOCK_NAMES:
        ours = attributes(client.block(f"config {name}"))
        added = {"graph_category": "webserver", "graph_order": ours["graph_order"]}
        assert ours == stock[name] | added, name
    client.close()
    rounds([60, 0])
    assert {name: (path.stat().st_ino, master.data_source(name))
            for name, path in master.files().items()} == before
    rates = [(b - a) / ROUND for a, b in zip(counted, counted[1:])]
    assert master.values("nginx_request-request-d") == [None, *map(pytest.approx, rates)]
    assert rates[0] >= 30 / ROUND and rates[1] >= 60 / ROUND > rates[2] * 10
    for field, value in {"total": 5, "reading": 0, "writing": 1, "waiting": 4}.items():
        assert master.values(f"nginx_status-{field}-g") == [value] * 4, field
    assert "Error output" not in node.node_log()
