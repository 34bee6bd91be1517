# SPDX-License-Identifier: MIT
"""Reads PNG pictures as rrdtool writes them: eight bits a channel, not interlaced."""

import collections
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}  # by colour type: RGB, RGBA


def _chunks(data):
    assert data.startswith(SIGNATURE), "no PNG"
    at = len(SIGNATURE)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8:at + 8 + length]
        assert zlib.crc32(kind + body) == struct.unpack_from(">I", data, at + 8 + length)[0], kind
        yield kind, body
        at += length + 12
    assert kind == b"IEND", "cut off"


def _paeth(left, above, corner):
    guess = left + above - corner
    distances = (abs(guess - left), abs(guess - above), abs(guess - corner))
    return (left, above, corner)[distances.index(min(distances))]


def _unfilter(kind, row, above, step):
    """Adds what the filter of this row took away, in place."""
    for i, value in enumerate(row):
        left = row[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        row[i] = (value + (0, left, above[i], (left + above[i]) // 2,
                           _paeth(left, above[i], corner))[kind]) & 255


class Picture:
    def __init__(self, path):
        chunks = list(_chunks(path.read_bytes()))
        head = struct.unpack(">IIBBBBB", chunks[0][1])
        self.width, self.height = head[:2]
        assert head[2] == 8 and head[6] == 0, head
        self._step = CHANNELS[head[3]]
        self._raw = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
        assert len(self._raw) == self.height * (self.width * self._step + 1)

    def colours(self):
        """How many pixels there are of each colour: {"rrggbb": count}."""
        size = self.width * self._step
        above = bytearray(size)
        found = collections.Counter()
        for y in range(self.height):
            start = y * (size + 1)
            row = bytearray(self._raw[start + 1:start + 1 + size])
            if self._raw[start]:
                _unfilter(self._raw[start], row, above, self._step)
            found.update(row[i:i + 3].hex() for i in range(0, size, self._step))
            above = row
        return found
