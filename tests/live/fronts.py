# SPDX-License-Identifier: MIT
"""The same question to three front ends: what do they say about a target that does not work?

Each function runs one front end against a bad target and fails unless it says that the target is
down, gives the reason (a regular expression), and makes up no number.
"""

import re

GENEROUS = 60  # seconds for an answer that comes, on a busy machine


def _reason(text, words):
    assert re.search(words, text, re.I), f"expected /{words}/ in:\n{text}"


def _check(result, words):
    line = result.lines()[0]
    assert result.status == 2 and " CRITICAL: " in line, result
    _reason(line, words)
    assert not re.search(r"(active|busy|workers|requests_per_second)=", line), line
    assert result.err == ""


def _exporter(result, words, up, none_of):
    samples = result.samples()
    assert result.status == 0 and samples[up] == 0, result
    assert not [name for name in samples if name.startswith(none_of)], result.out
    _reason(result.err, words)


def _munin(result, words):
    fields = result.fields()
    assert result.status == 0 and fields and set(fields.values()) == {"U"}, result
    assert len(result.err.splitlines()) == 1, result.err
    _reason(result.err, words)


def nginx_check(programs, target, words, timeout=GENEROUS):
    _check(programs.check_nginx("--url", target, "-t", str(timeout)), words)


def nginx_exporter(programs, target, words, timeout=GENEROUS):
    _exporter(programs.exporter("--once", "--nginx.scrape-uri", target,
                                "--nginx.timeout", f"{timeout}s"), words,
              "nginx_up", ("nginx_connections", "nginx_http"))


def nginx_munin(programs, target, words, timeout=GENEROUS):
    _munin(programs.munin(nginx=target, timeout=str(timeout)), words)


def uwsgi_check(programs, target, words, timeout=GENEROUS):
    _check(programs.check_uwsgi("--stats", target, "-t", str(timeout)), words)


def uwsgi_exporter(programs, target, words, timeout=GENEROUS):
    _exporter(programs.exporter("--once", "--uwsgi.stats-uri", target,
                                "--nginx.timeout", f"{timeout}s"), words,
              "uwsgi_up", ("uwsgi_worker", "uwsgi_listen", "uwsgi_socket"))


def uwsgi_munin(programs, target, words, timeout=GENEROUS):
    _munin(programs.munin(uwsgi=target, timeout=str(timeout)), words)


NGINX = {"check": nginx_check, "exporter": nginx_exporter, "munin": nginx_munin}
UWSGI = {"check": uwsgi_check, "exporter": uwsgi_exporter, "munin": uwsgi_munin}
