# SPDX-License-Identifier: MIT
"""check_connections on sites in trouble: its verdict, its performance data and its table."""

import shutil
import signal

import pytest

from demo.process import free_port, wait_until
from ledger_kit import CHECK, LINES, NOBODY, ROOT

WAIT_SECONDS = 100


def _check(reader, site, *args, user=ROOT):
    return reader.run(CHECK, user, "--nginx", site.nginx.status_url, "--uwsgi", site.uwsgi.target,
                      *args)


def _numbers(result):
    return {label: float(value.rstrip("%s")) for label, value in result.perfdata().items()}


def test_all_is_well(ledger_site, ledger_reader):
    site = ledger_site
    with site.situation() as clients:
        clients.idle(3)
        clients.ask(2, "/hold")
        site.wait(active=5, waiting=3, busy=2)
        result = _check(ledger_reader, site)
    assert result.status == 0 and result.out.startswith("CONNECTIONS OK"), result
    numbers = _numbers(result)
    assert {line: numbers[line] for line in LINES if numbers[line]} == {"keepalive": 3, "app": 2}
    assert numbers["orphaned"] == 0 and numbers["backlog_percent"] == 0


@pytest.mark.parametrize("user", [ROOT, NOBODY])
def test_stalled_clients(ledger_site, ledger_reader, user):
    site = ledger_site
    with site.situation() as clients:
        clients.never_read(2, "/unbuffered/big?mb=32")
        site.wait(active=2, stalled=2, busy=2)
        result = _check(ledger_reader, site, "-v", "--ports", ",".join(map(str, site.ports)),
                        user=user)
    assert result.status == 1 and result.out.startswith("CONNECTIONS WARNING"), result
    assert _numbers(result)["stalled_client"] == 2 and "slow_clients" in result.out, result
    assert "uwsgi_buffering on" in result.out, "the advice names the directive"


def test_thresholds_on_a_line(ledger_site, ledger_reader):
    site = ledger_site
    with site.situation() as clients:
        clients.idle(4)
        site.wait(active=4, waiting=4)
        for limits, status in ((("-w", "keepalive=3"), 1), (("-c", "keepalive=3"), 2),
                               (("-w", "keepalive=4", "-c", "phantom=0"), 0)):
            assert _check(ledger_reader, site, *limits).status == status, limits


def test_phantoms(make_ledger_site, ledger_reader):
    site = make_ledger_site()
    site.clients.idle(9)
    site.wait(active=9, waiting=9)
    worker = site.busiest_worker()
    phantoms = site.held_by_worker(worker)
    site.signal_worker(worker, signal.SIGKILL)
    site.clients.reset()
    site.wait(active=phantoms, clients=0)
    result = _check(ledger_reader, site, "-v")
    assert result.status == 1 and "phantom_counters" in result.out, result
    assert _numbers(result)["phantom"] == phantoms
    assert _check(ledger_reader, site, "-c", f"{phantoms - 1}").status == 2  # the main metric


def test_what_is_remembered_is_in_every_number(alone, make_ledger_site, ledger_reader, folder):
    """As nobody one look proves no phantoms. When some that agree do, all of the check's output
    knows them: the finding, the table, the performance data."""
    site = make_ledger_site(ignoring=False)
    shutil.chown(folder, NOBODY)

    def check(expected):
        result = _check(ledger_reader, site, "-v", "--state-dir", folder,
                        "--ports", ",".join(map(str, site.ports)), user=NOBODY)
        is_found = "phantom_counters" in result.out
        assert _numbers(result)["phantom"] == (expected if is_found else 0), result
        return is_found
    site.clients.idle(9)
    site.wait(active=9, waiting=9)
    assert not check(0)
    worker = site.busiest_worker()
    phantoms = site.held_by_worker(worker)
    site.signal_worker(worker, signal.SIGKILL)
    site.clients.reset()
    site.wait(active=phantoms, clients=0)
    wait_until(lambda: check(phantoms), WAIT_SECONDS, "phantoms")


def test_nginx_is_down(ledger_site, ledger_reader, dead_port):
    result = ledger_reader.run(CHECK, ROOT, "--nginx", f"http://127.0.0.1:{dead_port}/stub_status",
                               "--uwsgi", ledger_site.uwsgi.target)
    assert result.status == 2 and "efused" in result.lines()[0], result


LATE = """
    limit_req_zone $server_port zone=late:1m rate=2r/s;
    server {{
        listen 127.0.0.1:{port};
        location = /stub_status {{
            limit_req zone=late burst=10;
            stub_status;
        }}
    }}
"""


def test_a_page_that_is_late_the_second_time(make_ledger_site, ledger_reader):
    """As on a busy host: without the second one there is no ledger, so it is waited for."""
    port = free_port()
    make_ledger_site(servers=LATE.format(port=port))
    result = ledger_reader.run(CHECK, ROOT, "--nginx", f"http://127.0.0.1:{port}/stub_status", "-v")
    assert _numbers(result)["confidence"] > 0, result
