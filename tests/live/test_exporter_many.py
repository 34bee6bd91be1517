# SPDX-License-Identifier: MIT
"""Hundreds of targets in one scrape: those that hang cost nobody but themselves."""

import concurrent.futures
import contextlib
import http.client
import pathlib
import re
import socket

import pytest

from demo.process import Process, free_port, wait_until
from demo.site import Nginx, http_get
from programs import Result, assert_clean, sanitizer_env

PAGES, HUNG = 194, 5  # and one nginx that is looked at closely
CLIENTS = 7  # of that one
TIMEOUT_SECONDS = 4
PATIENCE_SECONDS = 30
EXACT_SECONDS = 240
NO_APP = "127.0.0.1:9"


@pytest.fixture
def hung():
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


@pytest.fixture
def watched(folder):
    """An nginx with idle clients."""
    nginx = Nginx(folder / "watched", NO_APP)
    with contextlib.ExitStack() as clients:
        clients.callback(nginx.stop)
        for _ in range(CLIENTS):
            client = clients.enter_context(contextlib.closing(
                http.client.HTTPConnection("127.0.0.1", nginx.port, timeout=PATIENCE_SECONDS)))
            client.request("GET", "/stub_status")
            assert client.getresponse().read()
        yield nginx


@pytest.fixture
def crowd(folder):
    """An nginx with many status pages."""
    nginx = Nginx(folder / "crowd", NO_APP, worker_connections=1024, locations="".join(
        f"location = /s{number} {{ stub_status; }}\n" for number in range(PAGES)))
    yield nginx
    nginx.stop()


@pytest.fixture
def ask(programs):
    """Asks an exporter of these targets, which stays, for its samples: ask(targets)."""
    running = []

    def start(targets, *options):
        port = free_port()
        process = Process(
            [programs.path("prometheus_exporter/connledger_exporter"),
             f"--web.listen-address=127.0.0.1:{port}", f"--nginx.timeout={TIMEOUT_SECONDS}s",
             *options], programs.folder / f"many-{port}.log",
            env={**programs.env, **sanitizer_env(), "SCRAPE_URI": "\n".join(targets)})
        running.append(process)

        def get(uri, headers=None):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
            return http_get(connection, uri, headers)
        process.wait_ready(lambda: get("/-/healthy")[0] == 200)

        def samples():
            status, body = get("/metrics", {
                "X-Prometheus-Scrape-Timeout-Seconds": str(PATIENCE_SECONDS)})
            assert status == 200
            return Result(0, body.decode(), "").samples()
        samples.pid = process.pid
        return samples
    yield start
    for process in running:
        process.stop()
        assert_clean(process.log_text())


def of_site(samples, name, site):
    """{other labels: value} of the family `name` of one site."""
    found = {}
    for series, value in samples.items():
        family, _, labels = series.partition("{")
        labels = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        if family == name and labels.pop("site", None) == site:
            found[tuple(labels.values())] = value
    return found


def check_up(samples, good, bad):
    up = {re.search(r'site="([^"]*)"', series)[1]: value for series, value in samples.items()
          if series.startswith("nginx_up{")}
    assert up == {**dict.fromkeys(good, 1), **dict.fromkeys(bad, 0)}


def test_hung_targets_cost_nobody(ask, watched, crowd, hung):
    """Twice, by one process: the second time over connections that were kept."""
    others = [f"http://127.0.0.1:{crowd.port}/s{number}" for number in range(PAGES)]
    bad = [f"http://127.0.0.1:{hung}/{number}" for number in range(HUNG)]
    samples = ask([watched.status_url, *bad, *others])
    seen = []

    def is_exact():
        now = samples()
        check_up(now, [*others, watched.status_url], bad)
        for site in bad:
            assert of_site(now, "nginx_scrape_duration_seconds", site)[()] >= TIMEOUT_SECONDS
        for site in others:
            assert of_site(now, "nginx_scrape_duration_seconds", site)[()] < TIMEOUT_SECONDS
        lines = of_site(now, "connledger_connections", watched.status_url)
        held = {line: value for line, value in lines.items() if value}
        seen.append((held, of_site(now, "connledger_confidence", watched.status_url)))
        return (of_site(now, "connledger_confidence", watched.status_url)[("exact",)] == 1 and
                held == {("keepalive",): CLIENTS})
    for _ in range(2):  # on a busy machine the status page and the sockets may be apart for once
        try:
            wait_until(is_exact, EXACT_SECONDS, "an exact ledger")
        except TimeoutError as error:
            raise AssertionError(f"{error}: {seen}") from error


def test_one_thread_reads_them(ask, crowd, hung):
    """Without ledgers a scrape starts no thread, however many targets it has."""
    others = [f"http://127.0.0.1:{crowd.port}/s{number}" for number in range(PAGES)]
    bad = [f"http://127.0.0.1:{hung}/"]
    samples = ask([*others, *bad], "--no-collect.ledger")
    tasks = pathlib.Path(f"/proc/{samples.pid}/task")
    threads = {len(list(tasks.iterdir()))}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        scrape = pool.submit(samples)
        while not concurrent.futures.wait([scrape], timeout=0.05).done:
            threads.add(len(list(tasks.iterdir())))
    check_up(scrape.result(), others, bad)
    assert len(threads) == 1, threads
