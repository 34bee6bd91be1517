# SPDX-License-Identifier: MIT
"""The listeners of a site, and how a client comes in by them."""

import contextlib
import ctypes
import dataclasses
import fcntl
import select
import socket
import ssl
import struct
import sys
import termios

CONNECT_SECONDS = 60
SMALL_BUFFER = 4096
SO_ATTACH_FILTER = 26
HELLO = b"PROXY TCP4 192.0.2.7 192.0.2.8 1111 80\r\n"
# Addresses that clients have, and how patient nginx's kernel is with them, where it can be told.
NEAR, PATIENT, IMPATIENT = "127.0.0.1", "127.0.0.2", "127.0.0.3"
ROUTES = {PATIENT: "100s", IMPATIENT: "40ms"}


def _tls(alpn):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([alpn])
    return context


@dataclasses.dataclass(frozen=True)
class Door:
    name: str
    address: object  # for connect()
    has_tls: bool = False
    before: bytes = b""  # what a client says first of all

    @property
    def is_unix(self):
        return isinstance(self.address, str)

    @property
    def port(self):
        return 0 if self.is_unix else self.address[1]

    @property
    def _alpn(self):
        return "h2" if self.name == "h2tls" else "http/1.1"

    def __str__(self):
        return f"unix:{self.address}" if self.is_unix else (
            f"[{self.address[0]}]:{self.port}" if ":" in self.address[0]
            else f"{self.address[0]}:{self.port}")

    def connect(self, *, small=False, source=None):
        """A connection without TLS. `small`: it has little room for what comes."""
        family = socket.AF_UNIX if self.is_unix else (
            socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET)
        connection = socket.socket(family)
        try:
            connection.settimeout(CONNECT_SECONDS)
            if small:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            if source and family == socket.AF_INET:
                connection.bind((source, 0))
            connection.connect(self.address)
            connection.sendall(self.before)
        except BaseException:
            connection.close()
            raise
        return connection

    def enter(self, data=b"", **more):
        """A connection over which HTTP is spoken, and `data` sent."""
        connection = self.connect(**more)
        if self.has_tls:
            connection = _tls(self._alpn).wrap_socket(connection)
        connection.sendall(data)
        return connection

    def hello(self):
        """What a client says first in TLS."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with contextlib.suppress(ssl.SSLWantReadError):
            _tls(self._alpn).wrap_bio(incoming, outgoing).do_handshake()
        return outgoing.read()


class _Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _filter(connection, *steps):
    """What comes for this connection is dropped by the kernel where this program of BPF says 0."""
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = _Program(len(steps), ctypes.addressof(code))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(program))


def fall_silent(connection):
    """From now on the kernel drops all that comes for this connection: nothing is acknowledged. To
    the other side the client has vanished, if it has nothing to say itself."""
    _filter(connection, (0x06, 0, 0, 0))


def lose_answers(connection):
    """From now on the kernel drops what has data. That it has heard what this client says the other
    side may tell, so that the client does not go on saying it."""
    _filter(connection,
            (0x30, 0, 0, 12),    # A = the header's length in words of 4 bytes, times 16
            (0x74, 0, 0, 2),     # A >>= 2
            (0x54, 0, 0, 0x3c),  # A &= 0x3c
            (0x07, 0, 0, 0),     # X = A
            (0x80, 0, 0, 0),     # A = length of header and data
            (0x2d, 0, 1, 0),     # if A > X
            (0x06, 0, 0, 0),     # it is dropped
            (0x06, 0, 0, 0xffff))


def has_said_all(connection):
    """Whether the other side has acknowledged everything."""
    return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder) == 0


def abort(connection):
    """Ends with RST, or as a unix socket ends."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def is_hung_up(connection):
    """Whether the other side of a unix socket is closed."""
    poll = select.poll()
    poll.register(connection, select.POLLHUP)
    return any(events & select.POLLHUP for _, events in poll.poll(0))
