# SPDX-License-Identifier: MIT
"""The application behind the site of the ledger's tests, for uWSGI. What it does is decided by the
last word of the path. It is held up for as long as the file "gate" is in the folder it runs in.

    /hold       answers when the gate is gone
    /events     an event stream: an event every fifth of a second until the gate is gone
    /upload     reads the request's body, then answers
    /big?mb=N   a page of N megabytes
    else        a short page
"""

import os
import time
from urllib.parse import parse_qs

import uwsgi

PAUSE_SECONDS = 0.02
TURN_SECONDS = 0.002  # of a worker that goes from one request to the next
EVENT_SECONDS = 0.2
CHUNK = b"x" * 65536


def _gate_is_there():
    return os.path.exists("gate")


def _events():
    while _gate_is_there():
        yield b"data: tick\n\n"
        if "async" not in uwsgi.opt:
            time.sleep(EVENT_SECONDS)
            continue
        next_event = time.monotonic() + EVENT_SECONDS
        while _gate_is_there() and time.monotonic() < next_event:
            time.sleep(TURN_SECONDS)
            yield b""


def _hold_in_turns(start_response):
    """For a uWSGI with --async: it goes on to the next request when there is nothing to send."""
    while _gate_is_there():
        time.sleep(TURN_SECONDS)
        yield b""
    start_response("200 OK", [("Content-Length", "6")])
    yield b"hello\n"


def application(environ, start_response):
    page = environ["PATH_INFO"].rpartition("/")[2]
    if page == "events":
        start_response("200 OK", [("Content-Type", "text/event-stream"),
                                  ("X-Accel-Buffering", "no")])
        return _events()
    if page == "big":
        chunks = int(parse_qs(environ["QUERY_STRING"])["mb"][0]) * 16
        start_response("200 OK", [("Content-Length", str(chunks * len(CHUNK)))])
        return [CHUNK] * chunks
    if page == "upload":
        while environ["wsgi.input"].read(len(CHUNK)):
            pass
    if page == "hold" and "async" in uwsgi.opt:
        return _hold_in_turns(start_response)
    while page == "hold" and _gate_is_there():
        time.sleep(PAUSE_SECONDS)
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\n"]
