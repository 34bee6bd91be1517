#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many that do nothing: idle connections, and processes that sleep.

As a program (the classes below start it) it makes them, says "ready" and keeps them until it is
killed:

    crowd.py clients PORT COUNT            keepalive clients of the nginx at 127.0.0.1:PORT
    crowd.py pairs ADDRESS PORT COUNT      both ends of connections to ADDRESS:PORT
    crowd.py sleepers COUNT                processes
"""

import pathlib
import resource
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from demo.process import Process, free_port  # noqa: E402

LIFE_SECONDS = 600  # longer than anybody needs them
READY_SECONDS = 120
OTHER_FILES = 64  # what a process has open besides
REQUEST = b"GET /stub_status HTTP/1.1\r\nHost: localhost\r\n\r\n"
# The kernel gives out some 28,000 ports for each address, the last ones slowly.
CLIENTS_AN_ADDRESS = 5000
IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h; not in every Python
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closed without TIME_WAIT


def open_files_max():
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1]


class _Crowd:
    """Processes of this program."""

    def __init__(self, folder, commands):
        self._processes = []
        try:
            for command in commands:
                log = folder / f"crowd-{free_port()}.log"
                self._processes.append(Process([sys.executable, __file__, *command], log))
            for process in self._processes:
                process.wait_ready(lambda p=process: "ready" in p.log_text(), READY_SECONDS)
        except BaseException:
            self.stop()
            raise

    def stop(self):
        for process in self._processes:
            process.stop()


class Clients(_Crowd):
    """`count` idle clients of the nginx at `port`, each of which has had one answer."""

    def __init__(self, folder, port, count):
        super().__init__(folder, [["clients", port, count]])


class Pairs(_Crowd):
    """`count` connections with both ends on this host, one of them at `port`."""

    def __init__(self, folder, count):
        self.port = free_port()
        most = (open_files_max() - OTHER_FILES) // 2
        shares = [min(most, count - begin) for begin in range(0, count, most)]
        self.sockets = 2 * count + len(shares)  # those that listen, too
        super().__init__(folder, [["pairs", f"127.0.2.{number}", self.port, share]
                                  for number, share in enumerate(shares, 1)])


class Sleepers(_Crowd):
    """`count` processes that do nothing."""

    def __init__(self, folder, count):
        super().__init__(folder, [["sleepers", count]])


def _connect(number, server):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    client.bind((f"127.0.1.{1 + number // CLIENTS_AN_ADDRESS}", 0))
    client.connect(server)
    return client


def _clients(port, count):
    found = []
    for number in range(int(count)):
        client = _connect(number, ("127.0.0.1", int(port)))
        client.sendall(REQUEST)
        if b" 200 OK" not in client.recv(4096):
            sys.exit("no status page")
        found.append(client)
    return found


def _pairs(address, port, count):
    listener = socket.create_server((address, int(port)))
    found = [listener]
    for number in range(int(count)):
        found.append(_connect(number, (address, int(port))))
        found.append(listener.accept()[0])
    return found


def _sleepers(count):
    return [subprocess.Popen(["sleep", str(LIFE_SECONDS)]) for _ in range(int(count))]


def main():
    most = open_files_max()
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    make = {"clients": _clients, "pairs": _pairs, "sleepers": _sleepers}[sys.argv[1]]
    crowd = make(*sys.argv[2:])
    print("ready", flush=True)
    time.sleep(LIFE_SECONDS)
    del crowd


if __name__ == "__main__":
    main()
