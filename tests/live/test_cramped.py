# SPDX-License-Identifier: MIT
"""Programs in narrow places: files that never end, a small stack, no file may grow, descriptors that
are closed, an output that nobody reads. Each run ends in time and says what is the matter."""

import os
import resource
import socket
import subprocess
import time

import pytest

from demo.process import wait_until
from programs import SANITIZER_STATUS, assert_clean

STACK_BYTES = 64 * 1024
SOON = 30  # seconds, on a busy machine, for what takes none
USUAL = 10  # the checks' own timeout
LATE = 120  # after which something hangs


class Cramped:
    """Runs the programs of the plain build as well as those of the sanitizers'."""

    def __init__(self, programs, nginx, uwsgi):
        self.programs = programs
        self.env = {**programs.env, "MUNIN_CAP_MULTIGRAPH": "1", "nginx": nginx.status_url,
                    "uwsgi": uwsgi.target, "timeout": "60"}
        both = ["--nginx", nginx.status_url, "--uwsgi", uwsgi.target, "-t", "60"]
        self.argv = {
            "check_nginx": ["nagios/check_nginx", "--url", nginx.status_url, "-t", "60"],
            "check_uwsgi": ["nagios/check_uwsgi", "--stats", uwsgi.target, "-t", "60"],
            "check_connections": ["nagios/check_connections", *both],
            "munin": ["munin/connledger"], "munin_config": ["munin/connledger", "config"],
            "munin_autoconf": ["munin/connledger", "autoconf"],
            "exporter": ["prometheus_exporter/connledger_exporter", "--once",
                         "--nginx.scrape-uri", nginx.status_url, "--uwsgi.stats-uri",
                         uwsgi.target]}

    def run(self, name, *more, prepare=None, build=None, **streams):
        argv = [str((build or self.programs.build) / self.argv[name][0]), *self.argv[name][1:], *more]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        done = subprocess.run(argv, env=self.env, cwd=self.programs.folder, timeout=LATE,
                              preexec_fn=prepare, check=False, **streams)
        assert 0 <= done.returncode < SANITIZER_STATUS, (name, done)
        for stream in (done.stdout, done.stderr):
            assert_clean((stream or b"").decode())
        return done


NAMES = ["check_nginx", "check_uwsgi", "check_connections", "munin", "munin_config",
         "munin_autoconf", "exporter"]


@pytest.fixture
def cramped(programs, nginx, uwsgi):
    return Cramped(programs, nginx, uwsgi("unix"))


@pytest.fixture
def plain():
    """The build without sanitizers, which need a larger stack."""
    path = os.path.join(os.path.dirname(__file__), "..", "..", "build")
    assert os.path.exists(os.path.join(path, "nagios", "check_nginx")), "run make first"
    return __import__("pathlib").Path(path).resolve()


# ---- files that are named --------------------------------------------------------------------------

def odd_files(folder):
    os.mkfifo(folder / "fifo")
    (folder / "large").write_bytes(b"#" * 200000)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket"))
    return {"fifo": folder / "fifo", "endless": "/dev/zero", "terminal": "/dev/ptmx",
            "folder": folder, "large": folder / "large", "socket": folder / "socket",
            "missing": folder / "missing", "kmsg": "/proc/kmsg"}


@pytest.mark.parametrize("kind", ["fifo", "endless", "terminal", "folder", "large", "socket",
                                  "missing"])
def test_a_check_reads_no_odd_file(cramped, folder, kind):
    path = odd_files(folder)[kind]
    for option in (f"--authfile={path}", f"--extra-opts=x@{path}"):
        start = time.monotonic()
        done = cramped.run("check_nginx", option)
        assert time.monotonic() - start < USUAL  # refused, and not waited for until the timeout
        line = done.stdout.decode().splitlines()[0]
        assert done.returncode == 3 and line.startswith("NGINX UNKNOWN: --"), line
        assert str(path) in line and option.split("=")[0] in line, line


@pytest.mark.parametrize("kind", ["fifo", "endless"])
def test_no_odd_certificate_is_read(programs, nginx, folder, kind):
    path = odd_files(folder)[kind]
    url = nginx.status_url.replace("http:", "https:")
    result = programs.check_nginx("--url", url, f"--cafile={path}", "-t", str(USUAL))
    assert result.status == 2 and "no regular file" in result.out, result
    result = programs.exporter("--once", "--nginx.scrape-uri", url, "--nginx.ssl-ca-cert", path)
    assert "no regular file" in result.err, result


# ---- the time of a run ------------------------------------------------------------------------------

def test_the_timeout_bounds_an_output_that_nobody_reads(cramped):
    reading, writing = os.pipe()
    try:
        os.set_blocking(writing, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(writing, b"x" * 65536)
        os.set_blocking(writing, True)
        done = cramped.run("check_nginx", "-t", "1", stdout=writing)
        assert done.returncode == 3
        done = cramped.run("check_nginx", "-t", "1:WARNING", stdout=writing)
        assert done.returncode == 3  # the answer was there: it could not be told
    finally:
        os.close(reading)
        os.close(writing)


def test_the_timeout_bounds_a_run_that_is_kept_waiting(cramped, folder):
    """By a stopped clock of its own: whatever it waits for. SIGALRM comes as at the end of time."""
    for more, state in ((["-t", "1"], 3), (["-t", "1:WARNING"], 1), (["-t", "1:OK"], 0)):
        lock = folder / f"connledger-{os.geteuid()}"
        argv = [str(cramped.programs.path("nagios/check_nginx")), "--url",
                "http://127.0.0.1:1/", "--sample", "0.5", *more]
        process = subprocess.Popen(argv, env=cramped.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.wait(LATE)
        process.communicate()
        del lock
        argv = ["nagios/check_nginx"]
        waiting = socket.socket()
        waiting.bind(("127.0.0.1", 0))
        waiting.listen(1)
        process = subprocess.Popen(
            [str(cramped.programs.path(argv[0])), "--url",
             f"http://127.0.0.1:{waiting.getsockname()[1]}/", "-t", "600", *more[:0]],
            env=cramped.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        connection = waiting.accept()[0]
        process.kill()
        process.communicate()
        connection.close()
        waiting.close()
        assert state in (0, 1, 3)
