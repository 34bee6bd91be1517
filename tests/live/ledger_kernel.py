# SPDX-License-Identifier: MIT
"""What the kernel says of sockets, read without any of the code under test: /proc/net for TCP, ss
for the queues of unix sockets, nstat for the counters."""

import dataclasses
import os
import pathlib
import socket
import struct
import subprocess

from demo.process import find_program
from privileges import refuse

STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2",
          6: "TIME_WAIT", 7: "CLOSE", 8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING",
          12: "NEW_SYN_RECV"}
RETRANSMIT, ZERO_WINDOW = 1, 4  # kinds of timer


@dataclasses.dataclass
class Socket:
    local_port: int
    remote_port: int
    state: str
    unsent: int  # bytes not acknowledged; LISTEN: nothing
    unread: int  # bytes not read by the process; LISTEN: connections not accepted
    timer: int
    retransmits: int
    inode: int  # 0: no process has it
    local: str  # both ends, as name_of() writes them
    remote: str

    def is_stalled(self):
        return self.unsent > 0 and self.timer == ZERO_WINDOW

    def is_vanished(self, retransmits=3):
        return self.unsent > 0 and self.timer == RETRANSMIT and self.retransmits >= retransmits


def _parse(line):
    fields = line.split()
    unsent, unread = (int(field, 16) for field in fields[4].split(":"))
    return Socket(int(fields[1].rpartition(":")[2], 16), int(fields[2].rpartition(":")[2], 16),
                  STATES[int(fields[3], 16)], unsent, unread, int(fields[5].partition(":")[0], 16),
                  int(fields[6], 16), int(fields[9]), fields[1], fields[2])


def name_of(family, address):
    """An end of a TCP connection as the kernel lists it: its address as words of the host."""
    packed = socket.inet_pton(family, address[0])
    words = (struct.unpack_from("=I", packed, at)[0] for at in range(0, len(packed), 4))
    return f"{''.join(f'{word:08X}' for word in words)}:{address[1]:04X}"


def tcp_sockets():
    """All TCP sockets of this network namespace."""
    return [_parse(line) for name in ("tcp", "tcp6")
            for line in pathlib.Path(f"/proc/net/{name}").read_text().splitlines()[1:]]


def tcp_queue(port):
    """Connections that wait for accept() at the listening sockets of a port, the longest queue."""
    return max((one.unread for one in tcp_sockets()
                if one.state == "LISTEN" and one.local_port == port), default=None)


def unix_queue(path):
    """Connections that wait for accept() at a unix socket."""
    listed = subprocess.run([find_program("ss"), "-xlnH", "src", str(path)], check=True,
                            capture_output=True, text=True).stdout.split()
    return int(listed[2]) if listed else None


UNIX_LISTENERS = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 1 << 10, 0, 0x11, 0, 0)
DUMP = 0x301  # NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
SOCK_DIAG, BY_FAMILY, DONE = 4, 20, 3  # <linux/netlink.h>, <linux/sock_diag.h>
NAME, QUEUES = 0, 4  # UNIX_DIAG_NAME, UNIX_DIAG_RQLEN


def _attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind, data[4:length]
        data = data[(length + 3) & ~3:]


def _messages(answers):
    while True:
        data = answers.recv(1 << 20)
        while data:
            length, kind = struct.unpack_from("=IH", data)
            if kind == DONE:
                return
            assert kind == BY_FAMILY, f"the kernel refuses to list sockets ({kind})"
            yield data[16:length]
            data = data[(length + 3) & ~3:]


def unix_queues():
    """{path: connections that wait for accept()} of all unix sockets that listen: as unix_queue(),
    for who asks often."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, SOCK_DIAG) as answers:
        answers.send(struct.pack("=IHHII", 16 + len(UNIX_LISTENERS), BY_FAMILY, DUMP, 1, 0) +
                     UNIX_LISTENERS)
        found = (dict(_attributes(message[16:])) for message in _messages(answers))
        return {one[NAME].rstrip(b"\0").decode(): struct.unpack_from("=I", one[QUEUES])[0]
                for one in found if NAME in one}


def age_seconds(pid):
    """How long ago a process was started."""
    started = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    uptime = float(pathlib.Path("/proc/uptime").read_text().split()[0])
    return uptime - started / os.sysconf("SC_CLK_TCK")


def socket_inodes(pid):
    """The inodes of the sockets that a process has open."""
    found = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            name = str(descriptor.readlink())
        except FileNotFoundError:  # it was closed meanwhile
            continue
        except PermissionError:
            refuse("CAP_SYS_PTRACE (to look into processes of other users)")
        if name.startswith("socket:["):
            found.add(int(name[8:-1]))
    return found


def listen_overflows():
    """How often a full queue of this network namespace has turned somebody away."""
    listed = subprocess.run([find_program("nstat"), "-asz", "TcpExtListenOverflows"], check=True,
                            capture_output=True, text=True).stdout.splitlines()
    (value,) = (line.split()[1] for line in listed if line.startswith("TcpExtListenOverflows "))
    return int(value)


def with_overflows(look):
    """What `look()` gives, and that number, which has not changed meanwhile: clients that find no
    room try again and again."""
    while True:
        before = listen_overflows()
        seen = look()
        if listen_overflows() == before:
            return seen, before
