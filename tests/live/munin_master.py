# SPDX-License-Identifier: MIT
"""A private Munin master: munin-update, munin-limits, munin-graph and munin-html with folders of
their own, for the one node of munin_kit.py.

The master's clock is one that the test sets: it stands still, and each round is five minutes after
the one before, as RRD files want it. The node, its plugins and the servers have the real time. The
master's programs refuse to run as root: then they run as the user `munin`.
"""

import datetime
import os
import pwd
import re
import shutil
import subprocess

from demo.process import find_program
from privileges import OTHER_USERS, SHARED_MEMORY, need

PROGRAMS = "/usr/share/munin"
ROUND_SECONDS = 300
RUN_SECONDS = 120
HOST = "node.example.org"  # what munin_kit.py's node calls itself
GROUP = "example.org"
# On a round's boundary, so that a value fills the five minutes before it and no others.
FIRST_ROUND = datetime.datetime(2026, 3, 2, 9, 0, tzinfo=datetime.timezone.utc)

CONF = """\
dbdir {top}/db
htmldir {top}/html
logdir {top}/log
rundir {top}/run
tmpldir /etc/munin/templates
staticdir /etc/munin/static
graph_strategy cron
html_strategy cron
contact.file.command sh -c "cat >> {top}/alerts"
{extra}
[{host}]
    address 127.0.0.1
    port {port}
    use_node_name yes
"""


class MuninMaster:
    """`extra` is configuration to stand before the host's."""

    def __init__(self, top, node, *, extra="", first=FIRST_ROUND):
        need(SHARED_MEMORY)
        if os.geteuid() == 0:
            need(OTHER_USERS)
        self.top = top
        self.html = top / "html"
        self.first = first
        self.rounds = 0
        self._perl_modules = node.top / "perl"
        self._user = pwd.getpwnam("munin") if os.geteuid() == 0 else None
        for folder in (top, *(top / name for name in ("db", "html", "log", "run"))):
            folder.mkdir()
            if self._user:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self.conf = top / "munin.conf"
        self.conf.write_text(CONF.format(top=top, extra=extra, host=HOST, port=node.port))

    # ---- running --------------------------------------------------------------------------------

    def time(self):
        """The master's time, in seconds since 1970: that of the round that was last."""
        return int(self.first.timestamp()) + (self.rounds - 1) * ROUND_SECONDS

    def _run(self, program, *args):
        now = datetime.datetime.fromtimestamp(self.time(), datetime.timezone.utc)
        argv = [find_program("faketime"), "-f", now.strftime("%Y-%m-%d %H:%M:%S"),
                find_program("perl"), f"-I{self._perl_modules}", f"{PROGRAMS}/{program}", *args]
        who = {} if self._user is None else {
            "user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        done = subprocess.run(
            argv, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC", "LC_ALL": "C",
                       "HOME": str(self.top)},
            cwd=self.top, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=RUN_SECONDS, check=False, **who)
        assert done.returncode == 0, f"{program}: {done.stdout}{done.stderr}"
        return done.stdout

    def update(self):
        """One round of munin-update, which has no complaint."""
        self.rounds += 1
        self._run("munin-update", "--config_file", str(self.conf), "--nofork")
        assert not self.complaints("munin-update"), "\n".join(self.complaints("munin-update"))

    def limits(self):
        """munin-limits; returns the messages that it has sent."""
        alerts = self.top / "alerts"
        alerts.unlink(missing_ok=True)
        self._run("munin-limits", "--config", str(self.conf))
        return alerts.read_text() if alerts.exists() else ""

    def write_html(self):
        """munin-html; returns the pictures that its pages show: ["graph-day.png", ...]."""
        self._run("munin-html", "--config", str(self.conf))
        assert not self.complaints("munin-html"), "\n".join(self.complaints("munin-html"))
        return [line.removeprefix(f"/{GROUP}/{HOST}/")
                for line in (self.top / "db" / "graphs").read_text().splitlines()]

    def graph(self, *pictures):
        """munin-graph draws the pictures; returns {"graph-day.png": path}. It works through the
        list that munin-html leaves, and takes a picture that is there for a fresh one."""
        paths = {name: self.html / GROUP / HOST / name for name in pictures}
        for path in paths.values():
            path.unlink(missing_ok=True)
        (self.top / "db" / "graphs").write_text(
            "".join(f"/{GROUP}/{HOST}/{name}\n" for name in pictures))
        self._run("munin-graph", "--config", str(self.conf))
        assert not self.complaints("munin-graph"), "\n".join(self.complaints("munin-graph"))
        return paths

    def log(self, program):
        path = self.top / "log" / f"{program}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def complaints(self, program):
        """What it has logged as wrong. Without a record of earlier rounds munin-update takes itself
        for upgraded, and complains that there are no RRD files to tune."""
        return [line for line in self.log(program).splitlines()
                if re.search(r"WARN|ERROR|FATAL|BUG", line) and "] Tuning " not in line]

    # ---- what it has ----------------------------------------------------------------------------

    def files(self):
        """The RRD files: {"graph-field-g": path}."""
        folder = self.top / "db" / GROUP
        return {path.stem.removeprefix(f"{HOST}-"): path for path in folder.glob("*.rrd")}

    def _rrdtool(self, *args):
        done = subprocess.run([find_program("rrdtool"), *map(str, args)], text=True, check=True,
                              env={"PATH": "/usr/bin:/bin", "TZ": "UTC", "LC_ALL": "C"},
                              capture_output=True, timeout=RUN_SECONDS)
        return done.stdout

    def last(self, name):
        """(time, value) of the last update, the value as the plugin said it."""
        line = self._rrdtool("lastupdate", self.files()[name]).splitlines()[-1]
        when, _, value = line.partition(": ")
        return int(when), value

    def values(self, name):
        """The average of each round, None where it is not known."""
        first = int(self.first.timestamp())
        text = self._rrdtool("fetch", self.files()[name], "AVERAGE",
                             "-s", first - ROUND_SECONDS, "-e", self.time() - ROUND_SECONDS)
        rows = dict(line.split(": ") for line in text.splitlines() if ": " in line)
        assert len(rows) >= self.rounds, (name, rows)
        return [None if "nan" in rows[str(first + i * ROUND_SECONDS)]
                else float(rows[str(first + i * ROUND_SECONDS)]) for i in range(self.rounds)]

    def data_source(self, name):
        """What the RRD file says of its data source: {"type": "DERIVE", "min": ...}."""
        text = self._rrdtool("info", self.files()[name])
        return dict(re.findall(r'^ds\[42\]\.(type|min|max|minimal_heartbeat) = "?([^"\n]*)"?$',
                               text, re.M))
