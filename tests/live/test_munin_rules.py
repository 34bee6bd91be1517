# SPDX-License-Identifier: MIT
"""What the Munin plugin prints keeps Munin's rules, whatever its servers do; and config asks none
of them."""

import contextlib
import json
import re

import pytest

import answers as page
import munin_rules
from behaviours import answers, hung, reset_at_once, says
from programs import run

WITHOUT_MEMORY = page.stats_bytes(
    sockets=[{"name": "/run/app.sock", "proto": "uwsgi", "queue": 0, "max_queue": 0, "shared": 0,
              "can_offload": 0}], workers=[page.worker(1, avg_rt=0)])
# Two workers have crashed: the gauges are below 0.
CRASHED = page.STUB_STATUS.replace(b"Reading: 1", b"Reading: 18446744073709551615")
EMPEROR = json.dumps({"version": "2.0.21", "pid": 1, "uid": 0, "gid": 0, "emperor": ["/etc/v"],
                      "emperor_tyrant": 0, "throttle_level": 0, "vassals": [],
                      "blacklist": []}).encode()

SITUATIONS = {
    "good": (answers(page.http(page.STUB_STATUS)), says(page.stats_bytes())),
    "crashed": (answers(page.http(CRASHED)), says(page.stats_bytes())),
    "without_memory": (answers(page.http(page.STUB_STATUS)), says(WITHOUT_MEMORY)),
    "emperor": (answers(page.http(page.STUB_STATUS)), says(EMPEROR)),
    "hung": (hung, hung),
    "reset": (reset_at_once, reset_at_once),
    "html": (answers(page.http(page.HTML)), says(page.HTML)),
    "each_other": (says(page.stats_bytes()), answers(page.http(page.STUB_STATUS))),
    "uwsgi_down": (answers(page.http(page.STUB_STATUS)), reset_at_once),
    "nginx_down": (reset_at_once, says(page.stats_bytes())),
}
NAMES = ["connledger", "connledger_blog", "shop.example-1", "nginx_status", "nginx_request"]


def config_lines(programs, name, env):
    """What config says: as soon as it is asked, and without a word to anybody."""
    config = programs.munin("config", name=name, **env)
    assert (config.status, config.err) == (0, ""), config
    return config.lines()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("situation", SITUATIONS)
def test_rules(programs, bad, situation, name):
    nginx, uwsgi = (bad(behaviour) for behaviour in SITUATIONS[situation])
    env = {"nginx": nginx.url, "uwsgi": uwsgi.raw, "timeout": "0.5", "total_warning": "10:20"}
    stock = name.startswith("nginx_")
    config_lines(programs, name, env)
    assert nginx.connections == uwsgi.connections == 0
    fetched = programs.munin(name=name, **env)
    asked = (nginx.connections, uwsgi.connections)
    config = config_lines(programs, name, env)
    assert (nginx.connections, uwsgi.connections) == asked
    assert fetched.status == 0
    assert len(fetched.err.splitlines()) <= 2 and fetched.err.isascii(), fetched.err
    unknown = munin_rules.check(config, fetched.lines(), stock)
    if not re.search(re.escape(f"{name}: {nginx.url}: "), fetched.err):
        assert stock or all("uwsgi" in field for field in unknown), (unknown, fetched)
    if uwsgi.raw not in fetched.err:
        assert not [field for field in unknown if "uwsgi" in field], (unknown, fetched)
    dirty = programs.munin("config", name=name, MUNIN_CAP_DIRTYCONFIG="1", **env)
    assert dirty.status == 0
    munin_rules.check(*munin_rules.split_dirty(dirty.lines()), stock)


@pytest.mark.parametrize("action", [[], ["config"]])
def test_a_site_is_asked_once(programs, bad, action):
    """Whatever the number of graphs. Without the ledger, which samples nginx, that is one time."""
    nginx, uwsgi = bad(answers(page.http(page.STUB_STATUS))), bad(says(page.stats_bytes()))
    env = {"MUNIN_CAP_DIRTYCONFIG": "1", "nginx": nginx.url}
    assert programs.munin(*action, uwsgi=uwsgi.raw, **env).status == 0
    assert uwsgi.connections == 1 and uwsgi.received == b""
    before = nginx.connections
    assert programs.munin(*action, name="nginx_status", **env).status == 0
    assert nginx.connections == before + 1


@pytest.mark.parametrize("words", [["config"], ["config", "cap"]])
@pytest.mark.parametrize("env", [
    {"nginx": "nonsense"}, {"uwsgi": "unix:"}, {"timeout": "soon"}, {"ports": "http"},
    {"worker_connections": "many"}, {"MUNIN_PLUGSTATE": "/dev/null"}, {"nginx": "http://[::1"},
    {"MUNIN_PLUGSTATE": "/nowhere/at/all"}, {"nginx": "http://no.such.host.invalid/s"}])
def test_config_cannot_fail(programs, env, words):
    config = programs.munin(*words, **env)
    assert (config.status, config.err) == (0, "") and "multigraph connledger_" in config.out


@pytest.mark.parametrize("text", [b"", b"\0" * 5000, b"connledger-munin 1\ntime nan\n", b"x" * 99999])
def test_config_survives_a_damaged_memory(programs, bad, folder, text):
    env = {"nginx": bad(answers(page.http(page.STUB_STATUS))).url}
    programs.munin(**env)
    memory = next(path for path in folder.rglob("munin-*") if not path.suffix)
    memory.write_bytes(text)
    config_lines(programs, "connledger", env)
    memory.unlink(missing_ok=True)  # it may have been set aside
    memory.mkdir()
    config_lines(programs, "connledger", env)


def test_config_opens_no_connection(programs, folder):
    """Not even to a name server."""
    log = folder / "strace.log"
    # The sanitizer that finds leaks cannot run under strace.
    env = {**programs.env, "nginx": "http://localhost/", "uwsgi": "example.org:1717",
           "ASAN_OPTIONS": "detect_leaks=0"}
    config = run(["strace", "-f", "-e", "trace=execve,%network", "-o", log,
                  programs.path("munin/connledger"), "config"], env=env)
    calls = log.read_text()
    assert config.status == 0 and "multigraph connledger_uwsgi_cores" in config.out
    assert "execve(" in calls and not re.search(r"\b(socket|connect|sendto)\(", calls), calls


def test_a_reasonless_u_would_be_seen():
    config = ["graph_title A", "graph_args --base 1000", "graph_category webserver",
              "graph_order a", "a.label A"]
    assert munin_rules.check(config, ["a.value U"], stock=True) == [".a.value"]
    for wrong in (["a.value nan"], ["a.value 1e5"], ["b.value 1"], ["a.value 1", "a.value 2"]):
        with pytest.raises(AssertionError):
            munin_rules.check(config, wrong, stock=True)


@pytest.mark.parametrize("attribute, allowed", [
    ("a.cdef a,1000000,/", True), ("a.cdef a,b,/", False), ("a.cdef b,2,*", False),
    ("a.cdef a,UN,0,a,IF", True), ("a.cdef 5", False), ("a.graph no", False),
    ("a.graph yes", False)])
def test_what_munin_3_cannot_draw_would_be_seen(attribute, allowed):
    config = ["graph_title A", "graph_args --base 1000", "graph_category webserver",
              "graph_order a b", "a.label A", "b.label B", attribute]
    with contextlib.nullcontext() if allowed else pytest.raises(AssertionError):
        munin_rules.check(config, ["a.value 1", "b.value 1"], stock=True)
