# SPDX-License-Identifier: MIT
"""The exporter's formats and names: read by Prometheus' own client and by promtool, beside a peer on
the same nginx, and against the catalogues of both peers."""

import http.client
import os
import pathlib
import re
import subprocess

import pytest

import prom_formats
from conftest import ROOT
from demo.process import Process, find_program, free_port
from demo.site import http_get
from programs import Result

GOLDEN = ROOT / "tests" / "golden"
CATALOGUES = pathlib.Path(__file__).parent / "catalogue"
# Answers that together have something of everything.
RICH = ("caches_spooler_cron", "duplicates_legion_daemons", "metrics", "emperor",
        "http_router_subs", "bad_mountpoint")
# Names of peers that promtool does not like.
PEER_NAMES = ("nginx_connections_accepted", "nginx_connections_handled", "uwsgi_cache_hits",
              "uwsgi_cache_misses", "uwsgi_cache_full",
              "uwsgi_exporter_scrape_duration_seconds_sum",
              "uwsgi_exporter_scrape_duration_seconds_count")


@pytest.fixture
def rich_targets(bad):
    """Stats servers that give the recorded answers, as options of the exporter."""
    options = []
    for name in RICH:
        answer = (GOLDEN / "uwsgi" / name / "input").read_bytes()
        options += ["--uwsgi.stats-uri", bad(lambda peer, answer=answer: peer.send(answer)).raw]
    return options


def once(programs, *options):
    result = programs.exporter("--once", *options)
    assert result.status == 0 and result.err == "", result.err
    return result.out


def promtool(text):
    checked = subprocess.run([find_program("promtool"), "check", "metrics"], input=text, text=True,
                             capture_output=True, check=False)
    return checked.returncode, (checked.stdout + checked.stderr).splitlines()


# ---- recorded answers ---------------------------------------------------------------------------

def goldens():
    return sorted(path.parent for path in GOLDEN.glob("*/*/prometheus"))


def dumped(folder):
    """tests/golden/protobuf_dump.h: the name and value of each sample, and its labels as one text."""
    name = None
    for line in (folder / "protobuf").read_text().splitlines():
        if line.startswith("  "):
            labels, _, value = line[2:].rpartition(" ")
            yield name, labels, float(value)
        else:
            name = line.split()[1]


def test_all_recorded_answers_read_the_same_in_each_format():
    assert len(goldens()) > 50
    for folder in goldens():
        text = prom_formats.text((folder / "prometheus").read_text())
        assert prom_formats.openmetrics((folder / "openmetrics").read_text()) == text, folder
        # The dump does not escape what is in labels.
        shown = [(name, "{" + ",".join(f'{key}="{value}"' for key, value in labels) + "}"
                  if labels else "", value) for (name, labels), value in text.items()]
        assert list(dumped(folder)) == shown, folder


def test_types_and_units_of_recorded_answers():
    units = set()
    for folder in goldens():
        types = prom_formats.text_types((folder / "prometheus").read_text())
        families = prom_formats.openmetrics_families((folder / "openmetrics").read_text())
        heads = {line.split()[1]: line.split() for line in
                 (folder / "protobuf").read_text().splitlines() if line[0] != " "}
        assert set(heads) == set(types) and len(families) == len(types)
        for name, kind in types.items():
            assert heads[name][0] == kind
            total = kind == "counter" and name.endswith("_total")
            base = name.removesuffix("_total") if total else name
            openmetrics_type, unit = families[base]
            assert openmetrics_type == (kind if total or kind == "gauge" else "unknown")
            assert heads[name][2] == f"[{unit}]" if unit else not heads[name][2].startswith("[")
            units.add(unit)
            for one in ("seconds", "bytes"):
                assert (unit == one) == base.endswith("_" + one), name
    assert {"", "seconds", "bytes", "requests"} <= units


# ---- names --------------------------------------------------------------------------------------

def test_promtool_has_nothing_to_say_of_strict_names(programs, nginx, rich_targets):
    text = once(programs, "--nginx.scrape-uri", nginx.status_url, "--metrics.names", "strict",
                "--collect.cores", *rich_targets)
    types = prom_formats.text_types(text)
    assert {"nginx_connections_accepted_total", "uwsgi_cache_hits_total", "process_open_fds",
            "uwsgi_worker_core_busy", "connledger_exporter_build_info", "connledger_connections",
            "uwsgi_vassal_ready", "uwsgi_router_node_requests_total", "uwsgi_user_metric_total",
            "connledger_exporter_series_left_out"} <= set(types)
    assert promtool(text) == (0, [])


def test_promtool_complains_of_peers_names_only(programs, nginx, rich_targets):
    text = once(programs, "--nginx.scrape-uri", nginx.status_url, "--collect.cores", *rich_targets)
    status, complaints = promtool(text)
    assert status != 0
    assert {line.split()[0] for line in complaints} == set(PEER_NAMES)


def catalogue(name):
    lines = (CATALOGUES / name).read_text().splitlines()
    for line in lines:
        if line and line[0] != "#":
            family, kind, *labels = line.split()
            yield family, kind, labels


@pytest.mark.parametrize("name", ("nginx_exporter", "uwsgi_exporter"))
def test_a_peers_catalogue(programs, nginx, bad, name):
    answer = (GOLDEN / "uwsgi" / "caches_spooler_cron" / "input").read_bytes()
    server = bad(lambda peer: peer.send(answer))
    text = once(programs, "--nginx.scrape-uri", nginx.status_url, "--collect.cores",
                "--uwsgi.stats-uri", server.raw)
    types = prom_formats.text_types(text)
    labels = {}
    for series, pairs in prom_formats.text(text):
        labels.setdefault(series, set()).add(tuple(key for key, _ in pairs))
    wanted = list(catalogue(name))
    assert len(wanted) >= 18
    for family, kind, names in wanted:
        assert (family, types.get(family)) == (family, kind)
        assert labels[family] == {tuple(names)}


def test_uwsgi_exporters_own_names_need_a_uwsgi(programs, nginx):
    text = once(programs, "--nginx.scrape-uri", nginx.status_url)
    assert "uwsgi_exporter_" not in text and "promhttp_metric_handler_requests_total" in text


def metrics_at(port):
    return http_get(http.client.HTTPConnection("127.0.0.1", port, timeout=60), "/metrics")[1].decode()


@pytest.fixture
def serve(programs, folder):
    """Starts an exporter by its words and waits until it answers: its port."""
    running = []

    def start(program, *words):
        port = free_port()
        process = Process([program, *words, f"127.0.0.1:{port}"], folder / f"{port}.log",
                          env=programs.env)
        running.append(process)
        process.wait_ready(lambda: metrics_at(port))
        return port
    yield start
    for process in running:
        process.stop()


@pytest.fixture
def start_exporter(programs, serve):
    return lambda *words: serve(programs.path("prometheus_exporter/connledger_exporter"), *words,
                                "--web.listen-address")


def test_beside_nginx_prometheus_exporter(own_site, serve, start_exporter):
    """Each keeps one connection, and each scrape is one request."""
    url = own_site.nginx.status_url
    peer = serve(find_program("prometheus-nginx-exporter"), "-nginx.scrape-uri", url,
                 "-web.listen-address")
    ours = start_exporter("--nginx.scrape-uri", url, "--no-collect.ledger")

    def look(port):
        text = metrics_at(port)
        types = prom_formats.text_types(text)
        return ({name: kind for name, kind in types.items() if name.startswith("nginx_")
                 and not name.startswith("nginx_exporter")}, Result(0, text, "").samples())
    for port in (peer, ours):
        look(port)
    peer_types, before = look(peer)
    our_types, now = look(ours)
    after = look(peer)[1]
    assert len(peer_types) == 8 and peer_types.items() <= our_types.items()
    for name in peer_types:
        assert before[name] + 2 == after[name] if name == "nginx_http_requests_total" else \
            before[name] == after[name] == now[name], name
    assert now["nginx_http_requests_total"] == before["nginx_http_requests_total"] + 1
    assert now["nginx_connections_active"] == 2
    own_site.nginx.stop()
    for port in (peer, ours):
        seen = {name: value for name, value in look(port)[1].items()
                if re.match("nginx_(up|conn|http)", name)}
        assert seen == {"nginx_up": 0}


# ---- the process --------------------------------------------------------------------------------------

def test_process_metrics_are_those_of_proc(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url)
    samples = Result(0, metrics_at(server.port), "").samples()
    pid = server.process.pid
    started = float((pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split())[19])
    boot = float(re.search(r"btime (\d+)", pathlib.Path("/proc/stat").read_text())[1])
    assert abs(samples["process_start_time_seconds"]
               - boot - started / os.sysconf("SC_CLK_TCK")) < 2
    assert abs(samples["process_open_fds"] - len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))) < 8
    assert samples["process_resident_memory_bytes"] > 1e6
    assert samples["promhttp_metric_handler_requests_in_flight"] >= 0
