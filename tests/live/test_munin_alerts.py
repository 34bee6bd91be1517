# SPDX-License-Identifier: MIT
"""What a real Munin master makes of what it has gathered: alerts, pages and pictures."""

import contextlib
import html
import os
import re
import signal

import pytest

from demo.process import Process, wait_until
from munin_kit import MuninTree
from munin_master import MuninMaster
from own_site import OwnSite
from png import Picture

GRAPHS = ("held", "app_requests", "backlog", "connections", "requests", "dropped",
          "uwsgi_workers", "uwsgi_cores", "uwsgi_requests", "uwsgi_time", "uwsgi_errors",
          "uwsgi_memory", "uwsgi_address_space")
APP, PHANTOM = "3a7ca5", "ff00aa"  # colours of two areas of the ledger


@pytest.fixture
def site_node(munin, build, own_site):
    munin.install(build / "munin" / "connledger")
    munin.enable("connledger")
    munin.configure("connledger", nginx=own_site.nginx.status_url, uwsgi=own_site.uwsgi.target)
    return munin


def start_again(nginx):
    nginx.stop()
    nginx.process = Process(nginx.process.argv, nginx.folder / "again.log", cwd=nginx.folder)
    nginx.process.wait_ready(lambda: nginx.get("/stub_status")[0] == 200)


def alert(title, *lines):
    """munin-limits' message about a graph."""
    return "\n".join([f"example.org :: node.example.org :: {title}",
                      *(f"\t{line}" for line in lines)])


# ---- alerts --------------------------------------------------------------------------------------

def test_gauges_and_rates_raise_alerts_and_clear_them(site_node, master, own_site):
    site_node.enable("nginx_status", "connledger")
    site_node.configure("nginx_status", url=own_site.nginx.status_url, total_warning="5",
                        total_critical="8")
    site_node.configure("connledger", requests_requests_warning="0.1", exceptions_warning="0")
    site_node.start().close()
    told = []
    for connections, errors in ((0, 0), (5, 0), (3, 60), (0, 0)):
        own_site.keep_open(connections)
        for _ in range(errors):
            own_site.nginx.get("/error")
        if len(told) == 3:
            own_site.hang_up()
        master.update()
        told.append(master.limits())
    calm, warned, critical, cleared = told
    assert calm == ""
    assert alert("Nginx status", "WARNINGs: Active connections is 6.00 (outside range [:5]).") \
        in warned
    assert "nginx requests" not in warned and "uWSGI errors" not in warned
    assert alert("Nginx status", "CRITICALs: Active connections is 9.00 (outside range [:8]).") \
        in critical
    assert re.search(r"nginx requests\n\tWARNINGs: Requests is 0\.2\d "
                     r"\(outside range \[:0\.1\]\)\.", critical), critical
    assert alert("uWSGI errors", "WARNINGs: Exceptions is 0.20 (outside range [:0]).") in critical
    assert alert("Nginx status", "OKs: Active connections is 1.00.") in cleared
    assert re.search(r"nginx requests\n\tOKs: Requests is 0\.0\d\.", cleared), cleared
    assert alert("uWSGI errors", "OKs: Exceptions is 0.00.") in cleared


@pytest.mark.usefixtures("alone")
def test_phantoms_and_a_site_that_is_down(site_node, master, own_site):
    """Nobody, as whom root's node asks, is told the ports, and has seen the worker before. What is
    unknown is no alarm of a range."""
    site_node.configure("connledger", phantom_warning="0", connections_total_warning="50",
                        ports=str(own_site.nginx.port))
    client = site_node.start()
    own_site.keep_open(5)
    master.update()
    calm = master.limits()
    own_site.kill_worker(signal.SIGKILL)
    client.line("cap multigraph")

    def seen():
        """On a busy host the time of one look may be too short for nobody to be sure."""
        fetched = dict(line.split(" ", 1) for line in client.block("fetch connledger"))
        return int(fetched["phantom.value"]) > 0 and fetched
    fetched = wait_until(seen, 60, "phantoms")
    master.update()
    raised = master.limits()
    client.close()
    start_again(own_site.nginx)
    master.update()
    cleared = master.limits()
    reason = fetched.get("phantom.extinfo")
    assert calm == "" and int(fetched["phantom.value"]) > 0
    title = "nginx connections by who holds them"
    assert alert(title, f"WARNINGs: Phantom (nobody) is {int(fetched['phantom.value'])}.00 "
                 f"(outside range [:0]){f': {reason}' if reason else ''}.") in raised
    assert f"{title}\n\tOKs: Phantom (nobody) is 0.00" in cleared
    own_site.nginx.stop()
    told = []
    for _ in range(4):
        master.update()
        told.append(master.limits())
    assert told[:3] == [""] * 3, told  # Munin's own patience
    assert alert("nginx connections", "UNKNOWNs: Active connections is unknown.") in told[3]
    assert "WARNING" not in told[3] and "OKs" not in told[3], told


# ---- pages and pictures --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def gathered(top, build):
    """A master that has gathered a few rounds of a site whose application is stuck: four requests
    are in it, one has to queue."""
    folder = top / "gathered"
    folder.mkdir()
    with contextlib.ExitStack() as undo:
        site = OwnSite(folder / "site")
        undo.callback(site.stop)
        for _ in range(4):
            site.nginx.get("/error")
        site.get_stuck(4)
        site.ask("/")
        node = MuninTree(folder / "munin")
        undo.callback(node.stop)
        node.install(build / "munin" / "connledger")
        node.enable("connledger")
        node.configure("connledger", nginx=site.nginx.status_url, uwsgi=site.uwsgi.target)
        node.start().close()
        master = MuninMaster(folder / "master", node)
        for _ in range(2):
            master.update()
        master.limits()
        master.pictures = master.write_html()
        yield master


def test_every_graph_has_its_page_and_its_pictures(gathered):
    assert set(gathered.pictures) == {f"connledger_{graph}-{span}.png" for graph in GRAPHS
                             for span in ("day", "week", "month", "year")}
    days = gathered.graph(*(name for name in gathered.pictures if name.endswith("-day.png")))
    assert len(days) == len(GRAPHS)
    for name, path in days.items():
        picture = Picture(path)
        assert 480 <= picture.width <= 620 and 230 <= picture.height <= 560, (
            name, picture.width, picture.height)


def test_a_picture_shows_who_holds_the_connections(gathered):
    first = int(gathered.first.timestamp())
    name = f"connledger_held-pinpoint={first - 300},{gathered.time()}.png"
    colours = Picture(gathered.graph(name)[name]).colours()
    # Of what is not there the legend shows a small square only.
    assert 20 < colours[PHANTOM] < 200 and colours[APP] > 10000, (
        colours[PHANTOM], colours[APP])


def text_of(page):
    """What a reader sees, with one blank between words."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", page.read_text(errors="replace")))
    return " ".join(text.split())


def test_the_pages_explain_the_graphs(gathered):
    pages = gathered.html / "example.org" / "node.example.org"
    held = text_of(pages / "connledger_held.html")
    assert "Every client connection of nginx stands here once" in held
    assert "Application is working app gauge Requests that a worker of the application is " \
        "working on" in held
    assert re.search(r"Confidence: (exact|bounded)\b", held), held
    assert re.search(r"(info|warning) \(app_saturated\): \S.{20}", held), held
    index = text_of(pages / "index.html")
    assert "nginx connections by who holds them" in index and "uWSGI workers" in index
    assert "webserver" in index and "appserver" in index
