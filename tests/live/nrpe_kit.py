# SPDX-License-Identifier: MIT
"""A private NRPE daemon, and check_nrpe asking it."""

import grp
import os
import pwd
import socket

from demo.process import Process, free_port
from programs import run, sanitizer_env

CONF = """\
pid_file={top}/nrpe.pid
server_address=127.0.0.1
server_port={port}
nrpe_user={user}
nrpe_group={group}
allowed_hosts=127.0.0.1
dont_blame_nrpe=1
command_timeout=60
connection_timeout=60
disable_syslog=1
log_file={top}/nrpe.log
{commands}
"""


class Nrpe:
    """`commands`: lines of nrpe.cfg."""

    def __init__(self, top, plugins, commands):
        # It refuses to run as root, as it should.
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        top.mkdir()
        os.chown(top, user.pw_uid, user.pw_gid)
        self._plugins = plugins
        self._port = free_port()
        (top / "nrpe.cfg").write_text(CONF.format(
            top=top, port=self._port, user=user.pw_name, commands=commands,
            group=grp.getgrgid(user.pw_gid).gr_name))
        self._process = Process(["nrpe", "-c", top / "nrpe.cfg", "-f"], top / "output",
                                env={**os.environ, "MP_STATE_PATH": str(top), **sanitizer_env()})
        self._process.wait_ready(self._listens)

    def _listens(self):
        with socket.create_connection(("127.0.0.1", self._port), 5):
            return True

    def ask(self, command, *arguments, options=()):
        """check_nrpe's answer."""
        words = ["-a", *arguments] if arguments else []
        return run([self._plugins / "check_nrpe", "-H", "127.0.0.1", "-p", self._port, "-t", "60",
                    *options, "-c", command, *words])

    def stop(self):
        self._process.stop()
