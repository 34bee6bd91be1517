# SPDX-License-Identifier: MIT
"""A random site that runs: nginx, uWSGI and small servers of our own, and what is true of it, read
without any of the code under test."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import time

import conf
import doors
import ledger_kernel as kernel
import servers
import shape as shapes
from demo.process import START_SECONDS, Process, children, find_program, free_port, wait_until
from demo.site import Uwsgi, http_get
from ledger_clients import request

LIVE = pathlib.Path(__file__).resolve().parents[1] / "live"
STATUS = re.compile(rb"connections: (\d+) .*Reading: (\d+) Writing: (\d+) Waiting: (\d+)", re.S)
FILE_BYTES = 256 * 1024  # too much for a client's small buffer, no trouble for nginx's kernel
LARGE_BYTES = 64 * 1024 * 1024
ANSWER_SECONDS = 60
SURELY_GONE = 6  # retransmissions: all of the last ones were after the client's last word
LINGERING = ("FIN_WAIT1", "FIN_WAIT2")
WORKER, DRAINING = "nginx: worker process", "nginx: worker process is shutting down"


class Place:
    """`shape` is what it is like; `ca` has a certificate."""

    def __init__(self, folder, ca, shape):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.shape = shape
        self._undo = contextlib.ExitStack()
        self.exporters = []  # process ids of those that keep a connection to nginx
        try:
            self._start_behind()
            self._start_nginx(ca)
        except BaseException:
            self._undo.close()
            raise

    # ---- start -----------------------------------------------------------------------------------

    def _start_behind(self):
        app = self.shape.app
        self.uwsgi = Uwsgi(
            self.folder / "uwsgi", listen=app.listen, stats="tcp", workers=app.workers,
            threads=app.threads, app=LIVE / "ledger_app.py",
            options=["--listen", 128, "--socket-timeout", 900, *app.options])
        self._undo.callback(self._end_uwsgi)
        self.servers = servers.Servers(self.folder)
        self._undo.callback(self.servers.stop)
        for name, (behaviour, unix) in shapes.BEHIND.items():
            self.servers.add(name, behaviour, unix=unix)
        # Whoever connects to the one waits for ever: its queue is full. The other never answers.
        self._dead = self._socket(socket.SOCK_STREAM)
        self._dead.listen(0)
        self._socket(socket.SOCK_STREAM).connect(self._dead.getsockname())
        self._dns = self._socket(socket.SOCK_DGRAM)

    def _socket(self, kind):
        made = self._undo.enter_context(contextlib.closing(socket.socket(type=kind)))
        made.bind(("127.0.0.1", 0))
        return made

    def _addresses(self):
        return {**{name: self.servers[name].address for name in shapes.BEHIND},
                "app": self.uwsgi.nginx_app, "dead": f"127.0.0.1:{self._dead.getsockname()[1]}"}

    def _start_nginx(self, ca):
        folder = self.folder / "nginx"
        (folder / "temp").mkdir(parents=True)
        self.doors = {name: self._door(name) for name in (*self.shape.doors, *_block_doors(
            self.shape.blocks))}
        (self.folder / "file").write_bytes(b"f" * FILE_BYTES)
        with open(self.folder / "large", "wb") as large:
            large.truncate(LARGE_BYTES)
        config = folder / "nginx.conf"
        config.write_text(conf.text(
            self.shape, {name: str(door) for name, door in self.doors.items()}, self._addresses(),
            {"folder": self.folder, "cert": ca.server_cert, "key": ca.server_key,
             "port": self.doors["tcp"].port, "dns": self._dns.getsockname()[1]}))
        self.error_log = folder / "error.log"
        process = Process([find_program("nginx"), "-p", folder, "-c", config, "-e", self.error_log],
                          folder / "output.log", cwd=folder)
        self._undo.callback(process.stop)
        self.status_url = f"http://127.0.0.1:{self.doors['tcp'].port}/stub_status"
        process.wait_ready(lambda: self.get("/delayed") == 200)
        self.pid_file = folder / "nginx.pid"
        wait_until(lambda: len(self.workers()) == self.shape.workers, START_SECONDS, "workers")

    def _door(self, name):
        if name == "unix":
            return doors.Door(name, str(self.folder / "nginx" / "nginx.sock"))
        host = "::1" if name == "tcp6" else "127.0.0.1"
        return doors.Door(name, (host, free_port(host)), has_tls=name in ("tls", "h2tls"),
                          before=doors.HELLO if name == "proxy" else b"")

    @property
    def other_doors(self):
        """Of servers behind nginx."""
        name = "app by HTTP" if self.shape.app.speaks_http else "app"
        app = ("127.0.0.1", self.app_port) if self.app_port else self.uwsgi.address
        return {name: doors.Door(name, app),
                "hang": doors.Door("hang", ("127.0.0.1", self.servers["hang"].port))}

    def _end_uwsgi(self):
        """Nothing of it is needed any more, and to let it end well takes a second."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.uwsgi.process.pid, signal.SIGKILL)
        self.uwsgi.process.stop()

    def get(self, uri):
        connection = http.client.HTTPConnection(*self.doors["tcp"].address, timeout=ANSWER_SECONDS)
        return http_get(connection, uri)[0]

    def stop(self):
        self._undo.close()

    @property
    def ports(self):
        """Of all that nginx listens on."""
        return [door.port for door in self.doors.values() if not door.is_unix]

    # ---- the application -------------------------------------------------------------------------

    def hold(self):
        """From now on the application's slow pages do not end."""
        (self.uwsgi.folder / "gate").touch()

    def release(self):
        (self.uwsgi.folder / "gate").unlink(missing_ok=True)

    @property
    def app_port(self):
        """0: a unix socket."""
        return 0 if self.shape.app.listen == "unix" else int(self.uwsgi.address.rpartition(":")[2])

    # ---- nginx's processes -----------------------------------------------------------------------

    def master(self):
        return int(self.pid_file.read_text())

    def workers(self):
        return children(self.master(), WORKER)

    def reload(self):
        """Returns when there are new workers; old ones may stay."""
        old = self.workers()
        os.kill(self.master(), signal.SIGHUP)
        wait_until(lambda: len(now := self.workers()) == len(old) and not set(now) & set(old),
                   START_SECONDS, "new workers after a reload")

    def is_draining(self):
        return bool(children(self.master(), DRAINING))

    # ---- what is true ----------------------------------------------------------------------------

    def status(self):
        """nginx's counters without the connection that asks for them. It is over when nginx has
        closed it, so that it does not count the next time."""
        with socket.create_connection(self.doors["tcp"].address, ANSWER_SECONDS) as connection:
            connection.sendall(request("/stub_status", "Connection: close\r\n"))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        if not answer:
            raise ConnectionResetError("closed without an answer")
        active, reading, writing, waiting = map(int, STATUS.search(answer).groups())
        return {"active": active - 1, "reading": reading, "writing": writing - 1,
                "waiting": waiting}

    def _nginx_ends(self, listed):
        """Of connections over TCP, as long as a process has them."""
        ports = set(self.ports)
        return [one for one in listed
                if one.local_port in ports and one.inode and one.state != "LISTEN"]

    def _kept(self, listed, but=None):
        """Those of nginx's ends that are of connections that exporters keep: nginx counts them as
        it counts those of clients. `but` is the process id of one that is left out."""
        inodes = set().union(*(kernel.socket_inodes(pid) for pid in self.exporters if pid != but))
        theirs = {(one.remote, one.local) for one in listed if one.inode in inodes}
        return {(one.local, one.remote) for one in self._nginx_ends(listed)} & theirs

    def kept(self, but=None):
        """How many of them there are."""
        return len(self._kept(kernel.tcp_sockets(), but))

    def held_by(self, pid):
        """How many connections over TCP a worker has."""
        return len(kernel.socket_inodes(pid) &
                   {one.inode for one in self._nginx_ends(kernel.tcp_sockets())})

    def look(self, floating=frozenset()):
        """All counts that tell the situations apart, and under "still" what shows whether anything
        moves. `floating` are both ends of clients that always move."""
        listed = kernel.tcp_sockets()
        queues = {**kernel.unix_queues(), **{one.local_port: one.unread for one in listed
                                             if one.state == "LISTEN"}}
        kept = self._kept(listed)
        nginx = [one for one in self._nginx_ends(listed) if (one.local, one.remote) not in kept]
        steady = [one for one in nginx if (one.local, one.remote) not in floating]
        stats = json.loads(self.uwsgi.read_stats())
        return {
            **self.status(), "clients": len(nginx), "exporters": len(kept),
            "sent_to_exporters": sum(one.unsent > 0 for one in self._nginx_ends(listed)
                                     if (one.local, one.remote) in kept),
            "stalled": sum(one.is_stalled() for one in steady),
            "vanished": sum(one.is_vanished(SURELY_GONE) for one in steady),
            "sending": sum(one.unsent > 0 and not one.is_stalled() and
                           not one.is_vanished(SURELY_GONE) for one in steady),
            "half_closed": sum(one.state == "CLOSE_WAIT" for one in nginx),
            "lingering": sum(one.state in LINGERING for one in nginx),
            "busy": sum(core["in_request"] for worker in stats["workers"]
                        for core in worker["cores"]),
            "app_queue": queues[self.app_port or self.uwsgi.address],
            **self.servers.at_work(queues.__getitem__),
            "still": sorted((one.local, one.remote, one.state, one.unsent, one.unread)
                            for one in steady)}

    def oldest_request(self):
        """How long ago uWSGI has begun with it, in seconds; 0: it has none."""
        begun = [core["req_info"]["request_start"]
                 for worker in json.loads(self.uwsgi.read_stats())["workers"]
                 for core in worker["cores"] if core["in_request"]]
        return time.time() - min(begun) if begun else 0

    def queued_and_wanted(self):
        """How many of the connections in the application's queue nginx has not given up; None over
        a unix socket."""
        if not self.app_port:
            return None
        return sum(one.local_port == self.app_port and one.state == "ESTABLISHED" and not one.inode
                   for one in kernel.tcp_sockets())

    def lets_linger(self, clients):
        """Those of these clients (world.Client) to whom nginx has closed its half."""
        here = {(one.local, one.remote) for one in self._nginx_ends(kernel.tcp_sockets())
                if one.state in LINGERING}
        return [one for one in clients if one.ends in here]

    def has(self, clients):
        """Those of these clients whose other end nginx still has, and those who are none of its."""
        here = {(one.local, one.remote) for one in self._nginx_ends(kernel.tcp_sockets())}
        return [one for one in clients if not one.spots or
                (one.ends in here if one.ends else not doors.is_hung_up(one.connection))]

    def log(self):
        return self.error_log.read_text()[-2000:]


def _block_doors(blocks):
    names = {"stream": ("stream", "echo"), "mail": ("mail", "smtp")}
    return [name for block in blocks for name in names[block]]


def ends_of(connection):
    """Both ends of a client's connection over TCP as the kernel lists nginx's; None: no TCP."""
    if connection.family == socket.AF_UNIX:
        return None
    return tuple(kernel.name_of(connection.family, end)
                 for end in (connection.getpeername(), connection.getsockname()))
