# SPDX-License-Identifier: MIT
"""Several processes share the tests (`pytest -n auto`, which needs pytest-xdist). Each has a network
namespace of its own: no port is anybody else's, and no reader of the kernel's tables sees the
servers of another one. Where the machine refuses namespaces one process runs all tests."""

import os

from ledger_net import leave_the_host
from privileges import NETWORK_NAMESPACE

PROCESSES_MAX = 4  # each runs servers of its own
PROCESSES_PER_CORE = 2  # the tests wait for the servers more than they work
STOP_SECONDS = 60


def processes():
    """How many are to share the tests."""
    if not NETWORK_NAMESPACE.is_given():
        return 1
    return min(PROCESSES_MAX, PROCESSES_PER_CORE * len(os.sched_getaffinity(0)))


def set_up():
    """For the process that gives out the tests, before the others are started."""
    from xdist.workermanage import NodeManager
    NodeManager.EXIT_TIMEOUT = STOP_SECONDS  # whoever is interrupted has servers to stop


def begin(config):
    """For each process that runs tests, before the first one."""
    if getattr(config, "workerinput", {}).get("workercount", 1) > 1:
        leave_the_host()
