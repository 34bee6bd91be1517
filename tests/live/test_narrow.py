# SPDX-License-Identifier: MIT
"""Programs in narrow places: files that never end, a small stack, files that may not grow, descriptors
that are closed, an output that nobody reads. Each run ends in time and says what is the matter."""

import concurrent.futures
import os
import resource
import socket
import subprocess

import pytest

import answers as page
from behaviours import answers, says
from fault_kit import NAMES, fault, hungry_names, narrow, plain  # noqa: F401

STACK_BYTES = 64 * 1024
USUAL = 10  # seconds: the checks' own timeout


# ---- files that are named --------------------------------------------------------------------------

def odd_file(folder, kind):
    path = folder / kind
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "large":
        path.write_bytes(b"#" * 200000)
    elif kind == "sparse":
        with open(path, "wb") as one:
            one.truncate(1 << 40)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    return {"endless": "/dev/zero", "terminal": "/dev/ptmx"}.get(kind, path)


@pytest.mark.parametrize("option", ["--authfile={}", "--extra-opts=x@{}"])
@pytest.mark.parametrize("kind", ["fifo", "endless", "terminal", "large", "sparse", "folder",
                                  "socket", "missing"])
def test_a_check_reads_no_odd_file(programs, folder, kind, option):
    path = odd_file(folder, kind)
    result = programs.check_nginx("--url", "http://127.0.0.1:1/", option.format(path))
    line = result.lines()[0]
    assert result.status == 3 and line.startswith("NGINX UNKNOWN: --"), line
    assert str(path) in line and option.split("=")[0] in line, line


@pytest.mark.parametrize("kind", ["fifo", "endless"])
def test_no_odd_certificate_is_read(programs, nginx, folder, kind):
    path = odd_file(folder, kind)
    url = nginx.status_url.replace("http:", "https:")
    assert "no regular file" in programs.check_nginx("--url", url, f"--cafile={path}").out
    assert "no regular file" in programs.exporter(
        "--once", "--nginx.scrape-uri", url, "--nginx.ssl-ca-cert", path).err


@pytest.mark.parametrize("kind", ["fifo", "endless", "terminal", "sparse", "folder", "socket"])
def test_the_exporter_reads_no_odd_file(programs, folder, kind):
    """Its two files, and those that they name."""
    path = odd_file(folder, kind)
    sites, web = folder / "sites.yml", folder / "web.yml"
    sites.write_text("sites: {a: {nginx: http://127.0.0.1/, username: u, "
                     f"password_file: {path}}}}}\n")
    web.write_text(f"tls_server_config: {{cert_file: {path}, key_file: {path}}}\n")
    for option in (("--config.file", path), ("--config.file", sites),
                   ("--web.config.file", path), ("--web.config.file", web)):
        result = programs.exporter("--check-config", *option)
        assert result.status == 2 and result.out == "", result
        assert str(path) in result.err and len(result.err.splitlines()) == 1, result.err


# ---- a host that has nothing -------------------------------------------------------------------------

def test_a_host_without_unix_sockets(alone, bad, programs):
    """A container may have one program in it, and no socket but those that are asked."""
    nginx = bad(answers(page.http(page.STUB_STATUS)))
    uwsgi = bad(says(page.stats_bytes(sockets=[
        {"name": "/run/app.sock", "proto": "uwsgi", "queue": 0, "max_queue": 0, "shared": 0,
         "can_offload": 0}])))
    listed = subprocess.run(["cat", "/proc/thread-self/net/unix"], capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 1, listed.stdout
    for result in (programs.munin(nginx=nginx.url, uwsgi=uwsgi.raw),
                   programs.check_nginx("--url", nginx.url),
                   programs.check_uwsgi("--stats", uwsgi.raw),
                   programs.check_connections("--nginx", nginx.url, "--uwsgi", uwsgi.raw),
                   programs.exporter("--once", "--nginx.scrape-uri", nginx.url,
                                     "--uwsgi.stats-uri", uwsgi.raw)):
        assert result.status in (0, 1) and result.out, result


# ---- the time of a run ------------------------------------------------------------------------------

def test_the_timeout_bounds_the_writing(programs, nginx):
    """Nobody reads, and the pipe is full."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(BlockingIOError):
        while True:
            os.write(writing, b"x")
    os.set_blocking(writing, True)
    process = os.posix_spawn(
        programs.path("nagios/check_nginx"),
        ["check_nginx", "--url", nginx.status_url, "-t", "1"], programs.env,
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)])
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 3
    os.close(reading)
    os.close(writing)


def test_the_timeout_bounds_whatever_is_waited_for(narrow, plain, fault):
    """Each call that could hang does: files of options, the servers, the state; and one with each
    state. All at once, since they are all waited for; nginx may be late in that crowd, so that who
    did not get as far as his call is run again, alone."""
    options = narrow.folder / "options.ini"
    options.write_text("[check_nginx]\ncounters =\n")

    def run(number, *more, **env):
        states = narrow.folder / f"{number}{more}"
        return narrow.run(plain, "check_nginx", f"--extra-opts=check_nginx@{options}", "-t", "1",
                          *more, env={"LD_PRELOAD": str(fault), "FAULT": f"slow:{number}",
                                      "MP_STATE_PATH": str(states), **env})
    run(0, FAULT_COUNT=str(narrow.folder / "count"))
    count = int((narrow.folder / "count").read_text())
    assert count > 4
    rows = [(number, *state) for number in range(1, count + 1) for state in
            (((), "UNKNOWN", 3), (("-t", "1:WARNING"), "WARNING", 1), (("-t", "1:OK"), "OK", 0))
            if number in (1, count) or not state[0]]
    with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
        results = list(pool.map(lambda row: run(row[0], *row[1]), rows))
    for row, result in zip(rows, results):
        number, more, word, status = row
        if number == 1:  # -t is not known yet
            word, status = "UNKNOWN", 3
        if result[0] == 2 and "no answer within 1 s" in result[1]:
            result = run(number, *more)
        assert (result[0], result[2]) == (status, ""), (number, result)
        seconds = USUAL if number == 1 else 1
        assert result[1].startswith(f"NGINX {word}: no result within {seconds} s: "), row


# ---- stack, file size, descriptors --------------------------------------------------------------------

@pytest.mark.parametrize("name", NAMES)
def test_a_small_stack_is_enough(narrow, plain, name):
    usual = narrow.run(plain, name)
    small = narrow.run(
        plain, name, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES)))
    assert small[0] == usual[0] and len(small[1].splitlines()) == len(usual[1].splitlines()), small


@pytest.mark.parametrize("name", ["check_nginx", "munin", "exporter"])
def test_a_small_stack_is_enough_for_a_name(narrow, plain, hungry_names, name):
    """It is looked up in a thread, which has the limit's size unless it is given another: modules
    of the name service may want much of it."""
    where = {"check_nginx": ("--url", "http://nowhere.invalid/"),
             "exporter": ("--nginx.scrape-uri", "http://nowhere.invalid/")}.get(name, ())
    env = {"nginx": "http://nowhere.invalid/", "LD_PRELOAD": str(hungry_names)}
    usual = narrow.run(plain, name, *where, env=env)
    small = narrow.run(
        plain, name, *where, env=env, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES)))
    assert "nowhere.invalid" in usual[1] + usual[2]
    assert small[0] == usual[0] and small[1].splitlines()[:1] == usual[1].splitlines()[:1], small


@pytest.mark.parametrize("name", ["check_nginx", "check_connections", "munin"])
def test_a_state_file_that_may_not_grow_is_said(narrow, plain, name):
    status, out, err = narrow.run(
        plain, name, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)))
    assert status == 0 and "File too large" in out + err, (status, out, err)


@pytest.mark.parametrize("closed", range(1, 8))
@pytest.mark.parametrize("name", NAMES)
def test_closed_descriptors_are_not_written_to(narrow, plain, name, closed):
    """What would be standard output is no socket of the program's own: the servers are not written to,
    and what is not closed gets what it always gets."""
    usual = narrow.run(plain, name)

    def close():
        for fd in range(3):
            if closed >> fd & 1:
                os.close(fd)
    status, out, err = narrow.run(plain, name, preexec_fn=close)
    assert status == usual[0]
    if not closed & 2:
        assert len(out.splitlines()) == len(usual[1].splitlines())
    assert err == "" or not closed & 4
