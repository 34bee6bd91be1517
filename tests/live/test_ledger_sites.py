# SPDX-License-Identifier: MIT
"""Many sites of one nginx in one exporter: it is looked at once, and each site has the ledger that
it would have alone. Other monitors of that nginx are clients like any other."""

import concurrent.futures
import re
import signal
import socket
import threading

import pytest

from collectd_kit import block_of, site_of, stop
from demo.process import free_port, wait_until
from ledger_clients import request
from ledger_kit import CHECK, EITHER, EXPORTER, NOBODY, ROOT, Reading
from ledger_site import WAIT_SECONDS

IDLE, SLOW = 5, 2  # clients, and those of them that the application is busy with
LINES = {"keepalive": IDLE, "app": SLOW}
UNNAMED = {"keepalive": IDLE, "unanswered": SLOW}  # to whom the application is not named
ROUNDS = 60  # of each monitor that asks beside others


@pytest.fixture
def site(ledger_site):
    """With some clients."""
    with ledger_site.situation() as clients:
        clients.idle(IDLE)
        clients.ask(SLOW, "/hold")
        ledger_site.wait(active=IDLE + SLOW, waiting=IDLE, busy=SLOW)
        yield ledger_site


def apart(site, count):
    """So many status URLs, each of which is another page to whoever asks."""
    return [f"{site.nginx.status_url}?{number}" for number in range(count)]


def together(site, count):
    return [site.nginx.status_url] * count


def write_config(folder, sites):
    """`sites` are the lines of each: [{"nginx": url, "uwsgi": [target]}]"""
    path = folder / "sites.yml"
    path.write_text("sites:\n" + "".join(
        f"  s{number}:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())
        for number, lines in enumerate(sites)))
    path.chmod(0o644)
    return path


def quoted(*texts):
    return "[" + ", ".join(f'"{text}"' for text in texts) + "]"


def with_app(site, urls):
    return [{"nginx": f'"{url}"', "uwsgi": quoted(site.uwsgi.target)} for url in urls]


def of_sites(samples, count, user=ROOT):
    """What is said of each site: of a single one without its name."""
    if count == 1:
        return [Reading(user, samples, "")]
    return [Reading(user, {series: value for series, value in samples.items()
                           if f'site="s{number}"' in series}, "") for number in range(count)]


class Watcher:
    """A running exporter of some sites of one nginx."""

    def __init__(self, exporter, folder, sites):
        self.count = len(sites)
        self._exporter = exporter("--config.file", write_config(folder, sites))

    def read(self):
        return of_sites(self._exporter.samples(), self.count)

    def wait(self, lines, what="exact ledgers of all sites"):
        """Reads until each site has these lines, exactly, and returns what was read. A busy machine
        may keep nginx and the kernel apart for once."""
        seen = []

        def is_exact():
            seen[:] = self.read()
            return all(one.confidence == "exact" and one.lines == expected
                       for one, expected in zip(seen, lines, strict=True)) and seen
        try:
            return wait_until(is_exact, WAIT_SECONDS, what)
        except TimeoutError as error:
            raise AssertionError(f"{error}: {seen}") from error


def requests_of(site):
    """How many requests nginx has counted; this one is among them."""
    with socket.create_connection(("127.0.0.1", site.nginx.port), WAIT_SECONDS) as connection:
        connection.sendall(request("/stub_status", "Connection: close\r\n"))
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return int(re.search(rb"requests\n \d+ \d+ (\d+)", answer)[1])


def wait_cost(site, watcher, cost):
    """Until a scrape has asked nginx just so often: on a busy machine one look is not enough."""
    seen = []

    def is_cost():
        before = requests_of(site)
        watcher.read()
        seen.append(requests_of(site) - before - 1)
        return seen[-1] == cost
    try:
        wait_until(is_cost, WAIT_SECONDS, f"a scrape of {cost} requests")
    except TimeoutError as error:
        raise AssertionError(f"{error}: {seen}") from error
    assert min(seen) == cost, seen


@pytest.mark.parametrize("count", [1, 10, 50])
@pytest.mark.parametrize("urls, pages", [(together, lambda count: 1), (apart, lambda count: count)],
                         ids=["one_page", "pages"])
def test_one_nginx(site, exporter, folder, urls, pages, count):
    """Its pages are read once each, and twice more when it is looked at: before and after. A single
    page is the first of these two."""
    watcher = Watcher(exporter, folder, with_app(site, urls(site, count)))
    watcher.wait([LINES] * count)
    asked = pages(count)
    wait_cost(site, watcher, asked + (1 if asked == 1 else 2))


def test_two_nginx(make_ledger_site, exporter, folder):
    """Two masters on one host stay two, whatever the order of their sites."""
    sites = [make_ledger_site(), make_ledger_site()]
    for number, one in enumerate(sites):
        one.clients.idle(3 + number)
        one.wait(active=3 + number, waiting=3 + number)
    order = [0, 1, 1, 0, 0, 1]
    urls = [apart(sites[which], len(order))[place] for place, which in enumerate(order)]
    watcher = Watcher(exporter, folder, [{"nginx": f'"{url}"'} for url in urls])
    watcher.wait([{"keepalive": 3 + which} for which in order])
    for one in sites:
        wait_cost(one, watcher, 3 + 2)


def test_every_way_to_one_nginx(make_ledger_site, exporter, folder, ca):
    """TCP, TLS, a unix socket, another port, another address: the same nginx."""
    tls, other = free_port(), free_port()
    site = make_ledger_site(servers=f"""
        server {{
            listen 127.0.0.1:{tls} ssl;
            ssl_certificate {ca.server_cert};
            ssl_certificate_key {ca.server_key};
            location / {{ stub_status; }}
        }}
        server {{
            listen {other};
            location / {{ stub_status; }}
        }}
    """)
    site.ports += [tls, other]
    site.clients.idle(IDLE)
    site.wait(active=IDLE, waiting=IDLE)
    urls = [f"https://127.0.0.1:{tls}/", f"unix:{site.nginx.socket}:/stub_status",
            site.nginx.status_url, f"http://127.0.0.1:{other}/", f"http://127.0.0.2:{other}/"]
    watcher = Watcher(exporter, folder, [
        {"nginx": f'"{url}"', "ca_file": f'"{ca.ca}"'} for url in urls])
    watcher.wait([{"keepalive": IDLE}] * len(urls))
    wait_cost(site, watcher, len(urls) + 2)


def test_each_site_has_its_own_applications(site, exporter, folder):
    """The same requests are at an application of one site, and at something unknown of another."""
    first, second, third = apart(site, 3)
    watcher = Watcher(exporter, folder, [
        {"nginx": f'"{first}"', "uwsgi": quoted(site.uwsgi.target)},
        {"nginx": f'"{second}"'},
        {"nginx": f'"{third}"', "uwsgi": quoted(site.uwsgi.target)}])
    read = watcher.wait([LINES, UNNAMED, LINES])
    queues = [set(one.queues("uwsgi_socket_backlog", "name")) for one in read]
    assert queues[0] and queues[0] == queues[2] and not queues[1]
    wait_cost(site, watcher, 3 + 2)


def test_more_applications_than_one_question_takes(site, exporter, folder):
    """Then it is looked at more often, and nothing is left out."""
    urls = apart(site, 3)
    ports = iter(range(20000, 30000))
    watcher = Watcher(exporter, folder, [
        {"nginx": f'"{url}"', "upstreams": quoted(*(f"127.0.0.1:{next(ports)}" for _ in range(60)))}
        for url in urls])
    watcher.wait([UNNAMED] * 3)
    wait_cost(site, watcher, 3 + 2 * 2)


def test_phantoms_of_all(make_ledger_site, exporter, folder):
    """What one look has proved, each site knows."""
    count = 6
    site = make_ledger_site()
    site.clients.idle(8)
    site.wait(active=8, waiting=8)
    watcher = Watcher(exporter, folder, with_app(site, apart(site, count)))
    watcher.wait([{"keepalive": 8}] * count)
    worker = site.busiest_worker()
    phantoms = site.held_by_worker(worker)
    site.signal_worker(worker, signal.SIGKILL)
    site.clients.reset()
    # The exporter's own connections to that worker are phantoms, too.
    look = site.wait_still()
    assert phantoms <= look["active"] <= phantoms + count

    def agree():
        read = watcher.read()
        return all(one.confidence == "exact" and set(one.lines) == {"phantom"} and
                   "phantom_counters" in one.findings and one.lines == read[0].lines
                   for one in read) and read
    read = wait_until(agree, WAIT_SECONDS, "the same phantoms of all sites")
    assert phantoms <= read[0].lines["phantom"] <= phantoms + count
    wait_cost(site, watcher, count + 2)


@pytest.mark.parametrize("user", [ROOT, NOBODY])
def test_one_run(site, ledger_reader, folder, user):
    """A program that runs once remembers nothing, and has all the same."""
    count = 10
    ports = {"ports": "[" + ", ".join(map(str, site.ports)) + "]"}
    for urls in together, apart:
        sites = with_app(site, urls(site, count))
        config = write_config(folder, [{**one, **ports} for one in sites])

        def is_right():
            result = ledger_reader.run(EXPORTER, user, "--once", "--config.file", config)
            assert result.status == 0, result
            read = of_sites(result.samples(), count, user)
            for one in read:
                assert one.confidence in EITHER and not one.bounds["phantom"][0], one
                # Who cannot see that they are one nginx has the others' connections among the
                # clients of each, if they were open just then.
                assert one.is_within(LINES) or one.lines["keepalive"] > IDLE, one
            return all(one.lines == LINES for one in read) and (
                user == NOBODY or all(one.confidence == "exact" for one in read))
        wait_until(is_right, WAIT_SECONDS, f"the right ledgers of {urls.__name__}")


class Monitors:
    """Those who ask for the same nginx at once, each as fast as it can."""

    def __init__(self, site, exporter, folder, reader):
        self._reader, self._site = reader, site
        self._watchers = []
        for number, urls in enumerate((apart, together)):
            (folder / f"config{number}").mkdir()
            self._watchers.append(Watcher(exporter, folder / f"config{number}",
                                          with_app(site, urls(site, 10))))
        self._lock = threading.Lock()
        self.readings = []

    def _watch(self, watcher):
        for _ in range(ROUNDS):
            read = watcher.read()
            with self._lock:
                self.readings += read

    def _check(self):
        """check_connections keeps what it knows in a state file."""
        for _ in range(ROUNDS):
            result = self._reader.run(CHECK, ROOT, "--nginx", self._site.nginx.status_url,
                                      "--uwsgi", self._site.uwsgi.target)
            assert "phantom" not in result.out.partition("|")[0].lower(), result
            assert result.perfdata()["phantom"] == "0", result

    def run(self):
        """Each exporter is asked by two."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [pool.submit(self._watch, watcher) for watcher in self._watchers * 2]
            jobs.append(pool.submit(self._check))
            for job in jobs:
                job.result()


def test_several_monitors_at_once(site, exporter, folder, ledger_reader):
    """Nobody was killed: every phantom is false."""
    monitors = Monitors(site, exporter, folder, ledger_reader)
    monitors.run()
    assert len(monitors.readings) == 2 * 2 * ROUNDS * 10
    for one in monitors.readings:
        assert "phantom_counters" not in one.findings and "worker_crashed" not in one.findings, one
        assert one.bounds["phantom"][0] == 0, one
        # Others' connections come on top, and may be on any line.
        assert one.confidence in EITHER, one
        assert one.bounds["app"][1] >= SLOW and one.bounds["keepalive"][1] >= IDLE, one


def test_a_thousand_sites(make_ledger_site, exporter, folder):
    """The last of them has time, too."""
    count = 1000
    site = make_ledger_site(worker_connections=2 * count)
    site.clients.idle(IDLE)
    site.wait(active=IDLE, waiting=IDLE)
    watcher = Watcher(exporter, folder, [
        {"nginx": f'"{url}"'} for url in together(site, count // 2) + apart(site, count // 2)])
    read = watcher.read()
    assert len(read) == count
    assert {one.confidence for one in read} <= set(EITHER)
    watcher.wait([{"keepalive": IDLE}] * count)


def test_a_hung_neighbour(site, exporter, folder):
    """A site whose application hangs has its ledger at the end, from a look of its own."""
    with socket.create_server(("127.0.0.1", 0)) as hung:
        urls = apart(site, 4)
        sites = with_app(site, urls)
        sites[1]["uwsgi"] = quoted(f"tcp://127.0.0.1:{hung.getsockname()[1]}")
        sites[1]["timeout"] = "1s"
        watcher = Watcher(exporter, folder, sites)
        watcher.wait([LINES, UNNAMED, LINES, LINES])


def test_collectd(site, collectd):
    """Its threads read one site each."""
    count = 12
    names = [f"s{number}" for number in range(count)]
    server = collectd(block_of("".join(
        site_of(name, f'Nginx "{url}"', f'Uwsgi "{site.uwsgi.target}"')
        for name, url in zip(names, apart(site, count), strict=True))), interval=1)
    expected = {"current_connections-keepalive": IDLE, "current_connections-app": SLOW,
                "current_connections-phantom": 0, "gauge-confidence": 2}

    def all_agree():
        values = server.values()
        assert all(values.get(f"connledger-{name}/current_connections-phantom", 0) == 0
                   for name in names), values
        return all(values.get(f"connledger-{name}/{series}") == value
                   for name in names for series, value in expected.items())
    try:
        wait_until(all_agree, WAIT_SECONDS, "the same ledger of all sites")
    except TimeoutError as error:
        raise AssertionError(f"{error}: {server.values()}\n{server.process.log_text()}") from error
    stop(server)
