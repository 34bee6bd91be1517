# SPDX-License-Identifier: MIT
"""Servers that misbehave, one behaviour each. They remember every byte that they were sent.

A behaviour (behaviours.py) is a function that is given a Peer for each connection; when it returns,
the connection is closed.
"""

import contextlib
import socket
import struct
import threading
import time


class Peer:
    """One connection of a bad server."""

    def __init__(self, server, connection):
        self._server = server
        self._connection = connection

    def read_request(self):
        """Reads until the end of an HTTP request header; b"" when the other side closes first."""
        request = b""
        while b"\r\n\r\n" not in request:
            chunk = self.receive()
            if not chunk:
                break
            request += chunk
        return request

    def receive(self):
        chunk = self._connection.recv(65536)
        self._server.note(chunk)
        return chunk

    def send(self, data):
        self._connection.sendall(data)

    def reset(self):
        """Closes so that the other side gets ECONNRESET (on TCP)."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hold(self):
        """Says nothing until the other side has closed or the test is over."""
        while self.receive():
            pass

    def pause(self, seconds):
        """False when the test is over."""
        return not self._server.stopping.wait(seconds)


class BadServer:
    """Listens on a free port of 127.0.0.1, or on the unix socket `path`."""

    def __init__(self, behaviour, path=None):
        self.behaviour = behaviour
        self.stopping = threading.Event()
        self.received = b""
        self.connections = 0
        self._lock = threading.Lock()
        self._open = set()
        self._threads = []
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        self._listener.bind(str(path) if path else ("127.0.0.1", 0))
        self._listener.listen(64)
        self.path = path
        self.port = None if path else self._listener.getsockname()[1]
        self._run(self._accept)

    def _run(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self.stopping.is_set():
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            with self._lock:
                self.connections += 1
                self._open.add(connection)
            self._run(self._serve, connection)

    def _serve(self, connection):
        try:
            self.behaviour(Peer(self, connection))
        except OSError:
            pass  # the other side went away, or the test is over
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def note(self, chunk):
        with self._lock:
            self.received += chunk

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    @property
    def url(self):
        return f"http://{self.address}/stub_status"

    @property
    def raw(self):
        return f"unix:{self.path}" if self.path else f"tcp://{self.address}"

    def stop(self):
        self.stopping.set()
        with self._lock:
            sockets = [self._listener, *self._open]
        for one in sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._listener.close()


@contextlib.contextmanager
def dead_port():
    """A port where connecting is refused, and that nobody else can take meanwhile."""
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        yield placeholder.getsockname()[1]


def wait_for_connections(server, count, seconds=30):
    """Waits until that many have connected."""
    deadline = time.monotonic() + seconds
    while server.connections < count:
        assert time.monotonic() < deadline, f"only {server.connections} connections"
        time.sleep(0.02)
