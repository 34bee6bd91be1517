# SPDX-License-Identifier: MIT
"""The keys of a <Site> block in a real collectd: what refuses to start, and what the others do."""

import re
import subprocess

import pytest

from certificates import SERVER_NAME
from collectd_kit import (WAIT_SECONDS, block, block_of, site_of, stop, wait_log, wait_round,
                          wait_value)
from demo.process import StartFailed, find_program, wait_until
from pages import PASSWORD, USER

NGINX = 'Nginx "http://127.0.0.1:1/"'
BAD = [
    (['Nginx "ftp://127.0.0.1/"'], r'Nginx: target "ftp://127\.0\.0\.1/"'),
    (["Nginx 5"], "Nginx 5: expected a text in quotes"),
    ([NGINX, 'Nginx "http://127.0.0.1/x"'], "Nginx: .*http://127.0.0.1/x"),
    ([NGINX, "Uwsgi true"], "Uwsgi true: expected a text"),
    ([NGINX, 'Uwsgi "127.0.0.1:1" "127.0.0.1:1"'], "Uwsgi: .*named twice"),
    ([NGINX, "Ports 80 0"], "Ports 0: expected port numbers from 1 to 65535"),
    ([NGINX, 'Upstream "php"'], 'Upstream: upstream "php"'),
    ([NGINX, "WorkerConnections 0"], "WorkerConnections 0: expected nginx's worker_connections"),
    ([NGINX, "Ledger 1"], "Ledger 1: expected true or false"),
    ([NGINX, 'Timeout "soon"'], 'Timeout "soon": expected seconds'),
    ([NGINX, "Timeout -1"], "Timeout -1: expected seconds"),
    ([NGINX, 'Interval "10"'], 'Interval "10": expected seconds'),
    ([NGINX, "Host 1"], "Host 1: expected a text"),
    ([NGINX, 'Notify "yes"'], 'Notify "yes": expected true or false'),
    ([NGINX, "PerWorker 2"], "PerWorker 2: expected true or false"),
    ([NGINX, "User 1"], "User 1: expected a text"),
    ([NGINX, 'Password "x"'], "Password: expected a User with it"),
    ([NGINX, "VirtualHost 1"], "VirtualHost 1: expected a text"),
    ([NGINX, "CACert 1"], "CACert 1: expected a text"),
    ([NGINX, 'ClientCert "/c.pem"'], "ClientCert and ClientKey need each other"),
    ([NGINX, 'ClientKey "/c.key"'], "ClientCert and ClientKey need each other"),
    ([NGINX, 'VerifyPeer "no"'], 'VerifyPeer "no": expected true or false'),
    ([NGINX, "VerifyHost 0"], "VerifyHost 0: expected true or false"),
    ([NGINX, "Colour blue"], 'unknown key "Colour"'),
    ([], "expected at least one of Nginx and Uwsgi"),
]


@pytest.mark.parametrize("lines, said", BAD, ids=[" ".join(lines[-1:]) for lines, _ in BAD])
def test_bad_configuration_refuses_to_start(collectd, lines, said):
    with pytest.raises(StartFailed) as failure:
        collectd(block(*lines))
    text = str(failure.value)
    assert "exit status 1" in text
    assert re.search(rf'connledger plugin: site "blog": {said}', text), text


def test_a_check_of_the_configuration(collectd, nginx):
    """collectd -T: 0 when all is well, 1 when not; a target that is down is no mistake in it."""
    server = collectd(block(f'Nginx "{nginx.status_url}"'))
    stop(server)
    text = server.config.read_text()

    def check(content):
        server.config.write_text(content)
        return subprocess.run([find_program("collectd"), "-T", "-C", server.config],
                              env=server.env, capture_output=True, timeout=WAIT_SECONDS,
                              check=False).returncode
    assert check(text) == 0
    assert check(text.replace(nginx.status_url, "http://127.0.0.1:1/")) == 0
    assert check(text.replace("Nginx ", "Ngimx ")) == 1


# What each site has beside its target, and the words of the log when it is down.
UNKNOWN = "unable to get local issuer|self.signed"
TLS = {
    "nobody": ("tls", [], UNKNOWN),
    "ca": ("tls", ['CACert "{ca.ca}"'], None),
    "named": ("tls", ['CACert "{ca.ca}"', f'VirtualHost "{SERVER_NAME}"'], None),
    "misnamed": ("tls", ['CACert "{ca.ca}"', 'VirtualHost "other.example.org"'],
                 "no alternative certificate subject name|does not match"),
    "anyname": ("tls", ['CACert "{ca.ca}"', 'VirtualHost "other.example.org"',
                        "VerifyHost false"], None),
    "stranger": ("tls", ["VerifyHost false"], UNKNOWN),
    "insecure": ("tls", ["VerifyPeer false"], None),
    "noclient": ("client_tls", ['CACert "{ca.ca}"'], "client certificate"),
    "client": ("client_tls", ['CACert "{ca.ca}"', 'ClientCert "{ca.client_cert}"',
                              'ClientKey "{ca.client_key}"'], None),
    "badkey": ("client_tls", ['CACert "{ca.ca}"', 'ClientCert "{ca.client_cert}"',
                              'ClientKey "{ca.server_key}"'], "private key|key values mismatch"),
    "nofile": ("tls", ['CACert "/nobody/has/this.pem"'], "/nobody/has/this.pem|CA|certificate"),
}


def test_tls(collectd, nginx, ca):
    """All at once: each site is a case."""
    sites = "".join(
        site_of(name, f'Nginx "https://127.0.0.1:{getattr(nginx.pages, port + "_port")}'
                '/stub_status"', *(line.format(ca=ca) for line in lines), "Timeout 30")
        for name, (port, lines, _) in TLS.items())
    server = collectd(block_of(sites), interval=40)
    for name, (_, _, words) in TLS.items():
        values = wait_value(server, f"nginx-{name}/bool-up")
        assert values[f"nginx-{name}/bool-up"] == (words is None), server.process.log_text()
        if words:
            wait_log(server, f'site "{name}": .*({words})')
        else:
            wait_value(server, f"nginx-{name}/nginx_connections-active")
    stop(server)
    values = server.values()
    assert [name for name in TLS if f"nginx-{name}/nginx_connections-active" in values] == [
        name for name, (_, _, words) in TLS.items() if words is None]


def test_passwords(collectd, nginx):
    private = f'Nginx "http://127.0.0.1:{nginx.port}/private"'
    sites = {"right": [f'User "{USER}"', f'Password "{PASSWORD}"'],
             "wrong": [f'User "{USER}"', 'Password "S3cretOfNobody"'], "none": []}
    server = collectd(block_of("".join(site_of(name, private, *lines)
                                       for name, lines in sites.items())))
    for name in sites:
        values = wait_value(server, f"nginx-{name}/bool-up")
        assert values[f"nginx-{name}/bool-up"] == (name == "right")
    wait_log(server, 'site "wrong": .*401')
    wait_log(server, 'site "none": .*401')
    assert PASSWORD not in server.process.log_text()
    assert "S3cretOfNobody" not in server.process.log_text()
    stop(server)


def test_intervals(collectd, nginx):
    """Each site has its own; the plugin's is that of its LoadPlugin block, else collectd's."""
    url = f'Nginx "{nginx.status_url}"'
    sites = site_of("own", url, "Interval 0.2") + site_of("plugins", url)
    config = block_of(sites).replace("LoadPlugin connledger\n",
                                     "<LoadPlugin connledger>\n  Interval 0.6\n</LoadPlugin>\n")
    server = collectd(config, interval=300)
    rounds = {name: f"nginx-{name}/bool-up" for name in ("own", "plugins")}
    wait_until(lambda: len(server.samples().get(rounds["plugins"], ())) >= 4, WAIT_SECONDS,
               "rounds")
    counts = {name: len(server.samples()[series]) for name, series in rounds.items()}
    assert counts["own"] > 1.5 * counts["plugins"]
    stop(server)


def test_a_timeout_that_is_too_long_is_warned_about(collectd, nginx):
    server = collectd(block(f'Nginx "{nginx.status_url}"', "Timeout 5", "Interval 4"))
    wait_value(server, "nginx-blog/bool-up", lambda value: value == 1)
    wait_log(server, "Timeout 5 is not less than the interval of 4 seconds")
    stop(server)


def test_workers(collectd, own_site):
    own_site.get_stuck(1)
    one = f'Uwsgi "{own_site.uwsgi.target}"'
    server = collectd(block_of(site_of("sums", one) + site_of("each", one, "PerWorker true")))
    values = wait_round(server, "uwsgi-each/http_requests-worker-2")
    wait_value(server, "uwsgi-sums/http_requests")
    assert sorted(values[f"uwsgi-each/count-busy-worker-{number}"] for number in (1, 2)) == [0, 1]
    for name in ("errors-exceptions", "errors-harakiri", "queue_length-signal", "total_bytes-tx",
                 "count-idle", "count-cheap", "count-pause", "count-sig", "total_events-respawn"):
        assert {f"uwsgi-each/{name}-worker-1", f"uwsgi-each/{name}-worker-2"} <= values.keys()
    for name in ("total_time_in_ms", "response_time"):
        assert f"uwsgi-each/{name}-worker-1" in values
    # uWSGI tells the memory of a worker that has served something.
    wait_until(lambda: own_site.nginx.get("/")[0] == 200 and [
        name for name in server.values() if name.startswith("uwsgi-each/ps_rss-worker-")],
        WAIT_SECONDS, "memory")
    assert not [name for name in server.values() if name.startswith("uwsgi-sums/")
                and "worker-" in name]
    stop(server)
