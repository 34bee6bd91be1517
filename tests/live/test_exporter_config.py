# SPDX-License-Identifier: MIT
"""The exporter's configuration file, its reload, /probe, and how it is operated."""

import http.client
import json
import re
import signal
import urllib.parse

import pytest

import answers
import behaviours
from demo.process import wait_until
from pages import PASSWORD, USER

RELOADED = "configuration is read again"
REFUSED = "configuration is bad"


@pytest.fixture
def config(folder):
    """Writes the configuration file."""
    path = folder / "exporter.yml"

    def write(text, mode=0o600):
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path
    return write


def probe(server, target, **more):
    return server.get("/probe?" + urllib.parse.urlencode({"target": target, **more}))


def samples(server, target, **more):
    status, body = probe(server, target, **more)
    assert status == 200, body
    return {series: float(value) for series, _, value in
            (line.rpartition(" ") for line in body.splitlines() if line[0] != "#")}


def hang_up(server, words):
    """Sends SIGHUP and waits until the log has said it once more."""
    before = server.process.log_text().count(words)
    server.process.signal(signal.SIGHUP)
    wait_until(lambda: server.process.log_text().count(words) > before, 60, words)


# ---- sites ---------------------------------------------------------------------------------------

def three_sites(nginx, uwsgi, port):
    return ("sites:\n"
            f"  front: {{nginx: {nginx.status_url}, uwsgi: [{uwsgi('unix').target}],"
            " labels: {team: web}}\n"
            f"  back: {{uwsgi: ['{uwsgi('tcp').target}']}}\n"
            f"  gone: {{nginx: http://127.0.0.1:{port}/stub_status, timeout: 2s}}\n")


def test_three_sites_one_of_them_down(exporter, config, nginx, uwsgi, dead_port):
    server = exporter("--config.file", config(three_sites(nginx, uwsgi, dead_port)))
    seen = server.samples()
    up = {name: value for name, value in seen.items() if name.startswith("nginx_up{")}
    assert [value for name, value in up.items() if 'site="front"' in name] == [1]
    assert [value for name, value in up.items() if 'site="gone"' in name] == [0]
    assert len(up) == 2
    up = {name: value for name, value in seen.items() if name.startswith("uwsgi_up{")}
    assert len(up) == 2 and set(up.values()) == {1}
    labelled = [name for name in seen if 'team="web"' in name]
    assert labelled and all('site="front"' in name for name in labelled)
    assert all(name in labelled for name in seen if 'site="front"' in name)
    assert not [name for name in seen if "127.0.0.1:8080" in name]  # no default target
    assert "target=" in server.process.log_text() and str(dead_port) in server.process.log_text()


def test_flags_beside_a_file(exporter, config, nginx, own_site):
    path = config(f"sites: {{own: {{nginx: {own_site.nginx.status_url}}}}}")
    server = exporter("--config.file", path, "--nginx.scrape-uri", nginx.status_url)
    up = [name for name in server.samples() if name.startswith("nginx_up{")]
    assert len(up) == 2 and [name for name in up if 'site="own"' in name]
    assert [name for name in up if f'site="{nginx.status_url}"' in name]


def test_a_password_out_of_a_file(exporter, config, folder, nginx):
    (folder / "secret").write_text(PASSWORD + "\n")
    (folder / "secret").chmod(0o644)
    path = config(f"sites: {{a: {{nginx: http://127.0.0.1:{nginx.port}/private, username: {USER},"
                  " password_file: secret}}")
    server = exporter("--config.file", path)
    assert server.samples()["nginx_up"] == 1
    log = server.process.log_text()
    assert "everybody can read the password in" in log and PASSWORD not in log


# ---- reload --------------------------------------------------------------------------------------

def test_reload_good_bad_good(exporter, config, nginx, uwsgi):
    one = f"sites: {{one: {{nginx: {nginx.status_url}}}}}\n"
    two = (f"sites:\n  one: {{nginx: {nginx.status_url}}}\n"
           f"  two: {{uwsgi: [{uwsgi('unix').target}]}}\n")
    server = exporter("--config.file", config(one))
    ok = "connledger_exporter_config_last_reload_successful"
    seen = server.samples()
    assert seen["nginx_up"] == 1 and not [name for name in seen if name.startswith("uwsgi_up")]
    assert seen[ok] == 1
    config(two)
    hang_up(server, RELOADED)
    seen = server.samples()
    assert seen['nginx_up{site="one"}'] == 1 and seen['uwsgi_up{site="two"}'] == 1
    config(two + "  three: {ngnix: http://a/}\n")
    hang_up(server, REFUSED)
    seen = server.samples()
    assert seen['uwsgi_up{site="two"}'] == 1 and seen[ok] == 0
    assert re.search(r"level=error .*exporter\.yml: line 4: unknown key", server.process.log_text())
    config(one)
    hang_up(server, RELOADED)
    seen = server.samples()
    assert seen["nginx_up"] == 1 and seen[ok] == 1
    assert not [name for name in seen if name.startswith("uwsgi_up")]


def test_reload_keeps_the_connection_and_what_was_told(exporter, config, nginx, dead_port):
    text = (f"sites:\n  one: {{nginx: {nginx.status_url}}}\n"
            f"  gone: {{nginx: http://127.0.0.1:{dead_port}/}}\n")
    server = exporter("--config.file", config(text))

    def accepted():
        return server.samples()['nginx_connections_accepted{site="one"}']
    first = accepted()
    config(text + "modules: {default: {targets: [localhost]}}\n")
    hang_up(server, RELOADED)
    assert accepted() == first
    assert server.process.log_text().count("target is down") == 1


def test_reload_while_a_scrape_runs(exporter, config, bad):
    slow = bad(behaviours.hung)
    server = exporter("--config.file", config(
        f"sites: {{slow: {{nginx: {slow.url}, timeout: 2s}}}}\n"))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/metrics")
    wait_until(lambda: slow.connections >= 1, 60, "the scrape")
    config("modules: {default: {targets: [localhost]}}\n")
    hang_up(server, RELOADED)
    answer = connection.getresponse()
    assert answer.status == 200 and b"\nnginx_up 0\n" in answer.read()
    connection.close()
    assert "nginx_up" not in server.samples()


def test_reload_over_http(exporter, config, nginx):
    one = f"sites: {{one: {{nginx: {nginx.status_url}}}}}\n"
    server = exporter("--config.file", config(one), "--web.enable-lifecycle")

    def ask(method):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request(method, "/-/reload")
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found
    assert ask("GET")[0] == 405
    config("modules: {default: {targets: [localhost]}}\n")
    assert ask("POST") == (200, "reloaded\n")
    assert "nginx_up" not in server.samples()
    config("modules: 1\n")
    status, said = ask("POST")
    assert status == 500 and "line 1: modules: expected a map" in said
    config(one)
    assert ask("PUT")[0] == 200
    assert server.samples()["nginx_up"] == 1


def test_reload_over_http_beside_a_scrape_that_hangs(exporter, config, nginx, bad):
    slow = bad(behaviours.hung)
    server = exporter("--web.enable-lifecycle", "--config.file", config(
        f"sites: {{slow: {{nginx: {slow.url}, timeout: 600s}}}}\n"))
    scrape = server.connect()
    scrape.request("GET", "/metrics")
    wait_until(lambda: slow.connections >= 1, 60, "the scrape")
    config(f"sites: {{one: {{nginx: {nginx.status_url}}}}}\n")
    asking = [server.connect() for _ in range(8)]
    for connection in asking:
        connection.request("POST", "/-/reload")
    for connection in asking:
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"reloaded\n")
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        connection.close()
    assert server.samples()["nginx_up"] == 1
    scrape.close()


def test_reload_without_a_file(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url)
    hang_up(server, "there is no --config.file")
    assert server.samples()["nginx_up"] == 1


# ---- /probe --------------------------------------------------------------------------------------

@pytest.fixture
def prober(exporter, config):
    return exporter("--config.file", config(
        "modules:\n"
        "  default: {targets: [127.0.0.1, '::1'], timeout: 5s}\n"
        "  stats: {targets: [127.0.0.1], kind: uwsgi}\n"
        f"  private: {{targets: [127.0.0.1], username: {USER}, password: {PASSWORD}}}\n"))


def test_probe_of_both_kinds(prober, nginx, uwsgi):
    assert samples(prober, nginx.status_url)["nginx_up"] == 1
    seen = samples(prober, nginx.status_url)
    assert seen["nginx_connections_active"] >= 1
    assert not [name for name in seen if name.startswith(("uwsgi_", "connledger_exporter_",
                                                          "process_")) or "site=" in name]
    for target, module in ((uwsgi("tcp").target, "default"), (uwsgi("http").target, "stats"),
                           (uwsgi("http").target, "default")):
        seen = samples(prober, target, module=module)
        assert seen["uwsgi_up"] == 1 and "nginx_up" not in seen
        assert len([name for name in seen if name.startswith("uwsgi_worker_idle{")]) == 2
    assert samples(prober, f"http://[::1]:{nginx.pages.v6_port}/stub_status")["nginx_up"] == 1
    url = f"http://127.0.0.1:{nginx.port}/private"
    assert samples(prober, url)["nginx_up"] == 0
    assert samples(prober, url, module="private")["nginx_up"] == 1


def test_probe_of_what_is_down(prober, nginx, dead_port):
    assert samples(prober, f"http://127.0.0.1:{dead_port}/")["nginx_up"] == 0
    assert samples(prober, f"127.0.0.1:{dead_port}")["uwsgi_up"] == 0
    assert samples(prober, f"http://127.0.0.1:{nginx.port}/page.html")["nginx_up"] == 0


def test_probe_follows_no_redirect(prober, bad):
    end = bad(behaviours.answers(answers.http(answers.STUB_STATUS)))
    to = answers.http(answers.STUB_STATUS, status="302 Found", headers=(f"Location: {end.url}",))
    start = bad(behaviours.answers(to))
    assert samples(prober, start.url)["nginx_up"] == 0
    assert start.connections == 1 and end.connections == 0
    assert samples(prober, end.url)["nginx_up"] == 1


@pytest.mark.parametrize("target, module, status, words", [
    ("", "default", 400, "missing"),
    ("http://127.0.0.1/", "none", 400, "none"),
    ("unix:/run/nginx.sock:/status", "default", 400, "unix sockets"),
    ("file:///etc/passwd", "default", 400, "expected http"),
    ("http://u:hidden@127.0.0.1/", "default", 400, "no user or password"),
    ("http://127.0.0.2/", "default", 403, "does not allow"),
    ("http://localhost/", "default", 403, "does not allow"),
    ("http://127.1/", "default", 403, "does not allow"),
    ("http://2130706433/", "default", 403, "does not allow"),
    ("http://[::ffff:127.0.0.1]/", "default", 403, "does not allow"),
])
def test_probe_refused(prober, target, module, status, words):
    said, body = probe(prober, target, module=module)
    assert said == status and words in body and "hidden" not in body


def test_probe_is_closed_by_default(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url)
    status, body = probe(server, nginx.status_url)
    assert status == 403 and "--config.file" in body


# ---- operation -----------------------------------------------------------------------------------

def test_check_config(programs, config, folder, nginx):
    path = config(f"sites: {{a: {{nginx: 'http://u:hidden@127.0.0.1:{nginx.port}/', ports: [80, 81],"
                  " upstreams: ['127.0.0.1:9'], labels: {b: c}, insecure: true, ledger: false}}\n"
                  "modules: {default: {targets: [localhost], username: u, password: hidden}}\n",
                  mode=0o644)
    result = programs.exporter("--check-config", "--config.file", path)
    assert result.status == 0 and result.err == "" and "hidden" not in result.out
    assert (f"  a: nginx http://127.0.0.1:{nginx.port}/, ports 80 81, 1 other upstream, timeout 5 s, "
            'certificates not verified, no ledger\n    labels: b="c"\n') in result.out
    assert ("  default: nginx and uWSGI, 1 pattern of targets, timeout 5 s, with a password\n"
            in result.out) and "listens at :9113" in result.out
    assert result.out.startswith("warning: everybody can read the passwords")
    assert result.lines()[-1] == "the configuration is good"
    config("sites: {a: {nginx: http://a/}}\nmore: 1\n")
    result = programs.exporter("--check-config", "--config.file", path)
    assert result.status == 2 and result.out == "" and f"{path}: line 2: " in result.err
    assert len(result.err.splitlines()) == 1
    for options in (("--config.file", folder / "nowhere"), ("--web.config.file", folder / "no"),
                    ("--web.listen-address", "nonsense")):
        result = programs.exporter("--check-config", *options)
        assert result.status == 2 and len(result.err.splitlines()) == 1


def test_help(programs):
    result = programs.exporter("--help")
    assert result.status == 0 and max(len(line) for line in result.lines()) <= 80
    for option in ("--nginx.scrape-uri", "--uwsgi.stats-uri", "--stats.uri", "--config.file",
                   "--collect.max-series", "--web.config.file", "--web.unix-socket-mode",
                   "--log.format", "--check-config", "--once", "--timeout-offset"):
        assert option in result.out
    assert [line for line in result.lines() if line.endswith(":") and line[0] != " "] == [
        "nginx:", "uWSGI:", "Many sites, and /probe:", "What is shown:", "Where it is served:",
        "Log:", "Other:", "Examples:", "A file for --config.file:"]


def test_debians_unit_file(exporter, nginx):
    server = exporter(f"-nginx.scrape-uri={nginx.status_url}", "-nginx.retries=3",
                      "-nginx.timeout", "3s", "-prometheus.const-labels=a=1,b=2")
    assert server.samples()['nginx_up{a="1",b="2"}'] == 1
    assert "--nginx.retries has no effect" in server.process.log_text()


def test_environment(programs, nginx):
    result = programs.exporter("--once", env={"SCRAPE_URI": nginx.status_url, "TIMEOUT": "3s",
                                              "CONST_LABELS": "a=1"})
    assert result.status == 0 and result.samples()['nginx_up{a="1"}'] == 1
    result = programs.exporter("--once", env={"TIMEOUT": "soon"})
    assert result.status == 2 and "TIMEOUT" in result.err


def test_json_log(exporter, dead_port):
    server = exporter("--nginx.scrape-uri", f"http://127.0.0.1:{dead_port}/",
                      "--log.format=json")
    server.samples()
    server.stop()
    lines = [json.loads(line) for line in server.process.log_text().splitlines()]
    assert {"listening", "target is down", "stopping"} <= {line["msg"] for line in lines}
    [down] = [line for line in lines if line["msg"] == "target is down"]
    assert down["level"] == "warn" and down["reason"] == "refused"
    assert list(down)[:3] == ["ts", "level", "msg"]


def test_a_hundred_targets_go_down_at_once(exporter, dead_port):
    many = [word for i in range(100)
            for word in ("--nginx.scrape-uri", f"http://127.0.0.1:{dead_port}/{i}")]
    server = exporter(*many)
    seen = server.samples()
    assert [seen[name] for name in seen if name.startswith("nginx_up{")] == [0] * 100
    lines = server.process.log_text().splitlines()
    # A burst of 50, and ten for each second that the scrape took.
    assert 40 <= len([line for line in lines if "target is down" in line]) < 100
    assert server.samples()["connledger_exporter_log_lines_dropped_total"] >= 1


def test_once_says_what_is_down_only(programs, nginx, dead_port):
    result = programs.exporter("--once", "--nginx.scrape-uri", nginx.status_url)
    assert result.status == 0 and result.err == ""
    result = programs.exporter("--once", "--nginx.scrape-uri", f"http://127.0.0.1:{dead_port}/")
    assert result.status == 0 and result.samples()["nginx_up"] == 0
    assert len(result.err.splitlines()) == 1 and "target is down" in result.err
    assert 'connledger_finding{finding="nginx_down"' in result.out


def test_nothing_of_the_exporter_itself(exporter, nginx):
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--web.disable-exporter-metrics")
    assert not [name for name in server.samples()
                if name.startswith(("connledger_exporter_", "process_", "promhttp_"))]
