# SPDX-License-Identifier: MIT
"""Visitors of the demo site: some browse, and the requests of some are stuck in the application."""

import http.client
import threading

from demo.site import http_get

PAUSE_SECONDS = 0.1
STUCK_SECONDS = 600
STUCK_URI = f"/sleep?s={STUCK_SECONDS}"


class Traffic:
    """Begins at once and goes on until stop(); a request that is stuck ends when nginx stops."""

    def __init__(self, port, stuck):
        self._port = port
        self._stopping = threading.Event()
        for visit in [self._browse] + [self._hang] * stuck:
            threading.Thread(target=visit, daemon=True).start()

    def _get(self, uri):
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2 * STUCK_SECONDS)
        try:
            http_get(connection, uri)
        except (OSError, http.client.HTTPException):
            pass  # nginx was stopped
        return self._stopping.wait(PAUSE_SECONDS)

    def _browse(self):
        visits = 0
        while not self._get("/" if visits % 20 else "/error"):
            visits += 1

    def _hang(self):
        while not self._get(STUCK_URI):
            pass

    def stop(self):
        self._stopping.set()
