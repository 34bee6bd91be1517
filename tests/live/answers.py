# SPDX-License-Identifier: MIT
"""Answers of nginx and uWSGI, right and wrong, as bytes."""

import json

STUB_STATUS = (b"Active connections: 7 \n"
               b"server accepts handled requests\n"
               b" 120 118 350 \n"
               b"Reading: 1 Writing: 2 Waiting: 4 \n")

HTML = b"<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Welcome!</body></html>\n"


def http(body, status="200 OK", length=None, headers=()):
    """An HTTP answer; `length` is what Content-Length says when that is not the truth."""
    lines = [f"HTTP/1.1 {status}", "Server: nginx/1.22.1", "Content-Type: text/plain",
             f"Content-Length: {len(body) if length is None else length}", "Connection: close",
             *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def core(number, busy=0):
    return {"id": number, "requests": 10, "static_requests": 0, "routed_requests": 0,
            "offloaded_requests": 0, "write_errors": 0, "read_errors": 0, "in_request": busy,
            "vars": [], "req_info": {"request_start": 0}}


def worker(number, **changes):
    return {"id": number, "pid": 4000 + number, "accepting": 1, "requests": 20,
            "delta_requests": 20, "exceptions": 1, "harakiri_count": 0, "signals": 0,
            "signal_queue": 0, "status": "idle", "rss": 0, "vsz": 0, "running_time": 5000,
            "last_spawn": 1700000000, "respawn_count": 1, "tx": 2000, "avg_rt": 250,
            "apps": [{"id": 0, "modifier1": 0, "mountpoint": "", "startup_time": 0, "requests": 20,
                      "exceptions": 1, "chdir": ""}],
            "cores": [core(0), core(1)], **changes}


def stats(**changes):
    """A stats server's answer as an object: two workers with two cores each."""
    return {"version": "2.0.21", "listen_queue": 0, "listen_queue_errors": 0, "signal_queue": 0,
            "load": 0, "pid": 4000, "uid": 33, "gid": 33, "cwd": "/srv/app",
            "locks": [{"user 0": 0}, {"signal": 0}],
            "sockets": [{"name": "127.0.0.1:3031", "proto": "uwsgi", "queue": 3, "max_queue": 100,
                         "shared": 0, "can_offload": 0}],
            "workers": [worker(1), worker(2)], **changes}


def stats_bytes(**changes):
    return json.dumps(stats(**changes), indent=1).encode()


def with_bad_utf8():
    """As uWSGI prints a request line that was no UTF-8."""
    return stats_bytes(cwd="/srv/MARK").replace(b"MARK", b"\xff\xfe\xc3")


def with_control_bytes():
    return stats_bytes(cwd="/srv/MARK").replace(b"MARK", b"a\x01b\x1fc")


def with_trailing_comma():
    return stats_bytes().replace(b'"cwd": "/srv/app",', b'"cwd": "/srv/app", "http": ["a",\n],')


def with_duplicates():
    """The same worker and the same socket twice, and a worker that never was."""
    answer = stats()
    answer["workers"] += [worker(2), worker(0, pid=0, requests=0)]
    answer["sockets"] *= 2
    return json.dumps(answer).encode()
