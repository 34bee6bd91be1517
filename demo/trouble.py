# SPDX-License-Identifier: MIT
"""What is wrong with the demo site: clients that do not read, clients that have hung up, and an nginx
worker that was killed. It goes on until stop()."""

import os
import pathlib
import signal
import socket

from demo.process import wait_until
from demo.site import http_get, UnixHTTPConnection

IDLE, STALLED, HALF_CLOSED = 12, 12, 3
SMALL_BUFFER = 4096
WAIT_SECONDS = 60
REPORT_SECONDS = 600

# A location whose work goes on when the client has hung up.
LOCATIONS = """
        location = /report {
            include /etc/nginx/uwsgi_params;
            uwsgi_pass @app@;
            uwsgi_ignore_client_abort on;
            uwsgi_read_timeout 900s;
        }
"""


class Trouble:
    """Comes about in the order of the methods."""

    def __init__(self, nginx, uwsgi):
        self._nginx = nginx
        self._uwsgi = uwsgi
        self._open = []
        self._kill_a_worker()
        self._stall()
        self._hang_up()

    def _ask(self, uri, receive_buffer=None):
        client = socket.socket()
        self._open.append(client)
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.connect(("127.0.0.1", self._nginx.port))
        client.sendall(f"GET {uri} HTTP/1.1\r\nHost: demo.example.org\r\n\r\n".encode())
        return client

    def _kill_a_worker(self):
        """The clients of the worker lose their connections; nginx goes on counting them."""
        for _ in range(IDLE):
            self._ask("/").recv(65536)
        workers = self._nginx.workers()
        victim = max(workers, key=lambda pid: len(os.listdir(f"/proc/{pid}/fd")))
        os.kill(victim, signal.SIGKILL)

        wait_until(lambda: victim not in self._nginx.workers() and self._answers(), WAIT_SECONDS,
                   "a new nginx worker")

    def _answers(self):
        return http_get(UnixHTTPConnection(self._nginx.socket), "/stub_status")[0] == 200

    def _stall(self):
        """They ask for a large page and do not read it."""
        for _ in range(STALLED):
            self._ask("/big", SMALL_BUFFER)
        wait_until(lambda: self._zero_windows() == STALLED, WAIT_SECONDS, "clients that stall")

    def _zero_windows(self):
        """Connections of nginx for which the kernel runs the timer of a zero window, the fourth."""
        lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
        return sum(int(line.split()[1].partition(":")[2], 16) == self._nginx.port
                   and line.split()[5].startswith("04") for line in lines)

    def _hang_up(self):
        """They ask for a report, and close their half of the connection when it is being made."""
        report = f"/report?s={REPORT_SECONDS}"
        clients = [self._ask(report) for _ in range(HALF_CLOSED)]
        wait_until(lambda: self._uwsgi.busy(report) == HALF_CLOSED, WAIT_SECONDS, "reports")
        for client in clients:
            client.shutdown(socket.SHUT_WR)

    def stop(self):
        for client in self._open:
            client.close()
