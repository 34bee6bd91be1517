# SPDX-License-Identifier: MIT
"""The plugin and the daemon's own life: in the background, with very many sites, under valgrind and
under ThreadSanitizer."""

import os
import pathlib
import subprocess

import pytest

import behaviours
from answers import http
from collectd_kit import (LATE, WAIT_SECONDS, Daemonised, block_of, site_of, stop,
                          wait_round, wait_value)
from demo.process import find_program, wait_until
from demo.site import Nginx

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAIN, TSAN = ROOT / "build", ROOT / "build" / "tsan"  # make live-plugins
MANY = 200


def test_in_the_background(collectd, own_site):
    """Threads do not survive a fork: whatever the plugin begins, it begins behind it."""
    text = site_of("blog", f'Nginx "http://localhost:{own_site.nginx.port}/stub_status"',
                   f'Uwsgi "{own_site.uwsgi.target}"')
    server = collectd(block_of(text))
    stop(server)
    before = {name: len(values) for name, values in server.samples().items()}
    daemon = Daemonised(server)
    try:
        wait_until(lambda: all(
            len(server.samples().get(name, ())) >= before.get(name, 0) + 3
            for name in ("nginx-blog/nginx_connections-active", "uwsgi-blog/http_requests",
                         "connledger-blog/current_connections-keepalive")), WAIT_SECONDS, "values")
    finally:
        daemon.stop()


def test_two_hundred_sites(collectd, folder, uwsgi):
    pages = "".join(f"location = /s{number} {{ stub_status; }}\n" for number in range(MANY))
    nginx = Nginx(folder / "many", uwsgi("unix").nginx_app, locations=pages,
                  worker_connections=1024)
    try:
        sites = "".join(site_of(f"s{number}", f'Nginx "http://127.0.0.1:{nginx.port}/s{number}"')
                        for number in range(MANY))
        server = collectd(block_of(sites), interval=3, of=PLAIN)

        def rounds():
            found = server.samples()
            return min(len(found.get(f"nginx-s{number}/bool-up", ())) for number in range(MANY))

        def descriptors():
            return len(os.listdir(f"/proc/{server.process.pid}/fd"))
        wait_until(lambda: rounds() >= 1, WAIT_SECONDS, "a round")
        wait_until(lambda: descriptors() < 20, WAIT_SECONDS, "all that was opened to be closed")
        wait_until(lambda: rounds() >= 2, WAIT_SECONDS, "another round")
        values = wait_round(server, f"nginx-s{MANY - 1}/bool-up")
        assert all(values[f"nginx-s{number}/bool-up"] == 1 for number in range(MANY))
        assert values["connledger-s199/gauge-confidence"] >= 1
        wait_until(lambda: descriptors() < 20, WAIT_SECONDS, "all that was opened to be closed")
        assert LATE.search(server.process.log_text()) is None
        stop(server)
    finally:
        nginx.stop()


def trouble(bad, site, https, authority):
    """A site that is well, over TLS too, and others that are not."""
    return (site_of("good", f'Nginx "{site.nginx.status_url}"', f'Uwsgi "{site.uwsgi.target}"',
                    "PerWorker true", "Notify true")
            + site_of("tls", f'Nginx "{https}"', f'CACert "{authority.ca}"')
            + site_of("name", 'Nginx "http://nobody.invalid/"', "Timeout 0.3")
            + site_of("hung", f'Nginx "{bad(behaviours.hung).url}"', "Timeout 0.3")
            + site_of("garbage", f'Nginx "{bad(behaviours.answers(http(b"It works!"))).url}"',
                      f'Uwsgi "{bad(behaviours.says(b"[[[")).address}"', "Notify true"))


def run_through(server, site):
    """All of its states: well, down, well again, and two rounds of each of the others."""
    wait_value(server, "uwsgi-good/http_requests-worker-1")
    wait_value(server, "nginx-tls/bool-up")
    wait_value(server, "nginx-hung/bool-up", lambda value: value == 0)
    site.uwsgi.stop()
    wait_value(server, "uwsgi-good/bool-up", lambda value: value == 0)
    wait_until(lambda: len(server.samples().get("nginx-garbage/bool-up", ())) >= 3, WAIT_SECONDS,
               "rounds")


@pytest.fixture
def tls_url(nginx):
    return f"https://127.0.0.1:{nginx.pages.tls_port}/stub_status"


def test_threads(collectd, bad, own_site, tls_url, ca):
    """Five threads read these sites at the same time. The stock daemon is not built with TSan, so
    that what it finds is in the plugin."""
    library = TSAN / "collectd" / "connledger.so"
    runtime = subprocess.run(["gcc", "-print-file-name=libtsan.so"], check=True,
                             capture_output=True, text=True).stdout.strip()
    server = collectd(block_of(trouble(bad, own_site, tls_url, ca)), of=TSAN, interval=0.5,
                      env={"LD_PRELOAD": runtime, "TSAN_OPTIONS": "exitcode=66"})
    assert b"__tsan_init" in library.read_bytes()
    run_through(server, own_site)
    stop(server)


def test_valgrind(collectd, bad, own_site, tls_url, ca):
    log = own_site.nginx.folder / "valgrind.log"
    server = collectd(
        block_of(trouble(bad, own_site, tls_url, ca)), of=PLAIN, interval=2,
        env={"LD_PRELOAD": ""},
        before=[find_program("valgrind"), "--quiet", "--leak-check=full", "--keep-debuginfo=yes",
                "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite",
                "--error-exitcode=9", f"--log-file={log}"])
    run_through(server, own_site)
    status = server.stop()
    assert (status, log.read_text()) == (0, "")
