# SPDX-License-Identifier: MIT
"""Runs a command that the kernel refuses some system calls:

    sandbox.py netlink COMMAND [ARGUMENT]...    netlink sockets, as systemd's
                                                RestrictAddressFamilies= does
    sandbox.py docker COMMAND [ARGUMENT]...     namespaces and mounts, as Docker's default filter
                                                does without CAP_SYS_ADMIN"""

import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x45, 0x06  # BPF_LD|W|ABS, JEQ|K, JSET|K, RET|K
NUMBER, FIRST_ARGUMENT = 0, 16  # where they are in struct seccomp_data
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
AF_NETLINK = 16
CLONE_NEW = 0x7E020000  # CLONE_NEWNS, -CGROUP, -UTS, -IPC, -USER, -PID, -NET
SOCKET = {"x86_64": 41, "aarch64": 198, "riscv64": 198}
CLONE = {"x86_64": 56, "aarch64": 220, "riscv64": 220}
CLONE3 = 435
# mount, umount2, pivot_root, unshare, setns; open_tree and those after it have one number everywhere
MOUNTS = {"x86_64": (165, 166, 155, 272, 308), "aarch64": (40, 39, 41, 97, 268),
          "riscv64": (40, 39, 41, 97, 268)}
NEW_MOUNTS = (428, 429, 430, 442)  # open_tree, move_mount, fsopen, mount_setattr


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def netlink(machine):
    yield LOAD, 0, 0, NUMBER
    yield EQUAL, 0, 3, SOCKET[machine]
    yield LOAD, 0, 0, FIRST_ARGUMENT
    yield EQUAL, 0, 1, AF_NETLINK
    yield RETURN, 0, 0, ERRNO | EAFNOSUPPORT
    yield RETURN, 0, 0, ALLOW


def docker(machine):
    yield LOAD, 0, 0, NUMBER
    for number in (*MOUNTS[machine], *NEW_MOUNTS):
        yield EQUAL, 0, 1, number
        yield RETURN, 0, 0, ERRNO | EPERM
    yield EQUAL, 0, 1, CLONE3  # its flags are in memory, which a filter cannot read
    yield RETURN, 0, 0, ERRNO | ENOSYS
    yield EQUAL, 0, 3, CLONE[machine]
    yield LOAD, 0, 0, FIRST_ARGUMENT
    yield ANY_BIT, 0, 1, CLONE_NEW
    yield RETURN, 0, 0, ERRNO | EPERM
    yield RETURN, 0, 0, ALLOW


def refuse(instructions):
    packed = b"".join(struct.pack("HBBI", *one) for one in instructions)
    program = Program(len(packed) // 8, packed)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or \
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    refuse({"netlink": netlink, "docker": docker}[sys.argv[1]](platform.machine()))
    os.execvp(sys.argv[2], sys.argv[2:])
