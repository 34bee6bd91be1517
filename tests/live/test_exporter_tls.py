# SPDX-License-Identifier: MIT
"""The exporter over TLS: who is let in, what is spoken, certificates that change, a real Prometheus."""

import http.client
import re
import socket
import ssl
import subprocess

import pytest

import web_kit
from demo.process import wait_until
from starting import starting
from web_kit import Authority, HASH, PASSWORD, curl

CHANGE_SECONDS = 30
RSA = ("-newkey", "rsa:2048")
OLD_OPENSSL = ("--ciphers", "DEFAULT:@SECLEVEL=0")  # lets curl speak TLS 1.0 and 1.1 at all
CLIENTS = ("alice", "expired", "foreign", "self_signed", "no_client", None)


@pytest.fixture(scope="module")
def authority(top):
    made = Authority(top / "web-ca")
    made.server("server")
    made.server("rsa", new_key=RSA)
    made.client("alice", "DNS:alice.example.org,IP:192.0.2.7,email:alice@example.org,"
                "URI:spiffe://example.org/alice")
    made.client("expired", expired=True)
    made.issue("no_client", "extendedKeyUsage=serverAuth")
    other = Authority(top / "web-other-ca")
    other.client("foreign", "DNS:alice.example.org")
    for end in ("pem", "key"):
        (made.folder / f"foreign.{end}").write_bytes((other.folder / f"foreign.{end}").read_bytes())
    subprocess.run(["openssl", "req", "-x509", *web_kit.NEW_KEY, "-keyout",
                    made.folder / "self_signed.key", "-out", made.folder / "self_signed.pem",
                    "-days", "2", "-subj", "/CN=alice"], check=True, capture_output=True)
    return made


def tls(authority, more="", server="server"):
    return (f"tls_server_config:\n  cert_file: {authority.folder}/{server}.pem\n"
            f"  key_file: {authority.folder}/{server}.key\n{more}")


@pytest.fixture
def serve(programs, folder, authority):
    def make(more="", *args, server="server"):
        return web_kit.WebExporter(programs, folder, tls(authority, more, server), *args)
    with starting(make) as start:
        yield start


@pytest.fixture
def ask(authority):
    def run(server, *args, client=None, path="/-/healthy"):
        shown = () if client is None else ("--cert", authority.folder / f"{client}.pem",
                                           "--key", authority.folder / f"{client}.key")
        return curl(server.url(path, "https"), "--cacert", authority.cert, *shown, *args)
    return run


def assert_refused(answer):
    """No answer, and not because nobody could be reached. (60 is what curl makes of the alert that
    the client's authority is unknown.)"""
    assert answer.status == 0 and answer.curl in (35, 52, 55, 56, 60, 98), answer


def test_without_client_certificates(serve, ask):
    server = serve()
    for client in (None, "alice", "expired"):
        assert ask(server, client=client).body == "ok\n"
    assert "nginx_up" in ask(server, path="/metrics").body
    assert curl(server.url("/", "https")).curl == 60  # an authority that curl does not know
    assert "tls=true" in server.log()


@pytest.mark.parametrize("kind, welcome", (
    ("RequestClientCert", CLIENTS),
    ("RequireAnyClientCert", CLIENTS[:-1]),
    ("RequireClientCert", CLIENTS[:-1]),
    ("VerifyClientCertIfGiven", ("alice", None)),
    ("RequireAndVerifyClientCert", ("alice",))))
@pytest.mark.parametrize("version", ("1.2", "1.3"))
def test_client_certificates(serve, ask, authority, kind, welcome, version):
    server = serve(f"  client_auth_type: {kind}\n  client_ca_file: {authority.cert}\n")
    versions = ("--tlsv" + version, "--tls-max", version)
    for client in CLIENTS:
        answer = ask(server, *versions, client=client)
        if client in welcome:
            assert answer.status == 200 and answer.body == "ok\n", client
        else:
            assert_refused(answer)
    log = server.log()
    assert log.count('msg="client certificate refused"') == len(CLIENTS) - len(welcome)
    if kind == "RequireAndVerifyClientCert":
        assert "expired" in log and "it has shown none" in log


def test_clients_are_told_whom_the_server_trusts(serve, authority):
    server = serve("  client_auth_type: VerifyClientCertIfGiven\n"
                   f"  client_ca_file: {authority.cert}\n")
    told = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert re.search(r"client certificate CA names\n.*connledger test CA", told.stdout.decode())


def test_names_of_clients(serve, ask, authority):
    def config(names, kind="RequireAndVerifyClientCert"):
        return (f"  client_auth_type: {kind}\n  client_ca_file: {authority.cert}\n"
                f"  client_allowed_sans: {names}\n")
    for name in ("alice.example.org", "192.0.2.7", "alice@example.org",
                 "spiffe://example.org/alice"):
        server = serve(config([name, "nobody.example.org"]))
        assert ask(server, client="alice").status == 200, name
        server.stop()
    server = serve(config(["Alice.example.org", "alice", "example.org", "192.0.2.70"]))
    assert_refused(ask(server, client="alice"))
    assert "none of its names is among client_allowed_sans" in server.log()
    server.stop()
    server = serve(config(["alice.example.org"], "RequireAnyClientCert"))
    assert ask(server, client="foreign").status == 200
    assert_refused(ask(server, client="expired"))


def test_versions(serve, ask):
    def spoken(server):
        return [version for version in ("1.0", "1.1", "1.2", "1.3")
                if ask(server, "--tlsv" + version, "--tls-max", version, *OLD_OPENSSL).status == 200]
    for more, versions in (("", ["1.2", "1.3"]),
                           ("  min_version: TLS10\n  max_version: TLS12\n", ["1.0", "1.1", "1.2"]),
                           ("  min_version: TLS13\n", ["1.3"]),
                           ("  max_version: TLS12\n", ["1.2"])):
        server = serve(more, server="rsa")
        assert spoken(server) == versions, more
        server.stop()


def test_suites_and_curves(serve, ask):
    server = serve("  max_version: TLS12\n  curve_preferences: [CurveP384, CurveP256]\n"
                   "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,"
                   " TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA]\n", server="rsa")
    for cipher, good in (("ECDHE-RSA-AES256-GCM-SHA384", True), ("ECDHE-RSA-AES128-SHA", True),
                         ("ECDHE-RSA-AES128-GCM-SHA256", False), ("AES256-GCM-SHA384", False),
                         ("ECDHE-RSA-CHACHA20-POLY1305", False), ("ECDHE-RSA-AES256-SHA", False)):
        assert (ask(server, "--ciphers", cipher).status == 200) == good, cipher
    for curve, good in (("P-256", True), ("P-384", True), ("X25519", False), ("P-521", False)):
        assert (ask(server, "--curves", curve).status == 200) == good, curve


def test_a_certificate_is_renewed(serve, ask, authority):
    authority.server("renewed")
    server = serve(server="renewed")
    before = web_kit.serial_of(server, authority)
    context = ssl.create_default_context(cafile=authority.cert)
    running = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=60, context=context)
    running.request("GET", "/-/healthy")
    assert running.getresponse().read() == b"ok\n"
    authority.server("renewed")
    wait_until(lambda: web_kit.serial_of(server, authority) != before, CHANGE_SECONDS, "the change")
    # Whoever was connected before still is.
    running.request("GET", "/-/healthy")
    assert running.getresponse().read() == b"ok\n"
    running.close()
    # A key without its certificate: the pair from before stays.
    pair = [authority.folder / f"renewed.{end}" for end in ("pem", "key")]
    kept = web_kit.serial_of(server, authority)
    good = pair[1].read_bytes()
    pair[1].write_bytes((authority.folder / "rsa.key").read_bytes())
    wait_until(lambda: ask(server).status and "does not belong" in server.log(), CHANGE_SECONDS,
               "the change")
    assert web_kit.serial_of(server, authority) == kept
    pair[1].write_bytes(good)
    wait_until(lambda: ask(server).status and
               server.log().count('msg="web configuration is read again"') >= 2, CHANGE_SECONDS,
               "the change")


def test_rules_for_clients_change(serve, ask, authority):
    server = serve()
    assert ask(server).status == 200
    server.write(tls(authority, "  client_auth_type: RequireAndVerifyClientCert\n"
                     f"  client_ca_file: {authority.cert}\n  min_version: TLS13\n"))
    wait_until(lambda: ask(server).status == 0, CHANGE_SECONDS, "the change")
    assert_refused(ask(server))
    assert ask(server, client="alice").status == 200
    assert_refused(ask(server, "--tls-max", "1.2", client="alice"))
    server.write("rate_limit: {interval: 0}\n")
    wait_until(lambda: ask(server, client="alice").status and "needs a restart" in server.log(),
               CHANGE_SECONDS, "the change")
    assert curl(server.url()).status == 0


def test_whoever_does_not_speak_tls(serve, ask):
    server = serve()
    assert_refused(curl(server.url()))
    for bytes_ in (b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 508,
                   b"\x80\x2e\x01\x00\x02" + b"a" * 44, b"\0" * 5000):
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
            connection.sendall(bytes_)
            assert ask(server).body == "ok\n"
    assert ask(server).body == "ok\n"


def test_a_handshake_that_does_not_end(serve, ask):
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall(b"\x16\x03\x01\x02")
        assert ask(server).body == "ok\n"
        assert connection.recv(1) == b""


def test_a_real_prometheus(serve, authority, folder, ask):
    server = serve("  client_auth_type: RequireAndVerifyClientCert\n"
                   f"  client_ca_file: {authority.cert}\n"
                   f"basic_auth_users:\n  alice: {HASH}\n")
    wrong_ca = folder / "wrong.pem"
    wrong_ca.write_bytes((authority.folder / "self_signed.pem").read_bytes())

    def job(password=PASSWORD, client="alice", ca=authority.cert):
        shown = "" if client is None else (
            f", cert_file: {authority.folder}/{client}.pem, "
            f"key_file: {authority.folder}/{client}.key")
        return (f"  scheme: https\n  tls_config: {{ca_file: {ca}{shown}}}\n" +
                ("" if password is None else
                 f"  basic_auth: {{username: alice, password: {password}}}\n"))
    prometheus = web_kit.Prometheus(folder, server.port, {
        "good": job(), "wrong_password": job("open"), "no_password": job(None),
        "expired": job(client="expired"), "foreign": job(client="foreign"),
        "no_certificate": job(client=None), "wrong_ca": job(ca=wrong_ca)})
    try:
        wait_until(lambda: prometheus.value('nginx_up{job="good"}') == ["0"], 60, "a scrape")
        found = prometheus.targets()
        assert found.pop("good") == ("up", "")
        for name, words in (("wrong_password", "401"), ("no_password", "401"),
                            ("expired", "expired"), ("foreign", "unknown certificate authority"),
                            ("no_certificate", "certificate required"),
                            ("wrong_ca", "unknown authority")):
            # Who is refused may find that out as he writes: then the next scrape tells why.
            wait_until(lambda: re.search(words, prometheus.targets()[name][1]), 60,
                       f"{name}: {found[name]}")
            assert prometheus.targets()[name][0] == "down"
    finally:
        prometheus.stop()
    assert ask(server, "-u", f"alice:{PASSWORD}", client="alice").status == 200
