# SPDX-License-Identifier: MIT
"""The checks in the hands of the Monitoring Plugins that wrap others."""

import pytest

from answers import STUB_STATUS, http
from behaviours import answers
from programs import run


@pytest.fixture
def wrapped(definitions, programs, bad):
    """Runs check_nginx, with 7 active connections, under another plugin."""
    url = bad(answers(http(STUB_STATUS))).url

    def ask(wrapper, *args):
        return run([definitions.plugins / "negate", *wrapper, programs.path("nagios/check_nginx"),
                    "--url", url, *args], env=programs.env)
    return ask


@pytest.mark.parametrize("wrapper, args, status, word", [
    ([], ["-w", "100"], 2, "OK"),
    ([], ["-c", "5"], 0, "CRITICAL"),
    (["-s"], ["-c", "5"], 0, "OK"),
    (["-s", "-o", "WARNING"], [], 1, "WARNING"),
    (["-c", "UNKNOWN"], ["-c", "5"], 3, "CRITICAL"),
    (["-s", "-u", "OK"], ["-w", "9:1"], 0, "OK"),
    (["-s", "-w", "CRITICAL"], ["-w", "5", "-vvv"], 2, "CRITICAL")])
def test_negate_understands_each_state(wrapped, wrapper, args, status, word):
    result = wrapped(wrapper, *args)
    assert result.status == status and result.out.startswith(f"NGINX {word}: "), result
    assert ("9:1" in args) or result.perfdata()["active"] == "7"


def test_check_cluster_counts_the_states(definitions, programs, bad):
    server = bad(answers(http(STUB_STATUS)))
    states = [programs.check_nginx("--url", server.url, *args).status
              for args in ((), ("-w", "5"), ("-c", "5"), ("-w", "9:1"))]
    assert states == [0, 1, 2, 3]
    data = ",".join(map(str, states))
    for limit, status in (("2", 2), ("3", 0)):
        result = run([definitions.plugins / "check_cluster", "--service", "-l", "nginx", "-c",
                      limit, "-d", data])
        assert result.status == status, result
        assert "1 ok, 1 warning, 1 unknown, 1 critical" in result.out, result
