# SPDX-License-Identifier: MIT
"""The checks in a real Nagios, from its configuration file to its status."""

import re
import types

import pytest

from answers import STUB_STATUS, http
from behaviours import answers
from demo.process import wait_until
from nagios_kit import commands


@pytest.fixture
def site(nginx, uwsgi):
    """The servers of all tests, for those that only read."""
    return types.SimpleNamespace(nginx=nginx, uwsgi=uwsgi("unix"))


def test_nagios_runs_the_checks(nagios, build, own_site, dead_port, folder):
    own_site.get_stuck(2)
    nginx, uwsgi = build / "nagios" / "check_nginx", build / "nagios" / "check_uwsgi"
    connections = build / "nagios" / "check_connections"
    site = f"--nginx {own_site.nginx.status_url} --uwsgi {own_site.uwsgi.target}"
    state = f"--state-dir {folder}/state"
    server = nagios(commands({
        "nginx": f"{nginx} --url {own_site.nginx.status_url} {state} -w 1000 -c ~:2000",
        "dead": f"{nginx} -H $HOSTADDRESS$ -p {dead_port} -u /stub_status {state}",
        "uwsgi": f"{uwsgi} --stats {own_site.uwsgi.target} {state} -w 49 -c 90",
        "wrong": f"{uwsgi} --stats {own_site.uwsgi.target} {state} -w 9:1",
        "ledger": f"{connections} {site} {state} -v",
        "held": f"{connections} {site} {state} -w 0 -c app=1",
        "gone": f"{connections} --nginx http://127.0.0.1:{dead_port}/s {state} --unreachable warning"}))
    assert server.verify().status == 0
    server.start()
    # The other checks may be asking at the same moment: then the ledger is not sure of all lines.
    services = server.wait_checked(
        lambda known: "requests_per_second=" in known["nginx"]["performance_data"]
        and known["held"]["current_state"] == "2" and r"\napp " in known["ledger"]["long_plugin_output"])
    states = {name: service["current_state"] for name, service in services.items()}
    assert states == {"nginx": "0", "dead": "2", "uwsgi": "1", "wrong": "3", "ledger": "0",
                      "held": "2", "gone": "1"}
    assert re.fullmatch(r"CONNECTIONS OK: [0-9]+ connections: .*\b2 app\b.* \([a-z]+\)",
                        services["ledger"]["plugin_output"]), services["ledger"]
    story = services["ledger"]["long_plugin_output"].split(r"\n")
    assert any(line.startswith("held by") for line in story), story
    assert any(re.match(r"app +2  ", line) for line in story), story
    assert services["held"]["plugin_output"].startswith("CONNECTIONS CRITICAL: app 2 above 1, ")
    assert services["gone"]["plugin_output"].startswith("CONNECTIONS WARNING: ")
    assert services["nginx"]["plugin_output"].startswith("NGINX OK: ")
    assert services["dead"]["plugin_output"].startswith("NGINX CRITICAL: ")
    assert "busy_percent=50" in services["uwsgi"]["performance_data"]
    assert "9:1" in services["wrong"]["plugin_output"]
    for service in services.values():
        for item in service["performance_data"].split():
            assert re.fullmatch(r"[a-z_]+=-?[0-9.]+[a-z%]*(;[-~@:0-9.]*){0,4}", item), item


def test_rates_from_a_state_file(programs, site, folder):
    args = ("--url", site.nginx.status_url, "--state-dir", folder / "state")
    first = programs.check_nginx(*args)
    assert first.status == 0 and "requests_per_second" not in first.perfdata()
    kept = list((folder / "state").rglob("*"))
    assert kept and not [path for path in kept if path.stat().st_mode & 0o077]
    rate = wait_until(lambda: programs.check_nginx(*args).perfdata().get("requests_per_second"), 60,
                      "a rate")  # two samples must be a second apart
    assert float(rate) > 0


def test_rates_within_one_run(programs, site, folder):
    result = programs.check_nginx("--url", site.nginx.status_url, "--sample", "0.3",
                                  "--state-dir", folder / "none")
    assert float(result.perfdata()["requests_per_second"]) > 0  # the check's own request
    assert not (folder / "none").exists()
    result = programs.check_uwsgi("--stats", site.uwsgi.target, "--sample", "0.3")
    assert float(result.perfdata()["requests_per_second"]) == 0


def test_a_state_directory_that_cannot_be_used(programs, site, folder):
    (folder / "file").write_text("")
    args = ("--url", site.nginx.status_url, "--state-dir", folder / "file")
    gauges = programs.check_nginx(*args, "-w", "100")
    assert gauges.status == 0 and "active" in gauges.perfdata(), gauges
    rates = programs.check_nginx(*args, "-w", "requests_per_second=100")
    assert rates.status == 3 and str(folder / "file") in rates.out, rates


def test_counters_and_verbosity(programs, bad):
    server = bad(answers(http(STUB_STATUS)))
    counters = programs.check_nginx("--url", server.url, "--counters").perfdata()
    assert "350c" in counters.values() and "120c" in counters.values()
    quiet = programs.check_nginx("--url", server.url).lines()
    loud = programs.check_nginx("--url", server.url, "-v", "-v").lines()
    assert len(quiet) == 1 < len(loud)


def test_options_from_a_file(programs, bad, folder):
    server = bad(answers(http(STUB_STATUS)))
    ini = folder / "plugins.ini"
    ini.write_text(f"[blog]\nurl={server.url}\nwarning=active=5\n")
    result = programs.check_nginx(f"--extra-opts=blog@{ini}")
    assert result.status == 1 and result.perfdata()["active"] == "7", result


# ---- check_connections: what it makes of situations is in test_ledger_check.py ---------------------

def connections(programs, site, *args):
    return programs.check_connections("--nginx", site.nginx.status_url,
                                      "--uwsgi", site.uwsgi.target, *args)


def test_the_story_has_levels(programs, own_site):
    own_site.get_stuck(1)
    outputs = [connections(programs, own_site, *["-v"] * level) for level in range(4)]
    assert [result.status for result in outputs] == [0, 0, 0, 0], outputs
    assert len(outputs[0].lines()) == 1 and len(outputs[0].lines()[0]) < 1024
    lengths = [len(result.out) for result in outputs]
    assert lengths == sorted(lengths) and lengths[1] < 8192
    for result in outputs:
        assert result.out.count("|") == 1  # else Nagios would take text for performance data
    story = outputs[1].lines()
    assert [line for line in story if line.startswith("held by")]
    assert [line for line in story if line.startswith(("confidence       exact",
                                                       "confidence       bounded"))]
    queues = " ".join(line.strip() for line in story[story.index("") + 2:])
    assert f" at nginx 127.0.0.1:{own_site.nginx.port}" in queues, story
    assert f" at uWSGI {own_site.uwsgi.address}" in queues, story
    assert max(map(len, story[1:])) <= 80
    assert "ledger: samples " in outputs[2].out and "nginx processes: " in outputs[2].out
    assert "backlog" in outputs[3].out and "uwsgi_worker" in outputs[3].out


def test_connections_when_nginx_is_down(programs, dead_port):
    dead = f"http://127.0.0.1:{dead_port}/stub_status"
    for args, status, word in (((), 2, "CRITICAL"), (("--unreachable", "unknown"), 3, "UNKNOWN"),
                               (("--unreachable", "ok"), 0, "OK"),
                               (("-w", "5", "-c", "app=3"), 2, "CRITICAL"),
                               (("--unreachable", "ok", "-w", "5"), 0, "OK")):
        result = programs.check_connections("--nginx", dead, "-v", *args)
        assert result.status == status and result.out.startswith(f"CONNECTIONS {word}: {dead}")
        assert "refused" in result.lines()[0] and "nginx_down" in result.out, result
        assert "phantom=" not in result.out and "advice" in result.out, result


def test_connections_when_uwsgi_is_down(programs, own_site):
    own_site.get_stuck(1)
    result = programs.check_connections("--nginx", own_site.nginx.status_url,
                                        "--uwsgi", "unix:/nonexistent/stats", "-v",
                                        "--unreachable", "warning")
    assert result.status == 1 and "/nonexistent/stats" in result.lines()[0], result
    assert "held by" in result.out and "phantom" in result.perfdata(), result


def test_a_threshold_on_what_is_not_known(programs, site):
    result = programs.check_connections("--nginx", site.nginx.status_url, "-w", "orphaned=0")
    assert result.status == 3, result
    assert "orphaned not known: no uWSGI was named, " in result.lines()[0], result
    assert "orphaned=" not in result.out.partition("|")[2]


def test_each_run_remembers(programs, site, folder):
    args = ("--state-dir", folder / "state")
    for _ in range(2):
        assert connections(programs, site, *args).status == 0
    files = list((folder / "state").rglob("check_connections-*"))
    assert files and not [path for path in files if path.stat().st_mode & 0o077]
    assert connections(programs, site, "--sample", "0.3", "--state-dir", folder / "no").status == 0
    assert not (folder / "no").exists()
    (folder / "file").write_text("")
    result = connections(programs, site, "--state-dir", folder / "file")
    assert result.status == 0 and "nothing is remembered: " in result.lines()[0], result
