# SPDX-License-Identifier: MIT
"""The exporter's HTTP: which form an answer has, which paths and methods there are, where it
listens, what it tells systemd, and how it ends."""

import fcntl
import gzip
import http.client
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import termios

import pytest

from behaviours import hung, slow_status_page
from conftest import ROOT
from demo.process import StartFailed, free_port, wait_until
from demo.site import UnixHTTPConnection, http_get

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROTOBUF = ("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
            "encoding=delimited")
PAGES = ("/", "/api/v1/sites", "/-/healthy", "/-/ready")
# Starts a program with a listening socket as its descriptor 3, as systemd does.
ACTIVATE = """
import os, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.dup2(listener.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", NOTIFY_SOCKET=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


def assets(page):
    """The files that a page asks for."""
    return re.findall(r'(?:href|src)="\.(/[^"]*\.(?:css|js))"', page)


@pytest.fixture
def server(exporter, nginx, uwsgi):
    return exporter("--nginx.scrape-uri", nginx.status_url, "--uwsgi.stats-uri",
                    uwsgi("unix").target)


@pytest.mark.parametrize("accept, content_type", [
    ("*/*", TEXT),
    ("text/html", TEXT),
    ("", TEXT),
    ("text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"),
    ("application/openmetrics-text;version=1.0.0,text/plain;q=0.5", OPENMETRICS),
    ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", TEXT),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
     "text/plain;q=0.5", PROTOBUF),
    ("x/y;q=0.1," * 740 + "application/openmetrics-text;version=1.0.0", OPENMETRICS),
])
def test_the_form_that_was_asked_for(server, accept, content_type):
    status, headers, _ = server.ask("/metrics", headers={"Accept": accept})
    assert status == 200 and headers["Content-Type"] == content_type
    assert headers["Vary"] == "Accept, Accept-Encoding"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_accept_in_several_lines(server):
    connection = server.connect()
    connection.putrequest("GET", "/metrics")
    connection.putheader("Accept", "image/png")
    connection.putheader("Accept", "application/openmetrics-text;version=1.0.0")
    connection.endheaders()
    assert connection.getresponse().headers["Content-Type"] == OPENMETRICS
    connection.close()


def test_gzip(server):
    for uri in ("/metrics", "/"):
        plain = server.ask(uri)
        packed = server.ask(uri, headers={"Accept-Encoding": "gzip"})
        assert plain[1]["Content-Encoding"] is None and packed[1]["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in packed[1]["Vary"]
        assert int(packed[1]["Content-Length"]) == len(packed[2]) < len(plain[2]) / 2
        assert gzip.decompress(packed[2])[:40] == plain[2][:40]
    refused = server.ask("/metrics", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert refused[1]["Content-Encoding"] is None


def test_head_is_get_without_the_body(server):
    for uri in (*PAGES, *assets(server.ask("/")[2].decode())):
        got, asked = server.ask(uri), server.ask(uri, "HEAD")
        assert asked[0] == got[0] == 200 and asked[2] == b""
        for name in ("Content-Type", "Vary", "Cache-Control", "Content-Security-Policy",
                     "X-Content-Type-Options"):
            assert asked[1][name] == got[1][name]
        assert int(asked[1]["Content-Length"]) > 0
        if uri.startswith("/page") or uri.startswith("/-/"):
            assert asked[1]["Content-Length"] == got[1]["Content-Length"] == str(len(got[2]))
    asked = server.ask("/metrics", "HEAD")
    assert asked[0] == 200 and asked[2] == b"" and int(asked[1]["Content-Length"]) > 1000


def test_other_methods(server):
    for uri in (*PAGES, *assets(server.ask("/")[2].decode()), "/metrics"):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            status, headers, _ = server.ask(uri, method, body=b"x" * 100)
            assert status == 405 and headers["Allow"] == "GET, HEAD"
    for method in ("GET", "HEAD", "DELETE"):
        status, headers, _ = server.ask("/-/reload", method)
        assert status == 405 and headers["Allow"] == "POST, PUT"


def test_paths(server):
    for uri in ("/nothing", "/metrics/", "//metrics", "/metrics.txt", "/page", "/../etc/passwd",
                "/%2e%2e/etc/passwd", "/-/", "/METRICS"):
        status, headers, body = server.ask(uri)
        assert (status, body) == (404, b"not found\n")
        assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert server.ask("/metrics?name[]=x&unheard=of&=&%")[0] == 200
    assert server.ask("/-/ready?x")[2] == b"ok\n"


def test_the_page_may_use_only_what_is_here(server):
    policy = server.ask("/")[1]["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    assert server.ask("/")[1]["Cache-Control"] == "no-store"
    assert server.ask("/api/v1/sites")[1]["Content-Type"].startswith("application/json")
    css, script = assets(server.ask("/")[2].decode())
    assert server.ask(css)[1]["Content-Type"] == "text/css; charset=utf-8"
    assert server.ask(script)[1]["Content-Type"] == "text/javascript; charset=utf-8"


def test_the_pages_files_are_kept_under_a_path_of_their_own(server):
    """The path tells what is in them: an old one is never taken for a new one."""
    found = assets(server.ask("/")[2].decode())
    folder = "/page-" + subprocess.run(
        "cat prometheus_exporter/page/* | sha256sum", shell=True, cwd=ROOT, check=True,
        capture_output=True, text=True).stdout[:12]
    assert found == [f"{folder}/page.css", f"{folder}/page.js"]
    imported = re.findall(rb'^import .* from "\./(.*)";', server.ask(found[1])[2], re.M)
    assert imported == [b"page_site.js"]
    for uri in (*found, f"{folder}/{imported[0].decode()}"):
        status, headers, _ = server.ask(uri)
        assert status == 200 and headers["Cache-Control"] == "max-age=31536000, immutable"
    for uri in ("/page.js", "/page-000000000000/page.js", folder, folder + "/"):
        assert server.ask(uri)[0] == 404


def test_bodies(server):
    for length, status in ((16 * 1024, 405), (16 * 1024 + 1, 413), (1 << 30, 413)):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                               % length)
            if status == 405:
                connection.sendall(b"x" * length)
            assert connection.recv(12) == b"HTTP/1.1 %d" % status
    for chunks, status in ((4, 405), (5, 413)):
        connection = server.connect()
        connection.request("POST", "/metrics", body=iter([b"x" * 4096] * chunks),
                           encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
        assert connection.getresponse().status == status
        connection.close()


def test_pipelined_requests(server):
    wanted = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" * 30 + \
        b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 3 + \
        b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(wanted)
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
    assert got.count(b"HTTP/1.1 200 OK\r\n") == 33 and got.count(b"\nnginx_up 1\n") == 3
    assert got.endswith(b"not found\n")


def test_probe_says_what_is_wrong(server):
    for query, expected in (("", 400), ("?target=", 400), ("?module=x", 400),
                            ("?target=ftp://x/", 403), ("?target=http://127.0.0.1/", 403)):
        status, headers, body = server.ask("/probe" + query)
        assert status == expected and body.count(b"\n") == 1 and len(body) > 10
        assert headers["Content-Type"] == "text/plain; charset=utf-8"


# ---- where it listens ---------------------------------------------------------------------------

def test_unix_socket_beside_tcp(exporter, nginx, folder):
    path = folder / "exporter.sock"
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--web.listen-address",
                      f"unix:{path}")
    mode = path.stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660
    assert server.get("/-/ready")[0] == 200
    status, body = http_get(UnixHTTPConnection(path), "/metrics")
    assert status == 200 and b"\nnginx_up 1\n" in body
    server.process.signal(signal.SIGTERM)
    assert server.process.wait_end() == 0
    assert not path.exists()


def test_unix_socket_of_the_dead_and_of_the_living(exporter, nginx, folder):
    path = folder / "exporter.sock"
    first = exporter("--nginx.scrape-uri", nginx.status_url, listen=f"unix:{path}")
    with pytest.raises(StartFailed, match="in use"):
        exporter("--nginx.scrape-uri", nginx.status_url, listen=f"unix:{path}")
    assert http_get(UnixHTTPConnection(path), "/-/healthy")[0] == 200
    first.process.signal(signal.SIGKILL)
    first.process.wait_end()
    assert path.exists()
    exporter("--nginx.scrape-uri", nginx.status_url, listen=f"unix:{path}")
    assert http_get(UnixHTTPConnection(path), "/-/healthy")[0] == 200


def test_a_file_that_is_no_socket_stays(exporter, nginx, folder):
    path = folder / "precious"
    path.write_text("kept")
    with pytest.raises(StartFailed, match="it is not a socket"):
        exporter("--nginx.scrape-uri", nginx.status_url, listen=f"unix:{path}")
    assert path.read_text() == "kept"


def test_two_addresses(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--web.listen-address",
                      f"[::1]:{(port := free_port('::1'))}")
    assert http_get(http.client.HTTPConnection("::1", port, timeout=60), "/metrics")[0] == 200


def test_who_wants_no_metrics_does_not_wait_for_targets_that_hang(exporter, bad):
    """With as many collections as there may be, and more who wait: at both addresses."""
    target = bad(hung)
    port = free_port("::1")
    server = exporter("--nginx.scrape-uri", target.url, "--nginx.timeout", "600s",
                      "--web.listen-address", f"[::1]:{port}")
    asking = []
    while len(asking) < 6:
        asking.append(server.connect())
        asking[-1].request("GET", "/metrics")
        if len(asking) <= 4:
            wait_until(lambda: target.connections >= len(asking), 60, "one more collection")
    for _ in range(30):
        for path in ("/-/healthy", "/-/ready"):
            assert server.get(path)[0] == 200
            assert http_get(http.client.HTTPConnection("::1", port, timeout=60), path)[0] == 200
    assert target.connections == 4
    for connection in asking:
        connection.close()


# ---- the end ------------------------------------------------------------------------------------

def unread(connection):
    """How many bytes of the request on a UNIX socket the server has not read yet."""
    held = fcntl.ioctl(connection.sock, termios.TIOCOUTQ, b"\0" * 4)
    return int.from_bytes(held, sys.byteorder)


def test_sigterm_answers_what_was_asked(exporter, folder, bad):
    path = folder / "exporter.sock"
    slow = bad(slow_status_page(0.3))
    server = exporter("--nginx.scrape-uri", slow.url,
                      "--web.listen-address", f"unix:{path}")
    asking = [UnixHTTPConnection(path, timeout=60) for _ in range(3)]
    for connection in asking:
        connection.request("GET", "/metrics")
    wait_until(lambda: b"\r\n\r\n" in slow.received and not any(map(unread, asking)), 20,
               "three requests that are read, and the question to nginx")
    server.process.signal(signal.SIGTERM)
    for connection in asking:
        answer = connection.getresponse()
        assert answer.status == 200 and b"\nnginx_up 1\n" in answer.read()
        connection.close()
    assert server.process.wait_end() == 0 and not path.exists()


def test_sigterm_does_not_wait_for_a_target_that_hangs(exporter, folder, bad):
    path = folder / "exporter.sock"
    target = bad(hung)
    server = exporter("--nginx.scrape-uri", target.url,
                      "--nginx.timeout", "60s", "--web.listen-address", f"unix:{path}")
    connection = server.connect()
    connection.request("GET", "/metrics")
    wait_until(lambda: target.received, 20, "the question to nginx")
    server.process.signal(signal.SIGTERM)
    assert server.process.wait_end() == 0 and not path.exists()
    connection.close()


# ---- systemd ------------------------------------------------------------------------------------

def test_systemd(exporter, nginx, folder):
    port = free_port()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(folder / "notify"))
        told.settimeout(60)
        server = exporter(
            "--nginx.scrape-uri", nginx.status_url, "--web.systemd-socket",
            wrapper=[sys.executable, "-c", ACTIVATE, str(port), str(folder / "notify")])
        message = told.recv(1000).split(b"\n")
        assert message[0] == b"READY=1" and message[1].startswith(b"STATUS=")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        assert b"\nnginx_up 1\n" in http_get(connection, "/metrics")[1]
        with pytest.raises(ConnectionRefusedError):
            server.get("/-/healthy")  # systemd's sockets instead of its own
        with open(f"/proc/{server.process.pid}/fdinfo/3", encoding="ascii") as info:
            flags = int(next(line for line in info if line.startswith("flags")).split()[1], 8)
        assert flags & os.O_NONBLOCK and flags & os.O_CLOEXEC
        server.process.signal(signal.SIGTERM)
        assert told.recv(1000).startswith(b"STOPPING=1\n")
        assert server.process.wait_end() == 0
