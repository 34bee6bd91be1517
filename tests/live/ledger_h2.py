# SPDX-License-Identifier: MIT
"""Just enough of an HTTP/2 client (RFC 9113, cleartext, with prior knowledge) to open streams and
then do nothing more."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, SETTINGS = 1, 4
END_STREAM, ACK, END_HEADERS = 1, 1, 4
INITIAL_WINDOW_SIZE = 4
GET, SCHEME_HTTP = b"\x82", b"\x86"  # whole lines of HPACK's static table
AUTHORITY, PATH = b"\x01", b"\x04"  # names of that table, the value follows


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings(window):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, window))


def _text(value):
    assert len(value) < 127
    return bytes([len(value)]) + value.encode()


def get(stream, uri):
    """A request without a body; streams of clients have odd numbers."""
    block = GET + SCHEME_HTTP + AUTHORITY + _text("site.example.org") + PATH + _text(uri)
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, block)


def opening(*uris, window=65535):
    """What a client sends that asks for all `uris` at once and gives each answer a `window`."""
    return PREFACE + settings(window) + frame(SETTINGS, ACK, 0) + b"".join(
        get(1 + 2 * number, uri) for number, uri in enumerate(uris))
