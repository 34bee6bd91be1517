# SPDX-License-Identifier: MIT
"""Runs a command in a place where it can do what the live tests do, as far as this machine allows:

    isolate.py COMMAND [ARGUMENT]...

A process without CAP_SYS_ADMIN becomes root of a user namespace that has all its users: root in a
container maps every id to itself, an ordinary user gets the ids of /etc/subuid. A process that has
it gets a mount namespace of its own, in which nothing that is mounted reaches the host, the root is
a mount point (that of a chroot is none), and what such a root lacks (/proc, /dev/shm) is mounted.

What is refused is left as it is: the tests find out by themselves (privileges.py) and name it.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import shutil
import subprocess
import sys

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000  # <sched.h>
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 1 << 18  # <sys/mount.h>
CAP_SYS_ADMIN = 21  # <linux/capability.h>
SUBORDINATE_IDS = {"uid": "/etc/subuid", "gid": "/etc/subgid"}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _unshare(flags):
    _check(_libc.unshare(flags))


def _mount(source, target, kind=None, flags=0, options=None):
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    _check(_libc.mount(*words, ctypes.c_ulong(flags), options and options.encode()))


def has_capability(number):
    status = pathlib.Path("/proc/self/status").read_text()
    effective = status.partition("CapEff:")[2].split()[0]
    return bool(int(effective, 16) >> number & 1)


# ---- a user namespace ----------------------------------------------------------------------------

def _identity(kind):
    """All ids that there are here, each mapped to itself."""
    rows = [line.split() for line in pathlib.Path(f"/proc/self/{kind}_map").read_text().splitlines()]
    return "".join(f"{first} {first} {count}\n" for first, _, count in rows)


def _subordinate(kind):
    """The user's own id as root, and those that the system lends the user as the ones above it:
    words for newuidmap and newgidmap."""
    own = os.getuid() if kind == "uid" else os.getgid()
    names = {pwd.getpwuid(os.getuid()).pw_name, str(os.getuid())}
    for line in pathlib.Path(SUBORDINATE_IDS[kind]).read_text().splitlines():
        name, first, count = line.split(":")
        if name in names:
            return ["0", str(own), "1", "1", first, count]
    raise OSError(f"{SUBORDINATE_IDS[kind]} has no ids for the user")


def _write_maps(pid):
    for kind in "uid", "gid":
        if os.geteuid() == 0:
            pathlib.Path(f"/proc/{pid}/{kind}_map").write_text(_identity(kind))
        else:
            subprocess.run([f"new{kind}map", str(pid), *_subordinate(kind)], check=True,
                           stderr=subprocess.DEVNULL)


def _enter_user_namespace():
    """The parent of a process that has entered one writes its maps: so this process does that for
    its child, which goes on, and waits for it."""
    ours, theirs = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours[0])
        os.close(theirs[1])
        _unshare(CLONE_NEWUSER)
        os.write(ours[1], b"entered")
        os.close(ours[1])
        if not os.read(theirs[0], 1):
            os._exit(1)
        os.close(theirs[0])
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
        return
    os.close(ours[1])
    os.close(theirs[0])
    if os.read(ours[0], 1):
        _write_maps(child)
        os.write(theirs[1], b"go on")
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _can_enter_user_namespace():
    """Tries it all, with a command that does nothing."""
    if os.geteuid() != 0 and not all(shutil.which(f"new{kind}map") for kind in SUBORDINATE_IDS):
        return False
    pid = os.fork()
    if pid == 0:
        sys.stderr = open(os.devnull, "w", encoding="ascii")
        _enter_user_namespace()
        os._exit(0 if has_capability(CAP_SYS_ADMIN) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


# ---- a mount namespace ---------------------------------------------------------------------------

def _make_private():
    """From here on nothing that is mounted reaches the host, and "/" is a mount point. The root of
    a chroot is none: setns() leads out of it, to the namespace's own root, and it is entered again
    by its path from there."""
    try:
        _mount(None, "/", flags=MS_REC | MS_PRIVATE)
        return
    except OSError:
        root = os.open("/", os.O_PATH)
        with open("/proc/self/ns/mnt", "rb") as ours:
            _check(_libc.setns(ours.fileno(), CLONE_NEWNS))
    path = os.readlink(f"/proc/self/fd/{root}")
    os.close(root)
    _mount(None, "/", flags=MS_REC | MS_PRIVATE)
    _mount(path, path, flags=MS_BIND | MS_REC)
    os.chroot(path)


def _enter_mount_namespace():
    here = os.getcwd()
    _unshare(CLONE_NEWNS)
    if not os.path.ismount("/proc"):
        _mount("proc", "/proc", "proc")
    _make_private()
    os.chdir(here)
    if not os.path.ismount("/dev/shm"):
        pathlib.Path("/dev/shm").mkdir(exist_ok=True)
        _mount("tmpfs", "/dev/shm", "tmpfs", options="mode=1777")


def main(command):
    if not has_capability(CAP_SYS_ADMIN) and _can_enter_user_namespace():
        _enter_user_namespace()
    if has_capability(CAP_SYS_ADMIN):
        with contextlib.suppress(OSError):
            _enter_mount_namespace()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
