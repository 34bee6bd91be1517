# SPDX-License-Identifier: MIT
"""The Munin plugin in Munin's own programs: munin-run, munin-node-configure and munin-node."""

import pathlib
import re

import pytest

STOCK = pathlib.Path("/usr/share/munin/plugins")  # the Perl plugins of munin-plugins-core
# What a stock graph's history depends on, and what its users see. The category differs: the name of
# a product, which the stock plugin uses, is no longer a category of Munin's.
KEPT = re.compile(r"^(graph_title|graph_vlabel|\w+\.(label|type|min)) ")


@pytest.fixture
def node(munin, build):
    """A node where both plugins are installed as a package would install them."""
    munin.install(build / "munin" / "connledger")
    munin.install(build / "munin" / "connledger_")
    return munin


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
    config = graphs(site_node.munin_run("connledger", "config").lines())
    fetched = graphs(site_node.munin_run("connledger").lines())
    assert config.keys() == fetched.keys()
    assert {"connledger_connections", "connledger_requests", "connledger_dropped",
            "connledger_uwsgi_workers", "connledger_uwsgi_queue", "connledger_uwsgi_requests",
            "connledger_uwsgi_time", "connledger_uwsgi_errors",
            "connledger_uwsgi_memory"} <= config.keys()
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
    assert node.munin_run(name, "autoconf").out == "yes\n"


def test_thresholds_and_category_come_from_the_environment(site_node):
    site_node.configure("connledger", category="website", total_warning="100", total_critical="200")
    graph = graphs(site_node.munin_run("connledger", "config").lines())["connledger_connections"]
    assert graph["graph_category"] == "website"
    assert (graph["total.warning"], graph["total.critical"]) == ("100", "200")
