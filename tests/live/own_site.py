# SPDX-License-Identifier: MIT
"""A site of a test's own, which it may load and stop as it likes."""

import http.client
import os
import pathlib
import socket

from demo.process import wait_until
from demo.site import Nginx, Uwsgi


class OwnSite:
    def __init__(self, folder, **uwsgi_options):
        self.uwsgi = Uwsgi(folder / "uwsgi", **uwsgi_options)
        self._connections = []
        try:
            self.nginx = Nginx(folder / "nginx", self.uwsgi.nginx_app)
        except BaseException:
            self.uwsgi.stop()
            raise

    def get_stuck(self, count):
        """Sends requests that do not end, and returns when uWSGI is at them."""
        before = self.uwsgi.busy()
        for _ in range(count):
            self._connections.append(http.client.HTTPConnection("127.0.0.1", self.nginx.port))
            self._connections[-1].request("GET", "/sleep?s=600")
        wait_until(lambda: self.uwsgi.busy() >= before + count, 60, "requests that are stuck")

    def ask(self, uri):
        """Sends a request and waits for no answer."""
        self._connections.append(http.client.HTTPConnection("127.0.0.1", self.nginx.port))
        self._connections[-1].request("GET", uri)

    def keep_open(self, count):
        """Opens connections that ask for nothing, and returns when nginx has accepted them."""
        before = self._active()
        for _ in range(count):
            self._connections.append(socket.create_connection(("127.0.0.1", self.nginx.port)))
        wait_until(lambda: self._active() >= before + count, 60, "connections that stay open")

    def hang_up(self):
        """Closes the connections of all clients, and returns when nginx has seen it."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        wait_until(lambda: self._active() == 1, 60, "connections that are gone")

    def _active(self):
        return int(self.nginx.get("/stub_status")[1].split()[2])

    def workers(self):
        """The process ids of nginx' workers."""
        master = self.nginx.process.pid
        return [int(child) for child in pathlib.Path(
            f"/proc/{master}/task/{master}/children").read_text().split()]

    def kill_worker(self, signal):
        """Sends the signal to one worker that has connections, and returns when it has a successor
        that answers."""
        before = self.workers()
        victim = max(before, key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
        os.kill(victim, signal)
        wait_until(lambda: victim not in self.workers() and len(self.workers()) == len(before)
                   and self.nginx.get("/stub_status")[0] == 200, 60, "another worker")

    def stop(self):
        for connection in self._connections:
            connection.close()
        self.nginx.stop()
        self.uwsgi.stop()
