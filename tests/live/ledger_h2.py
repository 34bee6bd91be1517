# SPDX-License-Identifier: MIT
"""Just enough of an HTTP/2 client (RFC 9113, cleartext, with prior knowledge) to open streams and
then do nothing more."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
GET, POST, SCHEME_HTTP = b"\x82", b"\x83", b"\x86"  # whole lines of HPACK's static table
AUTHORITY, PATH = b"\x01", b"\x04"  # names of that table, the value follows
STATUS_200, GRPC_STATUS_0 = b"\x88", b"\x00\x0bgrpc-status\x010"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(window):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window))


def ping():
    return frame(PING, 0, 0, bytes(8))


def _text(value):
    assert len(value) < 127
    return bytes([len(value)]) + value.encode()


def _headers(method, stream, uri, flags):
    block = method + SCHEME_HTTP + AUTHORITY + _text("site.example.org") + PATH + _text(uri)
    return frame(HEADERS, flags | END_HEADERS, stream, block)


def get(stream, uri):
    """A request without a body; streams of clients have odd numbers."""
    return _headers(GET, stream, uri, END_STREAM)


def post(stream, uri):
    """A request whose body is to come."""
    return _headers(POST, stream, uri, 0)


def answer_calls(peer):
    """What a gRPC server does, for badserver.py. It sends its settings with the answer, so that the
    last word is the client's, which has to acknowledge them."""
    unread = b""
    while chunk := peer.receive():
        unread = (unread + chunk).removeprefix(PREFACE)
        while len(unread) >= 9 and len(unread) >= (end := 9 + int.from_bytes(unread[:3], "big")):
            kind, stream = unread[3], int.from_bytes(unread[5:9], "big")
            unread = unread[end:]
            if kind == HEADERS:
                peer.send(settings(65535) + frame(HEADERS, END_HEADERS, stream, STATUS_200) +
                          frame(DATA, 0, stream, b"answer") +
                          frame(HEADERS, END_HEADERS | END_STREAM, stream, GRPC_STATUS_0))


def opening(*uris, window=65535):
    """What a client sends that asks for all `uris` at once and gives each answer a `window`."""
    return PREFACE + settings(window) + frame(SETTINGS, ACK, 0) + b"".join(
        get(1 + 2 * number, uri) for number, uri in enumerate(uris))
