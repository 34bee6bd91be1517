#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Twelve hours of reads in a few minutes: tests/soak/collectd.py BUILD_DIRECTORY [READS]

A real collectd reads sites that are well, that hang, that are gone, that answer nonsense and that
come and go, ten times a second instead of every ten seconds: 4320 reads of each are as many as in
twelve hours. Its memory and its descriptors must not grow after the first quarter. It has one arena
of malloc() for all threads: with one for each, the order in which threads meet says how much is
held. Ends with status 1 when something grows, or when the daemon does not end as it should. A tool
for developers, no part of `make check`.
"""

import os
import pathlib
import re
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:1] = [str(ROOT), str(ROOT / "tests" / "live")]

import badserver  # noqa: E402
import behaviours  # noqa: E402
import certificates  # noqa: E402
import pages  # noqa: E402
from answers import http  # noqa: E402
from collectd_kit import block_of, site_of  # noqa: E402
from demo.collector import Collectd  # noqa: E402
from demo.site import Nginx, Uwsgi  # noqa: E402

READS = 12 * 3600 // 10
INTERVAL = 0.1
GROWTH_KB = 512  # what an allocator may still do after a quarter of the time


class Soak:
    def __init__(self, folder, build):
        self._bad = []
        authority = certificates.make(folder / "ca")
        added = pages.Pages(authority)
        self.uwsgi = Uwsgi(folder / "uwsgi")
        self.nginx = Nginx(folder / "nginx", self.uwsgi.nginx_app, locations=added.locations,
                           servers=added.servers)
        uwsgi = f'Uwsgi "{self.uwsgi.target}"'
        with badserver.dead_port() as dead:
            sites = {
                "good": [f'Nginx "{self.nginx.status_url}"', uwsgi, "PerWorker true"],
                "tls": [f'Nginx "https://127.0.0.1:{added.tls_port}/stub_status"',
                        f'CACert "{authority.ca}"'],
                "names": [f'Nginx "http://localhost:{self.nginx.port}/stub_status"'],
                "dead": [f'Nginx "http://127.0.0.1:{dead}/"', uwsgi],
                "hung": [self._nginx(behaviours.hung), "Interval 0.5"],
                "garbage": [self._nginx(behaviours.answers(http(b"\xff" * 9999))),
                            self._uwsgi(behaviours.says(b'{"workers":[{"id":1'))],
                "flaps": [self._nginx(self._flaps)]}
            self.daemon = Collectd(
                folder / "collectd",
                block_of("".join(site_of(name, *lines, "Notify true")
                                 for name, lines in sites.items())),
                plugin_dir=build / "collectd", interval=INTERVAL,
                env={**os.environ, "MALLOC_ARENA_MAX": "1"})
        self._pid = self.daemon.process.pid

    def _start(self, behaviour):
        self._bad.append(badserver.BadServer(behaviour))
        return self._bad[-1]

    def _nginx(self, behaviour):
        return f'Nginx "{self._start(behaviour).url}"'

    def _uwsgi(self, behaviour):
        return f'Uwsgi "{self._start(behaviour).address}"'

    @staticmethod
    def _flaps(peer):
        """Well for three seconds, then not for three."""
        if peer.read_request():
            well = int(time.time()) // 3 % 2 == 0
            peer.send(http(behaviours.STUB_STATUS if well else b"out of order"))

    def reads(self):
        samples = self.daemon.folder.glob("csv/demo/nginx-good/bool-up-*")
        return sum(path.read_bytes().count(b"\n") - 1 for path in samples)

    def memory_kb(self):
        status = pathlib.Path(f"/proc/{self._pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self._pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self._pid}/task"))

    def stop(self):
        status = self.daemon.stop()
        for server in [*self._bad, self.nginx, self.uwsgi]:
            server.stop()
        return status


def watch(soak, reads):
    """[(reads, kB, descriptors)], twenty in all."""
    found = []
    for step in range(1, 21):
        while soak.reads() < reads * step // 20:
            if not soak.daemon.process.alive():
                sys.exit(f"soak: the daemon ended:\n{soak.daemon.process.log_text()[-4000:]}")
            time.sleep(1)
        # The most of a few looks: reads that are under way hold some for a moment.
        looks = [(soak.memory_kb(), soak.descriptors(), soak.threads()) for _ in range(20)
                 if time.sleep(0.05) is None]
        found.append((soak.reads(), *(max(column) for column in zip(*looks))))
        print("reads %6d   resident %6d kB   descriptors %3d   threads %3d" % found[-1],
              flush=True)
    return found


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    reads = int(sys.argv[2]) if len(sys.argv) > 2 else READS
    folder = pathlib.Path(tempfile.mkdtemp(prefix="connledger-soak-"))
    started = time.monotonic()
    soak = Soak(folder, build)
    try:
        found = watch(soak, reads)
    finally:
        status = soak.stop()
        log = soak.daemon.process.log_text()
        shutil.rmtree(folder)
    warm, last = found[4], found[-1]
    growth = last[1] - warm[1]
    print(f"soak: {last[0]} reads of each site in {time.monotonic() - started:.0f} s: {growth} kB "
          f"and {last[2] - warm[2]} descriptors more than after {warm[0]} reads; {len(log)} bytes "
          f"of log; exit status {status}")
    if status != 0 or growth > GROWTH_KB or last[2] > warm[2] + 4:
        sys.exit("soak: that is too much" if status == 0 else "soak: it did not end well")


if __name__ == "__main__":
    main()
