# SPDX-License-Identifier: MIT
"""The status page in a real browser: what the ledger says is what is drawn, with and without
JavaScript, by keyboard and for a screen reader, live, and behind a proxy."""

import json
import signal

import pytest

from chromium import Chromium
from demo.process import free_port, wait_until
from demo.site import Nginx
from page_kit import LIVE, STEADY, drawn_of, see

WORKERS, QUEUED, IDLE = 4, 3, 9  # of the site
HALF_A_PIXEL = 0.005
TABS_MAX = 60
PLACE = "document.querySelector('.card summary').getBoundingClientRect().top"


def url(server):
    return f"http://127.0.0.1:{server.port}/"


def sites(server):
    return json.loads(server.get("/api/v1/sites")[1])["sites"]


@pytest.fixture(scope="module")
def chromium(top):
    """One browser for all tests: it takes seconds to start."""
    browser = Chromium(top)
    yield browser
    browser.stop()


@pytest.fixture
def browser(chromium):
    """Nothing may be complained of on the console, whatever the test does."""
    chromium.look(1000)
    yield chromium
    chromium.call("Emulation.setScriptExecutionDisabled", value=False)
    chromium.call("Network.emulateNetworkConditions", offline=False, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)
    assert chromium.complaints() == []
    chromium.open("about:blank")


@pytest.fixture
def site(make_ledger_site):
    """A site in some trouble, of which the kernel knows every connection."""
    site = make_ledger_site()
    site.hold()
    site.clients.idle(IDLE)
    site.clients.ask(WORKERS + QUEUED, "/hold")
    site.wait(active=IDLE + WORKERS + QUEUED, busy=WORKERS, queue=QUEUED, waiting=IDLE)
    wait_until(site.uwsgi.knows_its_queue, 60, "uWSGI's look at its own queue")
    return site


@pytest.fixture
def server(site, exporter):
    return exporter("--nginx.scrape-uri", site.nginx.status_url,
                    "--uwsgi.stats-uri", site.uwsgi.target)


def check_drawn(seen, said):
    """That the page shows what the JSON says."""
    lines, shares = drawn_of(said)
    assert seen["lines"] == lines
    assert set(seen["bar"]) == set(shares), seen
    for name, share in shares.items():
        assert abs(seen["bar"][name] - share) < HALF_A_PIXEL, (name, seen["bar"], shares)
    assert seen["total"] == str(said["ledger"]["total"])
    assert seen["sure"] == said["ledger"]["confidence"]
    assert seen["findings"] == [[one["finding"], one["severity"]] for one in said["findings"]]
    assert seen["advice"] == [one["advice"] for one in said["findings"]]
    for queue in said["listeners"] + said["sockets"]:
        assert seen["queues"][queue["name"]] == f"{queue['queue']} of {queue['limit']}"
    assert len(seen["targets"]) == 2 and all("answers in" in one for one in seen["targets"])


def test_what_the_ledger_says_is_drawn(browser, site, server):
    """First without JavaScript; then it is running, and changes nothing of what stands there."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(url(server))
    said = sites(server)[0]
    assert drawn_of(said)[0] == {"keepalive": IDLE, "app": WORKERS, "app_queue": QUEUED}
    check_drawn(see(browser), said)
    assert see(browser)["sure"] == "exact"
    assert see(browser)["cells"] == ["w-busy f4"] * WORKERS
    assert "app_saturated" in [name for name, _ in see(browser)["findings"]]
    assert browser.run("document.querySelector('[data-ledger] [data-bar]').ariaLabel") == (
        f"keepalive {IDLE}, app_queue {QUEUED}, app {WORKERS}")
    written = browser.run(STEADY)
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    assert browser.run(STEADY) == written
    check_drawn(see(browser), said)
    # Everything comes from here, and is asked for by a relative path.
    assert all(asked.startswith((url(server), "data:")) for asked in browser.requests())


def test_a_phantom_appears(browser, site, server):
    """A worker is killed while somebody looks: the page shows what it leaves behind, and what the
    reader has opened and has in focus stays so."""
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    assert "phantom" not in see(browser)["lines"]
    browser.run("window.here = true, document.querySelector('.card details').open = true,"
                "document.querySelector('.cards').scrollIntoView(),"
                "document.querySelector('.card summary').focus()")
    place = browser.run(PLACE)
    worker = site.busiest_worker()
    lost = site.held_by_worker(worker)
    site.signal_worker(worker, signal.SIGKILL)
    browser.wait(f"document.querySelector('[data-line=phantom] .n').textContent === '{lost}'",
                 "the phantoms")
    wait_until(lambda: ["phantom_counters", "warning"] in see(browser)["findings"], 60, "a finding")
    site.wait_still()
    wait_until(lambda: see(browser)["lines"] == drawn_of(sites(server)[0])[0], 60, "all lines")
    seen = see(browser)
    check_drawn(seen, sites(server)[0])
    assert "warning" in seen["verdict"] and browser.run("document.title").endswith("connledger")
    assert browser.run("window.here && document.querySelector('.card details').open && "
                       "document.activeElement === document.querySelector('.card summary')")
    assert abs(browser.run(PLACE) - place) <= 1  # although a finding has come above it
    browser.wait("document.querySelector('.l-phantom[d^=M]') !== null", "an area of the course")
    assert "l-phantom" in see(browser)["areas"]


def test_the_exporter_goes_and_comes_back(browser, site, server, exporter):
    args = ("--nginx.scrape-uri", site.nginx.status_url, "--uwsgi.stats-uri", site.uwsgi.target)
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    server.stop()
    browser.wait("!document.querySelector('#lost').hidden", "a word that the exporter is gone")
    assert "No answer from the exporter since" in browser.run(
        "document.querySelector('#lost').textContent")
    assert not browser.run(LIVE)
    # The browser itself notes on the console that a connection was refused; nothing else is there.
    said = [event["params"]["entry"] for event in browser.complaints()]
    assert said and all("ERR_" in entry["text"] for entry in said)
    exporter(*args, listen=f"127.0.0.1:{server.port}")
    browser.wait(f"{LIVE} && document.querySelector('#lost').hidden", "a page that is live again")
    browser.events.clear()


def test_nobody_looks(browser, site, server):
    """A page that is paused asks for nothing; nginx down is said when it goes on."""
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    browser.run("document.querySelector('#pause').click()")
    site.nginx.stop()
    asked = len(browser.requests())
    browser.run("new Promise((done) => setTimeout(done, 4000))")
    browser.complaints()
    assert len(browser.requests()) == asked
    browser.run("document.querySelector('#pause').click()")
    wait_until(lambda: ["nginx_down", "critical"] in see(browser)["findings"], 60, "nginx_down")
    seen = browser.run("[...document.querySelectorAll('.targets li')].map((one) => one.className)")
    assert seen == ["down", "up"]
    assert browser.run("document.querySelector('[data-ledger]').hidden")
    assert browser.run("document.querySelector('#verdict').className") == "verdict critical"


def focused(browser):
    return browser.run("""(() => {
        const one = document.activeElement;
        const style = getComputedStyle(one);
        return [one.tagName.toLowerCase(), one.textContent.trim().slice(0, 40),
                style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1];
    })()""")


def test_by_keyboard(browser, site, server):
    """Tab reaches all there is to open, every stop can be seen, and Enter opens it."""
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    stops = []
    for _ in range(TABS_MAX):
        browser.press("Tab")
        stops.append(focused(browser))
        if stops[-1][:2] == ["a", "Health"]:
            break
    assert stops[0][:2] == ["a", "Skip to the sites"]
    summaries = browser.run("[...document.querySelectorAll('summary')].filter((one) => "
                            "one.getClientRects().length).map((one) => one.textContent.trim())")
    assert summaries and [text for tag, text, _ in stops if tag == "summary"] == summaries
    assert all(visible for _, _, visible in stops), stops
    browser.run("document.querySelector('summary').focus()")
    browser.press("Enter")
    assert browser.run("document.querySelector('summary').parentElement.open")


def test_for_a_screen_reader(browser, site, server):
    """Landmarks, headings in their order, and a name for whatever is not text."""
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    nodes = [(node["role"]["value"], node.get("name", {}).get("value", ""))
             for node in browser.call("Accessibility.getFullAXTree")["nodes"]
             if not node["ignored"] and "role" in node]
    roles = [role for role, _ in nodes]
    assert {"banner", "main", "contentinfo", "navigation", "status"} <= set(roles)
    unnamed = [role for role, name in nodes
               if role in ("image", "img", "button", "link", "table", "region", "heading",
                           "navigation", "figure", "DisclosureTriangle") and not name]
    assert unnamed in ([], ["figure"]), nodes  # the figure's caption describes its drawing
    images = [name for role, name in nodes if role in ("image", "img")]
    assert f"keepalive {IDLE}, app_queue {QUEUED}, app {WORKERS}" in images
    assert "4 busy" in images
    levels = browser.run("[...document.querySelectorAll('h1, h2, h3, h4')].map((one) => "
                         "Number(one.tagName[1]))")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:])), levels
    assert browser.run("[...document.querySelectorAll('th')].every((one) => one.scope)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_any_screen(browser, site, server, scheme):
    """Nothing is cut off or has to be scrolled to sideways; text stands out from its ground."""
    for width in (320, 360, 800, 1440, 2200):
        browser.look(width, scheme=scheme)
        browser.open(url(server))
        browser.wait(LIVE, "a page that is live")
        assert browser.run("document.documentElement.scrollWidth") <= width
    faint = browser.run("""(() => {
        const channel = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
        const light = (rgb) => rgb.slice(0, 3).map((c) => channel(c / 255))
            .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
        const parse = (text) => text.match(/[\\d.]+/g).map(Number);
        const ground = (one) => {
            const rgb = parse(getComputedStyle(one).backgroundColor);
            return rgb.length === 3 || rgb[3] === 1 ? rgb
                : one.parentElement ? ground(one.parentElement) : [255, 255, 255];
        };
        const found = [];
        for (const one of document.querySelectorAll("body *")) {
            const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
            if (!own || !one.getClientRects().length || one.closest("svg"))
                continue;
            const pair = [light(parse(getComputedStyle(one).color)), light(ground(one))].sort();
            const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
            if (contrast < 4.5)
                found.push([one.className, one.textContent.slice(0, 30), contrast]);
        }
        return found;
    })()""")
    assert faint == []


def test_behind_a_proxy(browser, site, server, folder):
    """Under another path of another server, which has a name for it."""
    proxy = Nginx(folder / "proxy", f"127.0.0.1:{server.port}", locations=f"""
        location /tools/ledger/ {{
            proxy_pass http://127.0.0.1:{server.port}/;
        }}""")
    try:
        browser.open(f"http://127.0.0.1:{proxy.port}/tools/ledger/")
        browser.wait(LIVE, "a page that is live")
        check_drawn(see(browser), sites(server)[0])
        assert browser.run("getComputedStyle(document.querySelector('#verdict')).display") == "flex"
        assert browser.complaints() == []
        links = browser.run("[...document.querySelectorAll('footer a')].map((one) => one.pathname)")
        assert links == [f"/tools/ledger/{path}" for path in
                         ("metrics", "api/v1/sites", "-/healthy")]
    finally:
        browser.open("about:blank")
        proxy.stop()


def test_many_sites(browser, site, exporter):
    """The worst comes first; a line each, the pages of sixteen."""
    server = exporter(*(word for number in range(40) for word in (
        "--nginx.scrape-uri", f"{site.nginx.status_url}?{number}")),
        "--nginx.scrape-uri", f"http://127.0.0.1:{free_port()}/dead")
    browser.open(url(server))
    browser.wait(LIVE, "a page that is live")
    names = browser.run("[...document.querySelectorAll('h2')].map((one) => one.textContent)")
    assert len(names) == 41 and names[0].endswith("/dead")
    assert browser.run("document.querySelectorAll('details.site').length") == 16
    assert browser.run("document.querySelectorAll('details.site[open]').length") in range(1, 4)
    seen = browser.run("document.querySelector('#verdict').textContent")
    assert "critical finding" in seen and "of 41 sites" in seen
    assert len(server.get("/")[1]) < 1 << 20
