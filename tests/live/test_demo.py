# SPDX-License-Identifier: MIT
"""The demo: shows every part, and leaves nothing behind however it ends."""

import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from demo.process import wait_until

END_SECONDS = 300
RUN = pathlib.Path(__file__).resolve().parents[2] / "demo" / "run.py"


@pytest.fixture
def demo(build, folder):
    """Starts demo/run.py with a temporary directory of its own."""
    running = []

    def start(seconds):
        env = {**os.environ, "TMPDIR": str(folder), "DEMO_SECONDS": seconds}
        running.append(subprocess.Popen([sys.executable, RUN, build], env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return running[-1]
    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=END_SECONDS)


def left_behind(folder):
    """Programs that still have the folder in their command line, and what is in the folder."""
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True)
    return [line for line in listed.stdout.splitlines() if str(folder) in line] + \
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_demo_shows_every_part(demo, folder):
    process = demo("0")
    out, err = process.communicate(timeout=END_SECONDS)
    assert process.returncode == 0 and err == "", err
    for said in ("Who is holding every connection", "CONNECTIONS WARNING: ", "phantom_counters",
                 "app_saturated", "slow_clients", "1. Munin", "multigraph connledger_held",
                 "2. Nagios", "NGINX OK: ", "UWSGI CRITICAL: ", "3. collectd",
                 "nginx-demo/nginx_connections-active", "connledger-demo/current_connections-phantom",
                 "4. Prometheus", "nginx_up 1", 'connledger_finding{finding="phantom_counters"'):
        assert said in out, said
    # What the site was brought into is on the ledger.
    for line, number in (("app_queue", r"1\d"), ("app", "5"), ("stalled_client", "12"),
                         ("half_closed", "3"), ("phantom", r"\d+")):
        assert re.search(rf"^ +{line} +{number}  ", out, re.M), (line, out[:4000])
    assert left_behind(folder) == []


@pytest.mark.parametrize("number, after, status", [
    (signal.SIGINT, "A web site", 130), (signal.SIGTERM, "2. Nagios", 143),
    (signal.SIGTERM, "3. collectd", 143), (signal.SIGINT, "goes on serving", 0)], ids=str)
def test_the_demo_is_stopped(demo, folder, number, after, status):
    process = demo("")
    assert any(after in line for line in process.stdout), process.stderr.read()
    process.send_signal(number)
    out, err = process.communicate(timeout=END_SECONDS)
    assert (process.returncode, err) == (status, ""), out[-2000:]
    try:
        wait_until(lambda: left_behind(folder) == [], 30, "nothing left behind")
    except TimeoutError as error:
        raise AssertionError(f"left behind: {left_behind(folder)}") from error


def test_the_demo_says_what_is_missing(folder):
    result = subprocess.run([sys.executable, RUN, folder], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 1 and "run make first" in result.stderr
