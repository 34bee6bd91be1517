# SPDX-License-Identifier: MIT
"""A headless Chromium, driven by the DevTools protocol over a pipe: JSON, each
message ended by a NUL."""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

from demo.process import find_program, wait_until

ANSWER_SECONDS = 60
# What a page may say without anything being wrong with it: nothing.
COMPLAINTS = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--no-first-run", "--no-default-browser-check", "--disable-extensions",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--hide-scrollbars", "--remote-debugging-pipe")


class Failed(Exception):
    """The browser refused a command, or a script threw."""


class Chromium:
    """One browser with one tab."""

    def __init__(self, folder):
        self._profile = tempfile.mkdtemp(prefix="chromium-", dir=folder)
        self._last = 0
        self._unread = b""
        self._answers = {}
        self.events = []
        to_it, self._write = os.pipe()
        self._read, from_it = os.pipe()
        try:
            self._child = self._start(folder, to_it, from_it)
        finally:
            os.close(to_it)
            os.close(from_it)
        target = self._call("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._call("Target.attachToTarget",
                                   {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def _start(self, folder, to_it, from_it):
        """The browser reads commands from descriptor 3 and answers at 4; in a group of its own, so
        that all its processes can be ended. A shell puts the pipe there."""
        command = [find_program("chromium"), *OPTIONS, f"--user-data-dir={self._profile}",
                   "about:blank"]
        with open(f"{folder}/chromium.log", "ab") as log:
            return subprocess.Popen(
                ["bash", "-c", f'exec 3<&{to_it} 4>&{from_it} && exec "$@"', "bash", *command],
                pass_fds=(to_it, from_it), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env={**os.environ, "HOME": self._profile, "LANG": "C"})

    # ---- the protocol ----------------------------------------------------------------------------

    def _receive(self, seconds):
        """Takes in what the browser says within the time; false when it says nothing."""
        if not select.select([self._read], [], [], seconds)[0]:
            return False
        chunk = os.read(self._read, 1 << 20)
        if not chunk:
            raise Failed("chromium has ended")
        *whole, self._unread = (self._unread + chunk).split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self._answers[message["id"]] = message
            else:
                self.events.append(message)
        return True

    def _call(self, method, params=None, session=None):
        self._last += 1
        message = {"id": self._last, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_SECONDS
        while self._last not in self._answers:
            if time.monotonic() > deadline:
                raise Failed(f"{method}: no answer")
            self._receive(0.2)
        answer = self._answers.pop(self._last)
        if "error" in answer:
            raise Failed(f"{method}: {answer['error']}")
        return answer["result"]

    def call(self, method, **params):
        """A command for the tab."""
        return self._call(method, params, self._session)

    # ---- what a person does ----------------------------------------------------------------------

    def open(self, url):
        """Opens a page, and returns when it is loaded."""
        self.events.clear()
        answer = self.call("Page.navigate", url=url)
        if "errorText" in answer:
            raise Failed(f"{url}: {answer['errorText']}")
        deadline = time.monotonic() + ANSWER_SECONDS
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            if time.monotonic() > deadline:
                raise Failed(f"{url}: not loaded")
            self._receive(0.2)

    def run(self, script):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise Failed(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, script, what, seconds=ANSWER_SECONDS):
        """Waits until a JavaScript expression is true, and returns it."""
        return wait_until(lambda: self.run(script), seconds, what)

    def press(self, key, modifiers=0):
        number, text = {"Tab": (9, ""), "Enter": (13, "\r")}[key]
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, text=text,
                      modifiers=modifiers, windowsVirtualKeyCode=number)

    def look(self, width, *, height=900, scheme="light", reduced_motion=True):
        """The size of the screen, and what the system prefers."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else ""}])

    def picture(self, path):
        """Writes the whole page as a PNG."""
        image = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(image["data"]))

    def complaints(self):
        """What the page has said on the console, and scripts that threw, since it was opened."""
        while self._receive(0):
            pass
        return [event for event in self.events if event["method"] in COMPLAINTS]

    def requests(self):
        """The addresses that the page has asked for."""
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]

    def stop(self):
        os.close(self._write)
        os.close(self._read)
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._child.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
