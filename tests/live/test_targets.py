# SPDX-License-Identifier: MIT
"""Every way to say where a status page is, against the real servers."""

import pytest

from certificates import SERVER_NAME
from demo.site import free_port
from pages import PASSWORD, USER


def assert_ok(result):
    assert result.status == 0 and result.out.startswith("NGINX OK"), result
    assert int(result.perfdata()["active"]) >= 1


def test_nginx_url_unix_and_v6(programs, nginx):
    assert_ok(programs.check_nginx("--url", nginx.status_url))
    assert_ok(programs.check_nginx("--url", f"unix:{nginx.socket}:/nginx_status"))
    assert_ok(programs.check_nginx("--url", f"http://[::1]:{nginx.pages.v6_port}/stub_status"))


def test_nginx_by_host_port_and_path(programs, nginx):
    port = str(nginx.port)
    assert_ok(programs.check_nginx("-H", "127.0.0.1", "-p", port, "-u", "/stub_status"))
    assert_ok(programs.check_nginx("-H", "::1", "-p", str(nginx.pages.v6_port),
                                   "-u", "/stub_status"))
    assert_ok(programs.check_nginx("--unix", nginx.socket, "-u", "/stub_status"))
    assert_ok(programs.check_nginx("-H", "localhost", "-4", "-p", port, "-u", "/stub_status"))
    assert_ok(programs.check_nginx("-H", "localhost", "-6", "-p", str(nginx.pages.v6_port),
                                   "-u", "/stub_status"))


def test_nginx_by_the_options_of_icinga(programs, nginx, ca):
    assert_ok(programs.check_nginx("--hostname", "127.0.0.1", "--port", str(nginx.port),
                                   "--url", "/private", "--user", USER, "--pass", PASSWORD,
                                   "--realm", "status", "--timeout", "60", "--maxreach", "1",
                                   "--warn", "1000,-1,-1", "--critical", "2000,,"))
    assert_ok(programs.check_nginx("--hostname", "127.0.0.1", "--port", str(nginx.pages.names_port),
                                   "--url", "/stub_status", "--servername", SERVER_NAME))


def test_nginx_virtual_host(programs, nginx):
    url = f"http://127.0.0.1:{nginx.pages.names_port}/stub_status"
    assert programs.check_nginx("--url", url).status == 2
    assert_ok(programs.check_nginx("--url", url, "--vhost", SERVER_NAME))


def test_nginx_tls(programs, nginx, ca):
    url = f"https://127.0.0.1:{nginx.pages.tls_port}/stub_status"
    distrusted = programs.check_nginx("--url", url)
    assert distrusted.status == 2 and "certificate" in distrusted.out
    assert_ok(programs.check_nginx("--url", url, "--cafile", ca.ca))
    assert_ok(programs.check_nginx("--url", url, "--insecure"))
    assert_ok(programs.check_nginx("--url", url, "--cafile", ca.ca, "--vhost", SERVER_NAME))
    wrong = programs.check_nginx("--url", url, "--cafile", ca.ca, "--vhost", "other.example.org")
    assert wrong.status == 2 and "other.example.org" in wrong.out


def test_nginx_tls_where_there_is_none(programs, nginx):
    tls = programs.check_nginx("--url", f"https://127.0.0.1:{nginx.port}/stub_status")
    assert tls.status == 2 and "TLS" in tls.out
    plain = programs.check_nginx("--url", f"http://127.0.0.1:{nginx.pages.tls_port}/stub_status")
    assert plain.status == 2 and "400" in plain.out  # nginx itself answers so


def test_nginx_password(programs, nginx, folder):
    url = f"http://127.0.0.1:{nginx.port}/private"
    assert_ok(programs.check_nginx("--url", url, "-a", f"{USER}:{PASSWORD}"))
    file = folder / "auth"
    file.write_text(f"{USER}:{PASSWORD}\n")
    file.chmod(0o600)
    assert_ok(programs.check_nginx("--url", url, "--authfile", file))
    wrong = programs.check_nginx("--url", url, "-a", f"{USER}:wrong-word")
    assert wrong.status == 2 and "401" in wrong.out and "wrong-word" not in wrong.out


def test_nginx_numbers_are_those_of_the_page(programs, own_site):
    nginx = own_site.nginx
    for _ in range(5):
        nginx.get("/")
    accepts, handled, requests = nginx.get("/stub_status")[1].split(b"\n")[2].split()
    samples = programs.exporter("--once", "--nginx.scrape-uri", nginx.status_url).samples()
    assert samples["nginx_connections_accepted"] == int(accepts) + 1  # the scrape's own
    assert samples["nginx_connections_handled"] == int(handled) + 1
    assert samples["nginx_http_requests_total"] == int(requests) + 1
    assert samples["nginx_connections_active"] == samples["nginx_connections_writing"] == 1


@pytest.mark.parametrize("stats", ["unix", "tcp", "abstract", "http"])
def test_uwsgi(programs, uwsgi, stats):
    target = uwsgi(stats).target
    spellings = [target, target.removeprefix("tcp://"), target.replace("unix:/", "unix:///")]
    for spelling in dict.fromkeys(spellings):
        result = programs.check_uwsgi("--stats", spelling)
        assert result.status == 0 and result.out.startswith("UWSGI OK"), result
        assert result.perfdata()["cores"] == "4" and result.perfdata()["workers"] == "2"


def test_several_uwsgi_servers_add_up(programs, uwsgi):
    targets = [word for stats in ("unix", "tcp") for word in ("--stats", uwsgi(stats).target)]
    assert programs.check_uwsgi(*targets).perfdata()["cores"] == "8"


def test_the_numbers_of_a_busy_site(programs, own_site):
    own_site.get_stuck(2)
    stats, page = own_site.uwsgi.target, own_site.nginx.status_url
    result = programs.check_uwsgi("--stats", stats, "-w", "49", "-c", "90")
    perfdata = result.perfdata()
    assert result.status == 1 and perfdata["busy_percent"].rstrip("%") == "50", result
    assert "oldest_request" in perfdata
    assert programs.check_uwsgi("--stats", stats, "-c", "busy_percent=40").status == 2
    result = programs.check_nginx("--url", page, "-w", "2", "-c", "100")
    assert result.status == 1 and result.perfdata()["writing"] == "3", result


@pytest.mark.parametrize("args", [
    ["--no-such-option"], ["--url"], ["leftover"], ["--url", "http://x/", "-w", "20:10"],
    ["--url", "http://x/", "-c", "nonsense=5"], ["--url", "http://x/", "-w", "10abc"],
    ["--url", "ftp://x/"], ["--url", "http://x/", "-t", "0"], ["--url", "http://x:99999/"],
    ["--url", "tcp://127.0.0.1:80"]], ids=" ".join)
def test_check_nginx_refuses_what_it_does_not_understand(programs, args):
    result = programs.check_nginx(*args)
    assert result.status == 3 and "UNKNOWN" in result.lines()[0], result
    assert args[-1].partition("=")[0] in result.lines()[0]


@pytest.mark.parametrize("args", [
    ["--stats", "ftp://x/"], ["--stats", "/run/x:80:90"], ["--stats", "127.0.0.1:1", "-w", "@"],
    ["--stats", "127.0.0.1:1", "-c", "active=1"], ["--stats", "unix:"], []], ids=" ".join)
def test_check_uwsgi_refuses_what_it_does_not_understand(programs, args):
    result = programs.check_uwsgi(*args)
    assert result.status == 3 and "UNKNOWN" in result.lines()[0], result


@pytest.mark.parametrize("args", [
    ["--no-such-option"], ["--nginx.scrape-uri", "ftp://x/"], ["--nginx.timeout", "soon"],
    ["--web.listen-address", "127.0.0.1:99999"], ["leftover"]], ids=" ".join)
def test_exporter_refuses_what_it_does_not_understand(programs, args):
    result = programs.exporter(*args)
    assert result.status == 2 and result.out == "", result
    assert args[-1] in result.err.splitlines()[0]


@pytest.mark.parametrize("env", [
    {"nginx": "ftp://x/"}, {"uwsgi": "unix:"}, {"nginx": "http://x/", "timeout": "soon"}], ids=str)
def test_munin_refuses_what_it_does_not_understand(programs, env):
    result = programs.munin(**env)
    assert result.status == 0 and set(result.fields().values()) <= {"U"}, result
    assert len(result.err.splitlines()) == 1
    assert list(env.values())[-1] in result.err


def test_help_and_version(programs):
    for check in (programs.check_nginx, programs.check_uwsgi):
        for option in ("-h", "-V"):
            result = check(option)
            assert result.status == 3 and result.out and not result.err
    for option in ("--help", "--version"):
        assert programs.exporter(option).status == 0


def test_nothing_listens_on_a_free_port(programs):
    assert programs.check_nginx("--url", f"http://127.0.0.1:{free_port()}/x",
                                "--unreachable", "unknown").status == 3
