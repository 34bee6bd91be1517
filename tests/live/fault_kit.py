# SPDX-License-Identifier: MIT
"""The plain programs in want of something: memory, descriptors, time (tests/fault/fault.c)."""

import itertools
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
HANGS = 120  # seconds after which a run hangs
GENEROUS = "60"  # seconds that servers are waited for


@pytest.fixture(scope="session")
def plain():
    """The build without sanitizers: these have an allocator of their own, and a larger stack."""
    path = ROOT / "build"
    assert (path / "nagios" / "check_nginx").is_file(), "make live builds it"
    return path


def _library(folder, name):
    library = folder / f"{name}.so"
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-fno-builtin", "-o", library,
                    ROOT / "tests" / "fault" / f"{name}.c", "-ldl"], check=True)
    return library


@pytest.fixture(scope="session")
def fault(top):
    """The library that has a call fail."""
    return _library(top, "fault")


@pytest.fixture(scope="session")
def hungry_names(top):
    """The library whose name service wants much stack."""
    return _library(top, "names")


class Narrow:
    """Runs each program against the same site."""

    def __init__(self, folder, nginx, uwsgi):
        self.folder = folder
        self.number = itertools.count()
        self.env = {"PATH": os.environ["PATH"], "LC_ALL": "C",
                    "MUNIN_PLUGSTATE": str(folder), "MUNIN_CAP_MULTIGRAPH": "1",
                    "nginx": nginx, "uwsgi": uwsgi, "timeout": GENEROUS}
        exporter = ["prometheus_exporter/connledger_exporter", "--once"]
        self.argv = {
            "check_nginx": ["nagios/check_nginx", "--url", nginx, "-v"],
            "check_uwsgi": ["nagios/check_uwsgi", "--stats", uwsgi, "-vv"],
            "check_connections": ["nagios/check_connections", "--nginx", nginx, "--uwsgi", uwsgi],
            "munin": ["munin/connledger"],
            "munin_config": ["munin/connledger", "config"],
            "munin_autoconf": ["munin/connledger", "autoconf"],
            "munin_suggest": ["munin/connledger_", "suggest"],
            "exporter": [*exporter, "--nginx.scrape-uri", nginx, "--uwsgi.stats-uri", uwsgi]}

    def run(self, build, name, *more, env=None, **streams):
        """Returns (status, output, errors). A signal is a failure of the test."""
        program, *words = self.argv[name]
        words += [*more] if name.startswith(("munin", "exporter")) else ["-t", GENEROUS, *more]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        # A check has no past: whether there are rates would depend on the clock.
        env = {"MP_STATE_PATH": str(self.folder / f"run{next(self.number)}"), **(env or {})}
        done = subprocess.run([build / program, *map(str, words)], env={**self.env, **env},
                              cwd=self.folder, timeout=HANGS, check=False, **streams)
        out, err = ((stream or b"").decode() for stream in (done.stdout, done.stderr))
        assert done.returncode >= 0, (name, more, env, done.returncode, out, err)
        assert "Sanitizer" not in err and "runtime error:" not in err, err
        return done.returncode, out, err


NAMES = ["check_nginx", "check_uwsgi", "check_connections", "munin", "munin_config",
         "munin_autoconf", "munin_suggest", "exporter"]


@pytest.fixture
def narrow(folder, nginx, uwsgi):
    return Narrow(folder, nginx.status_url, uwsgi("unix").target)
