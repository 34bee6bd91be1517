# SPDX-License-Identifier: MIT
"""Every program with each of its allocations failing in turn, and each of its descriptors; one alone, and
all from there on; and with a limit of descriptors. A run either says all that it says otherwise, or that
it could not: never a part that looks whole, never that a server is down."""

import concurrent.futures
import os
import re
import resource
import subprocess

import pytest

from fault_kit import HANGS, NAMES, fault, narrow, plain  # noqa: F401

OWN = re.compile(r"out of memory|Out of memory|Cannot allocate memory|no memory|[Tt]oo many open files")
FALSE = re.compile(r"empty|more than fits|is down|refused|not a uWSGI|not nginx|cut off|nobody listens")


def shape(text):
    """What is said, without the numbers in it."""
    # Which lines of the ledger are not 0 depends on who is connected just then.
    text = re.sub(r"^(CONNECTIONS \w+:) \d+ connections?[^|]*\|", r"\1 |", text)
    return re.sub(r"-?\d+(\.\d+)?(e[-+]\d+)?", "N", text)


def munin_shape(text):
    return [line.partition(" ")[0] if ".value " in line else shape(line)
            for line in text.splitlines() if ".extinfo" not in line]


def series_shape(text):
    """Process metrics and durations come and go with what was measured."""
    return sorted({line.partition(" ")[0] for line in text.splitlines() if line[:1] != "#"})


def judge(name, usual, found):
    """None, or what is wrong with a run."""
    status, out, err = found
    if FALSE.search(err if name == "exporter" else out + err):
        return "a false sentence"
    if name.startswith("check"):
        if status == 3:
            return None if OWN.search(out) else "UNKNOWN without the reason"
        same = status == usual[0] and shape(out.splitlines()[0]) == shape(usual[1].splitlines()[0]) \
            and len(out.splitlines()) == len(usual[1].splitlines())
        return None if same else "not the whole answer"
    if status != 0:
        return None if out == "" and OWN.search(err) else "failed without the reason, or with a part"
    if name in ("munin", "munin_config"):
        same = munin_shape(out) == munin_shape(usual[1])
        if out.count(".value U") > usual[1].count(".value U") and not OWN.search(err):
            return "U without the reason"
    elif name == "exporter":
        same = series_shape(out) == series_shape(usual[1])
    else:
        same = out == usual[1] or OWN.search(out)
    return None if same else "not the whole answer"


class Faults:
    def __init__(self, narrow, plain, fault, name):
        self.narrow, self.plain, self.name = narrow, plain, name
        self.env = {"LD_PRELOAD": str(fault)}
        narrow.run(plain, name)  # Munin's memory is there from now on
        self.usual = narrow.run(plain, name)

    def run(self, wanted, **more):
        return self.narrow.run(self.plain, self.name,
                               env={**self.env, "FAULT": wanted, **more})

    def count(self, kind):
        path = self.narrow.folder / "count"
        self.run(f"{kind}:0", FAULT_COUNT=str(path))
        return int(path.read_text())

    def try_all(self, kind):
        count = self.count(kind)
        wanted = [f"{kind}{more}:{n}" for more in ("", "+") for n in range(1, count + 1)]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            found = list(pool.map(self.run, wanted))
        wrong = [(one, why, result) for one, result in zip(wanted, found)
                 if (why := judge(self.name, self.usual, result))]
        assert count > 0 or (self.name, kind) == ("munin_suggest", "files")
        return wrong


@pytest.mark.parametrize("kind", ["memory", "files"])
@pytest.mark.parametrize("name", NAMES)
def test_each_call_fails(narrow, plain, fault, name, kind):
    wrong = Faults(narrow, plain, fault, name).try_all(kind)
    text = "\n".join(f"{one}: {why}: {result}" for one, why, result in wrong)
    assert not wrong, f"{len(wrong)}:\n{text[:6000]}"


@pytest.mark.parametrize("name", NAMES)
def test_few_descriptors(narrow, plain, fault, name):
    faults = Faults(narrow, plain, fault, name)
    for limit in range(3, 21):
        found = narrow.run(plain, name, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (limit, limit)))
        # Too few for the loader: the program has not begun.
        if found[0] == 127 and "error while loading shared libraries" in found[2]:
            continue
        why = judge(name, faults.usual, found)
        assert why is None, (limit, why, found)


# ---- collectd ------------------------------------------------------------------------------------------

COLLECTD_RUNS = 60
COLLECTD = """
Hostname "h"
FQDNLookup false
BaseDir "{folder}"
PIDFile "{folder}/pid"
Interval 10
LoadPlugin write_log
PluginDir "{plugins}"
LoadPlugin connledger
<Plugin connledger>
  <Site "a">
    Nginx "{nginx}"
    Uwsgi "{uwsgi}"
  </Site>
</Plugin>
"""


def read_once(folder, plain, nginx, uwsgi, env):
    """One read by a real daemon: (status, log, {"nginx": up, "uwsgi": up})."""
    folder.mkdir()
    config = folder / "conf"
    config.write_text(COLLECTD.format(folder=folder, plugins=plain / "collectd",
                                      nginx=nginx.status_url, uwsgi=uwsgi.target))
    done = subprocess.run(["/usr/sbin/collectd", "-f", "-T", "-C", config], capture_output=True,
                          env={"FAULT_IN": "connledger.so", **env}, timeout=HANGS, check=False)
    log = (done.stdout + done.stderr).decode()
    up = {name: float(value)
          for name, value in re.findall(r"h\.(nginx|uwsgi)-a\.bool-up (\S+)", log)}
    return done.returncode, log, up


@pytest.mark.parametrize("kind", ["memory", "files"])
def test_each_call_of_the_collectd_plugin_fails(folder, plain, fault, nginx, uwsgi, kind):
    """The daemon lives, and a server is up or not known: the daemon loses values, too. Only calls
    out of the plugin are counted; most of these are the daemon's, for each value: so many are tried
    as there is time for, and all of them with FAULT_ALL=1 in the environment."""
    env = {"LD_PRELOAD": str(fault)}
    server = uwsgi("unix")
    count = folder / "count"
    status, log, up = read_once(folder / "usual", plain, nginx, server,
                                {**env, "FAULT": f"{kind}:0", "FAULT_COUNT": str(count)})
    assert (status, up) == (0, {"nginx": 1, "uwsgi": 1}), log
    calls = int(count.read_text())
    step = 1 if os.environ.get("FAULT_ALL") else max(1, calls // COLLECTD_RUNS)
    wanted = [f"{kind}:{number}" for number in range(1, calls + 1, step)]
    assert wanted
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: read_once(
            folder / one, plain, nginx, server, {**env, "FAULT": one}), wanted))
    for one, (status, log, up) in zip(wanted, results):
        assert status >= 0, (one, status, log)
        assert set(up.values()) <= {1.0}, (one, up, log)
        assert not FALSE.search(log), (one, log)
