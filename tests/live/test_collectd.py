# SPDX-License-Identifier: MIT
"""The plugin in a real collectd, which writes to csv files what it is given."""

import pathlib
import re
import subprocess

import pytest

from collectd_kit import WAIT_SECONDS, block, block_for, block_of, stop, wait_round, wait_value
from demo.process import StartFailed, find_program, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
# A plugin of collectd's own, to see that it goes on.
OTHER = "LoadPlugin load\n<Plugin load>\n  ReportRelative false\n</Plugin>"


def test_values_of_nginx_and_uwsgi(collectd, own_site):
    own_site.get_stuck(2)
    server = collectd(block_for(own_site))
    values = wait_round(server, "nginx-blog/nginx_requests")
    assert values["nginx-blog/bool-up"] == values["uwsgi-blog/bool-up"] == 1
    assert values["nginx-blog/nginx_connections-active"] == 3
    assert values["nginx-blog/nginx_connections-writing"] == 3
    assert {"nginx-blog/nginx_connections-reading", "nginx-blog/nginx_connections-waiting",
            "nginx-blog/connections-accepted", "nginx-blog/connections-handled",
            "nginx-blog/connections-failed"} <= values.keys()
    assert values["uwsgi-blog/count-idle"] + values["uwsgi-blog/count-busy"] == 2
    assert values["uwsgi-blog/current_connections"] == 2
    stop(server)


def test_types_are_those_of_the_stock_types_db(collectd, own_site):
    server = collectd(block_for(own_site))
    values = wait_round(server, "uwsgi-blog/bool-up")
    with open("/usr/share/collectd/types.db", encoding="utf-8") as lines:
        types = {line.split()[0] for line in lines if line.strip() and line[0] != "#"}
    assert {name.partition("/")[2].partition("-")[0] for name in values} <= types
    assert "Dataset not found" not in server.process.log_text()
    stop(server)


def test_a_target_that_dies(collectd, own_site):
    server = collectd(block_for(own_site), extra=OTHER)
    wait_value(server, "nginx-blog/nginx_connections-active")
    own_site.nginx.stop()
    wait_value(server, "nginx-blog/bool-up", lambda value: value == 0)
    before = {name: len(samples) for name, samples in server.samples().items()}

    def gone_on():
        now = {name: len(samples) for name, samples in server.samples().items()}
        return all(now[name] >= before[name] + 3
                   for name in ("nginx-blog/bool-up", "uwsgi-blog/bool-up", "load/load"))
    wait_until(gone_on, WAIT_SECONDS, "values of the others")
    active = "nginx-blog/nginx_connections-active"
    assert len(server.samples()[active]) == before[active]  # not a value was made up
    log = server.process.log_text()
    assert re.search(r"refused|nobody listens", log) and "read-function of plugin" not in log
    assert "suspend" not in log.lower()
    stop(server)


def test_another_host_name(collectd, nginx):
    server = collectd(block(f'Nginx "{nginx.status_url}"', 'Host "web1.example.org"'))
    wait_value(server, "web1.example.org/nginx-blog/bool-up", lambda value: value == 1)
    stop(server)


WORKERS, QUEUED = 4, 6  # of the ledger's site
NOTIFICATION = re.compile(r"Notification: severity = (\w+), .*plugin = connledger, .*"
                          r"type_instance = app_saturated, message = (.*)")


def ledger_block(site, *more):
    return block(f'Nginx "{site.nginx.status_url}"', f'Uwsgi "{site.uwsgi.target}"', *more)


@pytest.mark.parametrize("notify", [True, False], ids=["notify", "quiet"])
def test_the_ledger_and_a_finding(collectd, ledger_site, notify):
    server = collectd(ledger_block(ledger_site, f"Notify {str(notify).lower()}"))

    def notified():
        return NOTIFICATION.findall(server.process.log_text())
    wait_value(server, "connledger-blog/current_connections-app_queue", lambda value: value == 0)
    with ledger_site.situation() as clients:
        clients.ask(WORKERS + QUEUED, "/hold")
        ledger_site.wait(busy=WORKERS, queue=QUEUED)
        wait_value(server, "connledger-blog/current_connections-app_queue",
                   lambda value: value == QUEUED)
        values = wait_round(server, "connledger-blog/current_connections-app_queue")
        assert values["connledger-blog/current_connections-app"] == WORKERS
        assert values["connledger-blog/requests-app_queue"] == QUEUED
        assert values["connledger-blog/requests-app"] == WORKERS
        assert values["connledger-blog/gauge-confidence"] == 2
        assert values["connledger-blog/gauge-unexplained"] == 0
        address = ledger_site.uwsgi.address.replace(":", "_")
        assert values[f"connledger-blog/queue_length-uwsgi-{address}"] == QUEUED
        assert values[f"connledger-blog/queue_length-uwsgi_limit-{address}"] == 64
        assert f"connledger-blog/queue_length-nginx-127.0.0.1_{ledger_site.nginx.port}" in values
        wait_until(lambda: "app_saturated (warning)" in server.process.log_text(), WAIT_SECONDS,
                   "the finding in the log")
        if notify:
            [(severity, message)] = wait_until(notified, WAIT_SECONDS, "notification")
            assert severity == "WARNING" and 20 < len(message) < 256
    wait_until(lambda: "app_saturated is over" in server.process.log_text(), WAIT_SECONDS, "end")
    # While the queue gets shorter its severity may change, too.
    if notify:
        wait_until(lambda: notified()[-1][0] == "OKAY", WAIT_SECONDS, "notification")
        assert notified()[-1][1] == "app_saturated is over."
    else:
        assert notified() == []
    stop(server)


def test_no_ledger(collectd, own_site):
    server = collectd(block(f'Nginx "{own_site.nginx.status_url}"', "Ledger false"))
    values = wait_round(server, "nginx-blog/bool-up")
    assert not [name for name in values if name.startswith("connledger-")]
    stop(server)


def test_notifications(collectd, own_site):
    server = collectd(block(f'Nginx "{own_site.nginx.status_url}"', "Notify true"))
    wait_value(server, "nginx-blog/bool-up", lambda value: value == 1)
    assert "Notification:" not in server.process.log_text()
    own_site.nginx.stop()
    wait_until(lambda: "Notification: severity = FAILURE" in server.process.log_text(),
               WAIT_SECONDS, "notification")
    stop(server)


def test_two_sites_of_one_name_refuse_to_start(collectd, nginx):
    site = f'  <Site "a">\n    Nginx "{nginx.status_url}"\n  </Site>\n'
    with pytest.raises(StartFailed, match="connledger.*a\""):
        collectd(block_of(site + site))


@pytest.mark.parametrize("kind", ["", "build"], ids=["tested", "plain"])
def test_symbols(build, kind):
    """make does so, too; here the daemon is always there."""
    library = (ROOT / kind if kind else build) / "collectd" / "connledger.so"
    subprocess.run(["sh", ROOT / "collectd" / "symbols.sh", library, find_program("collectd")],
                   check=True)
