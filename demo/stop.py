# SPDX-License-Identifier: MIT
"""Ctrl-C, SIGTERM and a closed terminal, so handled that whoever is stopped can tidy up first."""

import contextlib
import signal
import time

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(Exception):
    """A stop signal came; `number` says which."""

    def __init__(self, number):
        super().__init__(signal.Signals(number).name)
        self.number = number


class StopSignals:
    """From now on the first stop signal raises Stopped, in the main thread; later ones do nothing,
    so that they cannot interrupt what the first one began."""

    def __init__(self):
        self._held = False
        self._came = None
        self._raised = False
        for number in SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._handle)

    def _handle(self, number, _frame):
        self._came = self._came or number
        if not self._held:
            self._raise()

    def _raise(self):
        if self._came and not self._raised:
            self._raised = True
            raise Stopped(self._came)

    @contextlib.contextmanager
    def held(self):
        """Puts a signal off to the end of the block: a program that was just started must first be
        written down as one to stop."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        self._raise()

    def ignore(self):
        """For tidying up: nothing interrupts it any more."""
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @staticmethod
    def wait(seconds, goes_on):
        """Sleeps until a stop signal comes; `seconds` (None: for ever) end it without one. Returns
        whether goes_on() was true all the time."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            if not goes_on():
                return False
            time.sleep(0.2)
        return True
