# SPDX-License-Identifier: MIT
"""A TCP client of our own making, which does what no kernel does: it shrinks its window,
acknowledges only what it likes, and falls silent without a word. It lives at an address of the client's end of a
ledger_net.Link that no kernel has, so that nobody else answers for it."""

import socket
import struct
import threading

ETH_P_IP, ETH_P_ARP = 0x0800, 0x0806
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
SEGMENT = 1000


def _checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class RawClient:
    """Connects to (server, port) through `device`, from `address`, and says `data`. Then it answers
    each segment with an acknowledgement of all of it and a window of `window` bytes, until `limit`
    bytes have come: from then on it acknowledges only these, and its window is `then`, which takes
    back what was promised; `then` of None is an honest client's, whose window closes with the last
    of `limit`. With `is_silent` it answers nothing any more."""

    def __init__(self, device, address, server, port, data, *, limit, then=None, window=60000,
                 own=40000):
        self._wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._wire.bind((device, 0))
        self._mac = self._wire.getsockname()[4]
        self._peer_mac = b"\xff" * 6
        self._ends = socket.inet_aton(address), socket.inet_aton(server)
        self._ports = own, port
        self._sent = 1000  # the next byte of ours
        self._begin = None  # the first byte of theirs
        self._got = 0
        self._data = data
        self._limit, self._window, self._then = limit, window, then
        self.is_silent = False
        self.is_full = threading.Event()
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._stop = True
        self._thread.join()
        self._wire.close()

    def _run(self):
        self._wire.settimeout(0.1)
        while not self._stop:
            if self._begin is None:
                self._ask_for_mac() if self._peer_mac == b"\xff" * 6 else self._say(SYN)
            try:
                frame = self._wire.recv(65536)
            except TimeoutError:
                continue
            kind, = struct.unpack("!H", frame[12:14])
            if kind == ETH_P_ARP:
                self._hear_arp(frame)
            elif kind == ETH_P_IP:
                self._hear(frame[14:])

    # ---- who is where ----------------------------------------------------------------------------

    def _arp(self, operation, to):
        head = struct.pack("!HHHBBH", ETH_P_ARP, 1, ETH_P_IP, 6, 4, operation)
        self._wire.send(to + self._mac + head + self._mac + self._ends[0] + to + self._ends[1])

    def _ask_for_mac(self):
        self._arp(1, b"\xff" * 6)

    def _hear_arp(self, frame):
        operation, = struct.unpack("!H", frame[20:22])
        if frame[28:32] != self._ends[1] or frame[38:42] != self._ends[0]:
            return
        self._peer_mac = frame[22:28]
        if operation == 1:
            self._arp(2, self._peer_mac)

    # ---- segments --------------------------------------------------------------------------------

    def _say(self, flags, data=b""):
        acknowledged = 0 if self._begin is None else self._begin + self._got
        if self._then is None:
            window = min(self._window, self._limit - self._got)
        else:
            window = self._window if self._got < self._limit else self._then
        options = struct.pack("!BBH", 2, 4, SEGMENT) if flags & SYN else b""
        head = struct.pack("!HHIIBBHHH", *self._ports, self._sent & 0xffffffff,
                           acknowledged & 0xffffffff, (20 + len(options)) << 2, flags, window, 0, 0)
        segment = head + options + data
        pseudo = self._ends[0] + self._ends[1] + struct.pack("!BBH", 0, 6, len(segment))
        segment = segment[:16] + struct.pack("!H", _checksum(pseudo + segment)) + segment[18:]
        packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0)
        packet += self._ends[0] + self._ends[1]
        packet = packet[:10] + struct.pack("!H", _checksum(packet)) + packet[12:]
        self._wire.send(self._peer_mac + self._mac + struct.pack("!H", ETH_P_IP) + packet + segment)

    def _hear(self, packet):
        size = (packet[0] & 15) * 4
        if packet[9] != 6 or packet[12:16] != self._ends[1] or packet[16:20] != self._ends[0]:
            return
        segment = packet[size:struct.unpack("!H", packet[2:4])[0]]
        to, first, = struct.unpack("!HI", segment[2:8])
        flags = segment[13]
        if to != self._ports[0] or self.is_silent or flags & RST:
            return
        if flags & SYN:
            if self._begin is None:
                self._begin = first + 1
                self._sent += 1
                self._say(ACK | PSH, self._data)
                self._sent += len(self._data)
            return
        length = len(segment) - (segment[12] >> 4) * 4
        at = (first - self._begin) & 0xffffffff
        if at <= self._got < at + length:
            self._got = min(at + length, self._limit)
        if self._got >= self._limit:
            self.is_full.set()
        if length or at != self._got:
            self._say(ACK)
