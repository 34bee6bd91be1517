# SPDX-License-Identifier: MIT
"""A stats server that knows one answer by heart: raw TCP, sends it and closes, as uWSGI does."""

import contextlib
import socket
import threading

from demo.process import free_port


class StatsServer:
    """Serves the content of a file, one client after the other, until stop()."""

    def __init__(self, path):
        self.port = free_port()
        self._path = path
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # stop() was called
                return
            with client, open(self._path, "rb") as answer, contextlib.suppress(OSError):
                client.sendfile(answer)

    def stop(self):
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
