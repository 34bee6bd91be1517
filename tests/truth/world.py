# SPDX-License-Identifier: MIT
"""A random site with its clients, and waits that last until it truly is as the books say."""

import collections
import contextlib
import socket
import threading
import time

import doors
from books import Books

WAIT_SECONDS = 120
POLL_SECONDS = 0.005
DRIP_SECONDS = 0.02
DRIP_BYTES = 2048


class World(Books):
    """`without` are names of what it is not to have: kinds of clients, "KIND by LISTENER", and what
    happens to sites."""

    def __init__(self, place, rng, without=frozenset()):
        super().__init__(place.shape)
        self.place = place
        self.without = without
        self.rng = rng
        self.has_routes = False  # whether doors.ROUTES are in effect
        self.story = []
        self._stopping = threading.Event()
        self._drips = threading.Thread(target=self._drip, daemon=True)
        self._drips.start()

    def _drip(self):
        """Lets the slow readers read."""
        while not self._stopping.wait(DRIP_SECONDS):
            for client in list(self.clients):
                if client.kind.drips:
                    with contextlib.suppress(OSError):
                        client.connection.recv(DRIP_BYTES, socket.MSG_DONTWAIT)

    # ---- waits -----------------------------------------------------------------------------------

    def look(self):
        return self.place.look({client.ends for client in self.clients if client.kind.floats})

    def _wrong(self, look):
        """{what is not as it has to be: (is, has to be)}. An exporter's connection is an idle
        client's to nginx, once it has acknowledged the last answer."""
        kept = {"active": look["exporters"], "waiting": look["exporters"]}
        found = {key: (look[key] - kept.get(key, 0), value)
                 for key, value in self.expected(self.place.servers.names()).items()}
        found["sent to exporters"] = look["sent_to_exporters"], 0
        return {key: (is_so, wanted) for key, (is_so, wanted) in found.items() if is_so != wanted}

    def fits(self, look):
        return not self._wrong(look)

    def settle(self):
        """Until all is as it has to be, and nothing moves any more."""
        seen = collections.deque(maxlen=2)

        def is_so():
            seen.append(self.look())
            return len(seen) == 2 and all(map(self.fits, seen)) and \
                all(seen[0][key] == seen[1][key] for key in ("still", "busy", "app_queue"))
        self.wait(is_so, "a settled site")
        if self.mixed:
            queued = self.place.queued_and_wanted()
            self.queued_then = (0, self.waiting()) if queued is None else (queued, queued)

    def stay(self):
        """Until nginx has noticed that who has asked it is gone. Nothing else may have changed."""
        self.wait(lambda: self.fits(self.look()), "a site as it was")

    def calm(self):
        """Ends all that was begun, until nothing is left of it but phantoms."""
        self.place.release()
        for client in self.clients:
            # Of some nginx would not hear that they have reset.
            deaf = "waiting" in (client.kind.unheard or {})
            (socket.socket.close if deaf else doors.abort)(client.connection)
        self.clients.clear()
        is_reloaded = self.reloaded
        if any("waiting" in kind.unheard for kind in self.ghosts):
            self.place.reload()  # to nginx they are idle
            is_reloaded = True
        self.begin()

        def is_calm():
            self.place.servers.hang_up()
            return self.fits(self.look()) and not (is_reloaded and self.place.is_draining())
        self.wait(is_calm, "calm")
        self.story.clear()
        self.place.hold()
        self.settle()

    def wait(self, check, what):
        """Until `check` is true. What fails with an error is not yet true."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                if check():
                    return
            time.sleep(POLL_SECONDS)
        look = self.look()
        moved = [one for one in look["still"] if one[2:] != ("ESTABLISHED", 0, 0)]
        raise AssertionError(f"{what}: not within {WAIT_SECONDS} s\n{'; '.join(self.story)}\n"
                             f"{self.shape}\n(is, has to be) {self._wrong(look)}\n"
                             f"{moved}\n{self.place.log()}")

    def stop(self):
        self._stopping.set()
        self._drips.join()
        for client in self.clients:
            client.connection.close()
