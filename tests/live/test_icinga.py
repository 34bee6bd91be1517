# SPDX-License-Identifier: MIT
"""The definitions for Icinga 2, and the checks under its own nginx_status, in a real one."""

import re

import pytest

from answers import STUB_STATUS, http
from behaviours import answers, hung
from icinga_kit import Icinga, service
from pages import PASSWORD, USER

# Whatever Icinga's examples are assigned to.
HOSTS = """\
object Host "web1" {
    check_command = "passive"
    address = "127.0.0.1"
    zone = ZoneName // of an agent
    vars.nginx = true
    vars.uwsgi = true
    vars.agent_endpoint = NodeName
}
"""


@pytest.fixture
def icinga(folder, definitions):
    """Makes a private Icinga with connledger.conf: icinga(objects, examples=False)."""
    running = []

    def make(objects, **how):
        text = definitions.text("connledger.conf", **how)
        running.append(Icinga(folder / f"icinga{len(running)}", definitions.plugins,
                              text + objects))
        return running[-1]
    yield make
    for server in running:
        server.stop()


def test_icinga_accepts_the_definitions(icinga):
    result = icinga(HOSTS, examples=True).verify()
    assert result.status == 0 and "warning" not in result.out + result.err, result.out
    assert "Instantiated 3 Services." in result.out, result.out


def test_icinga_wants_what_is_required(icinga):
    server = icinga(service("uwsgi", "connledger-uwsgi"))
    server.start()
    server.wait_for(lambda _: "Non-optional macro 'uwsgi_stats'" in server.log())
    server.stop()


def _objects(nginx, uwsgi, bad, folder):
    """Services with as many variables as there are."""
    common = {"vars__connledger_state_dir": str(folder / "state")}
    (folder / "login").write_text(f"{USER}:{PASSWORD}\n")
    (folder / "ini").write_text("[blog]\ncritical=active=0\n")
    return "".join((
        service("nginx", "connledger-nginx", vars__nginx_status_port=nginx.port,
                vars__nginx_status_url="/stub_status", vars__connledger_counters=True,
                vars__nginx_status_warn=["~:1000", "requests_per_second=@1e6:1e7"],
                vars__nginx_status_critical="2000", vars__connledger_ipv4=True, **common),
        service("six", "connledger-nginx", vars__check_ipv6=True,
                vars__nginx_status_url="/stub_status",
                vars__nginx_status_port=nginx.pages.v6_port, vars__connledger_ipv6=True, **common),
        service("whole", "connledger-nginx", vars__nginx_status_url=nginx.status_url,
                vars__connledger_verbose=2, vars__connledger_sample=0.5),
        service("room", "connledger-nginx", vars__nginx_status_url=nginx.status_url,
                vars__nginx_status_exclude_self=True, vars__nginx_status_worker_connections=1000,
                vars__nginx_status_worker_processes=50, vars__nginx_status_warn="active_percent=90",
                **common),
        service("socket", "connledger-nginx", vars__nginx_status_unix=str(nginx.socket),
                vars__nginx_status_url="/stub_status", vars__nginx_status_warn="0", **common),
        service("private", "connledger-nginx", vars__nginx_status_port=nginx.port,
                vars__nginx_status_url="/private",
                vars__connledger_authfile=str(folder / "login"), **common),
        service("ini", "connledger-nginx", vars__connledger_extra_opts=f"blog@{folder / 'ini'}",
                vars__nginx_status_url=nginx.status_url,
                vars__connledger_state_dir=str(folder / "ini-state")),
        service("hung", "connledger-nginx", vars__nginx_status_url=bad["hung"].url,
                vars__connledger_timeout="1:unknown"),
        service("uwsgi", "connledger-uwsgi", vars__uwsgi_stats=[one.target for one in uwsgi],
                vars__uwsgi_warning=["1000", "idle=50:"], vars__uwsgi_critical=["1000"], **common),
        service("held", "connledger-connections", vars__connections_nginx=nginx.status_url,
                vars__connections_uwsgi=[one.target for one in uwsgi],
                vars__connections_ports=str(nginx.port), vars__connections_worker_connections=256,
                vars__connections_upstreams=["127.0.0.1:1", "127.0.0.1:2"],
                vars__connections_critical="phantom=1000", **common)))


def labels_of(items):
    return [item.partition("=")[0] for item in items]


def _has_rates(perfdata, names):
    return all("requests_per_second=" in perfdata.get(name, [""])[-1] for name in names)


def test_icinga_runs_the_checks(icinga, nginx, uwsgi, bad, folder):
    servers = {"hung": bad(hung)}
    stats = [uwsgi("tcp"), uwsgi("unix")]
    server = icinga(_objects(nginx, stats, servers, folder))
    assert server.verify().status == 0
    server.start()
    written = server.wait_for(
        lambda perfdata: {"held", "hung"} <= set(perfdata)
        and _has_rates(perfdata, ("nginx", "six", "whole", "room", "socket", "private", "ini",
                                  "uwsgi")))
    results = server.results()
    assert {name: one["state"] for name, one in results.items()} == {
        "nginx": 0, "six": 0, "whole": 0, "room": 0, "socket": 1, "private": 0, "ini": 2, "hung": 3,
        "uwsgi": 1, "held": 0}
    first = {name: one["output"].splitlines()[0] for name, one in results.items()}
    assert re.match(r"NGINX OK: \d+ active \(\d+ reading, ", first["nginx"])
    assert first["uwsgi"].startswith("UWSGI WARNING: idle 4 below 50, 0 of 8 cores busy")
    assert first["socket"].startswith("NGINX WARNING: active ")
    assert first["hung"].startswith("NGINX UNKNOWN: ")
    assert "held by " in results["held"]["output"] and "no findings" in results["held"]["output"]
    assert "when unreachable: " in results["whole"]["output"]
    data = {name: " ".join(one["performance_data"]) for name, one in results.items()}
    assert "active=1;~:1000;2000;0" in re.sub(r"active=\d+", "active=1", data["nginx"])
    asked = results["room"]["command"]
    assert "--exclude-self" in asked and re.search("active_percent=0.*%;90", data["room"]), asked
    assert asked[asked.index("--worker-connections") + 1] == "1000", asked
    assert asked[asked.index("--worker-processes") + 1] == "50", asked
    assert re.search(r" requests=\d+c", data["nginx"]) and "phantom=" in data["held"]
    for name, one in results.items():
        # What Icinga understood, and wrote down of some check, are the items that the check said:
        # the last one, with or without rates, need not be written yet.
        assert labels_of(one["performance_data"]) in map(labels_of, map(str.split, written[name]))


def test_the_check_command_of_the_template_library(icinga, nginx, bad, ca, folder):
    """nginx_status itself, with its variables and its defaults; only the program is ours."""
    command = ('object CheckCommand "ours" {\n import "nginx_status"\n'
               ' command = [ ConnledgerPluginDir + "/check_nginx", "--state-dir", "%s" ]\n}\n'
               % (folder / "state"))
    page = {"vars__nginx_status_port": nginx.port, "vars__nginx_status_url": "/stub_status"}
    tls = {**page, "vars__nginx_status_port": nginx.pages.tls_port, "vars__nginx_status_ssl": True}
    seven = bad(answers(http(STUB_STATUS)))
    server = icinga(command + "".join((
        service("plain", "ours", **page),
        service("default", "ours", vars__nginx_status_port=nginx.port),
        service("login", "ours", **{**page, "vars__nginx_status_url": "/private"},
                vars__nginx_status_user=USER, vars__nginx_status_pass=PASSWORD,
                vars__nginx_status_realm="status", vars__nginx_status_maxreach=5),
        service("mistrusted", "ours", **tls),
        service("levels", "ours", vars__nginx_status_port=seven.port,
                vars__nginx_status_warn="7,-1,-1", vars__nginx_status_critical="8,-1,-1"))))
    assert server.verify().status == 0
    server.start()
    server.wait_for(lambda perfdata: _has_rates(perfdata, ("plain", "default", "login"))
                    and {"mistrusted", "levels"} <= set(perfdata))
    results = server.results()
    assert {name: one["state"] for name, one in results.items()} == {
        "plain": 0, "default": 0, "login": 0, "mistrusted": 2, "levels": 1}, results
    assert "certificate" in results["mistrusted"]["output"]
    assert "--warn 10000,100,200" in " ".join(results["plain"]["command"])
