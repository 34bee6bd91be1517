# SPDX-License-Identifier: MIT
"""A crowd of clients that mean no good, as a program of its own:

    python3 rude_crowd.py KIND PORT NUMBER ADDRESSES

NUMBER clients, which come from ADDRESSES addresses, 127.0.0.2 and on (0: all from 127.0.0.1). Whoever
is sent away comes back at once. "gathered" is said when each of them has been connected once."""

import contextlib
import itertools
import resource
import socket
import struct
import sys
import time

ASK = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
HEALTHY = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
HELLO = bytes.fromhex("160301020001fc0303")  # of a TLS handshake; all but its beginning never comes
ROUND_SECONDS = 0.1
PIPELINED = 30
CROWD_DESCRIPTORS = 4096


class Client:
    """One of them; comes, and does what its kind does once in a round."""

    greeting = b""
    room = None  # its receive buffer

    def __init__(self, source, port):
        self._source, self._port = source, port
        self._socket = None
        self._greeted = self.has_come = False

    def _come(self):
        self._socket = socket.socket()
        if self.room:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.room)
        self._socket.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        self._socket.bind((self._source, 0))
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._socket.connect(("127.0.0.1", self._port))
        self._greeted = False

    def leave(self):
        self._socket.close()
        self._socket = None

    def _greet(self):
        """Once the connection is there."""
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connect")
        try:
            self._socket.getpeername()
        except OSError:
            return
        if self.greeting:
            self._socket.send(self.greeting)
        self._greeted = self.has_come = True

    def round(self):
        try:
            if self._socket is None:
                self._come()
            elif not self._greeted:
                self._greet()
            else:
                self.act(self._socket)
        except BlockingIOError:
            pass
        except OSError:
            if self._socket is not None:
                self.leave()

    def act(self, connection):
        """What it does once it has greeted."""
        self.read(connection, 65536)

    @staticmethod
    def read(connection, most):
        if not connection.recv(most):
            raise ConnectionResetError


class Idle(Client):
    greeting = HEALTHY


class Silent(Client):
    pass


class Dripping(Client):
    greeting = b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: "

    def act(self, connection):
        connection.send(b"x")
        super().act(connection)


class Slow(Client):
    greeting = ASK
    room = 4096

    def act(self, connection):
        self.read(connection, 200)


class Pipelining(Slow):
    greeting = ASK * PIPELINED


class Asking(Client):
    """Asks again as soon as it has its answer."""

    greeting = ASK

    def act(self, connection):
        self.read(connection, 65536)
        connection.send(ASK)


class Resetting(Client):
    greeting = ASK

    def act(self, connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.leave()


class Handshaking(Client):
    greeting = HELLO


KINDS = {kind.__name__.lower(): kind
         for kind in (Idle, Silent, Dripping, Slow, Pipelining, Asking,
                                           Resetting, Handshaking)}


def main(kind, port, number, addresses):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(CROWD_DESCRIPTORS, hard), hard))
    sources = itertools.cycle([f"127.0.0.{2 + i}" for i in range(int(addresses))] or ["127.0.0.1"])
    clients = [KINDS[kind](next(sources), int(port)) for _ in range(int(number))]
    missing = len(clients)
    while True:
        began = time.monotonic()
        for one in clients:
            one.round()
        if missing:
            missing = sum(not one.has_come for one in clients)
            if not missing:
                print("gathered", flush=True)
        if kind not in ("asking", "resetting"):
            time.sleep(max(0, began + ROUND_SECONDS - time.monotonic()))


if __name__ == "__main__":
    main(*sys.argv[1:])
