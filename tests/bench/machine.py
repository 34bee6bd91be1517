# SPDX-License-Identifier: MIT
"""What the figures were measured on and with. Tells nothing that names the machine."""

import os
import platform
import re
import subprocess

PACKAGES = ("nginx", "prometheus-nginx-exporter", "wrk", "monitoring-plugins-basic",
            "munin-plugins-core", "libwww-perl", "perl", "gcc", "libyajl2", "libcurl4",
            "libmicrohttpd12", "libc6", "iproute2", "uwsgi-core", "nghttp2-client",
            "collectd-core")


def _package(name):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True,
                          text=True, check=False)
    return f"{name} {done.stdout if done.returncode == 0 else '(not a package here)'}"


def _memory_gib():
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def load():
    """The load average of the last minute."""
    return os.getloadavg()[0]


def facts(version, load_before):
    """Lines for the report. `version` is connledger's own."""
    kernel = re.match(r"[0-9.]*[0-9]", platform.release())
    cores = len(os.sched_getaffinity(0))
    busy = "; other programs were at work: better measured again" if load_before > cores / 2 else ""
    return [
        f"{cores} processor cores ({platform.machine()}), {_memory_gib():.0f} GiB of memory, "
        f"{platform.system()} {kernel.group(0) if kernel else ''}",
        f"load average before the start: {load_before:.2f}{busy}",
        version,
        ", ".join(map(_package, PACKAGES)),
    ]
