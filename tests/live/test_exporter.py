# SPDX-License-Identifier: MIT
"""The exporter as a server: its pages, promtool's verdict, a real Prometheus, and its end."""

import http.client
import json
import signal
import subprocess

import pytest

from demo.process import Process, StartFailed, find_program, free_port, wait_until
from demo.site import http_get

WORKERS, QUEUED = 4, 6  # of the ledger's site
# Counters that the peers export without _total: dashboards depend on the names.
PEER_NAMES = {"nginx_connections_accepted", "nginx_connections_handled",
              "uwsgi_exporter_scrape_duration_seconds_sum",
              "uwsgi_exporter_scrape_duration_seconds_count"}


@pytest.fixture
def busy_site(ledger_site):
    """All workers are at requests that do not end, and more are queued. An exporter is to come after
    it: its connection to nginx would not let the site get calm."""
    with ledger_site.situation() as clients:
        clients.ask(WORKERS + QUEUED, "/hold")
        ledger_site.wait(busy=WORKERS, queue=QUEUED)
        yield ledger_site


def targets(site):
    return "--nginx.scrape-uri", site.nginx.status_url, "--uwsgi.stats-uri", site.uwsgi.target


@pytest.fixture
def site_exporter(exporter, nginx, uwsgi):
    return exporter("--nginx.scrape-uri", nginx.status_url,
                    "--uwsgi.stats-uri", uwsgi("unix").target)


def test_connection_to_nginx_is_kept(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url)
    accepted = [server.samples()["nginx_connections_accepted"] for _ in range(4)]
    assert len(set(accepted)) == 1


def test_metrics_of_both(site_exporter):
    samples = site_exporter.samples()
    assert samples["nginx_up"] == 1 and samples["nginx_connections_active"] >= 1
    assert samples["uwsgi_up"] == 1
    workers = [value for name, value in samples.items() if name.startswith("uwsgi_worker_idle{")]
    assert workers == [1, 1]
    requests = [name for name in samples if name.startswith("uwsgi_worker_requests_total{")]
    assert len(requests) == 2 and [name for name in requests if 'worker_id="1"' in name]


def held(samples):
    """The lines of the ledger that are not 0."""
    return {series.partition('"')[2].rstrip('"}'): value for series, value in samples.items()
            if series.startswith("connledger_connections{") and value}


def test_the_ledger(busy_site, exporter):
    samples = exporter(*targets(busy_site)).samples()
    assert held(samples) == {"app": WORKERS, "app_queue": QUEUED}
    assert samples['connledger_confidence{level="exact"}'] == 1
    assert samples['connledger_finding{finding="app_saturated",severity="warning"}'] == 1
    name = busy_site.uwsgi.address
    assert samples[f'uwsgi_socket_backlog_length{{name="{name}"}}'] == QUEUED
    assert samples[f'uwsgi_socket_backlog_limit{{name="{name}"}}'] == 64
    listener = f'127.0.0.1:{busy_site.nginx.port}'
    assert samples[f'nginx_listener_queue_length{{listener="{listener}"}}'] == 0
    assert samples[f'nginx_listener_queue_limit{{listener="{listener}"}}'] > 0
    assert samples["connledger_orphaned_requests"] == 0
    assert samples["connledger_oldest_request_seconds"] >= 0


def test_no_ledger(busy_site, exporter):
    samples = exporter(*targets(busy_site), "--no-collect.ledger").samples()
    assert samples["nginx_up"] == 1 and samples["nginx_connections_writing"] > WORKERS
    assert not [series for series in samples if series.startswith((
        "connledger_connections", "connledger_confidence", "nginx_listener", "uwsgi_socket_back"))]


def test_the_log_tells_a_finding_once_and_its_end(ledger_site, exporter):
    with ledger_site.situation() as clients:
        server = exporter(*targets(ledger_site))

        def said(words):
            server.samples()
            return [line for line in server.process.log_text().splitlines()
                    if words in line and "finding=app_saturated" in line]
        assert said("") == []
        clients.ask(WORKERS + QUEUED, "/hold")
        ledger_site.wait(busy=WORKERS, queue=QUEUED)
        assert [len(said("msg=finding ")) for _ in range(3)] == [1, 1, 1]
        [line] = said("msg=finding ")
        assert "level=warn" in line and "severity=warning" in line and "advice=" in line
        assert said("is over") == []
        ledger_site.release()
        clients.reset()
        ledger_site.wait(busy=0, queue=0)  # nobody looks while the queue gets shorter
        assert [len(said('msg="finding is over"')) for _ in range(2)] == [1, 1]
        assert len(said("")) == 2
        server.stop()


def test_the_page_tells_people(busy_site, exporter):
    server = exporter(*targets(busy_site))
    status, page = server.get("/")
    assert status == 200 and busy_site.nginx.status_url in page
    assert "<code>app_saturated</code>" in page and "<b>exact</b>" in page
    assert '<code>app_queue</code>' in page and f'<td class="n">{QUEUED}</td>' in page
    assert f"<code>{busy_site.uwsgi.address}</code>" in page
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("HEAD", "/")
    assert connection.getresponse().headers["Content-Type"] == "text/html; charset=utf-8"
    connection.close()


def test_pages_and_metrics_at_once(busy_site, exporter):
    server = exporter(*targets(busy_site))
    asking = []
    for number in range(16):
        uri = "/metrics" if number % 2 else "/"
        asking.append((uri, http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)))
        asking[-1][1].request("GET", uri)
    for uri, connection in asking:
        answer = connection.getresponse().read()
        assert (b"\nnginx_up 1\n" in answer) == (uri == "/metrics")
        assert answer.startswith(b"<!DOCTYPE html>") == (uri == "/")
        connection.close()


def test_promtool_complains_of_the_peers_names_only(busy_site, exporter):
    text = exporter(*targets(busy_site)).get("/metrics")[1]
    assert "connledger_connections{" in text and "connledger_finding{" in text
    checked = subprocess.run([find_program("promtool"), "check", "metrics"], input=text, text=True,
                             capture_output=True, check=False)
    complaints = (checked.stdout + checked.stderr).splitlines()
    assert {line.split()[0] for line in complaints} == PEER_NAMES


def test_pages(site_exporter):
    assert site_exporter.get("/")[0] == 200 and "/metrics" in site_exporter.get("/")[1]
    assert site_exporter.get("/-/healthy")[0] == 200
    assert site_exporter.get("/no-such-page")[0] == 404


def test_the_answer_says_its_format(site_exporter):
    connection = http.client.HTTPConnection("127.0.0.1", site_exporter.port, timeout=60)
    connection.request("GET", "/metrics", headers={"Accept": "text/plain;version=0.0.4"})
    said = connection.getresponse().headers["Content-Type"]
    assert said == "text/plain; version=0.0.4; charset=utf-8"
    connection.close()


def test_several_targets(exporter, nginx, uwsgi, own_site):
    server = exporter("--nginx.scrape-uri", nginx.status_url,
                      "--nginx.scrape-uri", own_site.nginx.status_url,
                      "--uwsgi.stats-uri", uwsgi("unix").target,
                      "--uwsgi.stats-uri", own_site.uwsgi.target)
    samples = server.samples()
    up = {name: value for name, value in samples.items() if name.startswith("nginx_up{")}
    assert len(up) == 2 and set(up.values()) == {1}
    workers = [name for name in samples if name.startswith("uwsgi_worker_idle{")]
    assert len(workers) == 4
    own_site.nginx.stop()
    up = {name: value for name, value in server.samples().items() if name.startswith("nginx_up{")}
    assert sorted(up.values()) == [0, 1]
    [down] = [name for name, value in up.items() if value == 0]
    assert str(own_site.nginx.port) in down


def test_a_target_that_dies_and_comes_back(exporter, own_site):
    server = exporter("--nginx.scrape-uri", own_site.nginx.status_url)
    assert server.samples()["nginx_up"] == 1
    own_site.nginx.stop()
    samples = server.samples()
    assert samples["nginx_up"] == 0 and "nginx_connections_active" not in samples


def test_many_scrapes_at_once(site_exporter):
    asking = []
    for _ in range(16):
        asking.append(http.client.HTTPConnection("127.0.0.1", site_exporter.port, timeout=60))
        asking[-1].request("GET", "/metrics")
    for connection in asking:
        assert b"nginx_up 1" in connection.getresponse().read()
        connection.close()


def test_a_request_that_is_none(site_exporter):
    for request in (b"\r\n\r\n", b"BREW /metrics HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET " + b"/" * 100000):
        connection = http.client.HTTPConnection("127.0.0.1", site_exporter.port, timeout=60)
        connection.connect()
        connection.sock.sendall(request)
        connection.close()
    assert site_exporter.get("/-/healthy")[0] == 200


def test_sigterm_and_ctrl_c_end_it(exporter, nginx):
    for number in (signal.SIGTERM, signal.SIGINT):
        server = exporter("--nginx.scrape-uri", nginx.status_url)
        server.process.signal(number)
        assert server.process.wait_end() == 0


def test_a_port_that_is_taken(exporter, programs, nginx):
    result = programs.exporter("--nginx.scrape-uri", nginx.status_url,
                               "--web.listen-address", f"127.0.0.1:{nginx.port}")
    assert result.status == 1 and len(result.err.splitlines()) == 1
    assert str(nginx.port) in result.err
    with pytest.raises(StartFailed):
        exporter("--nginx.scrape-uri", "ftp://x/")


def test_a_real_prometheus_scrapes_it(site_exporter, folder):
    (folder / "prometheus.yml").write_text(
        "scrape_configs:\n- job_name: site\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
        f"  static_configs:\n  - targets: ['127.0.0.1:{site_exporter.port}']\n")
    port = free_port()
    server = Process(["prometheus", f"--config.file={folder}/prometheus.yml",
                      f"--storage.tsdb.path={folder}/data",
                      f"--web.listen-address=127.0.0.1:{port}"],
                     folder / "prometheus.log", cwd=folder)

    def value(query):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        answer = json.loads(http_get(connection, f"/api/v1/query?query={query}")[1])
        return [one["value"][1] for one in answer["data"]["result"]]
    try:
        server.wait_ready(lambda: value("nginx_up"))
        assert value("up") == ["1"] and value("nginx_up") == ["1"]
        wait_until(lambda: value("count(uwsgi_worker_idle)") == ["2"], 60, "uWSGI's workers")
        assert value("count(connledger_connections)") == ["13"]
        assert value("sum(connledger_confidence)") == ["1"]
    finally:
        server.stop()
