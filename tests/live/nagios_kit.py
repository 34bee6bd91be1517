# SPDX-License-Identifier: MIT
"""A private Nagios that runs the given checks every few seconds."""

import grp
import os
import pwd
import re

from demo.process import Process, find_program, wait_until
from programs import run, sanitizer_env

CHECK_SECONDS = 120

NAGIOS_CFG = """\
log_file={top}/nagios.log
cfg_file={top}/objects.cfg
object_cache_file={top}/objects.cache
precached_object_file={top}/objects.precache
resource_file={top}/resource.cfg
status_file={top}/status.dat
status_update_interval=1
state_retention_file={top}/retention.dat
retain_state_information=0
nagios_user={user}
nagios_group={group}
check_external_commands=0
command_file={top}/nagios.cmd
lock_file={top}/nagios.pid
temp_file={top}/nagios.tmp
temp_path={top}
check_result_path={top}/results
query_socket={top}/nagios.qh
interval_length=1
service_inter_check_delay_method=n
check_result_reaper_frequency=1
check_for_updates=0
use_syslog=0
enable_notifications=0
execute_host_checks=0
illegal_macro_output_chars=`~$&|'"<>
{settings}
"""

OBJECTS = """\
define timeperiod {{
    timeperiod_name always
    alias always
    sunday 00:00-24:00
    monday 00:00-24:00
    tuesday 00:00-24:00
    wednesday 00:00-24:00
    thursday 00:00-24:00
    friday 00:00-24:00
    saturday 00:00-24:00
}}
define command {{
    command_name nobody
    command_line /bin/true
}}
define contact {{
    contact_name nobody
    host_notification_period always
    service_notification_period always
    host_notification_commands nobody
    service_notification_commands nobody
}}
define host {{
    host_name web
    address 127.0.0.1
    max_check_attempts 1
    check_period always
    notification_period always
    contacts nobody
}}
{objects}
"""

SERVICE = """\
define command {{
    command_name {name}
    command_line {command}
}}
define service {{
    host_name web
    service_description {name}
    check_command {name}
    check_interval 2
    retry_interval 2
    max_check_attempts 1
    check_period always
    notification_period always
    contacts nobody
}}
"""


def commands(checks):
    """Definitions of services that run the given command lines: {"service": "command line"}."""
    return "".join(SERVICE.format(name=name, command=command) for name, command in checks.items())


class Nagios:
    """`objects`: definitions beside those of the host "web" and of the contact "nobody";
    `settings`: lines for nagios.cfg; `plugins`: what $USER1$ is."""

    def __init__(self, top, objects, *, settings="process_performance_data=0",
                 plugins="/usr/lib/nagios/plugins"):
        self.top = top
        self._process = None
        (top / "results").mkdir(parents=True)
        (top / "resource.cfg").write_text(f"$USER1$={plugins}\n")
        (top / "nagios.cfg").write_text(NAGIOS_CFG.format(
            top=top, user=pwd.getpwuid(os.geteuid()).pw_name,
            group=grp.getgrgid(os.getegid()).gr_name, settings=settings))
        (top / "objects.cfg").write_text(OBJECTS.format(objects=objects))

    def verify(self):
        """nagios4 -v, which reads the configuration and judges it."""
        return run([find_program("nagios4"), "-v", self.top / "nagios.cfg"])

    def start(self):
        self._process = Process(["nagios4", self.top / "nagios.cfg"], self.top / "output",
                                cwd=self.top, env={**os.environ, **sanitizer_env()})

    def services(self):
        """What Nagios has come to know: {"service name": {"current_state": "0", ...}}."""
        path = self.top / "status.dat"
        text = path.read_text(errors="replace") if path.exists() else ""
        found = {}
        for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}", text, re.M | re.S):
            fields = dict(line.strip().split("=", 1) for line in block.splitlines() if "=" in line)
            found[fields["service_description"]] = fields
        return found

    def wait_checked(self, ready=None):
        """Waits until all were checked and `ready(services)` is true; returns services()."""
        def all_checked():
            assert self._process.alive(), self._process.log_text()
            services = self.services()
            done = services and all(one["has_been_checked"] == "1" for one in services.values())
            return services if done and (not ready or ready(services)) else None
        return wait_until(all_checked, CHECK_SECONDS, "checks of Nagios")

    def log(self):
        path = self.top / "nagios.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        if self._process:
            self._process.stop()
