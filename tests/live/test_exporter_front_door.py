# SPDX-License-Identifier: MIT
"""What the exporter lets in at its front door: requests that can be read in one way only, host names
that --web.hosts has, and a reload for those who were given it."""

import itertools
import pathlib
import re
import socket
import tempfile

import pytest

from exporter_kit import Exporter
from programs import Programs

METHODS = (b"GET", b"HEAD", b"POST", b"DELETE")
ANSWER_SECONDS = 60
BEHIND = b"GET /-/healthy HTTP/1.1\r\nHost: behind\r\n\r\n"


@pytest.fixture(scope="module")
def door(build, top):
    """One exporter for all heads: it must outlive each of them."""
    programs = Programs(build, pathlib.Path(tempfile.mkdtemp(dir=top)))
    server = Exporter(programs, "--nginx.scrape-uri", "http://127.0.0.1:9/", "--no-collect.ledger")
    yield server
    server.stop()


def talk(server, *sent):
    """What is answered until the exporter closes; each part is a segment of its own."""
    got = b""
    with socket.create_connection(("127.0.0.1", server.port), timeout=ANSWER_SECONDS) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for part in sent:
                line.sendall(part)
            while chunk := line.recv(65536):
                got += chunk
        except ConnectionError:
            pass
    return got


def head(method, *lines, target=b"/-/healthy", version=b"HTTP/1.1"):
    return b"\r\n".join((method + b" " + target + b" " + version, *lines, b"", b""))


CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"
# Lines of a head that must not be believed, and what follows the head.
BAD_LINES = {
    "a length beside a coding": ((b"Host: x", b"Content-Length: 5", b"Transfer-Encoding: chunked"),
                                 CHUNKS),
    "a coding beside a length": ((b"Host: x", b"Transfer-Encoding: chunked", b"Content-Length: 5"),
                                 CHUNKS),
    "a coding beside a length of nothing": ((b"Host: x", b"Content-Length: 0",
                                             b"transfer-encoding: chunked"), CHUNKS),
    "two lengths": ((b"Host: x", b"Content-Length: 5", b"Content-Length: 6"), b"hello!"),
    "the same length twice": ((b"Host: x", b"Content-Length: 5", b"content-length: 5"), b"hello"),
    "no length twice": ((b"Host: x", b"Content-Length: 0", b"Content-Length: 0"), b""),
    "a coding twice": ((b"Host: x", b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
                       CHUNKS),
    "no host": ((b"X-A: b",), b""),
    "no header": ((), b""),
    "two hosts": ((b"Host: x", b"Host: y"), b""),
    "the same host twice": ((b"Host: x", b"X-A: b", b"HOST: x"), b""),
    "a folded value": ((b"Host: x", b"X-A: b", b" c"), b""),
    "a folded value, by a tab": ((b"Host: x", b"X-A: b", b"\tc"), b""),
    "a folded host": ((b"Host: x", b" y"), b""),
    "a folded host, then another": ((b"Host: x", b" y", b"X-A: b"), b""),
    "a host in a fold": ((b"X-A: b", b" Host: x"), b""),
    "a fold of nothing": ((b"Host: x", b" "), b""),
    "a blank before the first name": ((b" Host: x",), b""),
    "no colon": ((b"Host: x", b"X-A"), b""),
    "no name": ((b"Host: x", b": b"), b""),
    "a blank in a name": ((b"Host: x", b"X A: b"), b""),
}
for _value in (b"", b"a b", b"a/b", b"a@b", b"a,b", b"http://a", b"a:b", b"a:1:2", b"a:65536", b":80",
               b"[::1", b"[x]", b"[::1]x", b"[]", b"::1", b"a\x80", b"a\tb", b"a\x01"):
    BAD_LINES[f"host {_value!r}"] = ((b"Host: " + _value,), b"")
for _value in (b"+5", b"-5", b"0x5", b"5, 5", b"5,5", b"5 5", b"", b"5a", b"5.0", b"\t", b"'5'",
               b"99999999999999999999", b"18446744073709551615", b"9" * 400):
    BAD_LINES[f"length {_value!r}"] = ((b"Host: x", b"Content-Length: " + _value), b"hello")
for _value in (b"gzip", b"gzip, chunked", b"chunked, gzip", b"identity", b"xchunked", b"chunked;x=1",
               b"", b"chunked, chunked", b"\"chunked\"", b"chunked\x0b"):
    BAD_LINES[f"coding {_value!r}"] = ((b"Host: x", b"Transfer-Encoding: " + _value), CHUNKS)
for _name in (b"Host", b"Content-Length", b"Transfer-Encoding", b"X-A"):
    for _blank in (b" ", b"\t", b"  "):
        _lines = (b"Host: x", b"X-B: c", _name + _blank + b": 5")
        BAD_LINES[f"{_name.decode()}{_blank!r}:"] = (_lines, b"hello")


def answers(got):
    return [int(status) for status in re.findall(rb"HTTP/1\.\d (\d\d\d) ", got)]


def is_refused(got):
    """400, or nothing, and the connection is closed: what came behind it is not looked at."""
    # libmicrohttpd 0.9 says the head of some of its own refusals twice.
    return not got or (got.startswith(b"HTTP/1.") and set(answers(got)) <= {400, 413})


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_head_that_can_be_read_in_two_ways(door, case):
    lines, body = BAD_LINES[case]
    for method in METHODS:
        got = talk(door, head(method, *lines) + body + BEHIND)
        assert is_refused(got), (method, got)


GOOD = head(b"GET", b"Host: x", b"X-A: b", b"Accept: */*")


@pytest.mark.parametrize("byte", (b"\0", b"\0\0", b"\r", b"\x01", b"\x7f", b"\0\0\0\0X"))
def test_a_byte_that_has_no_place_in_a_head(door, byte):
    """At every place of the head, and in two segments too: what came first has been looked at when
    the rest comes."""
    for place in range(len(GOOD) + (byte[0] == 0) - 1):
        if byte == b"\r" and GOOD[place:place + 1] == b"\r":
            continue  # at the end of a line; see below
        got = talk(door, GOOD[:place] + byte + GOOD[place:] + BEHIND)
        assert is_refused(got), (place, got)
    for place in range(1, len(GOOD), 7):
        got = talk(door, GOOD[:place], byte + GOOD[place:] + BEHIND)
        assert is_refused(got), (place, got)


def test_ends_of_lines(door):
    ends = [place for place in range(len(GOOD)) if GOOD[place:place + 2] == b"\r\n"]
    for place in ends:
        for instead in (b"\n", b"\r", b"\r\r\n", b"\n\r"):
            got = talk(door, GOOD[:place] + instead + GOOD[place + 2:] + BEHIND)
            if got == b"" and instead == b"\r" and place == ends[-1]:
                continue
            assert is_refused(got), (place, instead, got)
    got = talk(door, GOOD.replace(b"\r\n", b"\n") + BEHIND)
    assert is_refused(got), got


@pytest.mark.parametrize("line", (
    b"GET /-/healthy", b"GET  /-/healthy HTTP/1.1", b"GET /-/healthy  HTTP/1.1",
    b"GET /-/healthy HTTP/1.1 ", b"GET /-/ healthy HTTP/1.1", b"GET\t/-/healthy HTTP/1.1",
    b"GET /-/healthy\t HTTP/1.1", b"G(T /-/healthy HTTP/1.1", b"GET healthy HTTP/1.1",
    b"GET /-/healthy http/1.1", b"GET /-/healthy HTTP/1.10", b"GET /-/healthy HTTP/11",
    b"GET /-/healthy%00 HTTP/1.1", b"GET /-/healthy%0 HTTP/1.1", b"GET /%-/healthy%zz HTTP/1.1",
    b"GET http:/-/healthy HTTP/1.1", b"GET http:///-/healthy HTTP/1.1",
    b"GET http://a@x/-/healthy HTTP/1.1", b"GET http://a:b:c/-/healthy HTTP/1.1",
    b"GET ftp://x/-/healthy HTTP/1.1", b" GET /-/healthy HTTP/1.1",
))
def test_a_request_line_that_is_none(door, line):
    got = talk(door, line + b"\r\nHost: x\r\n\r\n" + BEHIND)
    # libmicrohttpd 1.0 sends the one with a blank in its path to the same without.
    assert is_refused(got) or got.startswith(b"HTTP/1.1 301 ") and b"/ healthy" in line, got
    assert b"200 OK" not in got


LAST = b"Connection: close"
LEGAL = {
    "a URL": (head(b"GET", b"Host: x", LAST, target=b"http://x/-/healthy"), 200),
    "a URL with a port": (head(b"GET", b"Host: x:1", LAST, target=b"HTTP://x:1/-/healthy?a"), 200),
    "a URL without a path": (head(b"GET", b"Host: x", LAST, target=b"http://[::1]:80"), 200),
    "a URL of TLS": (head(b"HEAD", b"Host: x", LAST, target=b"https://x/-/ready"), 200),
    "HTTP/1.0": (head(b"GET", version=b"HTTP/1.0"), 200),
    "HTTP/1.0 with a host": (head(b"GET", b"Host: x", version=b"HTTP/1.0"), 200),
    "HTTP/1.0 with a body": (head(b"POST", b"Content-Length: 5", version=b"HTTP/1.0") + b"hello",
                             405),
    "chunks": (head(b"POST", b"Host: x", b"Transfer-Encoding: chunked", LAST) + CHUNKS, 405),
    "chunks in capitals": (head(b"POST", b"Host: x", b"TRANSFER-ENCODING: Chunked", LAST) + CHUNKS,
                           405),
    "a length": (head(b"POST", b"Host: x", b"Content-Length: 5", LAST) + b"hello", 405),
    "a length of nothing": (head(b"GET", b"Host: x", b"Content-Length: 0", LAST), 200),
    "a long length": (head(b"GET", b"Host: x", b"Content-Length: 000", LAST), 200),
    "no blank": (head(b"GET", b"Host:x", LAST), 200),
    "blanks": (head(b"GET", b"Host: \t x \t ", b"X-A: \t", LAST), 200),
    "an empty value": (head(b"GET", b"X-A:", b"Host: x", b"X-B: ", LAST), 200),
    "cookies": (head(b"GET", b"Host: x", b"Cookie: a=b; c=\"d\"; e", b"X-A: b", LAST), 200),
    "Latin": (head(b"GET", b"Host: x", b"X-A: \xe4", LAST), 200),
    "an empty line before": (b"\r\n" + head(b"GET", b"Host: x", LAST), 200),
    "a query": (head(b"GET", b"Host: x", LAST, target=b"/-/healthy?a=%00&b=%zz&&=?/"), 200),
    "a letter in hexadecimal": (head(b"GET", b"Host: x", LAST, target=b"/%2D/he%61lthy"), 200),
    "twice in hexadecimal": (head(b"GET", b"Host: x", LAST, target=b"/%252d/healthy"), 404),
    "an asterisk": (head(b"OPTIONS", b"Host: x", LAST, target=b"*"), 404),
    "a long head": (head(b"GET", b"Host: x", *[b"X-%d: y" % i for i in range(60)], LAST), 200),
    "a very long line": (head(b"GET", b"Host: x", b"X-A: " + b"b" * 8000, LAST), 200),
}
for _value in (b"[::1]", b"[::1]:9113", b"[fd00::7]", b"[::ffff:10.0.0.1]:1", b"127.0.0.1:9113", b"a:",
               b"web_1", b"a.example.org.", b"A.Example.org:65535", b"xn--bcher-kva.example"):
    LEGAL[f"host {_value.decode()}"] = (head(b"GET", b"Host: " + _value, LAST), 200)


@pytest.mark.parametrize("case", LEGAL)
def test_what_is_odd_and_legal(door, case):
    sent, status = LEGAL[case]
    for parts in ((sent,), (sent[:20], sent[20:41], sent[41:]), (sent[:-1], sent[-1:])):
        got = talk(door, *parts)
        assert got.startswith(b"HTTP/1.1 %d " % status), got
        assert len(answers(got)) == 1


def test_many_good_ones_in_a_row(door):
    good = [GOOD, head(b"GET", b"Host: x", b"Content-Length: 3") + b"abc",
            head(b"POST", b"Host: x", b"Content-Length: 3") + b"abc"]
    many = b"".join(itertools.islice(itertools.cycle(good), 60))
    got = talk(door, many + head(b"GET", b"Host: x", LAST))
    assert got.count(b"HTTP/1.1 200 OK\r\n") == 41 and got.count(b"HTTP/1.1 405 ") == 20
    for bad in (head(b"GET", b"Host: x", b"Host: x"), GOOD[:-6] + b"\0" + GOOD[-6:]):
        got = talk(door, many + bad)
        assert got.count(b"HTTP/1.1 200 OK\r\n") == 40 and got.count(b"HTTP/1.1 405 ") == 20
        assert got.count(b"HTTP/1.1 400 ") <= 1


def test_nothing_behind_chunks(door):
    """Where they end depends on who reads them."""
    got = talk(door, head(b"POST", b"Host: x", b"Transfer-Encoding: chunked") + CHUNKS + BEHIND)
    assert answers(got) == [405]


# ---- reload --------------------------------------------------------------------------------------

@pytest.fixture
def config(folder):
    path = folder / "sites.yml"
    path.write_text("sites: {one: {nginx: 'http://127.0.0.1:9/'}}\n")
    return path


def test_a_reload_must_be_turned_on(exporter, config):
    server = exporter("--config.file", config)
    config.write_text("{]")
    for method in ("POST", "PUT"):
        status, headers, body = server.ask("/-/reload", method)
        assert status == 403 and b"Lifecycle API is not enabled" in body
        assert headers["Content-Type"].startswith("text/plain")
    assert server.ask("/-/reload")[0] == 405
    assert "level=error" not in server.process.log_text()


def test_a_reload_under_its_one_name(exporter, config):
    server = exporter("--config.file", config, "--web.enable-lifecycle")
    for uri, status in (("/-/reload", 200), ("/%2d/reload", 200), ("/-/%72eload", 200),
                        ("/%252d/reload", 404), ("/%252D/reload", 404), ("/-/reload/", 404),
                        ("/-%2freload", 200), ("/-%252freload", 404), ("//-/reload", 404),
                        ("/x/../-/reload", 404), ("/-/reload%00", 400), ("/-/reload?x", 200)):
        assert server.ask(uri, "POST")[0] == status, uri


@pytest.mark.parametrize("headers, status", (
    ({}, 200),
    ({"Origin": "http://{host}"}, 200),
    ({"Origin": "https://{host}"}, 200),
    ({"Origin": "http://{host}", "Sec-Fetch-Site": "same-origin"}, 200),
    ({"Sec-Fetch-Site": "none"}, 200),
    ({"Origin": "null"}, 403),
    ({"Origin": ""}, 403),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "http://{host}.evil.example"}, 403),
    ({"Origin": "http://127.0.0.1"}, 403),
    ({"Origin": "file://"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": "http://{host}", "Sec-Fetch-Site": "cross-site"}, 403),
))
def test_a_reload_of_another_page(exporter, config, headers, status):
    server = exporter("--config.file", config, "--web.enable-lifecycle")
    host = f"127.0.0.1:{server.port}"
    headers = {name: value.format(host=host) for name, value in headers.items()}
    for method in ("POST", "PUT"):
        assert server.ask("/-/reload", method, headers)[0] == status
    # Reading is not concerned.
    assert server.ask("/-/healthy", headers=headers)[0] == 200


# ---- host names ----------------------------------------------------------------------------------

def under(server, host, uri="/metrics"):
    return server.ask(uri, headers={"Host": host})[0]


def test_host_names(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger", "--web.hosts",
                      "web1.example.org,*.Example.net", "--web.hosts", "web2:9113")
    for host in ("web1.example.org", "WEB1.example.org", "web1.example.org.", "web1.example.org:80",
                 "a.example.net", "a.b.example.net:9113", "web2:9113", "127.0.0.1", "10.0.0.7:9113",
                 "[::1]:9113", "[fd00::1]", "localhost", "LocalHost:1", "a.localhost"):
        assert under(server, host) == 200, host
    for host in ("evil.example", "web1.example.org.evil.example", "example.net", "web2", "web2:80",
                 "xweb1.example.org", "localhost.evil.example", "127.0.0.1.evil.example", "1", "127.1",
                 "0x7f000001"):
        for uri in ("/", "/metrics", "/api/v1/sites", "/-/healthy", "/probe?target=x", "/nothing"):
            assert under(server, host, uri) == 421, (host, uri)
    # The name in a URL counts, and so does the header beside it.
    for url, host in ((b"http://evil.example/metrics", b"127.0.0.1"),
                      (b"http://127.0.0.1/metrics", b"evil.example")):
        got = talk(server, head(b"GET", b"Host: " + host, LAST, target=url))
        assert got.startswith(b"HTTP/1.1 421 "), got
    assert talk(server, head(b"GET", version=b"HTTP/1.0")).startswith(b"HTTP/1.1 200 ")
    assert server.samples()["connledger_exporter_requests_misdirected_total"] == 11 * 6 + 2
    # Once in a minute.
    assert server.process.log_text().count("not among --web.hosts") in (1, 2)
    assert 'host=evil.example' in server.process.log_text()


def test_any_host_name_without_the_option(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger")
    assert under(server, "evil.example") == 200


@pytest.mark.parametrize("text", ("", "a b", "http://a", "a/24x", "*", "*.", "a,,b", "a:x", "a:0",
                                  "a:65536", "*.*.a", "-a", "127.1"))
def test_bad_host_names(programs, text):
    result = programs.exporter("--web.hosts", text, "--check-config")
    assert result.status == 2 and "--web.hosts" in result.err, result
