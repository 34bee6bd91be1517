#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The truth machine: makes random sites, and looks whether what connledger says of them is so.

    tests/truth/run.py BUILD [--seconds N | --sites N] [--seed N] [--populations N]
                             [--without NAME]... [--why]

Each seed is one site, with some populations of clients and what befalls them. Of each look it
asserts: exact, and every line is the truth; bounded, and the truth is within the bounds of every
line; an alarm only where there is what it names. Ends with 1 if one was not so; the seed that is
printed repeats it.
"""

import argparse
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP), str(TOP / "tests" / "live"), str(TOP / "tests" / "truth")]

import certificates  # noqa: E402
import doors  # noqa: E402
import privileges  # noqa: E402
from demo.process import StartFailed, find_program  # noqa: E402
from judge import Judge  # noqa: E402
from ledger_net import leave_the_host  # noqa: E402
from life import Life  # noqa: E402
from place import Place  # noqa: E402
from readers import Readers  # noqa: E402
from shape import random_shape  # noqa: E402
from world import World  # noqa: E402

MANY_PORTS, FEW_PORTS = "32768 60999", "32768 33023"


class Network:
    """A network namespace of our own, where it is given: what it is good for beside the quiet."""

    def __init__(self, limits):
        self.is_ours = privileges.NETWORK_NAMESPACE.is_given()
        if not self.is_ours:
            limits.append(f"clients that vanish, ports that are few, quiet: they need "
                          f"{privileges.NETWORK_NAMESPACE.name}")
            return
        leave_the_host()
        # A table of sockets as large as the host's takes long to read, and we read it often.
        with contextlib.suppress(OSError):  # before Linux 6.1
            self._set("net.ipv4.tcp_child_ehash_entries", 4096)
            leave_the_host()
        self._set("net.ipv4.tcp_max_tw_buckets", 256)  # what crowds leave behind
        self._set("net.ipv4.tcp_syn_retries", 60)  # who cannot connect goes on trying
        for address, patience in doors.ROUTES.items():
            self._run("ip", "route", "add", "local", f"{address}/32", "dev", "lo", "table", "local",
                      "rto_min", patience)

    @staticmethod
    def _run(*argv):
        subprocess.run([find_program(argv[0]), *argv[1:]], check=True)

    @staticmethod
    def _set(name, value):
        (pathlib.Path("/proc/sys") / name.replace(".", "/")).write_text(str(value))

    def set_ports(self, are_few):
        """Those that clients get."""
        if self.is_ours:
            self._set("net.ipv4.ip_local_port_range", FEW_PORTS if are_few else MANY_PORTS)


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
            return True
    except OSError:
        return False


class Machine:
    def __init__(self, given, folder):
        self._folder = folder
        self._without = frozenset(given.without)
        self._populations = given.populations
        self.judge = Judge(given.why)
        (folder / "readers").mkdir()
        self.readers = Readers(given.build.resolve(), folder / "readers", self._without)
        self._network = Network(self.readers.limits)
        if not has_ipv6():
            self.readers.limits.append("listeners at ::1: they need IPv6")
            self._without |= {"tcp6"}
        self._ca = certificates.make(folder / "ca")
        os.chmod(self._ca.server_key, 0o644)
        self.populations = 0
        self.errors = 0

    def run(self, seed):
        """One site. What goes wrong with making it is an error of the machine's own."""
        try:
            self._live(seed)
        except (AssertionError, OSError, StartFailed, TimeoutError):
            self.errors += 1
            print(f"ERROR seed {seed}: the site could not be made as it was meant", flush=True)
            traceback.print_exc()

    def _live(self, seed):
        rng = random.Random(seed)
        shape = random_shape(rng, self._without)
        self._network.set_ports(shape.few_ports)
        folder = self._folder / f"site{seed}"
        with contextlib.ExitStack() as undo:
            undo.callback(shutil.rmtree, folder, ignore_errors=True)
            place = Place(folder, self._ca, shape)
            undo.callback(place.stop)
            readers = self.readers.site(place)
            undo.callback(readers.stop)
            world = World(place, rng, self._without)
            undo.callback(world.stop)
            world.has_routes = self._network.is_ours
            life = Life(seed, world, readers, self.readers.ways(place), self.judge)
            life.run(self._populations)
            self.populations += self._populations

    def report(self, sites, seconds):
        print(f"{sites} sites, {self.populations} populations in {seconds:.0f} s, "
              f"{self.judge.violations} violations, {self.errors} errors")
        for line in self.judge.figures():
            print(f"  {line}")
        for limit in self.readers.limits:
            print(f"  not run: {limit}")


def main():
    options = argparse.ArgumentParser(description="random sites whose truth is known",
                                      fromfile_prefix_chars="@")
    options.add_argument("build", type=pathlib.Path)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--sites", type=int, help="so many, however long it takes")
    options.add_argument("--populations", type=int, default=8, help="of each site")
    options.add_argument("--without", action="append", default=[], metavar="NAME",
                         help="a listener, a kind of client, \"KIND by LISTENER\", a reader as the "
                              "figures call it, or what happens: leave, vanish, several, held up, "
                              "late, many, storm, old, unheard, kill, reload")
    options.add_argument("--why", action="store_true",
                         help="say of each settled look that is not exact what is open")
    given = options.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # all servers are stopped
    start = time.monotonic()
    sites = 0
    with tempfile.TemporaryDirectory(prefix="cl-truth-") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        machine = Machine(given, folder)
        while sites < given.sites if given.sites else time.monotonic() - start < given.seconds:
            machine.run(given.seed + sites)
            sites += 1
    machine.report(sites, time.monotonic() - start)
    is_refused = privileges.STRICT and machine.readers.limits
    sys.exit(1 if machine.judge.violations or machine.errors or is_refused else 0)


if __name__ == "__main__":
    main()
