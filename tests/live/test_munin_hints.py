# SPDX-License-Identifier: MIT
"""What the Munin plugin says where its users get lost: one line that holds the cure."""

import json
import os
import re
import shutil
import socket

import pytest

import answers as page
from behaviours import answers, hung, says
from demo.process import find_program
from privileges import MOUNT, OTHER_USERS, need
from programs import run

WWW_DATA = 33


@pytest.fixture
def munin_node(munin, build):
    """Runs the plugin in a node, as nobody: munin_node(**env)."""
    need(OTHER_USERS)
    munin.install(build / "munin" / "connledger")
    munin.enable("connledger")

    def fetch(**env):
        munin.configure("connledger", **env)
        fetched = munin.munin_run("connledger")
        assert fetched.status == 0
        lines = [line for line in fetched.err.splitlines() if line.startswith("connledger: ")]
        assert len(lines) == 1, fetched
        return lines[0]
    return fetch


@pytest.fixture
def stats_socket(folder):
    """A socket that listens: stats_socket(mode, group, folder_mode, folder_group) is its path."""
    listener = socket.socket(socket.AF_UNIX)

    def make(mode, group, folder_mode=0o755, folder_group=0):
        path = folder / "run" / "blog.stats"
        path.parent.mkdir()
        listener.bind(str(path))
        listener.listen()
        os.chown(path, WWW_DATA, group)
        path.chmod(mode)
        os.chown(path.parent, 0, folder_group)
        path.parent.chmod(folder_mode)
        return path
    yield make
    listener.close()


GROUP_LINE = r'write "group www-data" into section \[connledger\] of plugin-conf\.d'


@pytest.mark.parametrize(("modes", "cure"), [
    ((0o660, WWW_DATA), rf"www-data:www-data with mode 660, .*: {GROUP_LINE}"),
    ((0o755, WWW_DATA), rf"mode 755, .*: set chmod-socket = 660 in uWSGI and {GROUP_LINE}"),
    ((0o755, 0), r"www-data:root .*: set chmod-socket = 666 in uWSGI"),
    ((0o666, 0, 0o750, WWW_DATA), rf"The folder \S+/run belongs to root:www-data .*: {GROUP_LINE}"),
    ((0o666, 0, 0o700), r"The folder \S+/run belongs to root:root with mode 700, .*chmod o\+x"),
])
def test_a_socket_that_keeps_nobody_out(munin_node, stats_socket, modes, cure):
    line = munin_node(uwsgi=f"unix:{stats_socket(*modes)}")
    assert re.search(r": permission denied: .* and the plugin runs as nobody in group", line), line
    assert re.search(cure, line), line


def test_the_cure_for_a_closed_socket_works(munin, munin_node, stats_socket):
    """With the group that the line says the plugin gets in, and what it says next is another thing.
    """
    target = f"unix:{stats_socket(0o660, WWW_DATA)}"
    assert "group www-data" in munin_node(uwsgi=target, timeout="0.5")
    munin.section("connledger", "group www-data")
    assert "connected, but not a byte came" in munin_node(uwsgi=target)


@pytest.mark.parametrize("where", ["/tmp", "/var/tmp", "/home", "/run/user"])
def test_a_folder_that_munin_node_does_not_see(munin_node, where):
    setting = "PrivateTmp" if "tmp" in where else "ProtectHome"
    assert munin_node(uwsgi=f"unix:{where}/no-such-folder/blog.stats").endswith(
        f"no such socket file; is the server running? And if it is there: under systemd munin-node "
        f"sees another {where} than a shell ({setting}): let the server make its socket in /run")


def test_a_home_is_not_to_be_opened(munin_node):
    assert munin_node(uwsgi="unix:/root/blog.stats").endswith(
        ". Under systemd munin-node does not even see /root (ProtectHome): let the server make its "
        "socket in /run")


def in_sandbox(programs, folder, where, path):
    """Runs the plugin where `where` is a folder of its own, as systemd makes one."""
    need(MOUNT)
    name = "systemd-private-0/tmp" if "tmp" in where else "systemd/inaccessible/dir"
    hidden = folder / name
    hidden.mkdir(parents=True)
    plugin = folder / "connledger"  # the build may be in what is hidden
    shutil.copy(programs.path("munin/connledger"), plugin)
    script = f'mount --bind "{hidden}" {where} && exec "$@"'
    return run([find_program("unshare"), "-m", "--propagation", "private", "sh", "-c", script,
                "sh", plugin],
               env={**programs.env, "uwsgi": f"unix:{path}"})


@pytest.mark.parametrize("where", ["/var/tmp", "/home"])
def test_a_folder_that_this_munin_node_hides(programs, folder, where):
    done = in_sandbox(programs, folder, where, f"{where}/blog.stats")
    said = {"/var/tmp": "This munin-node has a /var/tmp of its own (PrivateTmp): let the server",
            "/home": "/home is hidden from this munin-node (ProtectHome): let the server"}[where]
    assert said in done.err and len(done.err.splitlines()) == 1, done


SAYS_VARIABLES = (r"In section \[connledger\] of plugin-conf\.d, env\.nginx is for nginx' stub_status "
                  r"page and env\.uwsgi for uWSGI's stats servers$")


@pytest.mark.parametrize(("behaviour", "reason"), [
    (says(page.stats_bytes()), "a raw uWSGI stats socket[?] then use tcp://127.0.0.1:[0-9]+"),
    (answers(page.http(page.stats_bytes())), "JSON instead of stub_status: .*stats server[?]"),
    (answers(page.http(page.HTML)), "an HTML page instead of stub_status"),
    (answers(page.http(b"hello")), 'no stub_status page: it begins "hello"'),
])
def test_no_stub_status_page(munin_node, bad, behaviour, reason):
    assert re.search(f"{reason}.* {SAYS_VARIABLES}", munin_node(nginx=bad(behaviour).url))


@pytest.mark.parametrize(("behaviour", "reason"), [
    (says(page.http(page.stats_bytes())), "this is an HTTP server: use http://127.0.0.1:[0-9]+/"),
    (says(page.STUB_STATUS), "an nginx stub_status page instead of a uWSGI stats server's answer"),
    (says(b"SSH-2.0-OpenSSH_9.2\r\n"), "no JSON: is this a uWSGI stats server[?]"),
])
def test_no_stats_server(munin_node, bad, behaviour, reason):
    assert re.search(f"{reason}.*{SAYS_VARIABLES}", munin_node(uwsgi=bad(behaviour).raw))


@pytest.mark.parametrize(("status", "cure"), [
    ("404 Not Found", 'nginx needs a location with "stub_status;", and env.nginx in section '
                      "[connledger] of plugin-conf.d its URL"),
    ("403 Forbidden", "the server must allow this host (nginx: allow ADDRESS; deny all;)"),
    ("401 Unauthorized", "They are env.http_username and env.http_password in section [connledger]"),
])
def test_http_errors(munin_node, bad, status, cure):
    server = bad(answers(page.http(page.HTML, status)))
    assert cure in munin_node(nginx=server.url)


def test_the_page_that_nobody_named(munin_node, alone):
    assert munin_node(category="webserver").endswith(
        "http://127.0.0.1/nginx_status: connection refused: nobody listens there. Is the page "
        "somewhere else? Then set env.nginx to its URL in section [connledger] of plugin-conf.d")


def test_stats_with_http_wait_for_a_request(munin_node, bad):
    line = munin_node(uwsgi=bad(hung).raw, timeout="0.5")
    assert re.search(r"with --stats-http waits for a request: use http://127\.0\.0\.1:[0-9]+/", line)


def test_an_emperor_has_no_workers(munin_node, bad):
    emperor = json.dumps({"version": "2.0.21", "pid": 1, "uid": 0, "gid": 0, "emperor": ["/etc/v"],
                          "emperor_tyrant": 0, "throttle_level": 0, "vassals": [], "blacklist": []})
    line = munin_node(uwsgi=bad(says(emperor.encode())).raw)
    assert line.endswith("the stats server of a uWSGI emperor, which has no workers: name that of "
                         "the application in env.uwsgi"), line
