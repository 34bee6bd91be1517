# SPDX-License-Identifier: MIT
"""A site of a test's own, which it may load and stop as it likes."""

import http.client
import os
import pathlib
import socket

from demo.process import wait_until
from demo.site import Nginx, Uwsgi

STUCK = "/sleep?s=600"


class OwnSite:
    def __init__(self, folder, **uwsgi_options):
        self.uwsgi = Uwsgi(folder / "uwsgi", **uwsgi_options)
        self._connections = []
        self._stuck = 0
        try:
            self.nginx = Nginx(folder / "nginx", self.uwsgi.nginx_app)
        except BaseException:
            self.uwsgi.stop()
            raise

    def get_stuck(self, count):
        """Sends requests that do not end, and returns when uWSGI is at them."""
        self._stuck += count
        for _ in range(count):
            self.ask(STUCK)
        wait_until(lambda: self.uwsgi.busy(STUCK) >= self._stuck, 60, "requests that are stuck")

    def ask(self, uri):
        """Sends a request and waits for no answer."""
        self._connections.append(http.client.HTTPConnection("127.0.0.1", self.nginx.port))
        self._connections[-1].request("GET", uri)

    def keep_open(self, count):
        """Opens connections that ask for nothing, and returns when nginx has accepted them."""
        opened = [socket.create_connection(("127.0.0.1", self.nginx.port)) for _ in range(count)]
        self._connections += opened
        ports = {one.getsockname()[1] for one in opened}
        wait_until(lambda: ports <= self._accepted() and self._active() > len(self._accepted()), 60,
                   "connections that stay open")

    def hang_up(self):
        """Closes the connections of all clients, and returns when nginx has seen it."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        wait_until(lambda: self._active() == 1, 60, "connections that are gone")

    def _accepted(self):
        """The client's port of each connection that nginx has accepted, as the kernel knows them."""
        rows = [line.split() for line in
                pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
        return {int(remote.split(":")[1], 16) for _, local, remote, state, *_, inode in
                (row[:10] for row in rows)
                if local.endswith(f":{self.nginx.port:04X}") and state == "01" and inode != "0"}

    def _active(self):
        return int(self.nginx.get("/stub_status")[1].split()[2])

    def kill_worker(self, signal):
        """Sends the signal to one worker that has connections, and returns when it has a successor
        that answers."""
        victim = max(self.nginx.workers(), key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
        os.kill(victim, signal)
        wait_until(lambda: victim not in self.nginx.workers()
                   and self.nginx.get("/stub_status")[0] == 200, 60, "another worker")

    def stop(self):
        for connection in self._connections:
            connection.close()
        self.nginx.stop()
        self.uwsgi.stop()
