# SPDX-License-Identifier: MIT
"""The site of the ledger's tests: an nginx and a uWSGI that can be brought into every situation
that the ledger tells apart, and waits that last until they truly are in it."""

import contextlib
import json
import os
import pathlib
import re
import socket
import time

import ledger_kernel as kernel
from badserver import BadServer
from demo.process import children, free_port, wait_until
from demo.site import Nginx, Uwsgi
from ledger_clients import Clients, request

HERE = pathlib.Path(__file__).resolve().parent
WAIT_SECONDS = 60
STATUS = re.compile(rb"connections: (\d+) .*Reading: (\d+) Writing: (\d+) Waiting: (\d+)", re.S)
FILE_BYTES = 256 * 1024  # too much for a client's small buffer, no trouble for nginx's kernel

LOCATIONS = """
        lingering_timeout 60s;
        location /unbuffered/ {
            include /etc/nginx/uwsgi_params;
            uwsgi_pass @app@;
            uwsgi_buffering off;
            uwsgi_request_buffering off;
            uwsgi_read_timeout 900s;
        }
        location /websocket {
            proxy_pass http://@backend@;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 900s;
        }
        location = /file {
            alias @folder@/file;
        }
        location = /throttled {
            alias @folder@/file;
            limit_rate 1k;
        }
        location = /delayed {
            alias @folder@/file;
            limit_req zone=one_each_minute burst=100;
        }
"""
IGNORING = """
        location /ignoring/ {
            include /etc/nginx/uwsgi_params;
            uwsgi_pass @app@;
            uwsgi_ignore_client_abort on;
            uwsgi_read_timeout 900s;
        }
"""
SERVERS = """
    limit_req_zone $server_port zone=one_each_minute:1m rate=1r/m;
    server {
        listen 127.0.0.1:@h2_port@ http2;
        location / {
            include /etc/nginx/uwsgi_params;
            uwsgi_pass @app@;
            uwsgi_read_timeout 900s;
        }
        location = /file {
            alias @folder@/file;
        }
    }
    server {
        listen 127.0.0.1:@tls_port@ ssl;
        ssl_certificate @cert@;
        ssl_certificate_key @key@;
        return 204;
    }
"""


def _websocket(peer):
    peer.read_request()
    peer.send(b"HTTP/1.1 101 Switching Protocols\r\n"
              b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
    peer.hold()


class LedgerSite:
    """`listen` is how nginx reaches uWSGI ("tcp" or "unix"), `backlog` the length of that queue.
    `servers` is more configuration for nginx, `ignoring` gives it a location that takes no notice of
    clients who leave, without which there is proof to who is not root, too. `nginx_listen` are
    options of its listen directive, `nginx_in` is a context that it is started in, `more` are options of Nginx."""

    def __init__(self, folder, ca, *, listen="tcp", stats="tcp", workers=4, threads=1, backlog=64,
                 servers="", ignoring=True, nginx_listen="", nginx_in=contextlib.nullcontext(),
                 **more):
        self.folder = pathlib.Path(folder)
        self._undo = contextlib.ExitStack()
        try:
            self.backend = BadServer(_websocket)
            self._undo.callback(self.backend.stop)
            self.uwsgi = Uwsgi(
                self.folder / "uwsgi", listen=listen, stats=stats, workers=workers,
                threads=threads, app=HERE / "ledger_app.py",
                options=["--listen", backlog, "--socket-timeout", 900])
            self._undo.callback(self.uwsgi.stop)
            with nginx_in:
                self._start_nginx(ca, LOCATIONS + (IGNORING if ignoring else ""), servers,
                                  {"user": "www-data", "listen": nginx_listen, **more})
        except BaseException:
            self._undo.close()
            raise

    def _start_nginx(self, ca, locations, servers, more):
        self.h2_port, self.tls_port = free_port(), free_port()
        (self.folder / "file").write_bytes(b"f" * FILE_BYTES)
        key = self.folder / "key.pem"  # for whoever nginx runs as
        key.write_bytes(ca.server_key.read_bytes())

        def fill(text):
            words = {"backend": self.backend.address, "folder": self.folder,
                     "h2_port": self.h2_port, "tls_port": self.tls_port, "cert": ca.server_cert,
                     "key": key}
            for word, value in words.items():
                text = text.replace(f"@{word}@", str(value))
            return text
        self.nginx = Nginx(self.folder / "nginx", self.uwsgi.nginx_app, locations=fill(locations),
                           servers=fill(SERVERS) + servers, **more)
        self._undo.callback(self.nginx.stop)
        self.ports = [self.nginx.port, self.h2_port, self.tls_port]
        self.clients = Clients(self.nginx.port)
        self._undo.callback(self.clients.close)

    # ---- the application -------------------------------------------------------------------------

    def hold(self):
        """From now on the application's slow pages do not end."""
        (self.uwsgi.folder / "gate").touch()

    def release(self):
        (self.uwsgi.folder / "gate").unlink(missing_ok=True)

    def grow_old(self, seconds):
        """Waits until all that uWSGI is at has begun so long ago."""
        def is_old():
            begun = [core["req_info"]["request_start"]
                     for worker in json.loads(self.uwsgi.read_stats())["workers"]
                     for core in worker["cores"] if core["in_request"]]
            return time.time() - max(begun) >= seconds
        wait_until(is_old, WAIT_SECONDS, f"requests that are {seconds} s old")

    def app_queue(self):
        """Connections that no worker has accepted."""
        if self.uwsgi.nginx_app.startswith("unix:"):
            return kernel.unix_queue(self.uwsgi.address)
        return kernel.tcp_queue(int(self.uwsgi.address.rpartition(":")[2]))

    # ---- what is true ----------------------------------------------------------------------------

    def status(self):
        """nginx's counters without the connection that asks for them: active, reading, writing,
        waiting. It is over when nginx has closed it, so that it does not count the next time."""
        with socket.create_connection(("127.0.0.1", self.nginx.port), WAIT_SECONDS) as connection:
            connection.sendall(request("/stub_status", "Connection: close\r\n"))
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        if not answer:
            raise ConnectionResetError("closed without an answer")
        active, reading, writing, waiting = map(int, STATUS.search(answer).groups())
        return {"active": active - 1, "reading": reading, "writing": writing - 1,
                "waiting": waiting}

    def sockets(self):
        """nginx's ends of its clients' connections, as long as a process has them."""
        return [one for one in kernel.tcp_sockets()
                if one.local_port in self.ports and one.inode and one.state != "LISTEN"]

    def look(self):
        """What the situations are made of."""
        sockets = self.sockets()
        cores = [core for worker in json.loads(self.uwsgi.read_stats())["workers"]
                 for core in worker["cores"]]
        return {
            **self.status(), "clients": len(sockets),
            "stalled": sum(one.is_stalled() for one in sockets),
            "vanished": sum(one.is_vanished() for one in sockets),
            "unsent": sum(one.unsent > 0 for one in sockets),
            "half_closed": sum(one.state == "CLOSE_WAIT" for one in sockets),
            "lingering": sum(one.state in ("FIN_WAIT1", "FIN_WAIT2") for one in sockets),
            "busy": sum(core["in_request"] for core in cores), "queue": self.app_queue(),
            "websockets": self.backend.connections - self._websockets_before}

    _websockets_before = 0

    def wait(self, **expected):
        """Waits until all of these are so, in one look and in the next."""
        seen = []

        def is_so():
            seen.append(self.look())
            return all({**expected}.items() <= look.items() for look in seen[-2:]) and len(seen) > 1
        try:
            wait_until(is_so, WAIT_SECONDS, f"{expected}")
        except TimeoutError as error:
            raise AssertionError(f"the situation did not come about: {error}; last seen: "
                                 f"{seen[-1:]}\n{self._log()}") from error

    def wait_still(self):
        """Waits until two looks are the same, and returns it."""
        seen = []

        def is_still():
            seen.append(self.look())
            return seen[-2:] == [seen[-1]] * 2
        wait_until(is_still, WAIT_SECONDS, "a site that stands still")
        return seen[-1]

    def _log(self):
        return (self.nginx.folder / "error.log").read_text()[-2000:]

    def calm(self):
        """Ends all that was begun, and waits until nothing is left of it."""
        self.release()
        self.clients.reset()
        self.wait(active=0, reading=0, writing=0, waiting=0, clients=0, busy=0, queue=0)
        self._websockets_before = self.backend.connections

    @contextlib.contextmanager
    def situation(self):
        """A block that begins with the application held, and ends calm."""
        self.hold()
        try:
            yield self.clients
        finally:
            self.calm()

    # ---- nginx's processes -----------------------------------------------------------------------

    def workers(self, title="nginx: worker process"):
        return children(self.nginx.master_pid(), title)

    def held_by_worker(self, pid):
        """How many of the clients' connections a worker has."""
        return len(kernel.socket_inodes(pid) & {one.inode for one in self.sockets()})

    def busiest_worker(self):
        """The one with the most connections: the kernel does not share them out evenly."""
        return max(self.nginx.workers(), key=self.held_by_worker)

    def signal_worker(self, pid, number):
        """Sends a signal that ends the worker, and waits until the master has started another."""
        os.kill(pid, number)
        wait_until(lambda: pid not in self.nginx.workers(), WAIT_SECONDS, "a new worker")

    def stop(self):
        self._undo.close()
