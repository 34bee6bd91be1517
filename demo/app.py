# SPDX-License-Identifier: MIT
"""The application behind the demo site, for uWSGI.

    /              a short page
    /sleep?s=N     answers after N seconds, like a request that waits for a slow database
    /report?s=N    the same, like a long report
    /error         raises an exception
    /big           a page of some megabytes
"""

import time
from urllib.parse import parse_qs

SLEEP_SECONDS_MAX = 600
BIG_CHUNK = b"x" * 65536
BIG_CHUNKS = 64


def application(environ, start_response):
    path = environ.get("PATH_INFO", "/")
    if path == "/error":
        raise RuntimeError("this page is broken on purpose")
    if path not in ("/", "/sleep", "/report", "/big"):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"not found\n"]
    if path in ("/sleep", "/report"):
        seconds = float(parse_qs(environ.get("QUERY_STRING", "")).get("s", ["1"])[0])
        time.sleep(max(0.0, min(seconds, SLEEP_SECONDS_MAX)))
    start_response("200 OK", [("Content-Type", "text/plain")])
    if path == "/big":
        return [BIG_CHUNK] * BIG_CHUNKS
    return [b"hello\n"]
