# SPDX-License-Identifier: MIT
"""/probe of an http target of which nobody has said what it is: how often it is asked, and what the
log says of one that is neither."""

import urllib.parse

import pytest

import answers
import behaviours

HTML = answers.http(answers.HTML)
LONG = answers.stats_bytes(workers=[answers.worker(number) for number in range(1, 200)])
NEITHER = "and it is not the JSON of a uWSGI stats server either"


@pytest.fixture
def prober(exporter, folder):
    path = folder / "probes.yml"
    path.write_text("modules:\n"
                    "  default: {targets: [127.0.0.1]}\n"
                    "  pages: {targets: [127.0.0.1], kind: nginx}\n", encoding="utf-8")
    return exporter("--config.file", path, "--log.level", "debug")


def samples(server, target, module="default"):
    status, body = server.get("/probe?" + urllib.parse.urlencode(
        {"target": target, "module": module}))
    assert status == 200, body
    return {series: float(value) for series, _, value in
            (line.rpartition(" ") for line in body.splitlines() if line[0] != "#")}


@pytest.mark.parametrize("answer, words", [
    (HTML, "an HTML page instead of stub_status"),
    (answers.http(b"hello\n"), r'no stub_status page: it begins \"hello\"'),
    (answers.http(b""), "an empty page instead of stub_status"),
    (answers.http(answers.STUB_STATUS[:60]), "is cut off after 60 bytes"),
])
def test_neither(prober, bad, answer, words):
    """It is asked once, and the log says what came and what was expected."""
    server = bad(behaviours.answers(answer))
    seen = samples(prober, server.url)
    assert seen["nginx_up"] == 0 and not [name for name in seen if name.startswith("uwsgi_")]
    assert server.connections == 1
    line = prober.process.log_text().splitlines()[-1]
    assert 'level=debug msg="probed target is down"' in line and "reason=parse" in line
    assert f"target={server.url}" in line and words in line and NEITHER in line


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "502 Bad Gateway"])
def test_an_error_of_http(prober, bad, status):
    """That says more than what is in it."""
    server = bad(behaviours.answers(answers.http(answers.stats_bytes(), status=status)))
    assert samples(prober, server.url)["nginx_up"] == 0
    assert server.connections == 1
    line = prober.process.log_text().splitlines()[-1]
    assert "reason=http_status" in line and f"HTTP {status}" in line and NEITHER not in line


def test_a_module_that_says_what_it_is(prober, bad):
    for answer in (HTML, answers.http(answers.stats_bytes())):
        server = bad(behaviours.answers(answer))
        assert samples(prober, server.url, module="pages")["nginx_up"] == 0
        assert server.connections == 1
        assert NEITHER not in prober.process.log_text()


@pytest.mark.parametrize("body", [answers.stats_bytes(), b"\r\n " + answers.stats_bytes(), LONG])
def test_json_is_asked_for_again(prober, bad, body):
    server = bad(behaviours.answers(answers.http(body)))
    seen = samples(prober, server.url)
    assert seen["uwsgi_up"] == 1 and "nginx_up" not in seen
    assert server.connections == 2
    assert "down" not in prober.process.log_text()


@pytest.mark.parametrize("body", [b'{"status": "fine"}', b'{"version": "2.0.21", "workers": ['])
def test_json_of_somebody_else(prober, bad, body):
    """A stats server that is down, not an nginx."""
    server = bad(behaviours.answers(answers.http(body)))
    seen = samples(prober, server.url)
    assert seen["uwsgi_up"] == 0 and "nginx_up" not in seen
    assert server.connections == 2
    line = prober.process.log_text().splitlines()[-1]
    assert 'msg="probed target is down"' in line and "reason=parse" in line


def test_a_long_page(prober, bad):
    server = bad(behaviours.answers(answers.http(answers.HTML * 1000)))
    assert samples(prober, server.url)["nginx_up"] == 0
    line = prober.process.log_text().splitlines()[-1]
    assert "reason=too_large" in line and NEITHER in line


def test_a_page_is_asked_for_once(prober, bad):
    server = bad(behaviours.answers(answers.http(answers.STUB_STATUS)))
    assert samples(prober, server.url)["nginx_up"] == 1
    assert server.connections == 1
