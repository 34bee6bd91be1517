# SPDX-License-Identifier: MIT
"""Reads the ledger as users do, with the exporter, and compares it with the truth."""

import dataclasses
import pwd
import re

from demo.process import find_program
from privileges import OTHER_USERS, need
from programs import run

EXPORTER, CHECK = "prometheus_exporter/connledger_exporter", "nagios/check_connections"
LINES = ("request", "keepalive", "unanswered", "app_queue", "app", "sending", "stalled_client",
         "vanished_client", "half_closed", "lingering", "long_lived", "phantom", "unexplained")
HINTS = ("known_defect",)  # depends on the nginx that is installed
ROOT, NOBODY = "root", "nobody"
# Where it depends on a tick of the clock, or on what nobody may read.
EITHER = ("exact", "bounded")


def _labelled(samples, name, label):
    """{value of the label: sample} of the samples of that name."""
    pattern = re.compile(re.escape(name) + r'\{(?:.*,)?' + label + r'="([^"]*)".*\}')
    return {match[1]: value for series, value in samples.items()
            if (match := pattern.fullmatch(series))}


@dataclasses.dataclass
class Reading:
    """What one run of the exporter says."""

    user: str
    samples: dict
    err: str

    def __repr__(self):
        return (f"as {self.user}: lines {self.lines} within {self._not_sure()} confidence "
                f"{self.confidence} requests {self.requests} findings {self.findings}\n{self.err}")

    def _not_sure(self):
        return {line: (low, high) for line, (low, high) in self.bounds.items() if low < high}

    @property
    def lines(self):
        """{"keepalive": 3, ...}: the lines that are not 0."""
        return {line: value for line, value in self.all_lines.items() if value}

    @property
    def all_lines(self):
        return _labelled(self.samples, "connledger_connections", "held_by")

    @property
    def bounds(self):
        """{"keepalive": (2, 5), ...}: all lines."""
        high = _labelled(self.samples, "connledger_connections_high", "held_by")
        return {line: (low, high[line]) for line, low in
                _labelled(self.samples, "connledger_connections_low", "held_by").items()}

    @property
    def requests(self):
        """{"app": (low, value, high), ...}: requests at the application, where they are known."""
        low = _labelled(self.samples, "connledger_requests_low", "held_by")
        high = _labelled(self.samples, "connledger_requests_high", "held_by")
        return {at: (low[at], value, high[at]) for at, value in
                _labelled(self.samples, "connledger_requests", "held_by").items()}

    def is_within(self, lines):
        """Whether these lines, and 0 on all others, are possible by what is said."""
        return self.confidence == "unknown" or all(
            low <= lines.get(line, 0) <= high for line, (low, high) in self.bounds.items())

    @property
    def confidence(self):
        """Exact, bounded or unknown."""
        levels = _labelled(self.samples, "connledger_confidence", "level")
        return next(level for level, value in levels.items() if value)

    @property
    def findings(self):
        """{"slow_clients": "warning", ...}"""
        severities = _labelled(self.samples, "connledger_finding", "severity")
        return {name: severity for severity in severities for name in _labelled(
            {series: value for series, value in self.samples.items()
             if f'severity="{severity}"' in series}, "connledger_finding", "finding")}

    def queues(self, name, label):
        """{listener: (queue, limit)}"""
        limits = _labelled(self.samples, f"{name}_limit", label)
        return {one: (length, limits.get(one)) for one, length in
                _labelled(self.samples, f"{name}_length", label).items()}

    def check(self, active, lines, confidence="exact", findings=None):
        """Fails unless the ledger has these lines and 0 on all others, they add up to what nginx
        counts (`active`, without the reader), and just these findings stand. Who may not read
        nginx's configuration cannot know what a listener carries: he may be less sure, and alarm
        nobody where he is not."""
        assert set(self.all_lines) == set(LINES), self
        assert sum(self.all_lines.values()) == active, (active, self)
        assert self.lines == lines, self
        if self.user == NOBODY and confidence == "exact":
            confidence = EITHER
        assert self.confidence in ((confidence,) if isinstance(confidence, str) else confidence), self
        assert self.is_within(lines), self
        stand = {(name, severity) for name, severity in self.findings.items()
                 if name not in HINTS}
        expected = set((findings or {}).items())
        assert stand == expected or self.user == NOBODY and stand < expected, self


class Reader:
    """Runs what was built as root or as nobody; `folder` has copies that nobody may run."""

    def __init__(self, programs, folder):
        self._programs = programs
        self._folder = folder
        self._copies = {}
        for name in (EXPORTER, CHECK):
            copy = folder / name.rpartition("/")[2]
            copy.write_bytes(programs.path(name).read_bytes())
            copy.chmod(0o755)
            self._copies[name] = copy

    def run(self, name, user, *args, before=()):
        """`before` are words in front of the command: whatever it is to run under."""
        return run([*before, *as_user(user), self._copies[name], *args], env=self._programs.env,
                   cwd=self._folder)

    def read(self, site, user=ROOT, *args, nginx=None, uwsgi=True, ports=True, before=()):
        """The ledger of a site. Nobody cannot see which ports are nginx's: he is told them
        (`ports`)."""
        target = ["--nginx.scrape-uri", nginx or site.nginx.status_url]
        if uwsgi:
            target += ["--uwsgi.stats-uri", site.uwsgi.target]
        if user != ROOT and ports:
            target += ["--nginx.ports", ",".join(map(str, site.ports))]
        result = self.run(EXPORTER, user, "--once", *target, *args, before=before)
        assert result.status == 0, result
        return Reading(user, result.samples(), result.err)


def as_user(user):
    """The words in front of a command that make it another user's. Who runs the tests without
    being root is as good as root: the servers are his."""
    if user == ROOT:
        return []
    need(OTHER_USERS)
    entry = pwd.getpwnam(user)
    return [find_program("setpriv"), f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}",
            "--clear-groups"]
