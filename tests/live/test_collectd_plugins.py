# SPDX-License-Identifier: MIT
"""connledger beside collectd's own plugins, which read, write, judge and rename: the examples of
README.md are loaded as they stand there."""

import http.client
import re

from collectd_kit import (CONFIGLESS, WAIT_SECONDS, UnixSock, block, block_for, block_of,
                          readme_block, site_of, stop, wait_log, wait_round, wait_value)
from demo.process import free_port, wait_until
from demo.site import http_get

HOST = "demo"


def test_the_example_of_the_readme(collectd, nginx, uwsgi):
    """Targets, and where the plugin is, are of this place; all else is as it stands there."""
    text = readme_block('<Site "shop">')
    for old, new in ((r'PluginDir "[^"]*"\n', ""),
                     (r'Nginx "[^"]*"', f'Nginx "{nginx.status_url}"'),
                     (r'Uwsgi "unix:[^"]*"', f'Uwsgi "{uwsgi("unix").target}"'),
                     (r'Uwsgi "127[^\n]*', f'Uwsgi "{uwsgi("tcp").target}"')):
        text, count = re.subn(old, new, text)
        assert count in (1, 2)
    server = collectd(text)
    for series in ("nginx-blog", "uwsgi-blog", "shop1/nginx-shop", "shop1/uwsgi-shop"):
        wait_value(server, f"{series}/bool-up", lambda value: value == 1)
    stop(server)


def test_unixsock_rates_and_one_time(collectd, own_site, folder):
    sock = UnixSock(folder)
    server = collectd(block_for(own_site), extra=sock.config)
    wait_round(server, "uwsgi-blog/http_requests")
    # All values of a read carry its time; two reads may be seen while one takes the other's place.
    times = {when for name, when in sock.identifiers().items()
             if re.match(f"{HOST}/(nginx|uwsgi|connledger)-blog/", name)}
    assert 1 <= len(times) <= 2
    requests = f"{HOST}/uwsgi-blog/http_requests"
    asked = 0

    def rate():
        nonlocal asked
        assert own_site.nginx.get("/")[0] == 200
        asked += 1
        return sock.value(requests) > 0
    wait_until(rate, WAIT_SECONDS, "a rate")
    wait_value(server, "uwsgi-blog/http_requests", lambda value: value >= asked)
    # A server that is down: its values are there no more, but for "up".
    own_site.nginx.stop()
    active = f"{HOST}/nginx-blog/nginx_connections-active"
    wait_until(lambda: active not in sock.identifiers(), WAIT_SECONDS, "the values to go")
    assert sock.value(f"{HOST}/nginx-blog/bool-up") == 0
    stop(server)


def test_a_fresh_server_counts_from_zero(collectd, own_site):
    server = collectd(block_for(own_site))
    values = wait_round(server, "uwsgi-blog/errors-harakiri")
    assert values["uwsgi-blog/http_requests"] == values["uwsgi-blog/errors-exceptions"] == 0
    assert values["nginx-blog/connections-failed"] == 0
    stop(server)


def test_threshold(collectd, own_site):
    server = collectd(block_for(own_site), extra=readme_block("LoadPlugin threshold"))
    wait_value(server, "nginx-blog/bool-up", lambda value: value == 1)
    assert "severity = FAILURE" not in server.process.log_text()
    own_site.nginx.stop()
    wait_log(server, r"Notification: severity = FAILURE, .*plugin = nginx, plugin_instance = blog, "
             r"type = bool, type_instance = up, .*below the failure threshold")
    # It is known to be down: nobody has to say that nothing is known.
    assert "plugin = nginx, plugin_instance = blog, type = bool, type_instance = up, message = " \
        "demo/nginx-blog/bool-up has not been updated" not in server.process.log_text()
    stop(server)


def test_write_prometheus(collectd, own_site):
    port = free_port()
    example = readme_block("LoadPlugin write_prometheus").replace("9103", str(port))
    server = collectd(block_for(own_site), extra=example)
    wanted = (
        'collectd_nginx_nginx_connections{nginx="blog",type="active",instance="demo"}',
        'collectd_nginx_connections_total{nginx="blog",type="accepted",instance="demo"}',
        'collectd_nginx_nginx_requests_total{nginx="blog",instance="demo"}',
        'collectd_uwsgi_http_requests_total{uwsgi="blog",instance="demo"}',
        'collectd_uwsgi_bool{uwsgi="blog",type="up",instance="demo"} 1',
        'collectd_connledger_current_connections{connledger="blog",type="app_queue",')

    def metrics():
        return http_get(http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS),
                        "/metrics")[1].decode()

    def all_there():
        text = metrics()
        return all(series in text for series in wanted)
    wait_until(all_there, WAIT_SECONDS, "all series")
    stop(server)


# Not in step with ours: each counts the other's question, too, while it is there.
STOCK = """\
<LoadPlugin nginx>
  Interval 0.7
</LoadPlugin>
<Plugin nginx>
  URL "{url}"
</Plugin>
"""


def test_beside_the_nginx_plugin(collectd, own_site):
    """The same series with the same numbers, in one daemon."""
    own_site.get_stuck(2)
    own_site.keep_open(3)
    url = own_site.nginx.status_url
    server = collectd(block(f'Nginx "{url}"', "Ledger false", "Interval 0.4"),
                      extra=STOCK.format(url=url))
    wait_until(lambda: all(len(server.samples().get(f"{plugin}/nginx_requests", ())) >= 6
                           for plugin in ("nginx", "nginx-blog")), WAIT_SECONDS, "samples")
    stop(server)
    samples = server.samples()
    # The nginx plugin keeps its connection, from its first read on: it waits while ours asks.
    for name, more in (("active", 1), ("reading", 0), ("writing", 0), ("waiting", 1)):
        series = f"nginx_connections-{name}"
        stock, ours = (min(samples[f"{plugin}/{series}"][1:]) for plugin in ("nginx", "nginx-blog"))
        assert stock + more == ours
    for name in ("connections-accepted", "connections-handled", "nginx_requests"):
        ours, theirs = samples[f"nginx-blog/{name}"], samples[f"nginx/{name}"]
        # Each question is counted: between two that follow each other there is none.
        assert min(abs(a - b) for a in ours for b in theirs) <= 1
    stock = {name.partition("/")[2] for name in samples if name.startswith("nginx/")}
    ours = {name.partition("/")[2] for name in samples if name.startswith("nginx-blog/")}
    # A count of 0 is a count; the nginx plugin keeps it for itself.
    assert stock <= ours and ours - stock <= {"bool-up", "response_time", "connections-failed"}


def test_under_the_name_of_the_nginx_plugin(collectd, own_site):
    server = collectd(block(f'Nginx "{own_site.nginx.status_url}"'),
                      extra=readme_block("LoadPlugin target_set"), env=CONFIGLESS)
    wait_round(server, "nginx/nginx_connections-active")
    assert not [name for name in server.values() if name.startswith("nginx-blog/")]
    assert [name for name in server.values() if name.startswith("connledger-blog/")]
    stop(server)


CURL_JSON = """\
LoadPlugin curl_json
<Plugin curl_json>
  <Sock "{path}">
    Instance "blog"
    <Key "workers/*/requests">
      Type "http_requests"
    </Key>
  </Sock>
</Plugin>
"""


def test_beside_curl_json(collectd, own_site):
    """What README.md says of its names and numbers."""
    for _ in range(5):
        assert own_site.nginx.get("/")[0] == 200
    sites = site_of("blog", f'Uwsgi "{own_site.uwsgi.target}"', "PerWorker true")
    server = collectd(block_of(sites), extra=CURL_JSON.format(path=own_site.uwsgi.stats_address))
    wait_value(server, "uwsgi-blog/http_requests", lambda value: value == 5)
    values = wait_round(server, "curl_json-blog/http_requests-workers-1-requests")
    each = [values[f"uwsgi-blog/http_requests-worker-{number}"] for number in (1, 2)]
    theirs = [values[f"curl_json-blog/http_requests-workers-{place}-requests"] for place in (0, 1)]
    assert each == theirs and sum(each) == 5
    stop(server)
