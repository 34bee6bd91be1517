# SPDX-License-Identifier: MIT
"""A private Icinga 2 that runs checks every second and writes down what it makes of them."""

import grp
import json
import os
import pwd
import re

from demo.process import Process, find_program, wait_until
from programs import assert_clean, run, sanitizer_env

CHECK_SECONDS = 60

CONF = """\
include <itl>
include <plugins>
include <plugins-contrib>
const PluginDir = "{plugins}"
const PluginContribDir = "{plugins}"
const ConnledgerPluginDir = "{plugins}"
const NodeName = "icinga"
const ZoneName = NodeName
object Endpoint NodeName {{ }}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object IcingaApplication "app" {{ }}
object CheckerComponent "checker" {{ }}
object FileLogger "log" {{
    severity = "debug"
    path = LogDir + "/icinga2.log"
}}
object PerfdataWriter "perfdata" {{
    rotation_interval = 1s
    host_perfdata_path = SpoolDir + "/host"
    service_perfdata_path = SpoolDir + "/service"
    host_temp_path = SpoolDir + "/temp-host"
    service_temp_path = SpoolDir + "/temp-service"
    service_format_template = "$service.name$\\t$service.perfdata$"
}}
object Host "web" {{
    check_command = "passive"
    enable_active_checks = false
    address = "127.0.0.1"
    address6 = "::1"
}}
{objects}
"""


def service(name, command, **more):
    """A service of the host "web" that is checked every second; variables are given as Icinga
    writes them."""
    lines = [f'object Service "{name}" {{', '    host_name = "web"',
             f'    check_command = "{command}"', "    check_interval = 1s",
             "    retry_interval = 1s", "    max_check_attempts = 3",
             *(f"    {key.replace('__', '.')} = {json.dumps(value)}"
               for key, value in more.items()),
             "}", ""]
    return "\n".join(lines)


class Icinga:
    def __init__(self, top, plugins, objects):
        self.top = top
        self._process = None
        for name in ("conf", "data", "log", "cache", "spool", "run"):
            (top / name).mkdir(parents=True)
        (top / "icinga2.conf").write_text(CONF.format(plugins=plugins, objects=objects))

    def _argv(self, *args):
        constants = {"RunAsUser": pwd.getpwuid(os.geteuid()).pw_name,
                     "RunAsGroup": grp.getgrgid(os.getegid()).gr_name,
                     **{name: self.top / folder for name, folder in (
                         ("ConfigDir", "conf"), ("DataDir", "data"), ("LogDir", "log"),
                         ("CacheDir", "cache"), ("SpoolDir", "spool"), ("InitRunDir", "run"))}}
        defines = [word for name, value in constants.items()
                   for word in ("-D", f"Configuration.{name}={value}")]
        return [find_program("icinga2"), "daemon", "-c", self.top / "icinga2.conf", *defines, *args]

    def verify(self):
        """icinga2 daemon -C, which reads the configuration and judges it."""
        return run(self._argv("-C"))

    def start(self):
        self._process = Process(self._argv(), self.top / "output", cwd=self.top,
                                env={**os.environ, **sanitizer_env()})

    def perfdata(self):
        """What was written: {"service": ["performance data", ...]}, in the order of time."""
        found = {}
        for path in sorted((self.top / "spool").glob("service.*")):
            for line in path.read_text().splitlines():
                name, _, data = line.partition("\t")
                found.setdefault(name, []).append(data)
        return found

    def log(self):
        path = self.top / "log" / "icinga2.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, ready):
        """Waits until `ready(perfdata())` is true, and returns that performance data."""
        def check():
            assert self._process.alive(), self._process.log_text()
            perfdata = self.perfdata()
            return perfdata if ready(perfdata) else None
        return wait_until(check, CHECK_SECONDS, "checks of Icinga")

    def results(self):
        """Stops it, and returns the last result of each service: {"service": {"state": ...}}."""
        self.stop()
        text = (self.top / "data" / "icinga2.state").read_bytes()
        found = {}
        while text:
            length, _, text = text.partition(b":")
            one, text = json.loads(text[:int(length)]), text[int(length) + 1:]
            if one["type"] == "Service":
                found[one["name"].partition("!")[2]] = one["update"]["last_check_result"]
        return found

    def stop(self):
        if self._process:
            self._process.stop()
            assert_clean(self._process.log_text())
            assert not re.search("invalid perfdata|/(error|critical)/", self.log(), re.I)
