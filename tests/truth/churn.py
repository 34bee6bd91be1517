#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A crowd of clients that come and go: churn.py PORT PER_SECOND SEED WAY... Says "here" when the
first one has been; ends when its standard input does.

    fin     asks, reads, and closes          keep    asks some times over one connection
    rst     asks, reads, and resets          leave   asks, and resets without reading
    close   asks for the end of it, too      half    says half a header, and resets
"""

import random
import select
import socket
import struct
import sys
import time

ASK = b"GET /small HTTP/1.1\r\nHost: site.example.org\r\n\r\n"
LAST = ASK[:-2] + b"Connection: close\r\n\r\n"
RESET = struct.pack("ii", 1, 0)
TIMES = 5


def come_and_go(port, way):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        if way in ("rst", "leave", "half"):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        if way == "half":
            connection.sendall(ASK[:20])
            return
        connection.sendall(LAST if way == "close" else ASK)
        if way == "leave":
            return
        connection.recv(65536)
        if way == "close":
            while connection.recv(65536):
                pass
        for _ in range(TIMES if way == "keep" else 0):
            connection.sendall(ASK)
            connection.recv(65536)


def main(port, per_second, seed, *ways):
    rng = random.Random(seed)
    begin = time.monotonic()
    number = 0
    while not select.select([sys.stdin], [], [], max(
            0, begin + number / float(per_second) - time.monotonic()))[0]:
        try:
            come_and_go(int(port), rng.choice(ways))
        except OSError:  # nginx is being reloaded
            pass
        if number == 0:
            print("here", flush=True)
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
