# SPDX-License-Identifier: MIT
"""A real Prometheus reads the exporter, as OpenMetrics and as protobuf: the same series."""

import pathlib

import pytest

import behaviours
from demo.process import wait_until
from prometheus_kit import Prometheus

BAD_UTF8 = pathlib.Path(__file__).resolve().parents[1] / "golden/uwsgi/bad_mountpoint/input"
# What differs from one scrape to the next by its nature.
RESTLESS = ("_duration_seconds", "_seconds_sum", "_seconds_count", "process_", "promhttp_",
            "connledger_exporter_", "nginx_http_requests_total", "uwsgi_exporter_",
            "connledger_oldest_request_seconds")


@pytest.fixture
def readers(folder):
    """Starts a Prometheus that reads OpenMetrics, and one that reads protobuf, of the same
    exporters."""
    running = []

    def start(*ports):
        targets = [f"127.0.0.1:{port}" for port in ports]
        for name, features in (("openmetrics", ""), ("protobuf", "native-histograms")):
            running.append(Prometheus(folder / name, targets, features=features))
        return [server.wait_scraped() for server in running]
    yield start
    for server in running:
        server.stop()


def steady(series):
    return {labels: value for labels, value in series.items()
            if not any(part in dict(labels)["__name__"] for part in RESTLESS)}


def named(series):
    """{name: values}"""
    found = {}
    for labels, value in series.items():
        found.setdefault(dict(labels)["__name__"], []).append(value)
    return found


def test_the_same_series_in_both_formats(readers, exporter, nginx, uwsgi):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--collect.cores",
                      "--uwsgi.stats-uri", uwsgi("unix").target)
    openmetrics, protobuf = readers(server.port)

    def agree():
        """On a busy machine the ledger of one of them may be unknown for once."""
        seen, other = openmetrics.series(), protobuf.series()
        text = {series.partition("{")[0] for series in server.samples()}
        same = (set(seen) == set(other) and steady(seen) == steady(other)
                and set(named(seen)) == text)
        return set(named(seen)) if same else None
    names = wait_until(agree, 60, "three readers that say the same")
    assert {"nginx_up", "nginx_connections_accepted", "nginx_http_requests_total",
            "uwsgi_worker_requests_total", "uwsgi_worker_core_busy", "connledger_connections",
            "connledger_confidence", "process_resident_memory_bytes",
            "connledger_exporter_build_info"} <= names
    assert not [name for name in names if name.endswith("_created")]


def test_types_in_both_formats(readers, exporter, nginx, uwsgi):
    server = exporter("--nginx.scrape-uri", nginx.status_url,
                      "--uwsgi.stats-uri", uwsgi("unix").target)
    openmetrics, protobuf = (reader.types() for reader in readers(server.port))
    assert protobuf["nginx_http_requests_total"] == "counter"
    assert protobuf["nginx_connections_accepted"] == "counter"
    assert openmetrics["nginx_connections_accepted"] == "unknown"
    assert openmetrics["nginx_connections_active"] == protobuf["nginx_connections_active"] == "gauge"
    assert "histogram" not in protobuf.values() and "summary" not in protobuf.values()


def test_a_mountpoint_that_is_no_utf8(readers, exporter, bad):
    """One such byte in a label would make Prometheus refuse the whole scrape."""
    stats = bad(behaviours.says(BAD_UTF8.read_bytes()))
    server = exporter("--uwsgi.stats-uri", f"tcp://127.0.0.1:{stats.port}")
    one, other = readers(server.port)
    openmetrics = one.series()
    assert set(openmetrics) == set(other.series())
    assert [labels for labels in openmetrics if any("\ufffd" in value for _, value in labels)]


def test_a_target_that_is_down(readers, exporter, dead_port):
    """The scrape is well, and says that nginx is not."""
    server = exporter("--nginx.scrape-uri", f"http://127.0.0.1:{dead_port}/stub_status")
    for reader in readers(server.port):
        seen = named(reader.series())
        assert seen["nginx_up"] == [0] and "nginx_connections_active" not in seen


def test_two_sites(readers, exporter, nginx, own_site):
    server = exporter("--nginx.scrape-uri", nginx.status_url,
                      "--nginx.scrape-uri", own_site.nginx.status_url)
    for reader in readers(server.port):
        series = reader.series()
        assert named(series)["nginx_up"] == [1, 1]
        assert len({dict(labels)["site"] for labels in series
                    if dict(labels)["__name__"] == "connledger_connections"}) == 2
