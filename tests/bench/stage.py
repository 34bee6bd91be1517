# SPDX-License-Identifier: MIT
"""Where the measurements take place: a temporary folder, a private nginx, the programs."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

from demo.process import find_program
from demo.site import Nginx

COMMAND_SECONDS = 300
PORT_OF_THIS_RUN = re.compile(r"(?<=127\.0\.0\.1:)\d+")
NO_APP = "127.0.0.1:9"  # nginx is asked for its status page only


class Failed(Exception):
    """A program did not do what was to be measured."""


@dataclasses.dataclass
class Run:
    """What one run of a program took; `peak_kb` is the highest of all runs so far."""

    wall_us: int
    cpu_us: int
    peak_kb: int


class Stage:
    """`quick` asks for fewer and shorter rounds. Nothing runs before open()."""

    def __init__(self, build, quick, signals):
        self.build = pathlib.Path(build).resolve()
        self.quick = quick
        self._signals = signals
        self._undo = contextlib.ExitStack()
        self._names = {str(self.build): "build"}  # what a reader sees instead of our paths

    def open(self):
        with self._signals.held():
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="connledger-bench-"))
            self._undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self._names[str(self.folder)] = "FOLDER"
        self.nginx = self.start(Nginx, self.folder / "nginx", NO_APP)
        self._names[self.nginx.status_url] = "URL"

    def close(self):
        self._undo.close()

    def start(self, make, *args, **more):
        """Makes something that has a stop(), which will be called at the end at the latest."""
        with self._signals.held():
            server = make(*args, **more)
            self._undo.callback(server.stop)
        return server

    def amount(self, full, quick):
        return quick if self.quick else full

    def program(self, name):
        return self.build / name

    def shown(self, argv, env=None, stdin=None):
        """A command as the report shows it: without paths and ports of this run."""
        words = [f"{name}={value}" for name, value in (env or {}).items()]
        text = " ".join(words + [shlex.quote(str(word)) for word in argv])
        if stdin:
            text += f" < {stdin}"
        for path, name in self._names.items():
            text = text.replace(path, name)
        return PORT_OF_THIS_RUN.sub("PORT", text)

    def run(self, argv, env=None, stdin=None):
        """Runs a program, which must end with status 0; returns its output."""
        argv = [find_program(argv[0]), *(str(word) for word in argv[1:])]
        with contextlib.ExitStack() as files:
            source = files.enter_context(open(stdin, "rb")) if stdin else subprocess.DEVNULL
            done = subprocess.run(argv, env={**os.environ, **(env or {})}, stdin=source,
                                  capture_output=True, text=True, timeout=COMMAND_SECONDS,
                                  check=False)
        if done.returncode != 0:
            raise Failed(f"{' '.join(argv)}: exit status {done.returncode}\n"
                         f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout

    def expect(self, word, argv, env=None):
        """Runs a program once; its output must have `word` in it."""
        output = self.run(argv, env)
        if word not in output:
            raise Failed(f"{' '.join(map(str, argv))}: no \"{word}\" in its output:\n"
                         f"{output[:2000]}")
        return output

    def measure(self, runs, argv, env=None, stdin=None):
        """Runs a program so many times and tells what each run took."""
        argv = [find_program(argv[0]), *argv[1:]]
        output = self.run([self.program("tests/bench/bench_run"), runs, *argv], env, stdin)
        return [Run(*map(int, line.split())) for line in output.splitlines()]
