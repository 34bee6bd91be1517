# SPDX-License-Identifier: MIT
"""The mean time of a request, which the Munin plugin makes of what two fetches have seen."""

import json

import pytest

import munin_rules
from demo.process import Process, wait_until

GRAPH = "connledger_uwsgi_time"
FIRST = "there was no earlier fetch to compare with"
NONE = "no request has ended since the last fetch"
FELL = "the counters fell since the last fetch: the server was restarted"
LOST = "nothing is remembered from one fetch to the next: munin-node's log says why"


@pytest.fixture
def node(munin, build):
    munin.install(build / "munin" / "connledger")
    munin.enable("connledger")
    return munin


@pytest.fixture(params=["uwsgi only", "with nginx"])
def site(node, own_site, request):
    """A site of the test's own, which the plugin reads with or without its nginx."""
    targets = {"uwsgi": own_site.uwsgi.target}
    if request.param == "with nginx":
        targets["nginx"] = own_site.nginx.status_url
    node.configure("connledger", **targets)
    return own_site


def block(node, *action, **env):
    """The graph, as config or a fetch has it."""
    return munin_rules.blocks(node.munin_run("connledger", *action, **env).lines())[GRAPH]


def served(site):
    """The requests that uWSGI has counted."""
    return sum(worker["requests"] for worker in json.loads(site.uwsgi.read_stats())["workers"])


def seconds_at_work(site):
    """What uWSGI's workers have spent in requests, by its own clock."""
    return sum(worker["running_time"]
               for worker in json.loads(site.uwsgi.read_stats())["workers"]) / 1e6


def ask(site, uri, count):
    """Requests one after the other, until uWSGI has counted the last one."""
    before = served(site)
    for _ in range(count):
        assert site.nginx.get(uri)[0] == 200
    wait_until(lambda: served(site) == before + count, 60, "requests that are counted")


def unknown(graph):
    """Why there is no mean."""
    assert graph["mean.value"] == "U", graph
    return graph["mean.extinfo"]


def test_the_mean_is_that_of_the_requests_between_two_fetches(node, site):
    config = block(node, "config")
    assert config["mean.type"] == "GAUGE" and "mean.cdef" not in config
    ask(site, "/", 3)
    assert unknown(block(node)) == FIRST
    for count, seconds in ((4, 0.3), (2, 0.7)):
        before = seconds_at_work(site)
        ask(site, f"/sleep?s={seconds}", count)
        fetched = block(node)
        assert "mean.extinfo" not in fetched
        mean = (seconds_at_work(site) - before) / count
        assert float(fetched["mean.value"]) == pytest.approx(mean, abs=0.001), fetched
    assert unknown(block(node)) == NONE
    assert block(node, "config") == config


def test_a_dirty_config_counts_as_a_fetch(node, site):
    block(node, "config", MUNIN_CAP_DIRTYCONFIG="1")
    ask(site, "/sleep?s=0.2", 2)
    block(node, "config")
    assert float(block(node, "config", MUNIN_CAP_DIRTYCONFIG="1")["mean.value"]) >= 0.19
    assert unknown(block(node)) == NONE


def test_a_restart_is_no_mean(node, site):
    ask(site, "/", 5)
    block(node)
    uwsgi = site.uwsgi
    uwsgi.stop()
    # Why is in the log.
    assert {"mean.value": "U"}.items() <= block(node).items()
    assert "mean.extinfo" not in block(node)
    uwsgi.process = Process(uwsgi.process.argv, uwsgi.folder / "again.log", cwd=uwsgi.folder)
    uwsgi.process.wait_ready(lambda: uwsgi.busy() == 0)
    ask(site, "/", 1)
    assert unknown(block(node)) == FELL
    ask(site, "/sleep?s=0.2", 1)
    assert float(block(node)["mean.value"]) >= 0.19


def test_without_a_memory_there_is_no_mean(programs, own_site, folder):
    (folder / "file").write_text("")
    for state, why in ((folder / "file", LOST), (folder, FIRST), (folder, NONE)):
        fetched = programs.munin(uwsgi=own_site.uwsgi.target, MUNIN_PLUGSTATE=str(state))
        assert unknown(munin_rules.blocks(fetched.lines())[GRAPH]) == why, fetched
        assert ("nothing is remembered" in fetched.err) == (why == LOST), fetched


def test_a_damaged_memory_is_no_fetch(node, site):
    block(node)
    memory = next(path for path in (node.top / "state").rglob("munin-*") if not path.suffix)
    text = memory.read_text()
    assert "\ncounter " in text
    memory.write_text(text.replace("\ncounter ", "\ncounter x"))
    assert unknown(block(node)) == FIRST
    assert unknown(block(node)) == NONE


def test_a_memory_that_cannot_be_written(programs, own_site, folder):
    env = {"uwsgi": own_site.uwsgi.target, "MUNIN_PLUGSTATE": str(folder)}
    programs.munin(**env)
    memory = next(path for path in folder.rglob("munin-*") if not path.suffix)
    memory.with_name(f"{memory.name}.tmp").mkdir()
    ask(own_site, "/sleep?s=0.2", 1)
    for _ in range(2):  # what was read before is still good
        fetched = programs.munin(**env)
        assert "nothing is remembered: cannot make state file" in fetched.err, fetched
        assert float(munin_rules.blocks(fetched.lines())[GRAPH]["mean.value"]) >= 0.19
    memory.unlink()
    assert unknown(munin_rules.blocks(programs.munin(**env).lines())[GRAPH]) == LOST
