# SPDX-License-Identifier: MIT
"""Stats servers that do not work are "down" in every front end, with the reason; answers that uWSGI
is known to damage are read all the same."""

import json

import pytest

import answers as page
import fronts
from behaviours import MIB, answers, drips, hung, reset_at_once, says, streams

SOON = 1
LATE = r"(within|after) (1|0\.9\d*) s"
GONE = "refused|nobody listens|no such socket file"
ENDLESS_HEAD = b'{"version":"2.0.21","workers":['
ENDLESS_UNIT = b'{"id":1,"pid":4001,"status":"idle","requests":20,"apps":[],"cores":[]},\n'
OVER_THE_CEILING = 80 * MIB

RAW = {
    "hung": (hung, LATE, SOON),
    "slow_drip": (drips(page.stats_bytes()), LATE, SOON),
    "reset": (reset_at_once, "reset|cut"),
    "empty": (says(b""), "without a byte"),
    "cut_off": (says(page.stats_bytes()[:700]), "cut off.*700"),
    "trailing_garbage": (says(page.stats_bytes() + b"\n{"), "byte|follow|JSON"),
    "html": (says(page.HTML), "JSON|HTML"),
    "words": (says(b"hello\n"), "not JSON at byte 0|JSON"),
    "other_json": (says(b'{"status": "fine"}'), "not a uWSGI"),
    "json_list": (says(b"[1, 2]"), "list|uWSGI"),
    "broken_json": (says(page.stats_bytes().replace(b'"workers": [', b'"workers": }{')),
                    "byte [0-9]+"),
    "http_at_once": (says(page.http(page.stats_bytes())), "http://"),
    "stub_status": (says(page.STUB_STATUS), "JSON|nginx"),
}

HTTP = {
    "hung": (hung, LATE, SOON),
    "raw": (says(page.stats_bytes()), "tcp://"),
    "not_found": (answers(page.http(page.HTML, "404 Not Found")), "404"),
    "error_with_valid_stats": (answers(page.http(page.stats_bytes(), "500 Oops")), "500"),
    "redirect": (answers(page.http(b"", "302 Found", headers=["Location: http://127.0.0.1:1/x"])),
                 "302|redirect"),
    "html": (answers(page.http(page.HTML)), "JSON|HTML"),
    "empty": (answers(page.http(b"")), "empty"),
    "cut_off": (answers(page.http(page.stats_bytes()[:700])), "cut off.*700"),
    "stub_status": (answers(page.http(page.STUB_STATUS)), "JSON|nginx"),
}


@pytest.mark.parametrize("front", fronts.UWSGI)
@pytest.mark.parametrize("row", RAW)
def test_bad_raw_server(programs, bad, row, front):
    behaviour, reason, *timeout = RAW[row]
    server = bad(behaviour)
    fronts.UWSGI[front](programs, server.raw, reason, *timeout)
    assert server.received == b""  # a byte would make uWSGI cut its answer


@pytest.mark.parametrize("front", fronts.UWSGI)
@pytest.mark.parametrize("row", HTTP)
def test_bad_http_server(programs, bad, row, front):
    behaviour, reason, *timeout = HTTP[row]
    fronts.UWSGI[front](programs, f"http://{bad(behaviour).address}/", reason, *timeout)


@pytest.mark.parametrize("front", fronts.UWSGI)
def test_refused(programs, dead_port, front):
    fronts.UWSGI[front](programs, f"127.0.0.1:{dead_port}", GONE)


@pytest.mark.parametrize("front", fronts.UWSGI)
@pytest.mark.parametrize("path", ["none.stats", "@connledger-none"])
def test_missing_socket(programs, folder, front, path):
    target = f"unix:{path}" if path[0] == "@" else f"unix:{folder}/{path}"
    fronts.UWSGI[front](programs, target, GONE)


@pytest.mark.parametrize("front", fronts.UWSGI)
def test_more_than_the_ceiling(programs, bad, folder, front):
    server = bad(streams(ENDLESS_HEAD, ENDLESS_UNIT, OVER_THE_CEILING), path=folder / "big.stats")
    fronts.UWSGI[front](programs, server.raw, "64 MiB|67108864")


@pytest.mark.parametrize("front", fronts.UWSGI)
def test_http_where_raw_was_asked(programs, uwsgi, front):
    fronts.UWSGI[front](programs, f"tcp://{uwsgi('http').stats_address}", "http://", SOON)


@pytest.mark.parametrize("front", fronts.UWSGI)
def test_raw_where_http_was_asked(programs, uwsgi, front):
    fronts.UWSGI[front](programs, f"http://{uwsgi('tcp').stats_address}/", "tcp://")


@pytest.mark.parametrize("front", fronts.UWSGI)
def test_uwsgi_that_was_stopped(programs, own_site, front):
    own_site.uwsgi.stop()
    fronts.UWSGI[front](programs, own_site.uwsgi.target, GONE)


DAMAGED = [page.stats_bytes, page.with_bad_utf8, page.with_control_bytes, page.with_trailing_comma,
           page.with_duplicates]


@pytest.mark.parametrize("answer", DAMAGED)
def test_damaged_answers_are_read(programs, bad, answer):
    server = bad(says(answer()))
    perfdata = programs.check_uwsgi("--stats", server.raw, "-c", "busy=0").perfdata()
    assert (perfdata["workers"], perfdata["cores"], perfdata["queue"]) == ("2", "4", "3")
    exported = programs.exporter("--once", "--uwsgi.stats-uri", server.raw).samples()
    assert exported["uwsgi_up"] == 1
    assert len([name for name in exported if name.startswith("uwsgi_worker_requests_total")]) == 2
    munin = programs.munin(uwsgi=server.raw).fields()
    assert (munin["idle"], munin["queue"], munin["requests"]) == ("2", "3", "40")
    assert server.received == b""


NAMELESS = {"absent": {}, "null": {"name": None}, "number": {"name": 7}, "list": {"name": ["a"]},
            "map": {"name": {"a": 1}}, "true": {"name": True}, "empty": {"name": ""}}


@pytest.mark.parametrize("name", NAMELESS)
def test_a_socket_without_a_name(programs, bad, exporter, name):
    """Beside one that the kernel has: the two are compared by name. Two without a name are one."""
    known = bad(says(b""))  # a listening socket of this host
    nameless = {"proto": "uwsgi", "queue": 3, "max_queue": 100, **NAMELESS[name]}
    server = bad(says(page.stats_bytes(sockets=[
        {**nameless, "name": known.address}, nameless, nameless])))
    running = exporter("--uwsgi.stats-uri", server.raw)
    assert running.samples()["uwsgi_up"] == 1
    series = [line.rpartition(" ")[0] for line in running.get("/metrics")[1].splitlines()
              if line[0] != "#"]
    assert len(set(series)) == len(series)
    assert len([one for one in series if one.startswith("uwsgi_socket_queue_length{")]) == 2
    status, html = running.get("/")
    assert status == 200 and known.address in html and "(no name)" in html
    sockets = json.loads(running.get("/api/v1/sites")[1])["sites"][0]["uwsgi"][0]["sockets"]
    assert [one["name"] for one in sockets] == [known.address, None]
    for check, target in ((programs.check_uwsgi, "--stats"), (programs.check_connections, "--uwsgi")):
        assert check(target, server.raw, "-vvv").status in (0, 3)
    assert programs.munin(uwsgi=server.raw).fields()["queue"] == "6"
    assert programs.munin("config", uwsgi=server.raw).status == 0


def test_cookies_of_requests_are_never_shown(programs, bad):
    core = page.core(0, busy=1)
    core["vars"] = ["HTTP_COOKIE=session=very-secret", "REQUEST_URI=/private?token=very-secret", ""]
    server = bad(says(page.stats_bytes(workers=[page.worker(1, status="busy", cores=[core])])))
    for result in (programs.check_uwsgi("--stats", server.raw, "-v", "-v", "-v"),
                   programs.exporter("--once", "--uwsgi.stats-uri", server.raw, "--collect.cores"),
                   programs.munin(uwsgi=server.raw)):
        assert "very-secret" not in result.out + result.err and "session" not in result.out


def test_a_hung_server_costs_nobody_else(programs, bad, nginx, uwsgi):
    samples = programs.exporter(
        "--once", "--nginx.scrape-uri", nginx.status_url, "--uwsgi.stats-uri", uwsgi("unix").target,
        "--uwsgi.stats-uri", bad(hung).raw, "--nginx.timeout", "1s").samples()
    assert samples["nginx_up"] == 1
    assert [name for name in samples if name.startswith("uwsgi_worker_requests_total")]
