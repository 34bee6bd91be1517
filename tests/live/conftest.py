# SPDX-License-Identifier: MIT
"""Live tests: the built programs against real servers, which are started here on loopback.

    /usr/bin/python3 -m pytest -q tests/live          from the root of the repository
    CONNLEDGER_BUILD=build/san ...                    for the programs of another build
    CHECK_SEED=1 ...                                  in an order that depends on the number

A server that is not installed is a failure, never a skip: `make deps` installs all of them. What
the machine does not allow is a skip that says so (privileges.py).
"""

import functools
import itertools
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "live")]

import pytest  # noqa: E402

import badserver  # noqa: E402
import certificates  # noqa: E402
import pages  # noqa: E402
import privileges  # noqa: E402
import side_by_side  # noqa: E402
from demo.collector import Collectd, sanitizer_preload  # noqa: E402
from definitions import Definitions  # noqa: E402
from demo.process import START_SECONDS, wait_until  # noqa: E402
from demo.site import Nginx, Uwsgi  # noqa: E402
from exporter_kit import Exporter  # noqa: E402
from ledger_kit import Reader  # noqa: E402
from ledger_net import Namespace  # noqa: E402
from ledger_site import LedgerSite  # noqa: E402
from munin_kit import MuninTree  # noqa: E402
from munin_master import MuninMaster  # noqa: E402
from nagios_kit import Nagios  # noqa: E402
from own_site import OwnSite  # noqa: E402
from programs import Programs, sanitizer_env  # noqa: E402
from starting import starting  # noqa: E402


def pytest_configure(config):
    """SIGTERM stops the tests as Ctrl-C does: servers are stopped, folders removed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    side_by_side.begin(config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    return side_by_side.processes()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    side_by_side.set_up()


def pytest_collection_modifyitems(items):
    """Another order of files, and of the tests in each. Processes that share the tests have to
    agree on it."""
    seed = os.environ.get("CHECK_SEED")
    if seed:
        files = {}
        for item in items:
            files.setdefault(item.path, []).append(item)
        chance = random.Random(seed)
        for tests in files.values():
            chance.shuffle(tests)
        items[:] = itertools.chain.from_iterable(chance.sample(list(files.values()), len(files)))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report):
    privileges.judge(report)


def pytest_terminal_summary(terminalreporter):
    for line in privileges.summary(terminalreporter.stats.get("skipped", [])):
        terminalreporter.line(line)


@pytest.fixture(scope="session")
def top():
    """A folder for all servers: its path is short, since the path of a unix socket has to be, and
    others may pass through it, since Munin runs plugins as nobody."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="cl-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def folder(top):
    """A fresh folder for one test."""
    path = pathlib.Path(tempfile.mkdtemp(dir=top))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def build():
    path = pathlib.Path(os.environ.get("CONNLEDGER_BUILD", "build"))
    return path if path.is_absolute() else ROOT / path


@pytest.fixture
def programs(build, folder):
    """Runs what was built, with a state directory of its own."""
    return Programs(build, folder)


@pytest.fixture(scope="session")
def uwsgi(top):
    """Starts (once each) a uWSGI whose stats server is "unix", "tcp", "abstract" or "http"."""
    running = {}

    def start(stats="unix"):
        if stats not in running:
            running[stats] = Uwsgi(top / f"uwsgi-{stats}", stats=stats,
                                   listen="tcp" if stats == "tcp" else "unix")
            if stats == "tcp":  # whatever it says of itself stands still from then on
                wait_until(running[stats].knows_its_queue, START_SECONDS, "listen queue")
        return running[stats]
    yield start
    for server in running.values():
        server.process.signal(server.process.stop_signal)
    for server in running.values():
        server.stop()


@pytest.fixture(scope="session")
def ca(top):
    """A self-made certificate authority, with a server's and a client's certificate."""
    return certificates.make(top / "ca")


@pytest.fixture(scope="session")
def nginx(top, uwsgi, ca):
    """nginx in front of the "unix" uWSGI, with the pages of pages.py beside its status pages."""
    added = pages.Pages(ca)
    server = Nginx(top / "nginx", uwsgi("unix").nginx_app,
                   locations=added.locations, servers=added.servers)
    server.pages = added
    yield server
    server.stop()


@pytest.fixture
def own_site(folder):
    """A site of the test's own, which it may load and stop."""
    site = OwnSite(folder / "site")
    yield site
    site.stop()


@pytest.fixture
def bad():
    """Starts a server that misbehaves: bad(behaviour) or bad(behaviour, path=unix_socket)."""
    with starting(badserver.BadServer) as start:
        yield start


@pytest.fixture
def dead_port():
    """A port that is nobody's: connecting is refused. It stays taken as long as the test runs."""
    with badserver.dead_port() as port:
        yield port


@pytest.fixture
def exporter(programs):
    """Starts an exporter: exporter("--nginx.scrape-uri", ...)."""
    with starting(functools.partial(Exporter, programs)) as start:
        yield start


@pytest.fixture
def munin(folder):
    """A private Munin node that has no plugins yet."""
    tree = MuninTree(folder / "munin")
    yield tree
    tree.stop()


@pytest.fixture
def node(munin, build):
    """The same with both plugins, installed as a package would install them."""
    munin.install(build / "munin" / "connledger")
    munin.install(build / "munin" / "connledger_")
    return munin


@pytest.fixture
def master(munin, folder):
    """A private Munin master of that node."""
    return MuninMaster(folder / "master", munin)


@pytest.fixture
def nagios(folder):
    """Makes a private Nagios: nagios(objects), see nagios_kit.py."""
    number = itertools.count()
    with starting(lambda objects, **more: Nagios(folder / f"nagios{next(number)}", objects,
                                                 **more)) as start:
        yield start


@pytest.fixture(scope="session")
def definitions(top, build):
    """The checks and their definitions, installed."""
    return Definitions(ROOT, build, top / "installed")


@pytest.fixture
def collectd(folder, build):
    """Starts a private collectd: collectd(block) loads connledger, configured by `block`, or the
    one of another build, `of`."""
    number = itertools.count()

    def make(block, *, load=True, of=None, **more):
        library = (of or build) / "collectd" / "connledger.so"
        if load:
            more["plugin_dir"] = library.parent
            more["env"] = {**os.environ, **sanitizer_env(),
                           "LD_PRELOAD": sanitizer_preload(library), **more.get("env", {})}
        return Collectd(folder / f"collectd{next(number)}", block, **more)
    with starting(make) as start:
        yield start


@pytest.fixture(scope="session")
def ledger_sites(top, ca):
    """The sites that the ledger's situations share: ledger_sites("unix") is one whose nginx reaches
    uWSGI so; each situation leaves it calm."""
    running = {}
    kinds = {"tcp": {}, "unix": {"stats": "unix", "workers": 2, "threads": 2}}

    def get(listen):
        if listen not in running:
            running[listen] = LedgerSite(top / f"ledger-{listen}", ca, listen=listen,
                                         **kinds[listen])
        return running[listen]
    yield get
    for site in running.values():
        site.stop()


@pytest.fixture
def ledger_site(ledger_sites):
    return ledger_sites("tcp")


@pytest.fixture
def make_ledger_site(folder, ca):
    """Starts sites for situations that cannot be undone: make_ledger_site(backlog=8)."""
    number = itertools.count()
    with starting(lambda **more: LedgerSite(folder / f"site{next(number)}", ca, **more)) as start:
        yield start


@pytest.fixture
def alone(folder):
    """The test is in a network namespace without any other nginx: nobody too can tell then which
    processes are those of its site."""
    namespace = Namespace(folder, "alone")
    try:
        with namespace.entered():
            yield
    finally:
        namespace.stop()


@pytest.fixture(scope="session")
def ledger_reader(build, top):
    """Reads ledgers as root and as nobody."""
    folder = top / "reader"
    folder.mkdir()
    return Reader(Programs(build, folder), folder)
