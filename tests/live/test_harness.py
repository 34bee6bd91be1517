# SPDX-License-Identifier: MIT
"""The harness itself, against the real servers with plain Python and the system's own plugins: when
one of these fails, the other live tests mean nothing."""

import http.client
import json
import socket
import ssl
import subprocess

import pytest

from answers import STUB_STATUS, http as http_answer, stats_bytes, with_bad_utf8
from badserver import wait_for_connections
from behaviours import answers, hung, reset_after_request, says
from certificates import SERVER_NAME
from demo.process import Process, StartFailed, find_program, wait_until
from demo.site import UnixHTTPConnection, http_get, read_raw
from nagios_kit import commands
from pages import PASSWORD, USER


def curl(*args):
    return subprocess.run(["curl", "-sS", "--max-time", "30", *args], capture_output=True,
                          text=True, check=False)


def https_status(port, context):
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    return http_get(connection, "/stub_status")[0]


def test_nginx_has_its_pages(nginx):
    for uri in ("/stub_status", "/nginx_status"):
        status, body = nginx.get(uri)
        assert status == 200 and body.startswith(b"Active connections: ")
        assert http_get(UnixHTTPConnection(nginx.socket), uri)[0] == 200
    assert nginx.get("/")[1] == b"hello\n"
    for uri, expected in (("/missing", 404), ("/redirect", 301), ("/page.html", 200),
                          ("/broken", 500), ("/empty", 200), ("/private", 401), ("/error", 502)):
        assert nginx.get(uri)[0] == expected, uri
    assert b"Reading: " in nginx.get("/broken")[1]


def test_nginx_over_tls_v6_and_by_name(nginx, ca):
    pages = nginx.pages
    trusted = ssl.create_default_context(cafile=ca.ca)
    port = pages.tls_port
    assert https_status(port, trusted) == 200
    assert curl(f"https://127.0.0.1:{port}/stub_status").returncode == 60  # not trusted
    port = pages.client_tls_port
    assert https_status(port, trusted) == 400
    trusted.load_cert_chain(ca.client_cert, ca.client_key)
    assert https_status(port, trusted) == 200
    assert http_get(http.client.HTTPConnection("::1", pages.v6_port), "/stub_status")[0] == 200
    plain = f"http://127.0.0.1:{pages.names_port}/stub_status"
    assert "404" in curl("-o", "/dev/null", "-w", "%{http_code}", plain).stdout
    assert "Active" in curl("-H", f"Host: {SERVER_NAME}", plain).stdout


def test_nginx_asks_for_a_password(nginx):
    url = f"http://127.0.0.1:{nginx.port}/private"
    assert "Active" in curl("-u", f"{USER}:{PASSWORD}", url).stdout


@pytest.mark.parametrize("stats", ["unix", "tcp", "abstract", "http"])
def test_uwsgi_stats(uwsgi, stats):
    server = uwsgi(stats)
    answer = json.loads(server.read_stats())
    assert [worker["id"] for worker in answer["workers"]] == [1, 2]
    assert {len(worker["cores"]) for worker in answer["workers"]} == {2}
    if stats == "tcp":  # the length of a unix socket's queue is not known to uWSGI
        wait_until(server.knows_its_queue, 30, "listen queue")


def test_a_stuck_request_keeps_uwsgi_busy(own_site):
    own_site.get_stuck(1)
    assert own_site.uwsgi.busy() == 1


def test_munin_node_greets_and_runs_plugins(munin, top):
    plugin = top / "plain_plugin"
    plugin.write_text("#!/bin/sh\n#%# family=auto\n#%# capabilities=autoconf\n"
                      'case "$1" in config) echo graph_title Plain; echo a.label a;;\n'
                      'autoconf) echo yes;; *) echo "a.value ${number-U}"; id -un >&2;; esac\n')
    munin.install(plugin)
    munin.enable("plain_plugin")
    munin.configure("plain_plugin", number=42)
    assert munin.munin_run("plain_plugin").out == "a.value 42\n"
    assert munin.munin_run("plain_plugin", "config").lines()[0] == "graph_title Plain"
    assert "plain_plugin" in munin.node_configure("--suggest").out
    node = munin.start()
    assert node.greeting == "# munin node at node.example.org"
    assert node.line("list") == "plain_plugin"
    assert node.block("fetch plain_plugin") == ["a.value 42"]
    node.close()


def test_nagios_accepts_its_configuration_and_checks(nagios):
    server = nagios(commands({"dummy": "/usr/lib/nagios/plugins/check_dummy 1 'a word'"}))
    verdict = server.verify()
    assert verdict.status == 0 and "Total Errors:   0" in verdict.out, verdict.out
    server.start()
    service = server.wait_checked()["dummy"]
    assert service["current_state"] == "1" and service["plugin_output"] == "WARNING: a word"


def test_collectd_writes_what_its_own_nginx_plugin_reads(collectd, nginx):
    server = collectd(f'LoadPlugin nginx\n<Plugin nginx>\nURL "{nginx.status_url}"\n</Plugin>\n',
                      load=False)
    wait_until(lambda: server.values().get("nginx/nginx_connections-active", 0) >= 1, 30, "values")
    assert server.stop() == 0


def test_collectd_that_does_not_start_shows_its_log(collectd):
    with pytest.raises(StartFailed, match="no_such_plugin"):
        collectd("LoadPlugin no_such_plugin", load=False)


def test_promtool_judges():
    checked = subprocess.run([find_program("promtool"), "check", "metrics"], input="a_total 1\n",
                             capture_output=True, text=True, check=False)
    assert "no help text" in checked.stderr


def test_a_missing_program_is_a_failure(folder):
    with pytest.raises(StartFailed, match="not installed"):
        Process(["no-such-server"], folder / "log")


def test_a_dead_port_refuses(dead_port):
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", dead_port))


def test_bad_servers_answer_and_remember(bad, folder):
    server = bad(answers(http_answer(STUB_STATUS)))
    assert curl(server.url).stdout.encode() == STUB_STATUS
    assert server.received.startswith(b"GET /stub_status HTTP/1.1\r\n")
    raw = bad(says(with_bad_utf8()), path=folder / "raw.sock")
    assert b"\xff" in read_raw(socket.AF_UNIX, str(raw.path)) and raw.received == b""
    assert json.loads(stats_bytes())["workers"][1]["id"] == 2
    assert curl(bad(reset_after_request).url).returncode == 56
    silent = bad(hung)
    with socket.create_connection(("127.0.0.1", silent.port)) as connection:
        wait_for_connections(silent, 1)
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)
