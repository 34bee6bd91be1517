# SPDX-License-Identifier: MIT
"""Targets that are in trouble, in a real collectd: they cost their own values and nothing else."""

import contextlib
import pathlib
import re
import socket
import statistics

import pytest

import behaviours
from answers import http
from badserver import wait_for_connections
from collectd_kit import (LATE, UPTIME, UPTIME_SERIES, WAIT_SECONDS, block, block_of, site_of, stop,
                          times, wait_log, wait_value)
from demo.process import wait_until
from privileges import MOUNT, need

MIB = 1024 * 1024
GARBAGE = bytes(range(256)) * 64


def refused(port):
    return f'Nginx "http://127.0.0.1:{port}/"', f'Uwsgi "127.0.0.1:{port}"'


def trouble(bad, dead_port):
    """{site: (its targets, what the log says of it)}"""
    late = "no answer|timed? ?out|within"

    def nginx(behaviour):
        return f'Nginx "{bad(behaviour).url}"'

    def uwsgi(behaviour):
        return f'Uwsgi "{bad(behaviour).address}"'
    flood = behaviours.streams(http(b"", length=80 * MIB), b"x", 80 * MIB, wait_for_request=True)
    return {
        "hung": ([nginx(behaviours.hung)], late),
        "hungapp": ([uwsgi(behaviours.hung)], late),
        "dead": (refused(dead_port), "refused|nobody listens"),
        "reset": ([nginx(behaviours.reset_after_request)], "reset|closed|cut"),
        "garbage": ([nginx(behaviours.answers(GARBAGE)), uwsgi(behaviours.says(GARBAGE))],
                    "HTTP|JSON|not"),
        "page": ([nginx(behaviours.answers(http(b"<html>It works!</html>")))], "HTML|stub_status"),
        "huge": ([nginx(flood), uwsgi(behaviours.streams(b"[", b" ", 80 * MIB))],
                 "longer than|" + late),
        "slow": ([nginx(behaviours.drips(b"HTTP/1.1 200 OK", True))], late),
    }


def test_trouble_beside_healthy_sites(collectd, bad, dead_port, own_site):
    sites = trouble(bad, dead_port)
    text = "".join(site_of(name, *lines, "Timeout 0.5") for name, (lines, _) in sites.items())
    text += site_of("good", f'Nginx "{own_site.nginx.status_url}"',
                    f'Uwsgi "{own_site.uwsgi.target}"')
    server = collectd(block_of(text), interval=2, **UPTIME)
    for name, (lines, said) in sites.items():
        for line in lines:
            kind = line.split()[0].lower()
            values = wait_value(server, f"{kind}-{name}/bool-up")
            assert values[f"{kind}-{name}/bool-up"] == 0
        wait_log(server, f'site "{name}": .*({said})')
    wait_until(lambda: len(times(server, UPTIME_SERIES)) >= 4, WAIT_SECONDS, "uptime")
    samples = server.samples()
    # Nothing of the others; the good one and collectd's own go on.
    for name in sites:
        assert {series.partition("/")[2] for series in samples
                if series.startswith((f"nginx-{name}/", f"uwsgi-{name}/"))} <= {
                    "bool-up", "response_time"}
    assert set(samples["nginx-good/bool-up"]) == set(samples["uwsgi-good/bool-up"]) == {1}
    when = times(server, UPTIME_SERIES)
    assert statistics.median(b - a for a, b in zip(when, when[1:])) < 3
    # One line for each outage, and no complaint of the daemon.
    log = server.process.log_text()
    assert LATE.search(log) is None and "suspend" not in log.lower(), log
    assert len(re.findall(r'site "dead": http://', log)) == 1
    stop(server)


@pytest.mark.parametrize("kind", ["http", "raw"])
def test_term_while_a_read_hangs(collectd, bad, kind):
    """The daemon waits for reads: this one ends at its timeout."""
    server = bad(behaviours.hung)
    target = f'Nginx "{server.url}"' if kind == "http" else f'Uwsgi "{server.address}"'
    daemon = collectd(block(target, "Timeout 2", "Interval 60"))
    wait_for_connections(server, 1)
    assert times(daemon, f"{'nginx' if kind == 'http' else 'uwsgi'}-blog/bool-up") == []
    stop(daemon)


def test_no_time_for_the_ledger(collectd, own_site):
    """What the targets have left of the timeout is the ledger's: of so little it is not made, and
    says so. (On a busy host the page may be late, too: not each read has one.)"""
    page = f'Nginx "{own_site.nginx.status_url}"'
    text = site_of("long", page) + site_of("short", page, "Timeout 0.04")
    server = collectd(block_of(text), interval=0.5)
    confidence = "connledger-{}/gauge-confidence"
    wait_value(server, confidence.format("long"), lambda value: value == 2)
    wait_until(lambda: len(server.samples().get(confidence.format("short"), ())) >= 3, WAIT_SECONDS,
               "ledgers")
    assert set(server.samples()[confidence.format("short")]) == {0}
    stop(server)


def test_many_uwsgi_servers(collectd, bad, own_site):
    """They share one timeout, the hung ones too, however many they are."""
    servers = [bad(behaviours.hung).address for _ in range(40)]
    text = site_of("many", *(f'Uwsgi "{address}"' for address in servers),
                   f'Uwsgi "{own_site.uwsgi.target}"', "Timeout 0.8")
    server = collectd(block_of(text), interval=3, **UPTIME)
    wait_value(server, "uwsgi-many/bool-up", lambda value: value == 0)
    wait_until(lambda: len(times(server, "uwsgi-many/bool-up")) >= 2, WAIT_SECONDS, "rounds")
    # The time that it took is in the values: no daemon has to be believed.
    assert max(server.samples()["uwsgi-many/response_time"]) < 3
    assert LATE.search(server.process.log_text()) is None
    stop(server)


class Names:
    """What a program under `before` knows of host names: these files instead of the system's."""

    def __init__(self, folder, services):
        need(MOUNT)
        self.hosts = folder / "hosts"
        self.hosts.write_text("127.0.0.1 localhost\n")
        (folder / "nsswitch.conf").write_text(f"hosts: {services}\n")
        (folder / "resolv.conf").write_text(
            "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        binds = "".join(f"mount --bind {folder / name} {pathlib.Path('/etc') / name}\n"
                        for name in ("hosts", "nsswitch.conf", "resolv.conf"))
        self.before = ["unshare", "--mount", "sh", "-ec", f'{binds}exec "$@"', "sh"]

    def add(self, name):
        """Into the same file: what is mounted is that one."""
        with open(self.hosts, "a", encoding="ascii") as hosts:
            hosts.write(f"127.0.0.1 {name}\n")

    def clear(self):
        with open(self.hosts, "r+", encoding="ascii") as hosts:
            hosts.truncate(len("127.0.0.1 localhost\n"))


def test_names_that_do_not_resolve_and_then_do(collectd, nginx, ca, folder):
    """Over plain HTTP, which is read by connledger itself, and over HTTPS, by libcurl."""
    names = Names(folder, "files")
    name = "status.example.org"
    text = site_of("plain", f'Nginx "http://{name}:{nginx.port}/stub_status"')
    text += site_of("tls", f'Nginx "https://{name}:{nginx.pages.tls_port}/stub_status"',
                    f'CACert "{ca.ca}"')
    server = collectd(block_of(text), before=names.before)
    for up in (0, 1, 0, 1):
        if up:
            names.add(name)
        else:
            names.clear()
        for site in ("plain", "tls"):
            wait_value(server, f"nginx-{site}/bool-up", lambda value: value == up)
    for site in ("plain", "tls"):
        wait_log(server, f'site "{site}": .*resolve')
        wait_log(server, f'site "{site}": .*answers again')
    stop(server)


@pytest.mark.usefixtures("alone")
def test_a_name_server_that_is_silent(collectd, own_site, folder):
    names = Names(folder, "files dns")
    text = "".join(site_of(f"slow{number}", f'Nginx "http://slow{number}.example.org/"',
                           "Timeout 0.5") for number in range(6))
    text += site_of("good", f'Nginx "{own_site.nginx.status_url}"')
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as silent:
        silent.bind(("127.0.0.1", 53))
        server = collectd(block_of(text), before=names.before, interval=2, **UPTIME)
        wait_value(server, "nginx-slow5/bool-up", lambda value: value == 0)
        wait_until(lambda: len(times(server, UPTIME_SERIES)) >= 3, WAIT_SECONDS, "uptime")
        assert set(server.samples()["nginx-good/bool-up"]) == {1}
        assert LATE.search(server.process.log_text()) is None
        assert silent.recv(4096, socket.MSG_DONTWAIT)  # it was asked
        stop(server)
