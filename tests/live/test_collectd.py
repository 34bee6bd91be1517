# SPDX-License-Identifier: MIT
"""The plugin in a real collectd, which writes to csv files what it is given."""

import re
import subprocess

import pytest

from behaviours import hung
from demo.process import StartFailed, find_program, wait_until
from programs import assert_clean

WAIT_SECONDS = 120
# A plugin of collectd's own, to see that it goes on.
OTHER = "LoadPlugin load\n<Plugin load>\n  ReportRelative false\n</Plugin>"


def block(*lines, site="blog"):
    return block_of(f"  <Site \"{site}\">\n" + "".join(f"    {line}\n" for line in lines)
                    + "  </Site>\n")


def block_of(sites):
    return f"LoadPlugin connledger\n<Plugin connledger>\n{sites}</Plugin>\n"


def block_for(site):
    return block(f'Nginx "{site.nginx.status_url}"', f'Uwsgi "{site.uwsgi.target}"')


def wait_values(server, expected):
    """Waits until the newest values are `expected` ({series: value}; None: any). collectd writes
    them one after the other, so that some are older than others for a moment."""
    def found():
        assert server.process.alive(), server.process.log_text()
        values = server.values()
        return all(name in values and value in (None, values[name])
                   for name, value in expected.items())
    try:
        wait_until(found, WAIT_SECONDS, f"{expected}")
    except TimeoutError as error:
        raise AssertionError(f"{error}\n{server.values()}\n{server.process.log_text()}") from error
    return server.values()


def wait_value(server, name, value=None):
    return wait_values(server, {name: value})


def stop(server):
    status = server.stop()
    assert_clean(server.process.log_text())
    assert status == 0, server.process.log_text()


def test_values_of_nginx_and_uwsgi(collectd, own_site):
    own_site.get_stuck(2)
    server = collectd(block_for(own_site))
    values = wait_values(server, {
        "nginx-blog/bool-up": 1, "uwsgi-blog/bool-up": 1,
        "nginx-blog/nginx_connections-active": 3, "nginx-blog/nginx_connections-writing": 3,
        "nginx-blog/nginx_connections-reading": 0, "nginx-blog/nginx_connections-waiting": 0,
        "nginx-blog/nginx_requests": None, "nginx-blog/connections-accepted": None,
        "nginx-blog/connections-handled": None, "nginx-blog/connections-failed": 0,
        "uwsgi-blog/count-idle": None, "uwsgi-blog/count-busy": None,
        "uwsgi-blog/current_connections": 2})
    assert values["uwsgi-blog/count-idle"] + values["uwsgi-blog/count-busy"] == 2
    stop(server)


def test_types_are_those_of_the_stock_types_db(collectd, own_site):
    server = collectd(block_for(own_site))
    values = wait_value(server, "uwsgi-blog/bool-up")
    with open("/usr/share/collectd/types.db", encoding="utf-8") as lines:
        types = {line.split()[0] for line in lines if line.strip() and line[0] != "#"}
    assert {name.partition("/")[2].partition("-")[0] for name in values} <= types
    assert "Dataset not found" not in server.process.log_text()
    stop(server)


def test_a_target_that_dies(collectd, own_site):
    server = collectd(block_for(own_site), extra=OTHER)
    wait_value(server, "nginx-blog/nginx_connections-active")
    own_site.nginx.stop()
    wait_value(server, "nginx-blog/bool-up", 0)
    before = {name: len(samples) for name, samples in server.samples().items()}

    def gone_on():
        now = {name: len(samples) for name, samples in server.samples().items()}
        return all(now[name] >= before[name] + 3
                   for name in ("nginx-blog/bool-up", "uwsgi-blog/bool-up", "load/load"))
    wait_until(gone_on, WAIT_SECONDS, "values of the others")
    active = "nginx-blog/nginx_connections-active"
    assert len(server.samples()[active]) == before[active]  # not a value was made up
    log = server.process.log_text()
    assert re.search(r"refused|nobody listens", log) and "read-function of plugin" not in log
    assert "suspend" not in log.lower()
    stop(server)


def test_hung_targets_hold_nobody_up(collectd, bad, own_site):
    sites = "".join(f'  <Site "hung{number}">\n    Nginx "{bad(hung).url}"\n  </Site>\n'
                    for number in range(6))
    good = f'  <Site "good">\n    Nginx "{own_site.nginx.status_url}"\n  </Site>\n'
    server = collectd(block_of(sites + good), extra=OTHER)
    wait_value(server, "nginx-hung5/bool-up", 0)
    wait_until(lambda: len(server.samples().get("load/load", ())) >= 5, WAIT_SECONDS, "load")
    wait_value(server, "nginx-good/bool-up", 1)
    stop(server)


def test_another_host_name(collectd, nginx):
    server = collectd(block(f'Nginx "{nginx.status_url}"', 'Host "web1.example.org"'))
    wait_value(server, "web1.example.org/nginx-blog/bool-up", 1)
    stop(server)


WORKERS, QUEUED = 4, 6  # of the ledger's site
NOTIFICATION = re.compile(r"Notification: severity = (\w+), .*plugin = connledger, .*"
                          r"type_instance = app_saturated, message = (.*)")


def ledger_block(site, *more):
    return block(f'Nginx "{site.nginx.status_url}"', f'Uwsgi "{site.uwsgi.target}"', *more)


@pytest.mark.parametrize("notify", [True, False], ids=["notify", "quiet"])
def test_the_ledger_and_a_finding(collectd, ledger_site, notify):
    server = collectd(ledger_block(ledger_site, f"Notify {str(notify).lower()}"))

    def notified():
        return NOTIFICATION.findall(server.process.log_text())
    wait_value(server, "connledger-blog/current_connections-app_queue", 0)
    with ledger_site.situation() as clients:
        clients.ask(WORKERS + QUEUED, "/hold")
        ledger_site.wait(busy=WORKERS, queue=QUEUED)
        address = ledger_site.uwsgi.address.replace(":", "_")
        wait_values(server, {
            "connledger-blog/current_connections-app_queue": QUEUED,
            "connledger-blog/current_connections-app": WORKERS,
            "connledger-blog/gauge-confidence": 2, "connledger-blog/gauge-unexplained": 0,
            f"connledger-blog/queue_length-uwsgi-{address}": QUEUED,
            f"connledger-blog/queue_length-uwsgi_limit-{address}": 64,
            f"connledger-blog/queue_length-nginx-127.0.0.1_{ledger_site.nginx.port}": None})
        wait_until(lambda: "app_saturated (warning)" in server.process.log_text(), WAIT_SECONDS,
                   "the finding in the log")
        if notify:
            [(severity, message)] = wait_until(notified, WAIT_SECONDS, "notification")
            assert severity == "WARNING" and 20 < len(message) < 256
    wait_until(lambda: "app_saturated is over" in server.process.log_text(), WAIT_SECONDS, "end")
    # While the queue gets shorter its severity may change, too.
    if notify:
        wait_until(lambda: notified()[-1][0] == "OKAY", WAIT_SECONDS, "notification")
        assert notified()[-1][1] == "app_saturated is over."
    else:
        assert notified() == []
    stop(server)


def test_no_ledger(collectd, own_site):
    server = collectd(block(f'Nginx "{own_site.nginx.status_url}"', "Ledger false"))
    wait_value(server, "nginx-blog/bool-up", 1)
    assert not [name for name in server.values() if name.startswith("connledger-")]
    stop(server)


def test_notifications(collectd, own_site):
    server = collectd(block(f'Nginx "{own_site.nginx.status_url}"', "Notify true"))
    wait_value(server, "nginx-blog/bool-up", 1)
    assert "Notification:" not in server.process.log_text()
    own_site.nginx.stop()
    wait_until(lambda: "Notification: severity = FAILURE" in server.process.log_text(),
               WAIT_SECONDS, "notification")
    stop(server)


@pytest.mark.parametrize("lines, said", [
    (['Nginx "ftp://127.0.0.1/"'], "ftp://127.0.0.1/"),
    (['Nginx "http://127.0.0.1/"', "Colour blue"], "Colour"),
    (['Nginx "http://127.0.0.1/"', 'Timeout "soon"'], "Timeout"),
    (['Nginx "http://127.0.0.1/"', "Timeout -1"], "Timeout"),
    (['Nginx "http://127.0.0.1/"', 'Nginx "http://127.0.0.1/x"'], "http://127.0.0.1/x"),
    (['Nginx "http://127.0.0.1/"', "Ports 80 0"], "Ports"),
    (['Nginx "http://127.0.0.1/"', 'Upstream "php"'], "php"),
    (['Nginx "http://127.0.0.1/"', "WorkerConnections 0"], "WorkerConnections"),
    (["Nginx 5"], "Nginx"), ([], "blog")], ids=str)
def test_bad_configuration_refuses_to_start(collectd, lines, said):
    with pytest.raises(StartFailed) as failure:
        collectd(block(*lines))
    text = str(failure.value)
    assert "exit status 1" in text
    assert [line for line in text.splitlines() if "connledger" in line and said in line], text


def test_two_sites_of_one_name_refuse_to_start(collectd, nginx):
    site = f'  <Site "a">\n    Nginx "{nginx.status_url}"\n  </Site>\n'
    with pytest.raises(StartFailed, match="connledger.*a\""):
        collectd(block_of(site + site))


def symbols(path, which):
    listed = subprocess.run(["nm", "-D", which, path], check=True, capture_output=True, text=True)
    return {line.split()[-1] for line in listed.stdout.splitlines() if " w " not in line}


def test_only_module_register_is_exported(build):
    library = build / "collectd" / "connledger.so"
    assert symbols(library, "--defined-only") == {"module_register"}


def test_every_undefined_symbol_is_in_the_daemon_or_a_library(build):
    library = build / "collectd" / "connledger.so"
    # Symbols of a shared library that it is linked with carry a version; sanitizers' do not.
    plain = {name for name in symbols(library, "--undefined-only") if "@" not in name}
    plain = {name for name in plain if not name.startswith(("__asan_", "__ubsan_", "__lsan_"))}
    daemon = symbols(find_program("collectd"), "--defined-only")
    linked = subprocess.run(["ldd", library], check=True, capture_output=True, text=True).stdout
    for path in re.findall(r"=> (/\S+)", linked):
        daemon |= {name.partition("@")[0] for name in symbols(path, "--defined-only")}
    assert plain - daemon == set()
