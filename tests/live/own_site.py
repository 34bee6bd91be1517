# SPDX-License-Identifier: MIT
"""A site of a test's own, which it may load and stop as it likes."""

import http.client

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

    def stop(self):
        for connection in self._connections:
            connection.close()
        self.nginx.stop()
        self.uwsgi.stop()
