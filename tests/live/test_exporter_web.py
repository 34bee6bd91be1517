# SPDX-License-Identifier: MIT
"""The exporter's web configuration without TLS: users, headers, the rate limit, changes."""

import base64
import concurrent.futures
import contextlib
import functools
import http.client
import re
import select
import signal

import pytest

import web_kit
from demo.process import wait_until
from starting import starting
from web_kit import HASH, NEW_HASH, NEW_PASSWORD, PASSWORD, SLOW_HASH, SLOW_PASSWORD, curl

CHANGE_SECONDS = 30  # about half a second, on a machine that has nothing else to do
REALM = 'Basic realm="connledger", charset="UTF-8"'
PATHS = ("/", "/metrics", "/-/healthy", "/-/ready", "/api/v1/sites", "/probe?target=x", "/nothing")


def users(**hashes):
    return "basic_auth_users:\n" + "".join(f"  {user}: {it}\n" for user, it in hashes.items())


@pytest.fixture
def serve(programs, folder):
    with starting(functools.partial(web_kit.WebExporter, programs, folder)) as start:
        yield start


def wait_for(check):
    wait_until(check, CHANGE_SECONDS, "the change")


def refusal(answer):
    """What must not tell an unknown user from a wrong password."""
    return answer.status, answer.body, {name: value for name, value in answer.headers.items()
                                        if name != "date"}


def test_users(serve):
    server = serve(users(alice=HASH, bob=NEW_HASH))
    good = curl(server.url(), "-u", f"alice:{PASSWORD}")
    assert good.status == 200 and "nginx_up" in good.body and "www-authenticate" not in good.headers
    assert curl(server.url(), "-u", f"bob:{NEW_PASSWORD}").status == 200
    refused = [curl(server.url(), *args) for args in (
        (), ("-u", "alice:"), ("-u", f"alice:{PASSWORD}x"), ("-u", f"alice:{NEW_PASSWORD}"),
        ("-u", f"carol:{PASSWORD}"), ("-u", f":{PASSWORD}"), ("-u", f"Alice:{PASSWORD}"),
        ("-H", "Authorization: Bearer abc"), ("-H", "Authorization: Basic YWxpY2U"),
        # Twice the same: from memory now.
        ("-u", f"alice:{PASSWORD}x"), ("-u", f"carol:{PASSWORD}"))]
    assert refused[0].status == 401 and refused[0].headers["www-authenticate"] == REALM
    assert all(refusal(answer) == refusal(refused[0]) for answer in refused)
    for secret in (PASSWORD, HASH, "YWxpY2U", "alice"):
        assert secret not in server.log() and secret not in refused[0].body


def test_every_path_needs_them(serve):
    server = serve(users(alice=HASH))
    for path in PATHS:
        assert curl(server.url(path)).status == 401, path
        assert curl(server.url(path), "-u", f"alice:{PASSWORD}").status != 401, path
    assert curl(server.url("/-/reload"), "-X", "POST", "-d", "x" * 1000).status == 401
    head = curl(server.url(), "-I")
    assert head.status == 401 and head.body == ""


def test_who_is_known_does_not_wait_for_who_guesses(serve):
    """A guess costs a bcrypt of cost 13, and unknown users cost the same; few of them fit in."""
    server = serve(users(alice=SLOW_HASH, bob=HASH))
    assert curl(server.url(), "-u", f"alice:{SLOW_PASSWORD}").status == 200
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        guesses = [pool.submit(curl, server.url(), "-u", f"{user}:guess {i}")
                   for i in range(5) for user in ("alice", "mallory")]
        honest = 0
        while not all(guess.done() for guess in guesses):
            assert curl(server.url("/-/healthy"), "-u", f"alice:{SLOW_PASSWORD}").status == 200
            honest += sum(not guess.done() for guess in guesses) > 0
        results = [guess.result() for guess in guesses]
    assert honest > 3
    assert {answer.status for answer in results} == {401}


def test_too_many_passwords(serve):
    """More than may wait: the last in the order are told to come again. A guess takes much longer to
    look at than to make, so many at once are too many."""
    server = serve(users(alice=SLOW_HASH))
    waiting = []
    with contextlib.ExitStack() as undo:
        for number in range(400):
            guess = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            undo.callback(guess.close)
            token = base64.b64encode(f"alice:guess {number}".encode()).decode()
            guess.request("GET", "/", headers={"Authorization": f"Basic {token}"})
            waiting.append(guess)
        answer = None
        while answer is None or answer.status == 401:
            heard = select.select([one.sock for one in waiting], [], [], 60)[0]
            guess = next(one for one in waiting if one.sock in heard)
            waiting.remove(guess)
            answer = guess.getresponse()
        assert answer.status == 503 and answer.headers["Retry-After"] == "1"
        assert b"too many passwords" in answer.read()


def test_it_ends_while_passwords_are_checked(serve):
    server = serve(users(alice=SLOW_HASH))
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        guesses = [pool.submit(curl, server.url(), "-u", f"alice:guess {i}") for i in range(4)]
        wait_until(lambda: any(guess.done() for guess in guesses), 60, "a guess")
        server.process.signal(signal.SIGTERM)
        assert server.process.wait_end() == 0
        for guess in guesses:
            assert guess.result().status in (0, 401, 503)


def test_a_password_changes(serve):
    server = serve(users(alice=HASH))
    assert curl(server.url(), "-u", f"alice:{PASSWORD}").status == 200
    server.write(users(alice=NEW_HASH))
    wait_for(lambda: curl(server.url(), "-u", f"alice:{NEW_PASSWORD}").status == 200)
    assert curl(server.url(), "-u", f"alice:{PASSWORD}").status == 401
    server.write("{}")
    wait_for(lambda: curl(server.url()).status == 200)


def test_a_bad_file_changes_nothing(serve):
    server = serve(users(alice=HASH))
    server.write("basic_auth_user:\n  alice: x\n")
    wait_for(lambda: curl(server.url()).status and "level=error" in server.log())
    for _ in range(3):
        assert curl(server.url()).status == 401
        assert curl(server.url(), "-u", f"alice:{PASSWORD}").status == 200
    log = server.log()
    assert web_kit.count('level=error msg="web configuration is bad', log) == 1
    assert re.search(r'web.yml: line 1: unknown key \\"basic_auth_user\\"', log), log
    samples = curl(server.url(), "-u", f"alice:{PASSWORD}").body
    assert "connledger_exporter_web_config_last_reload_successful 0" in samples
    server.file.unlink()
    wait_for(lambda: curl(server.url()).status and "No such file" in server.log())
    server.write(users(bob=NEW_HASH))
    wait_for(lambda: curl(server.url(), "-u", f"bob:{NEW_PASSWORD}").status == 200)
    samples = curl(server.url(), "-u", f"bob:{NEW_PASSWORD}").body
    assert "connledger_exporter_web_config_last_reload_successful 1" in samples
    assert web_kit.count('msg="web configuration is read again"', server.log()) == 1


def test_a_file_that_is_bad_at_the_start(programs, folder):
    for text, words in (("basic_auth_users: {alice: secret}", "line 1: basic_auth_users"),
                        ("tls_server_config: {cert_file: none.pem, key_file: x}", "none.pem"),
                        (None, "web.yml")):
        (folder / "web.yml").write_text(text or "")
        if text is None:
            (folder / "web.yml").unlink()
        for args in (("--web.listen-address", "127.0.0.1:0"), ("--check-config",)):
            result = programs.exporter("--web.config.file", folder / "web.yml", *args)
            assert result.status == 2 and result.out == "", result
            assert words in result.err.splitlines()[-1] and "secret" not in result.err
    (folder / "web.yml").write_text(users(alice=HASH))
    assert programs.exporter("--web.config.file", folder / "web.yml", "--check-config").status == 0


def test_headers(serve):
    given = {"Strict-Transport-Security": "max-age=31536000", "X-Frame-Options": "deny",
             "X-XSS-Protection": "1", "X-Content-Type-Options": "nosniff",
             "Content-Security-Policy": "default-src 'none'"}
    config = "http_server_config:\n  headers:\n" + "".join(
        f"    {name}: {value}\n" for name, value in given.items())
    server = serve(config)
    css = re.search(r"/page-\w+/page\.css", curl(server.url("/")).body)[0]
    for path in (*PATHS, css):
        answer = curl(server.url(path))
        for name, value in given.items():
            # Once: it replaces the server's own.
            assert answer.headers[name.lower()] == value, path
            assert answer.names.count(name.lower()) == 1, path
    server.write("http_server_config:\n  headers: {X-Frame-Options: sameorigin}\n")
    wait_for(lambda: curl(server.url()).headers.get("x-frame-options") == "sameorigin")
    assert "x-xss-protection" not in curl(server.url("/-/healthy")).headers
    server.write(config + users(alice=HASH))
    wait_for(lambda: curl(server.url()).status == 401)
    assert curl(server.url()).headers["x-frame-options"] == "deny"


def test_rate_limit(serve):
    server = serve("rate_limit: {interval: 1h, burst: 3}\n" + users(alice=HASH))
    # Before the users: guessing is limited, too.
    assert curl(server.url("/-/healthy")).status == 401
    for _ in range(2):
        assert curl(server.url("/-/healthy"), "-u", f"alice:{PASSWORD}").status == 200
    limited = curl(server.url("/-/healthy"), "-u", f"alice:{PASSWORD}")
    assert limited.status == 429 and 3500 < int(limited.headers["retry-after"]) <= 3600
    server.write("rate_limit: {interval: 1ms, burst: 100}\n")
    wait_for(lambda: curl(server.url("/-/healthy")).status == 200)
    samples = curl(server.url()).body
    assert "connledger_exporter_requests_unauthorized_total 1\n" in samples
    limited_total = [line for line in samples.splitlines()
                     if line.startswith("connledger_exporter_requests_limited_total ")]
    assert int(limited_total[0].split()[1]) >= 1


def test_tls_cannot_come(serve):
    server = serve("")
    server.write("tls_server_config: {min_version: TLS12}\n")
    wait_for(lambda: curl(server.url()).status == 200 and "expected cert_file" in server.log())
