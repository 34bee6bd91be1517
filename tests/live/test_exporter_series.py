# SPDX-License-Identifier: MIT
"""The formats over HTTP, of live sites: the same series in each, and when counters began."""

import functools
import http.client
import json
import os
import signal
import time

import pytest

import answers
import prom_formats
from demo.process import Process, free_port, wait_until
from programs import assert_clean
from starting import starting

FORMATS = {prom_formats.TEXT: lambda body: prom_formats.text(body.decode()),
           prom_formats.OPENMETRICS: lambda body: prom_formats.openmetrics(body.decode()),
           prom_formats.PROTOBUF: prom_formats.protobuf}
# What differs from scrape to scrape: times, what a scrape itself adds to, and memory.
RESTLESS = ("_duration_seconds", "process_", "answers_total", "requests_total", "scrapes_total",
            "_samples", "_spread", "transmitted_bytes_total")


class Served:
    def __init__(self, programs, *options):
        self.port = free_port()
        self.process = Process(
            [programs.path("prometheus_exporter/connledger_exporter"), *options,
             "--web.listen-address", f"127.0.0.1:{self.port}"],
            programs.folder / f"exporter-{self.port}.log", env=programs.env)
        self.process.wait_ready(lambda: self.get(prom_formats.TEXT))

    def get(self, accept):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/metrics", headers={"Accept": accept})
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.headers["Content-Type"].split(";")[0] == accept.split(";")[0]
            return answer.read()
        finally:
            connection.close()

    def created(self, name):
        """{labels: seconds} of a family, where that is said."""
        return prom_formats.protobuf_families(self.get(prom_formats.PROTOBUF))[name].created


@pytest.fixture
def served(programs):
    def stop(server):
        server.process.stop()
        assert_clean(server.process.log_text())
    with starting(functools.partial(Served, programs), stop) as start:
        yield start


def test_the_same_series_in_each_format(served, nginx, uwsgi):
    server = served("--nginx.scrape-uri", nginx.status_url, "--uwsgi.stats-uri",
                    uwsgi("unix").target, "--uwsgi.stats-uri", uwsgi("tcp").target,
                    "--collect.cores", "--prometheus.const-label", 'note=a "b" \\ caf\u00e9')
    found = [read(server.get(accept)) for accept, read in FORMATS.items()]
    assert len(found[0]) > 200
    for other in found[1:]:
        assert list(other) == list(found[0])
        for key, value in other.items():
            if not any(part in key[0] for part in RESTLESS):
                assert value == found[0][key], key
    assert {labels[-1] for name, labels in found[0] if name == "nginx_up"} == {
        ("note", 'a "b" \\ caf\u00e9')}


def test_a_mountpoint_that_is_no_utf8(served, bad):
    broken = answers.worker(1)
    broken["apps"][0]["mountpoint"] = "/MARK"
    answer = json.dumps(answers.stats(workers=[broken])).encode().replace(
        b"MARK", b"\\\\\\\"\xe9\xff\xed\xa0\x80")
    server = served("--uwsgi.stats-uri", bad(lambda peer: peer.send(answer)).raw)
    for accept, read in FORMATS.items():
        [mountpoint] = [dict(labels)["mountpoint"] for name, labels in read(server.get(accept))
                        if name == "uwsgi_worker_app_requests_total"]
        assert mountpoint.startswith('/\\"') and set(mountpoint[3:]) == {"\ufffd"}


def test_a_limit_is_the_same_in_each_format(served, uwsgi):
    for limit in (1, 20, 100):
        server = served("--uwsgi.stats-uri", uwsgi("unix").target, "--collect.cores",
                        "--collect.max-series", str(limit))
        found = [read(server.get(accept)) for accept, read in FORMATS.items()]
        left_out = [one["connledger_exporter_series_left_out", ()] for one in found]
        assert [len(one) for one in found] == [limit] * 3 and left_out[0] > 0
        assert len(set(left_out)) == 1 and list(found[0]) == list(found[1]) == list(found[2])


def test_scrapes_of_uwsgi_are_counted_as_the_peer_does(served, own_site):
    server = served("--uwsgi.stats-uri", own_site.uwsgi.target)

    def counted():
        found = prom_formats.protobuf(server.get(prom_formats.PROTOBUF))
        return [found[f"uwsgi_exporter_{name}", ()] for name in (
            "scrapes_total", "scrape_duration_seconds_count", "scrape_errors_total",
            "last_scrape_error", "scrape_duration_seconds_sum")]
    first, second = counted(), counted()
    assert second[:4] == [first[0] + 1, first[1] + 1, 0, 0] and second[4] > first[4] > 0
    own_site.uwsgi.stop()
    assert counted()[:4] == [first[0] + 2, first[1] + 2, 1, 1]


REQUESTS = "uwsgi_worker_requests_total"


def workers_of(uwsgi):
    return json.loads(uwsgi.read_stats())["workers"]


def test_when_uwsgis_counters_began(served, own_site):
    uwsgi = own_site.uwsgi
    server = served("--uwsgi.stats-uri", uwsgi.target)
    began = {worker["id"]: worker["last_spawn"] for worker in workers_of(uwsgi)}

    def said():
        return {int(dict(labels)["worker_id"]): seconds
                for labels, seconds in server.created(REQUESTS).items()}
    assert said() == began and len(began) == 2
    own_site.nginx.get("/")
    victim = workers_of(uwsgi)[0]
    second = time.time()
    wait_until(lambda: time.time() > second + 1, 10, "the next second")
    os.kill(victim["pid"], signal.SIGKILL)
    wait_until(lambda: workers_of(uwsgi)[0]["respawn_count"] == 2
               and workers_of(uwsgi)[0]["accepting"], 60, "the worker's successor")
    assert workers_of(uwsgi)[0]["last_spawn"] != victim["last_spawn"]
    assert said() == began
    # Nobody else has seen the worker's first start.
    late = served("--uwsgi.stats-uri", uwsgi.target).created(REQUESTS)
    assert {int(dict(labels)["worker_id"]) for labels in late} == set(began) - {victim["id"]}
    # A reload of the master sets all counters to 0: they begin then.
    uwsgi.process.signal(signal.SIGHUP)
    wait_until(lambda: reloaded(uwsgi), 60, "the reload")
    anew = {worker["id"]: worker["last_spawn"] for worker in workers_of(uwsgi)}
    assert said() == anew and all(anew[one] > began[one] for one in anew)


def reloaded(uwsgi):
    try:
        workers = workers_of(uwsgi)
    except OSError:
        return False
    return len(workers) == 2 and all(worker["accepting"] and worker["respawn_count"] == 1
                                     for worker in workers)


def test_when_nginxs_counters_began(served, own_site):
    before = time.time()
    server = served("--nginx.scrape-uri", own_site.nginx.status_url)
    [seconds] = server.created("nginx_http_requests_total").values()
    assert before - 300 < seconds < before
    # A reload makes other workers and leaves the counters.
    workers = set(own_site.nginx.workers())
    own_site.nginx.process.signal(signal.SIGHUP)
    wait_until(lambda: not workers & set(own_site.nginx.workers()), 60, "other workers")
    assert list(server.created("nginx_http_requests_total").values()) == [seconds]
    # Those that are no counters in this format do not begin.
    families = prom_formats.protobuf_families(server.get(prom_formats.PROTOBUF))
    assert families["nginx_connections_accepted"].created == {(): seconds}
    assert not families["nginx_connections_active"].created
