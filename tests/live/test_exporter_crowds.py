# SPDX-License-Identifier: MIT
"""A scraper always gets in, whatever crowd is there before it: of many addresses, or of its own; with
the usual number of descriptors, or with few."""

import http.client
import pathlib
import ssl
import sys

import pytest

import rude_crowd
from behaviours import says, slow_status_page
from demo.process import Process, wait_until
from starting import starting
from test_exporter_hostile import stats_of_many_workers
from web_kit import Authority

SCRAPES = 10
SCRAPE_SECONDS = 10  # what Prometheus waits if it is not told otherwise
ADDRESSES = {"many addresses": 10, "its own address": 0}
# Descriptors, and clients: more than may be there at once.
SIZES = {"usual": (1024, 600), "few": (64, 100)}


@pytest.fixture
def gather(folder):
    """gather(kind, server, size, source): a crowd, all of whom have come, and which takes all the
    room there is."""
    def start(kind, server, size, source):
        descriptors, number = SIZES[size]
        crowd = Process([sys.executable, pathlib.Path(rude_crowd.__file__), kind, server.port,
                         number, ADDRESSES[source]], folder / f"{kind}.log")
        crowd.wait_ready(lambda: "gathered" in crowd.log_text())
        # Half of the descriptors are for clients, of whom one address has three quarters.
        full = descriptors // 2 * (1 if ADDRESSES[source] else 3 / 4)
        if kind != "resetting":
            crowd.wait_ready(lambda: server.descriptors() >= full)
        return crowd
    with starting(start) as gathering:
        yield gathering


def limited(descriptors):
    return ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh"]


def scrape(connection):
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200 and b"\nnginx_up 1\n" in body


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", ADDRESSES)
@pytest.mark.parametrize("kind", [kind for kind in rude_crowd.KINDS if kind not in ("handshaking", "asking")])
def test_a_scraper_gets_in(exporter, nginx, bad, gather, kind, source, size):
    # Answers that are longer than what the kernel takes for a client that does not read.
    stats = bad(says(stats_of_many_workers(300)))
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--uwsgi.stats-uri",
                      f"tcp://{stats.address}", "--no-collect.ledger",
                      wrapper=limited(SIZES[size][0]))
    crowd = gather(kind, server, size, source)
    for _ in range(SCRAPES):
        scrape(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SCRAPE_SECONDS))
    assert crowd.alive() and server.process.alive()
    assert "cannot accept" not in server.process.log_text()


@pytest.mark.parametrize("source", ADDRESSES)
def test_a_scraper_gets_in_where_all_wait(exporter, bad, gather, source):
    """Nobody who waits for an answer is sent away: who comes is let in between two answers."""
    slow = bad(slow_status_page(0.2))
    server = exporter("--nginx.scrape-uri", slow.url, "--no-collect.ledger",
                      wrapper=limited(SIZES["few"][0]))
    crowd = gather("asking", server, "few", source)
    for _ in range(SCRAPES):
        scrape(http.client.HTTPConnection("127.0.0.1", server.port, timeout=SCRAPE_SECONDS))
    assert crowd.alive() and server.process.alive()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", ADDRESSES)
@pytest.mark.parametrize("kind", ["handshaking", "silent"])
def test_a_scraper_gets_in_over_tls(exporter, nginx, folder, gather, kind, source, size):
    cert, key = Authority(folder / "ca").server("server")
    web = folder / "web.yml"
    web.write_text(f"tls_server_config:\n  cert_file: {cert}\n  key_file: {key}\n")
    server = exporter("--nginx.scrape-uri", nginx.status_url, "--no-collect.ledger",
                      "--web.config.file", web, wrapper=limited(SIZES[size][0]))
    crowd = gather(kind, server, size, source)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for _ in range(SCRAPES):
        # On a busy host a handshake may take as long as those of the crowd, and be taken for one.
        wait_until(lambda: scrape(http.client.HTTPSConnection(
            "127.0.0.1", server.port, timeout=SCRAPE_SECONDS, context=context)) or True,
            SCRAPE_SECONDS, "a scrape")
    assert crowd.alive() and server.process.alive()
