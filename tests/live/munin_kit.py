# SPDX-License-Identifier: MIT
"""A private Munin node: munin-run, munin-node-configure and munin-node with folders of their own.

Munin's folders are written into its Perl modules, so these are copied and the copy is changed. As
root, Munin runs plugins as nobody, as it does on a real host.
"""

import os
import re
import shutil
import socket
import subprocess

from demo.process import Process, find_program, free_port
from programs import assert_clean, run, sanitizer_env

PERL_MODULES = "/usr/share/perl5/Munin"
ANSWER_SECONDS = 60

NODE_CONF = """\
log_level 4
log_file {top}/log/munin-node.log
pid_file {top}/run/munin-node.pid
background 0
setsid 0
user {user}
group {group}
host 127.0.0.1
port {port}
host_name node.example.org
allow ^127\\.0\\.0\\.1$
"""


class MuninTree:
    """The folders of one node. `lib` has the plugins that are installed, `etc/plugins` the links to
    those that are in use."""

    def __init__(self, top):
        self.top = top
        self.etc = top / "etc"
        self.lib = top / "lib"
        self.port = free_port()
        self._node = None
        for path in (self.etc / "plugins", self.etc / "plugin-conf.d", self.lib, top / "log",
                     top / "run", top / "state"):
            path.mkdir(parents=True)
        self._copy_modules()
        root = os.geteuid() == 0
        owner = ("root", "root") if root else (str(os.geteuid()), str(os.getegid()))
        (self.etc / "munin-node.conf").write_text(
            NODE_CONF.format(top=top, port=self.port, user=owner[0], group=owner[1]))

    def _copy_modules(self):
        assert os.path.isdir(PERL_MODULES), "munin-node is not installed (make deps installs it)"
        shutil.copytree(PERL_MODULES, self.top / "perl" / "Munin")
        defaults = self.top / "perl" / "Munin" / "Common" / "Defaults.pm"
        text = defaults.read_text()
        for name, path in (("CONFDIR", "etc"), ("PLUGSTATE", "state"), ("LOGDIR", "log"),
                           ("STATEDIR", "run")):
            text, changed = re.subn(rf"(our \$MUNIN_{name}\s*= q{{)[^}}]*",
                                    rf"\g<1>{self.top}/{path}", text)
            assert changed == 1, name
        defaults.write_text(text)

    def install(self, program, name=None):
        """Installs a built program as a package would: copied and stripped."""
        target = self.lib / (name or program.name)
        shutil.copy(program, target)
        if target.read_bytes()[:4] == b"\x7fELF":
            subprocess.run(["strip", target], check=True)
        target.chmod(0o755)
        return target

    def enable(self, name, plugin=None):
        """Puts the installed plugin into use under `name`, in place of one that was there."""
        link = self.etc / "plugins" / name
        link.unlink(missing_ok=True)
        link.symlink_to(self.lib / (plugin or name))

    def section(self, name, *lines):
        """Adds a section of plugin-conf.d."""
        with open(self.etc / "plugin-conf.d" / "zzz-test", "a", encoding="utf-8") as conf:
            conf.write("\n".join([f"[{name}]", *lines, ""]))

    def configure(self, section, **env):
        """Adds a section with variables only."""
        self.section(section, *(f"env.{key} {value}" for key, value in env.items()))

    def _perl(self, program, *args):
        """The program with our copy of the modules; in taint mode if it would be so by itself."""
        path = find_program(program)
        with open(path, encoding="utf-8") as text:
            taint = ["-T"] if "T" in text.readline().partition(" -")[2] else []
        return [find_program("perl"), *taint, f"-I{self.top}/perl", path, *args]

    def _env(self, more=None):
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **sanitizer_env(), **(more or {})}

    def munin_run(self, plugin, *args, **env):
        """munin-run plugin [config|autoconf|suggest]; keyword arguments go to its environment."""
        return run(self._perl("munin-run", "--ignore-systemd-properties", plugin, *args),
                   env=self._env(env))

    def node_configure(self, *args):
        """munin-node-configure; its answer may be exit status 1 with a reason."""
        return run(self._perl("munin-node-configure", "--libdir", self.lib, *args), env=self._env())

    def start(self):
        """Starts munin-node and returns a client of it. It logs what masters ask."""
        self._node = Process(self._perl("munin-node", "--debug"), self.top / "log" / "output",
                             env=self._env(), cwd=self.top)
        return self._node.wait_ready(lambda: NodeClient(self.port))

    def node_log(self):
        path = self.top / "log" / "munin-node.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def commands(self):
        """What masters have asked so far: ["cap multigraph dirtyconfig", "list", ...]."""
        return re.findall(r"DEBUG: Running command '(.*?)\s*'", self.node_log())

    def stop(self):
        if self._node:
            self._node.stop()
            assert_clean(self.node_log())


class NodeClient:
    """One connection to munin-node, as munin-update makes it."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self._file = self._socket.makefile("rw", encoding="utf-8", newline="\n")
        self.greeting = self._file.readline().rstrip("\n")

    def line(self, command):
        """The one line that `command` is answered with."""
        self._file.write(command + "\n")
        self._file.flush()
        return self._file.readline().rstrip("\n")

    def block(self, command):
        """The lines that `command` is answered with, without the final dot."""
        lines = [self.line(command)]
        while lines[-1] != ".":
            text = self._file.readline()
            assert text, f"{command}: munin-node hung up after {lines}"
            lines.append(text.rstrip("\n"))
        return lines[:-1]

    def close(self):
        self._file.close()
        self._socket.close()
