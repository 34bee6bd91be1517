# SPDX-License-Identifier: MIT
"""The checks through a real NRPE, with the definitions that are installed."""

import re

import pytest

from ledger_kit import LINES
from nrpe_kit import Nrpe
from programs import run, sanitizer_env

# What NRPE refuses in an argument.
METACHARACTERS = "|`&><'\\[]{};\n\r"
V2_BYTES = 1024


def _commands(definitions, nginx, uwsgi):
    """The installed commands, with the addresses of the test's servers."""
    text = definitions.text("connledger_nrpe.cfg", examples=True)
    for there, here in (("-p 80 -u /nginx_status", f"-p {nginx.port} -u /nginx_status"),
                        ("http://127.0.0.1/nginx_status", nginx.status_url),
                        ("unix:/run/uwsgi/blog.stats", uwsgi.target)):
        assert there in text, there
        text = text.replace(there, here)
    return text


@pytest.fixture(scope="module")
def text(definitions, nginx, uwsgi):
    commands = _commands(definitions, nginx, uwsgi("unix"))
    story = re.search(r"(?m)^command\[check_connections_story\]=(.*)$", commands)[1]
    levels = "".join(f" -w {line}=0:{10 ** 9}" for line in LINES if line != "unexplained")
    return commands + f"command[check_connections_long]={story}{levels}\n"


@pytest.fixture(scope="module")
def nrpe(top, definitions, text):
    server = Nrpe(top / "nrpe", definitions.plugins, text)
    yield server
    server.stop()


@pytest.mark.parametrize("version", [["-2"], []], ids=["version 2", "version 4"])
def test_every_command(nrpe, version):
    for command, begins in (("check_nginx", "NGINX OK: "), ("check_uwsgi", "UWSGI OK: "),
                            ("check_connections", "CONNECTIONS OK: "),
                            ("check_connections_story", "CONNECTIONS OK: ")):
        result = nrpe.ask(command, options=version)
        assert result.status == 0 and result.out.startswith(begins), result
        data = result.lines()[0].partition(" | ")[2]
        assert re.fullmatch(r"([a-z_]+=-?[0-9.]+[s%]?(;[-~@:0-9.]*){2,4} ?)+", data), result
        assert result.out.count("|") == 1


def test_only_the_story_is_cut_off(nrpe):
    short = nrpe.ask("check_connections", options=["-2"])
    assert len(short.out) < 800, short
    old = nrpe.ask("check_connections_long", options=["-2"]).out
    new = nrpe.ask("check_connections_long").out
    assert len(old) <= V2_BYTES < len(new) and "no findings" in new
    assert "confidence=" in old.splitlines()[0] and "confidence=" in new.splitlines()[0]


# ---- arguments: Debian's daemon is built without them --------------------------------------------

@pytest.mark.parametrize("char", METACHARACTERS, ids=lambda char: f"{ord(char):#x}")
def test_the_daemon_refuses_metacharacters(nrpe, nginx, char):
    result = nrpe.ask("check_nginx_at", "127.0.0.1", str(nginx.port), f"/{char}x", "1", "2")
    assert result.status == 3 and "NGINX" not in result.out, result


def _ask_with(definitions, text, folder, name, *arguments):
    """What a daemon with dont_blame_nrpe=1 does: it looks at the arguments, puts them into the line
    and gives that to a shell."""
    assert not set("".join(arguments)) & set(METACHARACTERS), arguments
    line = re.search(rf"^command\[{name}\]=(.*)$", text, re.M)[1]
    for number, argument in enumerate(arguments, 1):
        line = line.replace(f"$ARG{number}$", argument)
    assert "$ARG" not in line and line.startswith(str(definitions.plugins)), line
    return run(["sh", "-c", line], env={"MP_STATE_PATH": str(folder), **sanitizer_env()})


def test_commands_with_arguments(definitions, text, nginx, uwsgi, folder):
    def ask(*words):
        return _ask_with(definitions, text, folder, *words)

    result = ask("check_nginx_at", "127.0.0.1", str(nginx.port), "/nginx_status", "active=1000",
                 "~:2000")
    assert result.status == 0 and re.search(r" active=\d+;1000;~:2000;0 ", result.out), result
    result = ask("check_nginx_at", "::1", str(nginx.pages.v6_port), "/stub_status", "0",
                 "dropped_per_second=@0.5:1e6")
    assert result.status == 1 and result.out.startswith("NGINX WARNING: active "), result
    result = ask("check_uwsgi_at", uwsgi("tcp").target, "1000", "idle=9:")
    assert result.status == 2 and result.out.startswith("UWSGI CRITICAL: idle 2 below 9, "), result
    result = ask("check_connections_at", nginx.status_url, uwsgi("unix").target, "phantom=1000",
                 "confidence=0:")
    assert result.status == 0 and result.out.startswith("CONNECTIONS OK: "), result
    # An option in the place of a value stays a value.
    result = ask("check_uwsgi_at", "--help", "1", "2")
    assert result.status == 3 and result.out.startswith("UWSGI UNKNOWN: "), result
