# SPDX-License-Identifier: MIT
"""A real Munin master over several rounds: the RRD files, what is in them, and whose history they
go on with."""

import contextlib
import pathlib

import pytest

from demo.process import Process
from munin_kit import MuninTree, NodeClient
from munin_master import MuninMaster
from own_site import OwnSite

STOCK = pathlib.Path("/usr/share/munin/plugins")  # the Perl plugins of munin-plugins-core
MOVING = ("connledger_uwsgi_time", "connledger_uwsgi_memory",
          "connledger_uwsgi_address_space")  # other values at each look
STOCK_NAMES = ("nginx_status", "nginx_request")
ROUND = 300


@pytest.fixture
def node(munin, build):
    munin.install(build / "munin" / "connledger")
    return munin


@pytest.fixture
def site_node(node, own_site):
    """A node that has the plugin in use for the site of the test's own."""
    use(node, own_site)
    return node


def use(node, site):
    node.enable("connledger")
    node.configure("connledger", nginx=site.nginx.status_url, uwsgi=site.uwsgi.target,
                   ports=str(site.nginx.port))


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
    assert master.files().keys() == fields.keys() and len(fields) >= 40
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
    assert fields["connledger_uwsgi_cores-busy_cores-g"] == "2"
    assert not [name for name in fields if "uwsgi_queue" in name]  # of a unix socket


COUNTERS = [f"connledger_{name}-d" for name in (
    "requests-requests", "requests-accepts", "uwsgi_requests-requests", "uwsgi_errors-exceptions")]
# (pages, errors) that are asked for before each round, and when the site is not there. uWSGI tells
# its memory after a request only.
MEAN = "connledger_uwsgi_time-mean-g"
STORY = [(1, 0), (30, 6), (0, 0), "restart", (1, 0), (0, 0), "stop", (0, 0), "start",
         (10, 0), (0, 0)]
RESTARTED, DOWN, ROUNDS = 3, 5, 8  # the first round after the restart, and the one without a site


@pytest.fixture(scope="module")
def story(top, build):
    """A master that has seen a site restart between two rounds, and stop for one."""
    folder = top / "story"
    folder.mkdir()
    with contextlib.ExitStack() as undo:
        site = OwnSite(folder / "site")
        undo.callback(site.stop)
        node = MuninTree(folder / "munin")
        undo.callback(node.stop)
        node.install(build / "munin" / "connledger")
        use(node, site)
        node.start().close()
        master = MuninMaster(folder / "master", node)
        site.keep_open(2)
        master.counted = []  # of each round: {"graph-field-d": "number"}
        for step in STORY:
            if step in ("restart", "stop"):
                site.nginx.stop()
                site.uwsgi.stop()
            if step in ("restart", "start"):
                start_site(site)
            if isinstance(step, str):
                continue
            for uri in ["/"] * step[0] + ["/error"] * step[1]:
                site.nginx.get(uri)
            master.update()
            master.counted.append({name: master.last(name)[1] for name in master.files()})
        master.node, master.commands = node, node.commands()
        yield master


def test_the_plugin_is_called_once_a_round(story):
    assert story.commands == ["cap multigraph dirtyconfig", "list node.example.org",
                              "config connledger", "quit"] * ROUNDS
    assert story.values("connledger_requests-accepts-d")[2] == pytest.approx(1 / ROUND)


def test_counters_become_rates(story):
    for name in COUNTERS:
        counted = [int(values[name]) for values in story.counted[:RESTARTED]]
        rates = [(b - a) / ROUND for a, b in zip(counted, counted[1:])]
        assert story.values(name)[:RESTARTED] == [None, *map(pytest.approx, rates)], name
    asked = {"connledger_uwsgi_requests-requests-d": [36, 0],
             "connledger_uwsgi_errors-exceptions-d": [6, 0]}
    for name, grown in asked.items():
        counted = [int(values[name]) for values in story.counted[:RESTARTED]]
        assert [b - a for a, b in zip(counted, counted[1:])] == grown, name


def test_the_mean_is_over_the_requests_of_the_round(story):
    before, after = story.counted[:2]
    seconds, requests = (int(after[name]) - int(before[name]) for name in (
        "connledger_uwsgi_cores-used-d", "connledger_uwsgi_requests-requests-d"))
    means = story.values(MEAN)
    assert means[1] == pytest.approx(seconds / requests / 1e6, abs=1e-9)
    # The first round; no request; a restart; no site. After that there are more requests than
    # before it: whether the counters have fallen, the time has to tell.
    assert [mean is None for mean in means[2:6]] == [True] * 4 and means[0] is None
    assert means[7] is None and story.counted[7][MEAN] == "U"


def test_a_restart_between_two_rounds_is_no_peak(story):
    for name in COUNTERS[:3]:
        values = story.values(name)
        assert values[RESTARTED] is None and values[RESTARTED + 1] < 10 / ROUND, (name, values)
    gauges = story.values("connledger_connections-total-g")
    assert [value is None for value in gauges] == [i == DOWN for i in range(ROUNDS)], gauges


def test_a_round_without_the_site_is_a_gap(story):
    files = story.counted[0].keys()
    assert set(story.counted[DOWN].values()) == {"U"}
    for values in story.counted:
        assert values.keys() == files
    for name in files:
        known = [value is not None for value in story.values(name)]
        gaps = {DOWN} if name.endswith("-g") else {0, RESTARTED, DOWN, DOWN + 1}
        if name == MEAN:
            continue
        if name in COUNTERS[:3] or name.endswith("-g"):
            assert {i for i in range(ROUNDS) if not known[i]} == gaps, name
        else:  # a counter that stays at 0 does not show a restart
            assert {i for i in range(ROUNDS) if not known[i]} | {RESTARTED} == gaps, name
    assert story.values("connledger_held-keepalive-g") == [2] * 3 + [0, 0, None, 0, 0]
    client = NodeClient(story.node.port)
    client.line("cap multigraph")
    assert client.line("list") == "connledger"
    client.close()
    assert "connection refused" in story.node.node_log()


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
    rounds([60])
    assert {name: (path.stat().st_ino, master.data_source(name))
            for name, path in master.files().items()} == before
    rates = [(b - a) / ROUND for a, b in zip(counted, counted[1:])]
    assert master.values("nginx_request-request-d") == [None, *map(pytest.approx, rates)]
    assert rates[0] >= 30 / ROUND and rates[1] >= 60 / ROUND
    for field, value in {"total": 5, "reading": 0, "writing": 1, "waiting": 4}.items():
        assert master.values(f"nginx_status-{field}-g") == [value] * 3, field
    assert "Error output" not in node.node_log()
