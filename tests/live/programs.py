# SPDX-License-Identifier: MIT
"""Runs the built programs as a user or a daemon would: argv, environment, standard output."""

import dataclasses
import os
import subprocess

RUN_SECONDS = 120
SANITIZER_STATUS = 99  # no program ends with it by itself


def sanitizer_env():
    """So that a sanitizer's finding is never taken for an exit status of the program."""
    return {"ASAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:detect_leaks=1",
            "UBSAN_OPTIONS": f"exitcode={SANITIZER_STATUS}:print_stacktrace=1"}


def assert_clean(text):
    """Fails when the text holds a finding of a sanitizer."""
    assert "Sanitizer" not in text and "runtime error:" not in text, text


@dataclasses.dataclass
class Result:
    status: int
    out: str
    err: str

    def lines(self):
        return self.out.splitlines()

    def fields(self):
        """Munin's "name.value 1" lines as {"name": "1"}."""
        return dict(line.split(".value ") for line in self.lines() if ".value " in line)

    def perfdata(self):
        """A check's performance data as {"label": "value with unit"}."""
        data = self.lines()[0].partition("|")[2]
        return {label: rest.split(";")[0]
                for label, _, rest in (item.partition("=") for item in data.split())}

    def samples(self):
        """Prometheus text as {"name{labels}": value}."""
        return {series: float(value) for series, _, value in
                (line.rpartition(" ") for line in self.lines() if line and line[0] != "#")}


def run(argv, *, env=None, cwd=None, timeout=RUN_SECONDS, text_in=None):
    """Runs a program to its end. Its output has to be UTF-8, and no sanitizer may complain."""
    done = subprocess.run([str(word) for word in argv], env=env, cwd=cwd, capture_output=True,
                          timeout=timeout, input=text_in, check=False)
    result = Result(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
    assert result.status >= 0, f"{argv}: killed by signal {-result.status}\n{result.err}"
    assert result.status != SANITIZER_STATUS, f"{argv}\n{result.err}"
    assert_clean(result.err)
    return result


class Programs:
    """The programs of one build."""

    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C",
                    "MP_STATE_PATH": str(folder), "MUNIN_PLUGSTATE": str(folder),
                    **sanitizer_env()}

    def path(self, name):
        path = self.build / name
        assert path.is_file(), f"{path} is missing: run make first"
        return path

    def _run(self, name, args, env=None):
        return run([self.path(name), *args], env={**self.env, **(env or {})}, cwd=self.folder)

    def munin(self, *args, name="connledger", **env):
        """Runs the Munin plugin as `name`; keyword arguments are its environment."""
        link = self.folder / name
        if not link.exists():
            link.symlink_to(self.path("munin/connledger"))
        return run([link, *args], env={**self.env, "MUNIN_CAP_MULTIGRAPH": "1", **env})

    def check_nginx(self, *args, env=None):
        return self._run("nagios/check_nginx", args, env)

    def check_uwsgi(self, *args, env=None):
        return self._run("nagios/check_uwsgi", args, env)

    def check_connections(self, *args, env=None):
        return self._run("nagios/check_connections", args, env)

    def exporter(self, *args, env=None):
        return self._run("prometheus_exporter/connledger_exporter", args, env)
