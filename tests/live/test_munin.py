# SPDX-License-Identifier: MIT
"""The Munin plugin in Munin's own programs: munin-run, munin-node-configure and munin-node."""

import pathlib
import re
import signal

import pytest

import ledger_h2
from demo.process import wait_until

STOCK = pathlib.Path("/usr/share/munin/plugins")  # the Perl plugins of munin-plugins-core
# What a stock graph's history depends on, and what its users see. The category differs: the name of
# a product, which the stock plugin uses, is no longer a category of Munin's.
KEPT = re.compile(r"^(graph_title|graph_vlabel|\w+\.(label|type|min)) ")


@pytest.fixture
def site_node(node, nginx, uwsgi):
    """The same, with the plugin in use for the test site."""
    node.enable("connledger")
    node.configure("connledger", nginx=nginx.status_url, uwsgi=uwsgi("unix").target)
    return node


def graphs(lines):
    """The blocks of a multigraph answer: {"graph": {"key": "value"}}."""
    found, name = {}, None
    for line in lines:
        if line.startswith("multigraph "):
            name = line.split()[1]
            assert name not in found, f"{name} comes twice: a Munin 3 master would lose the second"
            found[name] = {}
        elif line and not line.startswith("#"):
            key, _, value = line.partition(" ")
            found[name][key] = value
    return found


def fields(graph):
    return {key.partition(".")[0] for key in graph if key.endswith(".label")}


def values(graph):
    return {key.removesuffix(".value"): value for key, value in graph.items()
            if key.endswith(".value")}


def test_config_and_fetch_agree(site_node):
    site_node.munin_run("connledger")  # config knows the queues that a fetch has seen
    config = graphs(site_node.munin_run("connledger", "config").lines())
    fetched = graphs(site_node.munin_run("connledger").lines())
    assert config.keys() == fetched.keys()
    assert {f"connledger_{name}" for name in (
        "held", "app_requests", "backlog", "connections", "requests", "dropped", "uwsgi_workers",
        "uwsgi_cores", "uwsgi_requests", "uwsgi_time", "uwsgi_errors",
        "uwsgi_memory")} <= config.keys()
    for name, graph in config.items():
        assert graph["graph_title"] and graph["graph_category"] and graph["graph_vlabel"]
        order = set(graph["graph_order"].split())
        assert order == fields(graph) == set(values(fetched[name])), name
        assert not values(graph)
        for field in fields(graph):
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", field) and field != "root"
        for value in values(fetched[name]).values():
            assert re.fullmatch(r"U|-?[0-9]+(\.[0-9]+)?", value), value


def test_values_are_those_of_the_site(site_node):
    fetched = graphs(site_node.munin_run("connledger").lines())
    assert int(values(fetched["connledger_connections"])["total"]) >= 1
    assert values(fetched["connledger_uwsgi_workers"])["idle"] == "2"


def test_the_graph_of_requests_waits_for_an_application(node, ledger_site):
    """Without one there would be nothing in it. Munin asks as nobody; twelve requests of one client
    over HTTP/2 are twelve to him, too."""
    node.enable("connledger")
    node.configure("connledger", nginx=ledger_site.nginx.status_url)
    name = "connledger_app_requests"
    assert name not in graphs(node.munin_run("connledger").lines())
    assert name not in graphs(node.munin_run("connledger", "config").lines())
    node.configure("connledger", nginx=ledger_site.nginx.status_url, uwsgi=ledger_site.uwsgi.target)
    with ledger_site.situation() as clients:
        clients.say(1, ledger_h2.opening(*["/hold"] * 12), port=ledger_site.h2_port)
        ledger_site.wait(active=1, writing=12, busy=4, queue=8)
        fetched = graphs(node.munin_run("connledger").lines())
        config = graphs(node.munin_run("connledger", "config").lines())
    assert values(fetched[name]) == {"requests_active": "4", "requests_queued": "8"}
    assert config[name]["graph_order"] == "requests_active requests_queued"
    held = fetched["connledger_held"]
    assert re.match(r"bounded: \d+ to \d+; \S", held["app.extinfo"]), held


@pytest.mark.parametrize("where", ["unix", "tcp"])
def test_the_graph_of_uwsgis_own_queue_waits_for_a_number(node, uwsgi, where):
    """uWSGI knows the queue of a TCP socket; that of a unix socket would be empty for ever."""
    node.enable("connledger")
    server = uwsgi(where)
    node.configure("connledger", uwsgi=server.target)
    if where == "tcp":  # it looks once a second
        wait_until(lambda: '"max_queue":0' not in server.read_stats().replace(" ", ""), 60,
                   "uWSGI's queue")
    name = "connledger_uwsgi_queue"
    assert name not in graphs(node.munin_run("connledger", "config").lines())
    fetched = graphs(node.munin_run("connledger").lines())
    config = graphs(node.munin_run("connledger", "config").lines())
    assert config.keys() == fetched.keys() and "connledger_uwsgi_cores" in config
    assert (name in config) == (where == "tcp"), config.keys()
    if where == "tcp":
        assert values(fetched[name])["queue"] == "0" and int(values(fetched[name])["queue_max"]) > 0


def test_config_needs_no_server(node, dead_port):
    node.enable("connledger")
    node.configure("connledger", nginx=f"http://127.0.0.1:{dead_port}/", uwsgi="unix:/none")
    config = node.munin_run("connledger", "config")
    assert config.status == 0 and config.err == ""
    assert "connledger_uwsgi_workers" in graphs(config.lines())
    fetched = node.munin_run("connledger")
    assert fetched.status == 0 and set(fetched.fields().values()) == {"U"}


def test_dirty_config(site_node, dead_port):
    dirty = graphs(site_node.munin_run("connledger", "config", MUNIN_CAP_DIRTYCONFIG="1").lines())
    for graph in dirty.values():
        assert fields(graph) == set(values(graph))
    assert values(dirty["connledger_uwsgi_workers"])["idle"] == "2"
    site_node.enable("connledger_gone", "connledger_")
    site_node.configure("connledger_gone", nginx=f"http://127.0.0.1:{dead_port}/")
    down = site_node.munin_run("connledger_gone", "config", MUNIN_CAP_DIRTYCONFIG="1")
    assert down.status == 0 and set(down.fields().values()) == {"U"}


# ---- the ledger -----------------------------------------------------------------------------------

def own_node(node, site):
    """The plugin in use for a site of the test's own."""
    node.enable("connledger")
    node.configure("connledger", nginx=site.nginx.status_url, uwsgi=site.uwsgi.target,
                   ports=str(site.nginx.port))
    return node


def field_of(site):
    """What the queue of nginx' listener is called."""
    return f"nginx_127_0_0_1_{site.nginx.port}"


def memory_file(node):
    """The file of the plugin's memory."""
    return next(path for path in (node.top / "state").rglob("munin-*") if not path.suffix)


def remembered(node):
    """The plugin's memory, as its file has it, and when it was written."""
    path = memory_file(node)
    return path.read_text(), path.stat().st_mtime_ns


def test_the_ledger_adds_up(node, own_site):
    own_node(node, own_site)
    own_site.get_stuck(2)
    fetched = graphs(node.munin_run("connledger").lines())
    held = {name: float(value) for name, value in values(fetched["connledger_held"]).items()
            if value != "U"}
    total = float(values(fetched["connledger_connections"])["total"])
    assert held["app"] == 2 and held["phantom"] == 0 and sum(held.values()) == total - 1, fetched
    queue = values(fetched["connledger_backlog"])
    assert queue[field_of(own_site)] == "0" and len(queue) >= 2, queue


def test_the_ledger_reads_in_its_order(site_node):
    graph = graphs(site_node.munin_run("connledger", "config").lines())["connledger_held"]
    order = graph["graph_order"].split()
    assert order[:2] == ["request", "keepalive"] and order[-2:] == ["phantom", "unexplained"]
    assert {graph[f"{field}.draw"] for field in order} == {"AREASTACK"}
    assert len({graph[f"{field}.colour"] for field in order}) == len(order)


def test_queues_are_in_config_when_a_fetch_has_seen_them(node, own_site):
    own_node(node, own_site)
    field = field_of(own_site)
    node.configure("connledger", **{f"{field}_warning": "100"})
    assert "connledger_backlog" not in graphs(node.munin_run("connledger", "config").lines())
    assert field in values(graphs(node.munin_run("connledger").lines())["connledger_backlog"])
    graph = graphs(node.munin_run("connledger", "config").lines())["connledger_backlog"]
    assert re.fullmatch(rf"nginx 127\.0\.0\.1:{own_site.nginx.port} \(of [0-9]+\)",
                        graph[f"{field}.label"])
    assert graph[f"{field}.warning"] == "100"
    node.configure("connledger", timeout="soon")  # nothing can be asked
    wrong = graphs(node.munin_run("connledger").lines())
    assert values(wrong["connledger_backlog"])[field] == "U"
    node.configure("connledger", timeout="5")
    own_site.nginx.stop()
    down = graphs(node.munin_run("connledger").lines())
    assert values(down["connledger_backlog"])[field] == "U"
    assert set(values(down["connledger_held"]).values()) == {"U"}


def test_a_unix_queue_is_seen(node, own_site):
    own_node(node, own_site)
    own_site.get_stuck(4)  # as many as uWSGI has threads
    for _ in range(3):
        own_site.ask("/sleep?s=600")

    def queued():
        graph = graphs(node.munin_run("connledger").lines())
        waiting = values(graph["connledger_held"])["app_queue"]
        return waiting == "3" and "3" in [
            value for field, value in values(graph["connledger_backlog"]).items()
            if field.startswith("uwsgi_")]
    wait_until(queued, 60, "the queue of uWSGI's unix socket")


def test_only_a_fetch_is_remembered(node, own_site):
    own_node(node, own_site)
    node.munin_run("connledger")
    first = remembered(node)
    assert first[0].startswith("connledger-munin 1\n") and "\nhistory\n" in first[0]
    node.munin_run("connledger", "config")
    node.munin_run("connledger", "autoconf")
    assert remembered(node) == first
    node.munin_run("connledger")
    second = remembered(node)
    assert second != first
    node.munin_run("connledger", "config", MUNIN_CAP_DIRTYCONFIG="1")
    assert remembered(node) != second


def test_a_damaged_memory_is_none(node, own_site):
    own_node(node, own_site)
    node.munin_run("connledger")
    memory_file(node).write_text("connledger-munin 1\nqueue of nonsense\n")
    config = node.munin_run("connledger", "config")
    assert config.status == 0 and "connledger_backlog" not in graphs(config.lines())
    fetched = node.munin_run("connledger")
    assert fetched.err == "" and "connledger_backlog" in graphs(fetched.lines())
    assert "\nhistory\n" in remembered(node)[0]


def test_without_a_state_directory(programs, own_site, folder):
    (folder / "file").write_text("")
    args = {"nginx": own_site.nginx.status_url, "MUNIN_PLUGSTATE": str(folder / "file")}
    fetched = programs.munin(**args)
    assert fetched.status == 0 and re.fullmatch(
        r"connledger: nothing is remembered: .*file.*\n", fetched.err), fetched
    assert fetched.fields()["total"] == "1"
    config = programs.munin("config", **args)
    assert config.status == 0 and config.err == "", config


def test_findings_know_what_was_before(node, own_site):
    own_node(node, own_site)
    node.munin_run("connledger")
    for _ in range(20):
        own_site.nginx.get("/error")
    node.munin_run("connledger")
    held = graphs(node.munin_run("connledger", "config").lines())["connledger_held"]
    assert "(exceptions): " in held["graph_info"], held


@pytest.mark.usefixtures("alone")
def test_findings_stand_below_the_graph(node, own_site):
    own_node(node, own_site)
    node.munin_run("connledger")
    info = graphs(node.munin_run("connledger", "config").lines())["connledger_held"]["graph_info"]
    assert re.search(r"Confidence: (exact|bounded|unknown)", info) and "phantom_" not in info, info
    own_site.keep_open(5)
    own_site.kill_worker(signal.SIGKILL)

    def seen():
        """On a busy host the time of one look may be too short for nobody to be sure."""
        fetched = graphs(node.munin_run("connledger").lines())["connledger_held"]
        return values(fetched)["phantom"] != "0" and values(fetched)["phantom"]
    phantoms = wait_until(seen, 60, "phantoms")
    config = graphs(node.munin_run("connledger", "config").lines())
    info = config["connledger_held"]["graph_info"]
    assert re.search(rf"warning \(phantom_counters\): [^.]*\b{phantoms}\b", info), info
    assert not re.search(r"[<>&#\\]", info)


def test_a_ledger_that_is_not_exact_says_why(node, own_site):
    """Munin asks as nobody, who cannot see all of root's listeners, and is not told."""
    node.enable("connledger")
    node.configure("connledger", nginx=own_site.nginx.status_url)
    held = graphs(node.munin_run("connledger").lines())["connledger_held"]
    reasons = {key: value for key, value in held.items() if key.endswith(".extinfo")}
    config = graphs(node.munin_run("connledger", "config").lines())["connledger_held"]
    level = re.search(r"Confidence: (\w+)", config["graph_info"])[1]
    assert (level == "exact") == (reasons == {}), (config, held)
    for reason in reasons.values():
        shown = re.fullmatch(r"bounded: -?\d+ to -?\d+; (.{1,40}).*", reason)
        assert level == "bounded" and shown[1] in config["graph_info"], reason


def test_autoconf(node, nginx, dead_port):
    node.enable("connledger")
    node.configure("connledger", nginx=nginx.status_url)
    yes = node.munin_run("connledger", "autoconf")
    assert (yes.status, yes.out, yes.err) == (0, "yes\n", "")
    node.configure("connledger", nginx=f"http://127.0.0.1:{dead_port}/")
    no = node.munin_run("connledger", "autoconf")
    assert no.status == 0 and no.err == "" and re.fullmatch(r"no \(.+\)\n", no.out)


def test_wildcard(node, nginx, uwsgi):
    node.enable("connledger_blog", "connledger_")
    node.configure("connledger_blog", nginx=nginx.status_url, uwsgi=uwsgi("unix").target)
    config = graphs(node.munin_run("connledger_blog", "config").lines())
    assert "connledger_blog_connections" in config and all(
        name.startswith("connledger_blog_") for name in config)
    fetched = graphs(node.munin_run("connledger_blog").lines())
    assert values(fetched["connledger_blog_uwsgi_workers"])["idle"] == "2"


def test_node_configure_finds_the_stripped_programs(node, nginx):
    node.configure("connledger*", nginx=nginx.status_url)
    table = node.node_configure("--suggest")
    assert table.status == 0, table
    assert re.search(r"^connledger\s+\|\s+no\s+\|\s+yes", table.out, re.M), table
    shell = node.node_configure("--shell")
    assert f"ln -s '{node.lib}/connledger' '{node.etc}/plugins/connledger'" in shell.out, shell
    assert shell.err == ""


def test_node_configure_says_why_not(node, dead_port):
    node.configure("connledger*", nginx=f"http://127.0.0.1:{dead_port}/")
    table = node.node_configure("--suggest")
    assert re.search(r"^connledger\s+\|\s+no\s+\|\s+no \[.+\]", table.out, re.M), table


def test_suggest_gives_suffixes(node, nginx):
    node.enable("connledger_x", "connledger_")
    node.configure("connledger_*", nginx=nginx.status_url)
    suggested = node.munin_run("connledger_x", "suggest")
    assert suggested.status == 0, suggested
    assert all(re.fullmatch(r"[-\w.:]+", line) for line in suggested.lines())


def test_munin_node_serves_it(site_node):
    client = site_node.start()
    assert client.line("list") == ""  # only masters that know multigraph may see it
    assert "multigraph" in client.line("cap multigraph dirtyconfig")
    assert client.line("list") == "connledger"
    dirty = graphs(client.block("config connledger"))
    fetched = graphs(client.block("fetch connledger"))
    assert dirty.keys() == fetched.keys()
    for name, graph in dirty.items():
        assert fields(graph) == set(values(graph)) == set(values(fetched[name]))
    client.close()
    assert "Error output" not in site_node.node_log()


def test_munin_node_keeps_it_while_the_site_is_down(node, dead_port):
    node.enable("connledger")
    node.configure("connledger", nginx=f"http://127.0.0.1:{dead_port}/")
    client = node.start()
    client.line("cap multigraph")
    assert client.line("list") == "connledger"
    fetched = client.block("fetch connledger")
    assert all(line.endswith(" U") for line in fetched if ".value" in line)
    client.close()
    assert re.search(r"Error output from connledger:.*", node.node_log())


@pytest.mark.parametrize("name", ["nginx_status", "nginx_request"])
def test_drop_in_for_the_stock_plugin(node, nginx, name):
    node.enable(name, "connledger")
    node.configure("nginx*", url=nginx.status_url)
    ours = node.munin_run(name, "config").lines()
    node.install(STOCK / name, f"stock_{name}")
    node.enable(f"stock_{name}")
    stock = node.munin_run(f"stock_{name}", "config").lines()
    kept = [line for line in stock if KEPT.match(line)]
    assert kept and [line for line in kept if line not in ours] == []
    labels = {line.partition(".")[0] for line in kept if ".label" in line}
    fetched = node.munin_run(name).fields()
    assert set(fetched) == labels and all(value.isdigit() for value in fetched.values())
    assert not list((node.top / "state").rglob("munin-*"))
    assert node.munin_run(name, "autoconf").out == "yes\n"


def test_thresholds_and_category_come_from_the_environment(site_node):
    site_node.configure("connledger", category="website", total_warning="100", total_critical="200")
    graph = graphs(site_node.munin_run("connledger", "config").lines())["connledger_connections"]
    assert graph["graph_category"] == "website"
    assert (graph["total.warning"], graph["total.critical"]) == ("100", "200")
