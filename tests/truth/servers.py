# SPDX-License-Identifier: MIT
"""Small servers of our own behind nginx. What each does with a request is its behaviour:

    hang        reads, and never answers
    pool        answers at once, and keeps the connection
    stream      begins an answer that never ends
    websocket   switches protocols, and is silent from then on
    echo        answers whatever comes with a word (for stream{})
    grpc        HTTP/2: says that it is there, and never answers
    queue       never accepts
"""

import contextlib
import dataclasses
import selectors
import socket
import threading

import ledger_h2

HANG, POOL, STREAM, WEBSOCKET, ECHO, GRPC, QUEUE = BEHAVIOURS = (
    "hang", "pool", "stream", "websocket", "echo", "grpc", "queue")
HTTP = "HTTP/1.1 {}\r\n{}\r\n\r\n"
ANSWER = {
    HANG: b"",
    POOL: HTTP.format("200 OK", "Content-Length: 2").encode() + b"ok",
    STREAM: HTTP.format("200 OK", "Connection: close").encode() + b"a beginning\n",
    WEBSOCKET: HTTP.format("101 Switching Protocols",
                           "Upgrade: websocket\r\nConnection: Upgrade").encode(),
    ECHO: b"hello",
    GRPC: ledger_h2.frame(ledger_h2.SETTINGS, 0, 0) +
          ledger_h2.frame(ledger_h2.SETTINGS, ledger_h2.ACK, 0),
}
STOP_SECONDS = 30


@dataclasses.dataclass
class Server:
    name: str
    behaviour: str
    listener: socket.socket
    path: str  # of a unix socket, or ""
    asked: set = dataclasses.field(default_factory=set)  # connections with a request

    @property
    def address(self):
        """As nginx writes it, and connledger's options too."""
        return f"unix:{self.path}" if self.path else f"127.0.0.1:{self.port}"

    @property
    def port(self):
        return 0 if self.path else self.listener.getsockname()[1]


class Servers:
    """All of a site's. One thread serves them."""

    def __init__(self, folder):
        self._folder = folder
        self._all = {}
        self._open = set()
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._ours, theirs = socket.socketpair()
        self._selector.register(theirs, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def add(self, name, behaviour, *, unix=False):
        path = str(self._folder / f"{name}.sock") if unix else ""
        listener = socket.socket(socket.AF_UNIX if unix else socket.AF_INET)
        listener.bind(path or ("127.0.0.1", 0))
        listener.listen(512)
        listener.setblocking(False)
        if unix:
            (self._folder / f"{name}.sock").chmod(0o666)
        self._all[name] = server = Server(name, behaviour, listener, path)
        if behaviour != QUEUE:
            with self._lock:
                self._selector.register(listener, selectors.EVENT_READ, server)
        return server

    def __getitem__(self, name):
        return self._all[name]

    def __contains__(self, name):
        return name in self._all

    def names(self):
        return list(self._all)

    def at_work(self, queue_at):
        """{name: requests that it has}; queue_at(address) is the length of a listen queue."""
        with self._lock:
            return {name: queue_at(server.path or server.port) if server.behaviour == QUEUE
                    else len(server.asked) for name, server in self._all.items()}

    def hang_up(self):
        """Ends all that they have."""
        with self._lock:
            for connection in list(self._open):
                self._end(connection)
        for server in self._all.values():
            if server.behaviour == QUEUE:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        server.listener.accept()[0].close()

    def stop(self):
        self._ours.close()
        self._thread.join(STOP_SECONDS)
        self.hang_up()
        for server in self._all.values():
            server.listener.close()
        self._selector.close()

    # ---- the thread ------------------------------------------------------------------------------

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.data is None:
                    return
                with self._lock, contextlib.suppress(BlockingIOError, ConnectionError):
                    if isinstance(key.data, Server):
                        self._accept(key.data)
                    elif key.fileobj in self._open:
                        self._hear(key.fileobj, key.data)

    def _accept(self, server):
        connection = server.listener.accept()[0]
        connection.setblocking(False)
        self._open.add(connection)
        self._selector.register(connection, selectors.EVENT_READ, (server, bytearray()))
        if server.behaviour == GRPC:
            connection.sendall(ANSWER[GRPC])

    def _hear(self, connection, data):
        server, heard = data
        try:
            chunk = connection.recv(65536)
        except ConnectionError:
            chunk = b""
        if not chunk:
            self._end(connection)
            return
        if server.behaviour in (HANG, GRPC):
            server.asked.add(connection)
        elif server.behaviour == ECHO:
            server.asked.add(connection)
            connection.sendall(ANSWER[ECHO])
        else:
            self._answer(connection, server, heard, chunk)

    @staticmethod
    def _answer(connection, server, heard, chunk):
        if server.behaviour == WEBSOCKET and connection in server.asked:
            return
        heard += chunk
        while (end := heard.find(b"\r\n\r\n")) >= 0:
            del heard[:end + 4]
            if server.behaviour != POOL:
                server.asked.add(connection)
            connection.sendall(ANSWER[server.behaviour])

    def _end(self, connection):
        if connection not in self._open:
            return
        self._open.discard(connection)
        for server in self._all.values():
            server.asked.discard(connection)
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(connection)
        connection.close()
