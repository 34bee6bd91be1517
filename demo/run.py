#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shows connledger at work on a web site of its own: demo/run.py BUILD_DIRECTORY

Starts a private nginx and uWSGI in a temporary folder on free ports, lets visitors in, and runs the
four front ends one after the other. The last one, the exporter, serves until Ctrl-C, or until
DEMO_SECONDS seconds have passed. Nothing is left behind, however it ends.
"""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1])

from demo import parts, show, trouble  # noqa: E402
from demo.process import StartFailed, wait_until  # noqa: E402
from demo.site import Nginx, Uwsgi  # noqa: E402
from demo.stop import Stopped, StopSignals  # noqa: E402
from demo.traffic import STUCK_URI, Traffic  # noqa: E402

WORKERS, THREADS, STUCK = 4, 2, 18  # more than there are threads: the rest has to queue
PROGRAMS = ("munin/connledger", "nagios/check_nginx", "nagios/check_uwsgi",
            "nagios/check_connections", "collectd/connledger.so", "prometheus_exporter/connledger_exporter")


class Stage:
    """What stands while the demo runs. Nothing does before start_site(); close() takes it down."""

    def __init__(self, build, signals):
        self.build = build
        self._signals = signals
        self._undo = contextlib.ExitStack()

    def close(self):
        self._undo.close()

    def start(self, make, *args, **more):
        """Makes something that has a stop(), which will be called at the end."""
        with self._signals.held():
            server = make(*args, **more)
            self._undo.callback(server.stop)
        return server

    def start_site(self):
        with self._signals.held():
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="connledger-"))
            self._undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.uwsgi = self.start(Uwsgi, self.folder / "uwsgi", stats="tcp", listen="tcp",
                                workers=WORKERS, threads=THREADS)
        self.nginx = self.start(Nginx, self.folder / "nginx", self.uwsgi.nginx_app,
                                locations=trouble.LOCATIONS)
        self.start(trouble.Trouble, self.nginx, self.uwsgi)
        self.start(Traffic, self.nginx.port, STUCK)
        wait_until(lambda: self.uwsgi.busy(STUCK_URI) == WORKERS * THREADS - trouble.HALF_CLOSED, 60,
                   "requests that are stuck")
        wait_until(self.uwsgi.knows_its_queue, 60, "uWSGI's first look at its listen queue")


def introduce(stage):
    show.heading("A web site to watch")
    show.sentence(f"""A small site was started just now: nginx, and behind it uWSGI with {WORKERS}
        workers of {THREADS} threads. It is in trouble. {STUCK} requests are stuck in the application,
        as if it waited for a slow database; {trouble.STALLED} clients asked for a large page and
        stopped reading it; {trouble.HALF_CLOSED} asked for a report and have hung up since; and a
        worker of nginx was killed while it had clients. A monitoring page shows of all this that
        "writing" is high.""")
    show.table([("site", f"http://127.0.0.1:{stage.nginx.port}/"),
                ("nginx status page", stage.nginx.status_url),
                ("uWSGI stats server", stage.uwsgi.target)])


def seconds_wanted():
    """DEMO_SECONDS, or None for "until Ctrl-C"."""
    text = os.environ.get("DEMO_SECONDS", "")
    if not text:
        return None
    if not text.isdigit():
        sys.exit(f"demo: DEMO_SECONDS is \"{text}\"; a number of seconds was expected")
    return int(text)


def play(stage, signals, seconds):
    stage.start_site()
    introduce(stage)
    for part in (parts.ledger, parts.munin, parts.nagios, parts.collectd):
        part(stage)
    exporter = parts.exporter(stage)
    try:
        until = "Ctrl-C ends the demo." if seconds is None else f"The demo ends in {seconds} s."
        show.sentence(f"The exporter goes on serving. {until}")
        if not signals.wait(seconds, exporter.alive):
            raise parts.Failed(f"the exporter ended; its log:\n{exporter.log_text()}")
    except Stopped:
        pass
    show.sentence("Stopping; nothing is left behind.")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: demo/run.py BUILD_DIRECTORY")
    build = pathlib.Path(sys.argv[1])
    missing = [name for name in PROGRAMS if not (build / name).is_file()]
    if missing:
        sys.exit(f"demo: {build / missing[0]} is missing: run make first")
    seconds = seconds_wanted()
    signals = StopSignals()
    stage = Stage(build, signals)
    try:
        try:
            play(stage, signals, seconds)
        finally:
            signals.ignore()
    except Stopped as stopped:
        sys.exit(128 + stopped.number)
    except BrokenPipeError:  # as in `make demo | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (StartFailed, TimeoutError, parts.Failed) as failure:
        sys.exit(f"demo: {failure}")
    finally:
        stage.close()


if __name__ == "__main__":
    main()
