# SPDX-License-Identifier: MIT
"""What check_nginx and check_uwsgi know beside the pages: room for connections, true queues, which
connection is their own."""

import pytest

import ledger_kernel as kernel
from answers import STUB_STATUS, http
from behaviours import answers
from demo.process import wait_until

WORKERS, BACKLOG = 4, 8
SECONDS = 60


def number(result, label):
    return float(result.perfdata()[label].rstrip("%s"))


def test_own_connection_is_left_out(programs, own_site):
    own_site.get_stuck(2)
    url = own_site.nginx.status_url
    with_self = programs.check_nginx("--url", url)
    without = programs.check_nginx("--url", url, "--exclude-self")
    for label, count in ("active", 2), ("writing", 2):
        assert number(with_self, label) == count + 1, with_self
        assert number(without, label) == count, without
    assert without.out.startswith("NGINX OK: 2 active (0 reading, 2 writing, "), without
    assert programs.check_nginx("--url", url, "--exclude-self", "-c", "2").status == 0
    assert programs.check_nginx("--url", url, "-c", "2").status == 2


def test_room_for_connections(programs, own_site):
    """Read from nginx's own configuration, or given."""
    url = own_site.nginx.status_url
    workers = len(own_site.nginx.workers())
    result = programs.check_nginx("--url", url, "--exclude-self", "-w", "active_percent=50")
    assert result.status == 0 and number(result, "active_percent") == 0, result
    own_site.keep_open(10)
    result = programs.check_nginx("--url", url, "--exclude-self", "-w", "active_percent=50")
    expected = 100 * number(result, "active") / (256 * workers)
    assert number(result, "active_percent") == pytest.approx(expected, abs=0.001), result
    given = programs.check_nginx("--url", url, "--worker-connections", "10", "--worker-processes",
                                 "2", "--exclude-self", "-w", "active_percent=49")
    assert given.status == 1 and number(given, "active_percent") == 50, given
    counted = programs.check_nginx("--url", url, "--worker-connections", "10", "--exclude-self")
    assert number(counted, "active_percent") == pytest.approx(100 / workers, abs=0.001), counted


def test_room_that_cannot_be_known(programs, bad):
    url = bad(answers(http(STUB_STATUS))).url
    left_out = programs.check_nginx("--url", url)
    assert left_out.status == 0 and "active_percent" not in left_out.out, left_out
    judged = programs.check_nginx("--url", url, "-w", "active_percent=80")
    assert judged.status == 3, judged
    assert "active_percent not known: " in judged.lines()[0], judged
    given = programs.check_nginx("--url", url, "--worker-connections", "512")
    assert "active_percent" not in given.out, given


@pytest.mark.parametrize("listen", ["tcp", "unix"])
def test_true_queue_of_uwsgi(programs, make_ledger_site, listen):
    """uWSGI itself says that the queue of a unix socket is empty."""
    site = make_ledger_site(listen=listen, stats="unix", backlog=32)
    args = ("--stats", site.uwsgi.target, "-c", "queue_percent=50")
    with site.situation() as clients:
        quiet = programs.check_uwsgi(*args)
        assert quiet.status == 0 and number(quiet, "queue") == 0, quiet
        clients.ask(WORKERS + 6, "/hold")
        site.wait(busy=WORKERS, queue=6)
        some = programs.check_uwsgi(*args)
        assert some.status == 0 and number(some, "queue") == 6, some
        assert number(some, "queue_percent") == 18.75, some
        assert "4 of 4 cores busy, 0 workers idle, queue 6 of 32" in some.out, some
        clients.ask(14, "/hold")
        site.wait(busy=WORKERS, queue=20)
        more = programs.check_uwsgi(*args)
        assert more.status == 2 and number(more, "queue") == 20, more
        assert more.out.startswith("UWSGI CRITICAL: queue_percent 62.5 above 50, "), more


def test_full_queue_of_uwsgi(programs, make_ledger_site):
    site = make_ledger_site(listen="unix", stats="unix", backlog=BACKLOG)
    with site.situation() as clients:
        clients.ask(WORKERS, "/hold")
        site.wait(busy=WORKERS)
        clients.ask(40 - WORKERS, "/hold")
        site.wait(busy=WORKERS, queue=BACKLOG + 1)
        result = programs.check_uwsgi("--stats", site.uwsgi.target, "-c", "queue_percent=99")
        assert result.status == 2, result
        assert f"queue full: {BACKLOG + 1} of {BACKLOG}" in result.lines()[0], result


def _with_overflows(programs, args):
    return kernel.with_overflows(lambda: programs.check_uwsgi(*args))


def _with_rate(programs, args):
    """The same, once there has been time enough for rates."""
    return wait_until(
        lambda: (both := _with_overflows(programs, args))
        and "queue_overflows_per_second" in both[0].perfdata() and both, SECONDS, "a rate")


def _overflows(result):
    return int(result.perfdata()["queue_overflows"].rstrip("c"))


def test_overflow_of_uwsgi(alone, programs, make_ledger_site, folder):
    """Which only the kernel counts, for TCP: seen by a check that comes when it is over, too."""
    site = make_ledger_site(listen="tcp", stats="unix", backlog=BACKLOG)
    args = ("--stats", site.uwsgi.target, "--counters", "--state-dir", folder / "state",
            "-w", "queue_overflows_per_second=0")
    before, first = _with_overflows(programs, args)
    assert before.status == 0 and "queue_overflows_per_second" not in before.perfdata(), before
    with site.situation() as clients:
        clients.ask(WORKERS, "/hold")
        site.wait(busy=WORKERS)
        clients.ask(40 - WORKERS, "/hold")
        site.wait(busy=WORKERS, queue=BACKLOG + 1)
        wait_until(lambda: kernel.listen_overflows() > first, SECONDS, "an overflow")
    after, last = _with_rate(programs, args)
    assert number(after, "queue_overflows_per_second") > 0 and after.status == 1, after
    assert after.out.startswith("UWSGI WARNING: queue_overflows_per_second "), after
    assert [_overflows(before), _overflows(after)] == [first, last] and last > first


def test_no_overflow_of_uwsgi(alone, programs, make_ledger_site, folder):
    """Requests that are answered. The kernel has a count of each socket as well, which these raise
    as long as uWSGI sets TCP_DEFER_ACCEPT: it drops the last step of each handshake."""
    site = make_ledger_site(listen="tcp", stats="unix", backlog=BACKLOG)
    args = ("--stats", site.uwsgi.target, "--counters", "--state-dir", folder / "state",
            "-c", "queue_overflows_per_second=0")
    before, first = _with_overflows(programs, args)
    for _ in range(50):
        site.clients.idle(1)
    after, last = _with_rate(programs, args)
    assert after.status == 0 and number(after, "queue_overflows_per_second") == 0, after
    assert [_overflows(before), _overflows(after)] == [first, last] and last == first
    assert number(after, "requests_per_second") > 0, after


def test_overflow_that_nobody_counts(programs, make_ledger_site):
    site = make_ledger_site(listen="unix", stats="unix", backlog=BACKLOG)
    args = ("--stats", site.uwsgi.target)
    left_out = programs.check_uwsgi(*args, "--sample", "0.1")
    assert left_out.status == 0 and "requests_per_second" in left_out.perfdata(), left_out
    assert "queue_overflows" not in left_out.out, left_out
    judged = programs.check_uwsgi(*args, "-c", "queue_overflows_per_second=0")
    assert judged.status == 3, judged
    assert "queue_overflows_per_second not known: the kernel counts them for TCP only, not for " \
        in judged.lines()[0], judged
