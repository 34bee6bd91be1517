# SPDX-License-Identifier: MIT
"""Status pages over TLS: which certificates of a real nginx are accepted, and what is said when not."""

import re
import subprocess

import pytest

import certificates
from certificates import SERVER_NAME
from demo.process import wait_until
from demo.site import Nginx, free_port
from ledger_kit import EXPORTER, ROOT, Reading

SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/self.pem;
        ssl_certificate_key {folder}/self.key;
        location = /stub_status {{
            stub_status;
        }}
    }}
"""

OTHER_NAME = "other.example.org"
UNKNOWN = r"certificate.*(unable to get local issuer|self.signed)|unable to get local issuer"
NO_MATCH = f"(no alternative certificate subject name matches|does not match).*{OTHER_NAME}"


@pytest.fixture(scope="module")
def self_signed(top, uwsgi):
    """The URL of an nginx whose certificate is nobody's but its own."""
    folder = top / "self"
    folder.mkdir()
    subprocess.run(["openssl", "req", "-x509", *certificates.NEW_KEY, "-keyout", folder / "self.key",
                    "-out", folder / "self.pem", "-days", "2", "-subj", f"/CN={SERVER_NAME}",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    port = free_port()
    server = Nginx(folder / "nginx", uwsgi("unix").nginx_app,
                   servers=SERVER.format(port=port, folder=folder))
    yield f"https://127.0.0.1:{port}/stub_status"
    server.stop()


@pytest.fixture(scope="module")
def other_ca(top):
    """An authority that signed nothing here."""
    return certificates.make(top / "other-ca")


@pytest.fixture
def url(nginx):
    """A certificate of `ca` for SERVER_NAME and 127.0.0.1."""
    return f"https://127.0.0.1:{nginx.pages.tls_port}/stub_status"


@pytest.fixture
def client_url(nginx):
    """The same, and the client has to show one too."""
    return f"https://127.0.0.1:{nginx.pages.client_tls_port}/stub_status"


@pytest.fixture
def check(programs):
    def run(target, *args, words=None):
        """The check is OK, or CRITICAL with these words."""
        result = programs.check_nginx("--url", target, "-t", "60", *args)
        if words is None:
            assert result.status == 0 and result.out.startswith("NGINX OK: "), result
            assert int(result.perfdata()["active"]) >= 1
        else:
            assert result.status == 2 and result.out.startswith("NGINX CRITICAL: "), result
            assert_says(result.out, words)
            assert "active=" not in result.out
        assert result.err == "" and len(result.lines()) == 1
    return run


@pytest.fixture
def export(programs):
    def run(target, *args, words=None):
        """The exporter says that nginx is up, or down and, in its log, these words."""
        result = programs.exporter("--once", "--nginx.scrape-uri", target,
                                   "--nginx.timeout", "60s", *args)
        samples = result.samples()
        assert result.status == 0 and samples["nginx_up"] == (words is None), result
        assert ("nginx_connections_active" in samples) == (words is None)
        if words is not None:
            assert_says(result.err, words)
    return run


def assert_says(text, words):
    assert re.search(words, text), f"expected /{words}/ in:\n{text}"


def test_self_signed(check, export, self_signed, top):
    check(self_signed, words=UNKNOWN)
    export(self_signed, words=UNKNOWN)
    own = top / "self" / "self.pem"
    check(self_signed, "--cafile", own)
    export(self_signed, "--nginx.ssl-ca-cert", own)


def test_authority(check, export, url, ca, other_ca):
    check(url, words=UNKNOWN)
    export(url, words=UNKNOWN)
    check(url, "--cafile", other_ca.ca, words=UNKNOWN)
    export(url, "--nginx.ssl-ca-cert", other_ca.ca, words=UNKNOWN)
    check(url, "--cafile", ca.ca)
    export(url, "--nginx.ssl-ca-cert", ca.ca)


def test_name(check, url, ca, other_ca):
    check(url, "--cafile", ca.ca, "--vhost", SERVER_NAME)
    check(url, "--cafile", ca.ca, "--vhost", OTHER_NAME, words=NO_MATCH)
    any_name = ["--vhost", OTHER_NAME, "--disable-sslverifyhostname"]
    check(url, "--cafile", ca.ca, *any_name)
    check(url, *any_name, words=UNKNOWN)
    check(url, "--cafile", other_ca.ca, *any_name, words=UNKNOWN)


def test_insecure(check, export, url, self_signed, other_ca):
    for target in (url, self_signed):
        check(target, "--insecure")
        check(target, "--insecure", "--vhost", OTHER_NAME)
        check(target, "--insecure", "--cafile", other_ca.ca)
        export(target, "--nginx.ssl-verify=false")


def test_client_certificate(check, export, client_url, ca, other_ca):
    wants = "HTTP 400 .*client certificate"
    check(client_url, "--cafile", ca.ca, words=wants)
    trusted = ["--nginx.ssl-ca-cert", ca.ca]
    export(client_url, *trusted, words=wants)
    export(client_url, *trusted, "--nginx.ssl-client-cert", ca.client_cert,
           "--nginx.ssl-client-key", ca.client_key)
    export(client_url, *trusted, "--nginx.ssl-client-cert", other_ca.client_cert,
           "--nginx.ssl-client-key", other_ca.client_key, words="HTTP 400")
    export(client_url, *trusted, "--nginx.ssl-client-cert", ca.client_cert,
           "--nginx.ssl-client-key", other_ca.client_key, words="private key|key values mismatch")


def test_side_by_side(programs, nginx, url, client_url, ca):
    """Sites of their own, so that TLS comes up in several threads at once."""
    targets = [url, client_url, nginx.status_url, url.replace("stub_status", "none")]
    result = programs.exporter("--once", "--nginx.ssl-ca-cert", ca.ca, "--nginx.timeout", "60s",
                               *(word for target in targets
                                 for word in ("--nginx.scrape-uri", target)))
    up = [value for series, value in result.samples().items() if series.startswith("nginx_up")]
    assert result.status == 0 and up == [1, 0, 1, 0], result
    assert_says(result.err, "HTTP 400")
    assert_says(result.err, "HTTP 404")


def test_ledger(ledger_reader, self_signed):
    """Where the connection has led is known, so nginx's sockets are."""
    def is_exact():
        result = ledger_reader.run(EXPORTER, ROOT, "--once", "--nginx.scrape-uri", self_signed,
                                   "--nginx.ssl-verify=false")
        assert result.status == 0, result
        reading = Reading(ROOT, result.samples(), result.err)
        assert reading.confidence != "unknown" and sum(reading.all_lines.values()) == 0, reading
        return reading.confidence == "exact"
    wait_until(is_exact, 60, "an exact ledger")
