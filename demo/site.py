# SPDX-License-Identifier: MIT
"""A private nginx and a private uWSGI, each in a folder and on ports of its own."""

import contextlib
import http.client
import json
import os
import pathlib
import signal
import socket

from demo.process import (START_SECONDS, STOP_SECONDS, Process, children, find_program, free_port,
                          wait_until)

HERE = pathlib.Path(__file__).resolve().parent
ANSWER_SECONDS = 30
NGINX_WORKERS = 2
# Starts nginx in a shell that ends when nginx knows its parent. `sleep` then stands for the process
# group, so that stop() ends whatever is in it.
DETACHED = '("$@" & until [ -s nginx.pid ]; do sleep 0.05; done); exec sleep infinity'


class UnixHTTPConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path, timeout=ANSWER_SECONDS):
        super().__init__("localhost", timeout=timeout)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def http_get(connection, uri, headers=None):
    """Asks `uri` on an unused http.client connection; returns (status, body) and closes it."""
    try:
        connection.request("GET", uri, headers={"Connection": "close", **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def read_raw(family, address):
    """All that a server sends by itself before it closes."""
    with socket.socket(family) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(address)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
        return b"".join(chunks)


class Nginx:
    """nginx with its status page at /stub_status and /nginx_status, the application at /.

    `locations` and `servers` are nginx configuration to add to the server and to the http block,
    `listen` to the listen directive. `user` is whom the workers run as, when root starts nginx;
    `before` are words in front of its command, which is run in `folder`. A `detached` nginx is
    nobody's child, as a daemon is: it refuses a binary upgrade otherwise.
    """

    def __init__(self, folder, app, *, locations="", servers="", listen="", user="root", before=(),
                 worker_connections=256, detached=False):
        self.folder = pathlib.Path(folder)
        (self.folder / "temp").mkdir(parents=True)
        self.port = free_port()
        self.socket = self.folder / "nginx.sock"
        self.status_url = f"http://127.0.0.1:{self.port}/stub_status"
        config = self.folder / "nginx.conf"
        config.write_text(self._config({
            "user": f"user {user};" if os.geteuid() == 0 else "",
            "workers": NGINX_WORKERS, "listen": f" {listen}".rstrip(),
            "port": self.port, "socket": self.socket, "worker_connections": worker_connections,
            "locations": locations, "servers": servers, "app": app}))
        if detached:
            before = ["sh", "-c", DETACHED, "sh", *before]
        self.process = Process(
            [*before, find_program("nginx"), "-p", self.folder, "-c", config,
             "-e", self.folder / "error.log"], self.folder / "output.log", cwd=self.folder)
        self.process.wait_ready(lambda: self.get("/stub_status")[0] == 200)

    @staticmethod
    def _config(words):
        text = (HERE / "nginx.conf").read_text()
        for word, value in words.items():
            text = text.replace(f"@{word}@", str(value))
        return text

    def master_pid(self):
        return int((self.folder / "nginx.pid").read_text())

    def workers(self):
        """All of them: it may answer before the last one has begun."""
        def found():
            pids = children(self.master_pid(), "nginx: worker process")
            return len(pids) == NGINX_WORKERS and pids
        return wait_until(found, START_SECONDS, "nginx's workers")

    def get(self, uri, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        return http_get(connection, uri, headers)

    def stop(self):
        return self.process.stop()


class Uwsgi:
    """uWSGI with the application of app.py.

    `stats` is where its stats server listens: "tcp", "unix", "abstract", or "http" (JSON over HTTP
    on TCP). `listen` is where nginx reaches it: "unix" or "tcp" (uWSGI can tell the length of the
    listen queue of a TCP socket only). `app` is the application.
    """

    def __init__(self, folder, *, stats="unix", listen="unix", workers=2, threads=2, options=(),
                 app=HERE / "app.py"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.workers = workers
        self.stats = stats
        self.address = (f"127.0.0.1:{free_port()}" if listen == "tcp"
                        else str(self.folder / "app.sock"))
        self.nginx_app = self.address if listen == "tcp" else f"unix:{self.address}"
        self._choose_stats()
        self.process = Process(
            ["uwsgi", "--plugin", "python3", "--master", "--die-on-term", "--need-app",
             "--workers", workers, "--threads", threads, "--socket", self.address,
             "--chmod-socket=666",  # of the stats socket too: Munin asks it as nobody
             *(["--stats-http"] if stats == "http" else []), "--stats", self.stats_address,
             "--memory-report", "--wsgi-file", app, *options],
            self.folder / "uwsgi.log", cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, stop_signal=signal.SIGTERM)
        self.process.wait_ready(self._all_accept)

    def _choose_stats(self):
        if self.stats in ("tcp", "http"):
            self.stats_port = free_port()
            self.stats_address = f"127.0.0.1:{self.stats_port}"
            self.target = ("http://" if self.stats == "http" else "tcp://") + self.stats_address
        else:
            path = self.folder / "stats.sock"
            self.stats_address = str(path) if self.stats == "unix" else f"@connledger-{free_port()}"
            self.target = f"unix:{self.stats_address}"

    def read_stats(self):
        """The stats server's answer as text."""
        if self.stats == "http":
            connection = http.client.HTTPConnection("127.0.0.1", self.stats_port,
                                                    timeout=ANSWER_SECONDS)
            body = http_get(connection, "/")[1]
        elif self.stats == "tcp":
            body = read_raw(socket.AF_INET, ("127.0.0.1", self.stats_port))
        elif self.stats == "unix":
            body = read_raw(socket.AF_UNIX, self.stats_address)
        else:  # uWSGI counts the NUL that ends the name as a part of it
            body = read_raw(socket.AF_UNIX, f"\0{self.stats_address[1:]}\0")
        return body.decode("utf-8", errors="replace")

    def _all_accept(self):
        workers = json.loads(self.read_stats())["workers"]
        return len(workers) == self.workers and all(
            worker["accepting"] and worker["pid"] for worker in workers)

    def busy(self, uri=None):
        """The number of requests that the workers are at, or of those for `uri` among them."""
        return sum(core["in_request"] for worker in json.loads(self.read_stats())["workers"]
                   for core in worker["cores"]
                   if uri is None or f"REQUEST_URI={uri}" in core["vars"])

    def knows_its_queue(self):
        """Whether it has looked at the queue of its TCP socket, which it does once a second."""
        return json.loads(self.read_stats())["sockets"][0]["max_queue"] > 0

    def stop(self):
        """Its master looks once a second whether the workers have ended, and when a signal comes."""
        def has_ended():
            self.process.signal(self.process.stop_signal)
            return not self.process.alive()
        with contextlib.suppress(TimeoutError):
            wait_until(has_ended, STOP_SECONDS, "end")
        return self.process.stop()
