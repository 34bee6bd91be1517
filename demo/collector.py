# SPDX-License-Identifier: MIT
"""A private collectd that loads connledger.so and writes what it is given to csv files."""

import pathlib
import subprocess

from demo.process import Process, find_program

READY = "entering read-loop"
CONFIG = """\
Hostname "demo"
FQDNLookup false
BaseDir "{folder}"
PIDFile "{folder}/collectd.pid"
Interval {interval}
LoadPlugin logfile
<Plugin logfile>
  LogLevel info
  File STDOUT
  Timestamp false
</Plugin>
LoadPlugin csv
<Plugin csv>
  DataDir "{folder}/csv"
  StoreRates false
</Plugin>
{extra}
PluginDir "{plugin_dir}"
{block}
"""


def sanitizer_preload(library):
    """The LD_PRELOAD that a library built with AddressSanitizer needs in a program that was not; ""
    for an ordinary library."""
    content = pathlib.Path(library).read_bytes()
    if b"__asan_init" not in content:
        return ""
    if b"libasan.so" in content:
        names = [["gcc", "libasan.so"], ["gcc", "libubsan.so"]]
    else:
        names = [["clang", "libclang_rt.asan-x86_64.so"]]
    return " ".join(subprocess.run(
        [compiler, f"-print-file-name={name}"], check=True, capture_output=True,
        text=True).stdout.strip() for compiler, name in names)


class Collectd:
    """`block` configures the plugin under test, its LoadPlugin line included; it is loaded from
    `plugin_dir`. `extra` is configuration that uses the plugins of the system, `before` words in
    front of the command."""

    def __init__(self, folder, block, *, plugin_dir="/usr/lib/collectd", extra="", interval=1,
                 env=None, before=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.config = self.folder / "collectd.conf"
        self.config.write_text(CONFIG.format(
            folder=self.folder, interval=interval, extra=extra, plugin_dir=plugin_dir, block=block))
        self.env = env or {}
        self.process = Process([*before, find_program("collectd"), "-f", "-C", self.config],
                               self.folder / "collectd.log", cwd=self.folder, env=env)
        self.process.wait_ready(lambda: READY in self.process.log_text())

    def samples(self):
        """All values so far: {"nginx-blog/nginx_connections-active": [1.0, ...], ...}; in front is
        the host when it is another one than this."""
        found = {}
        root = self.folder / "csv"
        for path in sorted(root.glob("*/*/*")):
            host, plugin, name = path.relative_to(root).parts
            series = f"{plugin}/{name[:-len('-2000-01-01')]}"
            if host != "demo":
                series = f"{host}/{series}"
            rows = path.read_text().splitlines(keepends=True)[1:]
            found.setdefault(series, []).extend(
                float(row.split(",")[1]) for row in rows if row.endswith("\n"))
        return found

    def values(self):
        """The newest value of each series."""
        return {series: values[-1] for series, values in self.samples().items() if values}

    def stop(self):
        return self.process.stop()
