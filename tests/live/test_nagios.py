# SPDX-License-Identifier: MIT
"""The checks in a real Nagios, from its configuration file to its status."""

import re

from answers import STUB_STATUS, http
from behaviours import answers
from demo.process import wait_until


def test_nagios_runs_the_checks(nagios, build, own_site, dead_port, folder):
    own_site.get_stuck(2)
    nginx, uwsgi = build / "nagios" / "check_nginx", build / "nagios" / "check_uwsgi"
    state = f"--state-dir {folder}/state"
    server = nagios({
        "nginx": f"{nginx} --url {own_site.nginx.status_url} {state} -w 1000 -c ~:2000",
        "dead": f"{nginx} -H $HOSTADDRESS$ -p {dead_port} -u /stub_status {state}",
        "uwsgi": f"{uwsgi} --stats {own_site.uwsgi.target} {state} -w 49 -c 90",
        "wrong": f"{uwsgi} --stats {own_site.uwsgi.target} {state} -w 9:1"})
    assert server.verify().status == 0
    server.start()
    services = server.wait_checked(
        lambda known: "requests_per_second=" in known["nginx"]["performance_data"])
    states = {name: service["current_state"] for name, service in services.items()}
    assert states == {"nginx": "0", "dead": "2", "uwsgi": "1", "wrong": "3"}
    assert services["nginx"]["plugin_output"].startswith("NGINX OK: ")
    assert services["dead"]["plugin_output"].startswith("NGINX CRITICAL: ")
    assert "busy_percent=50" in services["uwsgi"]["performance_data"]
    assert "9:1" in services["wrong"]["plugin_output"]
    for service in services.values():
        for item in service["performance_data"].split():
            assert re.fullmatch(r"[a-z_]+=-?[0-9.]+[a-z%]*(;[-~@:0-9.]*){0,4}", item), item


def test_rates_from_a_state_file(programs, own_site, folder):
    args = ("--url", own_site.nginx.status_url, "--state-dir", folder / "state")
    first = programs.check_nginx(*args)
    assert first.status == 0 and "requests_per_second" not in first.perfdata()
    kept = list((folder / "state").rglob("*"))
    assert kept and not [path for path in kept if path.stat().st_mode & 0o077]
    rate = wait_until(lambda: programs.check_nginx(*args).perfdata().get("requests_per_second"), 60,
                      "a rate")  # two samples must be a second apart
    assert float(rate) > 0


def test_rates_within_one_run(programs, own_site, folder):
    result = programs.check_nginx("--url", own_site.nginx.status_url, "--sample", "1",
                                  "--state-dir", folder / "none")
    assert float(result.perfdata()["requests_per_second"]) > 0  # the check's own request
    assert not (folder / "none").exists()
    result = programs.check_uwsgi("--stats", own_site.uwsgi.target, "--sample", "1")
    assert float(result.perfdata()["requests_per_second"]) == 0


def test_a_state_directory_that_cannot_be_used(programs, own_site, folder):
    (folder / "file").write_text("")
    args = ("--url", own_site.nginx.status_url, "--state-dir", folder / "file")
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
