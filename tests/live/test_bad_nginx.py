# SPDX-License-Identifier: MIT
"""Status pages of nginx that are none: each is "down" in every front end, with the reason."""

import pytest

import fronts
from answers import HTML, STUB_STATUS, http, stats_bytes
from behaviours import (answers, drips, hung, reset_after_request, reset_at_once, says,
                        slow_status_page, streams)

SOON = 1  # seconds to wait for something that never comes
LATE = r"(within|after) (1|0\.9\d*) s"
REFUSED = "refused|nobody listens"

# what the server does, the reason that has to be told, and a short time where nothing will come
ROWS = {
    "hung": (hung, LATE, SOON),
    "late": (slow_status_page(300), LATE, SOON),
    "slow_drip": (drips(http(STUB_STATUS), wait_for_request=True), LATE, SOON),
    "slow_body": (drips(http(b"", length=len(STUB_STATUS)), True), LATE, SOON),
    "reset_at_once": (reset_at_once, "reset|cut|closed"),
    "reset": (reset_after_request, "reset|cut|closed"),
    "silent_close": (answers(b""), "closed|cut|empty"),
    "not_found": (answers(http(HTML, "404 Not Found")), "404"),
    "forbidden": (answers(http(HTML, "403 Forbidden")), "403"),
    "error_with_a_valid_page": (answers(http(STUB_STATUS, "500 Internal Server Error")), "500"),
    "redirect": (answers(http(b"", "301 Moved Permanently", headers=["Location: /elsewhere"])),
                 "301.*/elsewhere|redirect.*/elsewhere"),
    "no_content": (answers(http(b"", "204 No Content")), "204"),
    "html": (answers(http(HTML)), "HTML"),
    "words": (answers(http(b"ok\n")), "no stub_status page.*ok"),
    "empty": (answers(http(b"")), "empty"),
    "cut_by_the_network": (answers(http(STUB_STATUS[:40], length=len(STUB_STATUS))),
                           "cut|closed|ended|length"),
    "cut_off_page": (answers(http(STUB_STATUS[:40])), "cut off|stub_status"),
    "trailing_garbage": (answers(http(STUB_STATUS + b"and more\n")), "follow|stub_status"),
    "numbers_too_long": (answers(http(STUB_STATUS.replace(b"350", b"9" * 30))), "64 bits"),
    "negative": (answers(http(STUB_STATUS.replace(b"350", b"-35"))), "stub_status"),
    "too_large": (answers(http(STUB_STATUS * 400)), "16384|16 KiB"),
    "endless": (streams(b"HTTP/1.0 200 OK\r\n\r\n", b" ", 1 << 40, True), "16384|16 KiB"),
    "endless_header": (streams(b"HTTP/1.0 200 OK\r\n", b"X: y\r\n", 1 << 30, True),
                       "header|large|HTTP"),
    "stats_over_http": (answers(http(stats_bytes())), "JSON|uWSGI"),
    "raw_stats": (says(stats_bytes()), "HTTP"),
    "raw_stats_after_request": (answers(stats_bytes()), "HTTP"),
    "binary": (says(bytes(range(256))), "HTTP"),
}


@pytest.mark.parametrize("front", fronts.NGINX)
@pytest.mark.parametrize("row", ROWS)
def test_bad_page(programs, bad, row, front):
    behaviour, reason, *timeout = ROWS[row]
    fronts.NGINX[front](programs, bad(behaviour).url, reason, *timeout)


@pytest.mark.parametrize("front", fronts.NGINX)
def test_refused(programs, dead_port, front):
    fronts.NGINX[front](programs, f"http://127.0.0.1:{dead_port}/stub_status", REFUSED)


@pytest.mark.parametrize("front", fronts.NGINX)
def test_missing_socket(programs, folder, front):
    fronts.NGINX[front](programs, f"unix:{folder}/none.sock:/stub_status", "no such socket file")


@pytest.mark.parametrize("front", fronts.NGINX)
def test_unknown_host(programs, front):
    fronts.NGINX[front](programs, "http://no-such-host.invalid/", "resolve.*no-such-host")


@pytest.mark.parametrize("front", fronts.NGINX)
@pytest.mark.parametrize("uri, reason", [
    ("/missing", "404"), ("/redirect", "301|redirect"), ("/page.html", "HTML"), ("/broken", "500"),
    ("/empty", "empty"), ("/private", "401"), ("/", "stub_status.*hello")])
def test_wrong_page_of_a_real_nginx(programs, nginx, front, uri, reason):
    fronts.NGINX[front](programs, f"http://127.0.0.1:{nginx.port}{uri}", reason)


@pytest.mark.parametrize("front", fronts.NGINX)
def test_nginx_that_was_stopped(programs, own_site, front):
    own_site.nginx.stop()
    fronts.NGINX[front](programs, own_site.nginx.status_url, REFUSED)


def test_a_page_is_asked_for_once(programs, bad):
    server = bad(answers(http(STUB_STATUS)))
    result = programs.check_nginx("--url", server.url)
    assert result.status == 0 and server.connections == 1, result
    request = server.received.decode()
    assert request.startswith("GET /stub_status HTTP/1.1\r\n") and request.count("GET") == 1
    assert f"Host: {server.address}\r\n" in request
    perfdata = result.perfdata()
    assert {name: perfdata[name] for name in ("active", "reading", "writing", "waiting")} == {
        "active": "7", "reading": "1", "writing": "2", "waiting": "4"}


@pytest.mark.parametrize("front", fronts.NGINX)
def test_the_password_is_never_shown(programs, bad, front):
    server = bad(answers(http(HTML, "401 Unauthorized")))
    target = f"http://monitor:very-secret@{server.address}/stub_status"
    fronts.NGINX[front](programs, target, "401")
    assert b"Authorization: Basic bW9uaXRvcjp2ZXJ5LXNlY3JldA==" in server.received
    for result in (programs.check_nginx("--url", target, "-v", "-v", "-v"),
                   programs.exporter("--once", "--nginx.scrape-uri", target, "--log.level=debug")):
        assert "very-secret" not in result.out + result.err


def test_text_of_the_server_cannot_forge_output(programs, bad):
    evil = b"x | active=1\nOK\x1b[31m'\"<>&$`\\\xff"
    server = bad(answers(http(evil)))
    check = programs.check_nginx("--url", server.url)
    assert check.status == 2 and check.out.count("\n") == 1
    assert "|" not in check.out.partition(" | ")[0]
    assert "active=" not in check.perfdata() and "\x1b" not in check.out
    exported = programs.exporter("--once", "--nginx.scrape-uri", server.url)
    assert exported.samples()["nginx_up"] == 0 and "\x1b" not in exported.out + exported.err
    munin = programs.munin(nginx=server.url)
    assert "\x1b" not in munin.out + munin.err and len(munin.err.splitlines()) == 1
