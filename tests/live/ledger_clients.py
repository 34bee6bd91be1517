# SPDX-License-Identifier: MIT
"""Visitors of every kind, as plain sockets that do just what they are told, and then stay."""

import socket
import struct

CONNECT_SECONDS = 30
SMALL_BUFFER = 4096
WEBSOCKET = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
# The record header of TLS, and the beginning of a ClientHello that is to be 512 bytes long.
HALF_HELLO = b"\x16\x03\x01\x02\x00" + b"\x01\x00\x01\xfc\x03\x03" + bytes(range(20))


def request(uri, header="", method="GET"):
    return f"{method} {uri} HTTP/1.1\r\nHost: site.example.org\r\n{header}\r\n".encode()


def post(uri, length):
    return request(uri, f"Content-Length: {length}\r\n", "POST")


def read_head(connection):
    """The header of an answer; whatever follows stays unread."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, f"closed after {head!r}"
        head += byte
    return head.decode()


def read_answer(connection):
    """A whole answer that has a Content-Length; returns its status."""
    head = read_head(connection)
    left = int(head.lower().partition("content-length:")[2].split()[0])
    while left:
        left -= len(connection.recv(min(left, 65536)))
    return int(head.split()[1])


class Clients:
    """Connections to 127.0.0.1 (or `host`), open until close(). Each method opens `count` more and
    returns them when it has done its part; nginx may still be at its own."""

    def __init__(self, port, host="127.0.0.1"):
        self._port = port
        self._host = host
        self._open = []

    def silent(self, count, *, port=None, receive_buffer=None):
        """They connect and say nothing."""
        return self.say(count, b"", port=port, receive_buffer=receive_buffer)

    def say(self, count, data, *, port=None, receive_buffer=None):
        """They send `data` and do not read."""
        return [self._one(data, port, receive_buffer) for _ in range(count)]

    def _one(self, data, port, receive_buffer):
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        connection = socket.socket(family)
        self._open.append(connection)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.settimeout(CONNECT_SECONDS)
        connection.connect((self._host, port or self._port))
        connection.sendall(data)
        return connection

    def say_to_unix(self, count, path, data):
        """The same over a unix socket."""
        made = []
        for _ in range(count):
            made.append(socket.socket(socket.AF_UNIX))
            self._open.append(made[-1])
            made[-1].settimeout(CONNECT_SECONDS)
            made[-1].connect(str(path))
            made[-1].sendall(data)
        return made

    def ask(self, count, uri, header=""):
        """They send a request and do not read the answer."""
        return self.say(count, request(uri, header))

    def never_read(self, count, uri):
        """The same, with little room for the answer on their side."""
        return self.say(count, request(uri), receive_buffer=SMALL_BUFFER)

    def idle(self, count, uri="/", *, port=None):
        """They have read an answer and keep the connection."""
        made = self.say(count, request(uri), port=port)
        for connection in made:
            assert read_answer(connection) == 200
        return made

    def pipeline(self, count, *uris):
        """They send all requests at once."""
        return self.say(count, b"".join(request(uri) for uri in uris))

    def partial_header(self, count):
        return self.say(count, request("/", "X-More: to come\r\n")[:-4])

    def half_hello(self, count, port):
        return self.say(count, HALF_HELLO, port=port)

    def upload(self, count, uri, length=100000, sent=500):
        """They send a part of a request's body."""
        return self.say(count, post(uri, length) + b"u" * sent)

    def websocket(self, count, uri):
        made = self.say(count, request(uri, WEBSOCKET))
        for connection in made:
            assert read_head(connection).split()[1] == "101"
        return made

    def stream(self, count, uri):
        """They have begun to read an answer that does not end."""
        made = self.say(count, request(uri))
        for connection in made:
            assert read_head(connection).split()[1] == "200"
            assert connection.recv(1)
        return made

    def half_close(self, count, uri):
        """They send a request, close their half, and stay."""
        made = self.ask(count, uri)
        for connection in made:
            connection.shutdown(socket.SHUT_WR)
        return made

    def close(self, connections=None):
        """Closes these, or all."""
        for connection in list(self._open) if connections is None else connections:
            connection.close()
            self._open.remove(connection)

    def abort(self, connections):
        """Resets these, leaving nothing behind in the kernel."""
        for connection in connections:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close(connections)

    def reset(self):
        """The same with all."""
        self.abort(list(self._open))
