#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Draws the Munin plugin's pictures for the docs: tests/munin_picture.py BUILD_DIRECTORY FOLDER

A private nginx and uWSGI have visitors and, as time goes on, trouble. A private munin-node runs the
plugin, and a private Munin master, whose clock goes on by five minutes a round, gathers and draws.
What is in the pictures has happened; only the time between two rounds was shorter.
"""

import contextlib
import http.client
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:1] = [str(ROOT), str(ROOT / "tests" / "live")]

from demo.process import children, wait_until  # noqa: E402
from demo.site import Nginx, Uwsgi  # noqa: E402
from ledger_clients import Clients  # noqa: E402
from munin_kit import MuninTree  # noqa: E402
from munin_master import MuninMaster  # noqa: E402

# The story, in rounds.
ROUNDS, REAL_SECONDS = 73, 0.7
SLOW, KILLED, FAST_AGAIN = 18, 30, 40  # the application is slow; meanwhile a worker of nginx dies
STALLING, STALLED = 52, 14             # from then on a client more every round stops reading

WORKERS, THREADS, VISITORS = 4, 3, 26
PAUSE_SECONDS, REQUEST_SECONDS, SLOW_SECONDS = 0.8, 0.2, 1.8
SIZE = "graph_width 640\ngraph_height 230"
PATIENCE = "keepalive_timeout 900s; send_timeout 900s;"


class Visitors:
    """Each asks for a page, reads it for a while, and asks again on the same connection."""

    def __init__(self, port):
        self._port = port
        self._stopping = threading.Event()
        self.request_seconds = REQUEST_SECONDS
        self._threads = [threading.Thread(target=self._visit, args=(random.Random(i),))
                         for i in range(VISITORS)]
        for thread in self._threads:
            thread.start()

    def _visit(self, chance):
        while not self._stopping.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._browse(connection, chance)
            connection.close()

    def _browse(self, connection, chance):
        while not self._stopping.wait(PAUSE_SECONDS * chance.uniform(0.2, 1.8)):
            connection.request("GET", f"/sleep?s={self.request_seconds * chance.uniform(0.5, 1.5)}")
            connection.getresponse().read()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()


def kill_a_worker(nginx):
    title = "nginx: worker process"
    workers = children(nginx.master_pid(), title)
    victim = workers[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in children(nginx.master_pid(), title), 30, "another worker")


def active(nginx):
    return int(nginx.get("/stub_status")[1].split()[2])


def play(nginx, master):
    """The rounds with their trouble."""
    with contextlib.ExitStack() as undo:
        visitors = Visitors(nginx.port)
        undo.callback(visitors.stop)
        clients = Clients(nginx.port)
        undo.callback(clients.close)
        wait_until(lambda: active(nginx) > VISITORS, 60, "visitors")
        for number in range(ROUNDS):
            begun = time.monotonic()
            if number == SLOW:
                visitors.request_seconds = SLOW_SECONDS
            if number == KILLED:
                kill_a_worker(nginx)
            if number == FAST_AGAIN:
                visitors.request_seconds = REQUEST_SECONDS
            if STALLING <= number < STALLING + STALLED:
                clients.never_read(1, "/big")
            master.update()
            time.sleep(max(0, begun + REAL_SECONDS - time.monotonic()))


def draw(master, graphs, folder):
    span = f"{int(master.first.timestamp())},{master.time()}"
    names = {graph: f"connledger_{graph}-pinpoint={span}.png" for graph in graphs}
    drawn = master.graph(*names.values())
    for graph, name in names.items():
        shutil.copy(drawn[name], folder / f"munin-{graph}.png")


def main():
    if len(sys.argv) < 3:
        sys.exit("usage: tests/munin_picture.py BUILD_DIRECTORY FOLDER [GRAPH ...]")
    build, folder = map(pathlib.Path, sys.argv[1:3])
    graphs = sys.argv[3:] or ["held", "connections"]
    with contextlib.ExitStack() as undo:
        top = pathlib.Path(tempfile.mkdtemp(prefix="cl-"))
        undo.callback(shutil.rmtree, top, ignore_errors=True)
        top.chmod(0o755)
        uwsgi = Uwsgi(top / "uwsgi", workers=WORKERS, threads=THREADS)
        undo.callback(uwsgi.stop)
        nginx = Nginx(top / "nginx", uwsgi.nginx_app, locations=PATIENCE, listen="reuseport")
        undo.callback(nginx.stop)
        node = MuninTree(top / "munin")
        undo.callback(node.stop)
        node.install(build / "munin" / "connledger")
        node.enable("connledger")
        node.configure("connledger", nginx=nginx.status_url, uwsgi=uwsgi.target, ports=nginx.port)
        node.start().close()
        master = MuninMaster(top / "master", node, extra=SIZE)
        play(nginx, master)
        draw(master, graphs, folder)


if __name__ == "__main__":
    main()
