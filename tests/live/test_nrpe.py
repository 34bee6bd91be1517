# SPDX-License-Identifier: MIT
"""The checks through a real NRPE, with the definitions that are installed."""

import re

import pytest

from nrpe_kit import Nrpe

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
def nrpes(top, definitions, nginx, uwsgi):
    """Two daemons: one that takes arguments and one that does not."""
    text = _commands(definitions, nginx, uwsgi("unix"))
    running = [Nrpe(top / f"nrpe-{arguments}", definitions.plugins, text, arguments=arguments)
               for arguments in (False, True)]
    yield running
    for server in running:
        server.stop()


@pytest.mark.parametrize("version", [["-2"], ["-3"], []], ids=str)
def test_every_command_in_every_version(nrpes, version):
    for command, begins in (("check_nginx", "NGINX OK: "), ("check_uwsgi", "UWSGI OK: "),
                            ("check_connections", "CONNECTIONS OK: "),
                            ("check_connections_story", "CONNECTIONS OK: ")):
        result = nrpes[0].ask(command, options=version)
        assert result.status == 0 and result.out.startswith(begins), result
        data = result.lines()[0].partition(" | ")[2]
        assert re.fullmatch(r"([a-z_]+=-?[0-9.]+[s%]?(;[-~@:0-9.]*){2,4} ?)+", data), result
        assert result.out.count("|") == 1


def test_the_first_line_fits_the_old_packet(nrpes):
    """Only the story is cut off, behind the performance data."""
    short = nrpes[0].ask("check_connections", options=["-2"])
    assert len(short.out) < 800, short
    story = {version: nrpes[0].ask("check_connections_story", options=[version]).out
             for version in ("-2", "-3")}
    assert len(story["-2"]) <= V2_BYTES < len(story["-3"])
    assert "no findings" in story["-3"]
    for text in story.values():
        assert "confidence=" in text.splitlines()[0], text


def test_arguments(nrpes, nginx, uwsgi):
    quiet, trusting = nrpes
    where = ("/nginx_status", "active=1000", "~:2000")
    result = trusting.ask("check_nginx_at", "127.0.0.1", str(nginx.port), *where)
    assert result.status == 0 and "active=1;1000;~:2000" in re.sub(r"active=\d+", "active=1",
                                                                   result.out), result
    result = trusting.ask("check_nginx_at", "::1", str(nginx.pages.v6_port), "/stub_status", "0",
                          "dropped_per_second=@0.5:1e6")
    assert result.status == 1 and result.out.startswith("NGINX WARNING: active "), result
    result = trusting.ask("check_uwsgi_at", uwsgi("tcp").target, "1000", "idle=9:")
    assert result.status == 2 and result.out.startswith("UWSGI CRITICAL: idle 2 below 9, "), result
    result = trusting.ask("check_connections_at", nginx.status_url, uwsgi("unix").target,
                          "phantom=1000", "confidence=0:")
    assert result.status == 0 and result.out.startswith("CONNECTIONS OK: "), result
    # An option in the place of a value stays a value.
    result = trusting.ask("check_uwsgi_at", "--help", "1", "2")
    assert result.status == 3 and result.out.startswith("UWSGI UNKNOWN: "), result
    refused = quiet.ask("check_nginx_at", "127.0.0.1", str(nginx.port), *where)
    assert refused.status == 3 and "NGINX" not in refused.out, refused


@pytest.mark.parametrize("char", METACHARACTERS, ids=lambda char: f"{ord(char):#x}")
def test_metacharacters_are_refused(nrpes, nginx, char):
    result = nrpes[1].ask("check_nginx_at", "127.0.0.1", str(nginx.port), f"/{char}x", "1", "2")
    assert result.status == 3 and "NGINX" not in result.out, result
