# SPDX-License-Identifier: MIT
"""How the Munin plugin gets into a node: by munin-node-configure, by links, by copying."""

import re
import shutil
import subprocess

import pytest

import munin_rules
from demo.process import free_port
from demo.site import Nginx, Uwsgi
from ledger_net import ControlGroup

LINK = re.compile(r"^ln -s '[^']+/connledger_?' '[^']+/(connledger[-\w.:]*)'$")


@pytest.fixture
def two_sites(alone, folder):
    """Two of each kind, on ports and in folders that nobody was told of."""
    running = []
    try:
        for number in (1, 2):
            running.append(Uwsgi(folder / f"uwsgi{number}"))
            running.append(Nginx(folder / f"nginx{number}", running[-1].nginx_app))
        yield running
    finally:
        for server in reversed(running):
            server.stop()


def served(node):
    """What the node serves: {"plugin": {"graph": {"key": "value"}}}."""
    client = node.start()
    client.line("cap multigraph")
    plugins = {name: munin_rules.blocks(client.block(f"fetch {name}"))
               for name in client.line("list").split()}
    client.close()
    return plugins


def test_several_sites_install_themselves(node, two_sites):
    node.section("connledger*", "user root")  # nobody may not see whose root's sockets are
    shell = node.node_configure("--shell")
    names = {LINK.match(line)[1] for line in shell.out.splitlines()}
    ports = {str(site.port) for site in two_sites if isinstance(site, Nginx)}
    assert {name for name in names if "uwsgi" not in name} == {
        f"connledger_127.0.0.1:{port}:nginx_status" for port in ports}
    assert len(names) == 4 and shell.err == ""
    assert node.node_configure("--shell").out == shell.out
    subprocess.run(["sh", "-e"], input=shell.out, text=True, check=True)
    plugins = served(node)
    assert plugins.keys() == names
    for name, found in plugins.items():
        graph = re.sub(r"\W", "_", name)
        if "uwsgi" in name:
            assert found[f"{graph}_uwsgi_workers"]["idle.value"] == "2", found
        else:
            assert int(found[f"{graph}_connections"]["total.value"]) >= 1, found
    assert "Error output" not in node.node_log()


def test_what_was_tried_is_said(node, alone):
    table = node.node_configure("--suggest")
    assert re.search(r"^connledger +\| no +\| no \[no status page of nginx on /nginx_status "
                     r"/stub_status .*8060.*; no uWSGI stats server at 127\.0\.0\.1:1717", table.out,
                     re.M), table
    node.enable("connledger")
    answer = node.munin_run("connledger", "autoconf")
    assert (answer.status, answer.err) == (0, "")
    assert re.fullmatch(r"no \([^\n]+\)\n", answer.out), answer


def test_a_stats_socket_is_not_disturbed(node, alone, bad, folder):
    """It is asked no word, and one that lets nobody in is named."""
    path = folder / "uwsgi-stats"
    silent = bad(lambda peer: peer.hold(), path=path)
    path.chmod(0o640)
    node.enable("connledger")
    answer = node.munin_run("connledger", "autoconf").out
    assert re.search(rf"^no \(.*; unix:{path}: permission denied: .* belongs to ", answer), answer
    path.chmod(0o666)
    answer = node.munin_run("connledger", "autoconf").out
    assert answer.startswith("no (") and "permission" not in answer
    assert silent.connections == 1 and silent.received == b""


def test_copied_into_the_plugin_folder(node, nginx, build):
    """A file there is as good as a link, under any name."""
    for name, program in (("connledger", "connledger"), ("connledger_blog", "connledger_"),
                          ("shop", "connledger"), ("nginx_status", "connledger")):
        target = node.etc / "plugins" / name
        shutil.copy(build / "munin" / program, target)
        target.chmod(0o755)
        node.section(name, f"env.nginx {nginx.status_url}")
    plugins = served(node)
    assert plugins.keys() == {"connledger", "connledger_blog", "shop", "nginx_status"}
    for name in ("connledger", "connledger_blog", "shop"):
        assert int(plugins[name][f"{name}_connections"]["total.value"]) >= 1
        title = munin_rules.blocks(node.munin_run(name, "config").lines())[
            f"{name}_connections"]["graph_title"]
        assert title == {"connledger": "nginx connections",
                         "connledger_blog": "nginx connections - blog",
                         "shop": "nginx connections - shop"}[name]
    assert int(plugins["nginx_status"][""]["total.value"]) >= 1


def test_a_virtual_node(node, nginx):
    """munin-node's own host_name moves a site to a page of its own."""
    node.enable("connledger_blog", "connledger_")
    node.section("connledger_blog", f"env.nginx {nginx.status_url}", "host_name blog.example.org")
    client = node.start()
    client.line("cap multigraph")
    assert client.line("list") == ""
    assert "blog.example.org" in client.block("nodes")
    assert client.line("list blog.example.org") == "connledger_blog"
    client.close()


@pytest.fixture
def group():
    """A cgroup as systemd gives one to each service."""
    one = ControlGroup(f"connledger-munin-{free_port()}")
    yield one
    one.stop()


def test_a_service_is_seen_by_nobody(node, group, alone, folder):
    """Root's nginx hides its sockets from the plugin's user; its cgroup tells them all the same."""
    with group.entered():
        site = Nginx(folder / "nginx", "127.0.0.1:9")
    try:
        node.enable("connledger")
        answer = node.munin_run("connledger", "autoconf").out
        page = f"http://127.0.0.1:{site.port}/nginx_status"
        assert f"but at {page}: set env.nginx to it" in answer, answer
        shell = node.node_configure("--shell").out
        assert f"/connledger_127.0.0.1:{site.port}:nginx_status'" in shell, shell
    finally:
        site.stop()
