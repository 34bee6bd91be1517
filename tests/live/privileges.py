# SPDX-License-Identifier: MIT
"""What some tests need and not every machine gives. Whether it is given is found out by trying it.
A test that goes without it is skipped with the name of what it needs, and the last lines of the
run count these; CHECK_STRICT=1 makes a failure of each."""

import collections
import dataclasses
import functools
import os
import subprocess

import pytest

from demo.process import find_program

STRICT = os.environ.get("CHECK_STRICT", "") not in ("", "0")
PREFIX = "needs "  # of the reason of each skip


@dataclasses.dataclass(frozen=True)
class Need:
    """`trial` is a command that succeeds where it is given."""

    name: str
    trial: tuple

    @functools.cache
    def is_given(self):
        argv = [find_program(self.trial[0]), *self.trial[1:]]
        return subprocess.run(argv, check=False, stdin=subprocess.DEVNULL,
                              capture_output=True).returncode == 0


NETWORK_NAMESPACE = Need("CAP_SYS_ADMIN (unshare --net)", ("unshare", "--net", "true"))
MOUNT = Need("CAP_SYS_ADMIN (mount)",
             ("unshare", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"))
PID_NAMESPACE = Need("CAP_SYS_ADMIN (unshare --pid --mount-proc)",
                     ("unshare", "--net", "--pid", "--fork", "--mount-proc", "true"))
OTHER_USERS = Need("CAP_SETUID and CAP_CHOWN (to be other users)",
                   ("sh", "-c", 'f=$(mktemp) && trap "rm -f $f" EXIT && chown nobody "$f" && '
                    "setpriv --reuid=nobody --regid=nogroup --clear-groups true"))
SHARED_MEMORY = Need("/dev/shm (faketime)", ("faketime", "2026-01-02 03:04:05", "true"))


def refuse(name):
    """Ends the test that runs: the machine does not give what is named."""
    pytest.skip(PREFIX + name)


def need(*needs):
    """Ends the test that runs unless the machine gives all of these."""
    for one in needs:
        if not one.is_given():
            refuse(one.name)


def judge(report):
    """For each report of a test, before it is counted."""
    if STRICT and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, which CHECK_STRICT forbids: {why(report)}"


def why(report):
    """Why a test was skipped."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def summary(skipped):
    """The lines that say what was not run: "26 not run: they need CAP_SYS_ADMIN (unshare)"."""
    reasons = collections.Counter(why(report) for report in skipped)
    for reason, count in reasons.most_common():
        verb = "it needs" if count == 1 else "they need"
        yield f"{count} not run: {verb} {reason.removeprefix(PREFIX)}"
