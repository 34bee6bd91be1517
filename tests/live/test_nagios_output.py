# SPDX-License-Identifier: MIT
"""Whatever a server answers, what a check prints stays what Nagios can read: the first line, its
performance data, and a long output without a second `|` or a control byte."""

import json
import random
import re
import socket
import time

import pytest

from answers import STUB_STATUS, core, stats, worker

SECONDS = 3  # for each kind of server
ROUNDS_MIN = 20
SEED = 20
LINE_MAX = 1024  # what an old NRPE carries
OUTPUT_MAX = 64 * 1024

# What has a meaning to Nagios, a shell, a terminal or a line.
NASTY = ["|", "\n", "\r", "\0", "\x1b[31m", "\t", "\x7f", "\x9b", "`id`", "$(id)", "$USER1$", "'",
         '"', "<b>", "&", ";", "~", "\\n", "%s%n", "=1;2;3", " | active=0;;;0 ", "\u2028", "é",
         "\udcff", "\udcc3(", "\u202e", "x" * 300, "'s ", "a's"]
LINE = re.compile(r"(NGINX|UWSGI|CONNECTIONS) (OK|WARNING|CRITICAL|UNKNOWN): [ -~]*")
ITEM = re.compile(r"[a-z_]+=-?[0-9.]+[s%Bc]?(;[-~@:0-9.]*){0,4}")


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        """Some words with something nasty between them."""
        return "".join(self.random.choice([*NASTY, "word", " ", "/", "nginx/1.2"])
                       for _ in range(self.random.randint(1, 6)))

    def broken(self, data):
        """The bytes with some of them changed, left out, doubled or cut off."""
        data = bytearray(data)
        for _ in range(self.random.randint(0, 4)):
            at = self.random.randrange(len(data) + 1)
            kind = self.random.randrange(4)
            if kind == 0:
                data[at:at] = self.text().encode("utf-8", "surrogateescape")
            elif kind == 1:
                del data[at:at + self.random.randint(1, 9)]
            elif kind == 2:
                data[at:at + 1] = bytes([self.random.randrange(256)])
            elif self.random.randrange(4) == 0:
                del data[at:]
            if not data:
                break
        return bytes(data)

    def maybe(self, often, usual, other):
        return other() if self.random.random() < often else usual

    def nginx(self):
        """An HTTP answer."""
        status = self.maybe(0.2, "200 OK", lambda: f"{self.random.randint(100, 599)} {self.text()}")
        body = self.maybe(0.4, STUB_STATUS, lambda: self.broken(STUB_STATUS))
        head = [f"HTTP/1.1 {status}", f"Server: {self.text()}", f"Location: {self.text()}",
                f"Content-Type: {self.maybe(0.3, 'text/plain', self.text)}"]
        head = [re.sub(r"[\r\n]", "?", line) for line in head]
        if self.random.random() < 0.7:
            head.append(f"Content-Length: {len(body)}")
        head = "\r\n".join(head).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
        return self.maybe(0.3, head + body, lambda: self.broken(head + body))

    def uwsgi(self, address):
        """A stats server's answer, whose every text is nasty. `address` is one of its sockets."""
        answer = stats(
            version=self.text(), cwd=self.text(), pid=self.maybe(0.1, 4000, self.text),
            sockets=[{"name": self.text(), "proto": self.text(), "queue": 3, "max_queue": 100}
                     for _ in range(self.random.randint(0, 4))]
            + [{"name": address, "proto": "uwsgi", "queue": 0, "max_queue": 0}],
            workers=[worker(number, status=self.maybe(0.5, "busy", self.text),
                            apps=[{"id": 0, "mountpoint": self.text(), "chdir": self.text(),
                                   "requests": 5, "exceptions": 1}],
                            cores=[{**core(0, 1), "vars": [self.text(), self.text()],
                                    self.text(): self.text()}])
                     for number in range(self.random.randint(0, 5))],
            locks=[{self.text(): 0}],
            caches=[{"name": self.text(), "hash": self.text(), "items": 2}],
            spoolers=[{"dir": self.text(), "pid": 5, "tasks": 2}])
        # As uWSGI does, control bytes and bytes that are no UTF-8 go out as they are.
        data = json.dumps(answer, ensure_ascii=False)
        data = self.maybe(0.5, data, lambda: data.replace("\\n", "\n").replace("\\u0000", "\0"))
        data = data.replace("\\u001b", "\x1b").encode("utf-8", "surrogateescape")
        return self.maybe(0.3, data, lambda: self.broken(data))


def assert_readable(result, level):
    """What Nagios, Icinga and a terminal need."""
    assert result.status in (0, 1, 2, 3) and result.err == "", result
    assert re.fullmatch(r"[ -~\n]*", result.out), repr(result.out)
    assert result.out.endswith("\n") and len(result.out) <= OUTPUT_MAX
    first, *rest = result.out.split("\n")
    text, bar, data = first.partition(" | ")
    assert LINE.fullmatch(text) and "|" not in text + data, first
    assert not set(text) & set("`~$&<>\"'"), first
    assert all(ITEM.fullmatch(item) for item in data.split(" ") if bar), first
    assert "|" not in "".join(rest), result.out
    if level == 0:
        assert len(first) <= LINE_MAX and (rest == [""] or rest[0] == "Usage:"), first


def _server(bad, generator):
    """A server that gives the next answer each time, and remembers what it was."""
    def behaviour(peer):
        peer.read_request()
        peer.send(server.answer)
    server = bad(behaviour)
    return server


def _rounds(generator, check):
    deadline = time.monotonic() + SECONDS
    rounds = 0
    states = set()
    while rounds < ROUNDS_MIN or time.monotonic() < deadline:
        level = generator.random.randrange(4)
        states.add(check(level, ["-" + "v" * level] if level else []))
        rounds += 1
    return states


def test_nginx_cannot_say_it(programs, bad):
    generator = Generator(SEED)
    server = _server(bad, generator)

    def check(level, args):
        server.answer = generator.nginx()
        which = generator.random.randrange(3)
        if which == 0:
            result = programs.check_connections("--nginx", server.url, *args)
        else:
            limits = [[], ["-w", "active=5", "-c", "requests_per_connection=~:9"]][which - 1]
            result = programs.check_nginx("--url", server.url, "--counters", *limits, *args)
        try:
            assert_readable(result, level)
        except AssertionError as error:
            raise AssertionError(f"{server.answer!r}: {error}") from error
        return result.status
    assert {0, 1, 2} <= _rounds(generator, check)


@pytest.fixture
def nasty_socket(folder):
    """A unix socket with a name that means something to Nagios, and somebody in its queue."""
    path = str(folder / "a|b`id`$(id)'<&>;\x1b.sock")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        listener.bind(path)
        listener.listen(5)
        client.connect(path)
        yield path


def test_uwsgi_cannot_say_it(programs, bad, own_site, nasty_socket):
    generator = Generator(SEED)
    server = bad(lambda peer: peer.send(server.answer))
    queues = set()

    def check(level, args):
        server.answer = generator.uwsgi(nasty_socket)
        if generator.random.randrange(3) == 0:
            result = programs.check_connections("--nginx", own_site.nginx.status_url,
                                                "--uwsgi", server.raw, *args)
        else:
            result = programs.check_uwsgi("--stats", server.raw, "-w", "50", "--counters", *args)
        try:
            assert_readable(result, level)
        except AssertionError as error:
            raise AssertionError(f"{server.answer!r}: {error}") from error
        queues.update(line for line in result.lines() if line.startswith("  1 of 5 at uWSGI "))
        return result.status
    assert {0, 1, 2} <= _rounds(generator, check)
    assert {line.rpartition("/")[2] for line in queues} == {"a?bid?(id)???;?.sock"}, queues


@pytest.mark.parametrize("text", ["x" * 4000, "a|b", "é" * 200, "\\n| b=1"],
                         ids=["long", "bar", "no ASCII", "lines"])
def test_arguments_cannot_say_it_either(programs, dead_port, text):
    for level in range(4):
        args = ["-" + "v" * level] if level else []
        dead = f"http://127.0.0.1:{dead_port}/"
        for result in (programs.check_nginx("--url", dead + text, *args),
                       programs.check_nginx("-H", text, *args), programs.check_nginx(text, *args),
                       programs.check_uwsgi("--stats", f"unix:/nonexistent/{text}", *args),
                       programs.check_uwsgi("--stats", "127.0.0.1:1", "-w", text, *args),
                       programs.check_connections("--nginx", dead, "--uwsgi", text, *args)):
            assert_readable(result, level)
            assert result.status in (2, 3)
