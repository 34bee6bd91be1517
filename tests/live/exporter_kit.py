# SPDX-License-Identifier: MIT
"""A running exporter: asked over HTTP, looked at through /proc."""

import http.client
import pathlib
import re

from demo.process import Process, free_port
from demo.site import http_get
from programs import Result, assert_clean, sanitizer_env

ANSWER_SECONDS = 60


class Exporter:
    """`wrapper` are words in front of its command, such as a shell that sets a limit; with `listen`
    it listens there, and where it is asked is for the test to know."""

    def __init__(self, programs, *args, listen=None, wrapper=()):
        self.port = free_port()
        binary = programs.path("prometheus_exporter/connledger_exporter")
        self.process = Process(
            [*wrapper, binary, *args,
             "--web.listen-address", listen or f"127.0.0.1:{self.port}"],
            programs.folder / f"exporter-{self.port}.log", env={**programs.env, **sanitizer_env()})
        self.process.wait_ready(
            (lambda: "msg=listening" in self.process.log_text()) if listen or wrapper else
            (lambda: self.get("/-/healthy")[0] == 200))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def get(self, uri):
        status, body = http_get(self.connect(), uri)
        return status, body.decode()

    def ask(self, uri, method="GET", headers=None, body=None):
        """Returns (status, headers, body)."""
        connection = self.connect()
        connection.request(method, uri, body=body, headers=headers or {})
        answer = connection.getresponse()
        found = answer.status, answer.headers, answer.read()
        connection.close()
        return found

    def samples(self):
        status, body = self.get("/metrics")
        assert status == 200
        return Result(0, body, "").samples()

    def threads(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()))

    def descriptors(self):
        return len(list(pathlib.Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory_mb(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", text)[1]) / 1024

    def stop(self):
        status = self.process.stop()
        assert_clean(self.process.log_text())
        return status
