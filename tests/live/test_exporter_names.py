# SPDX-License-Identifier: MIT
"""Host names of targets: where they may lead /probe, and what a name server that hangs costs. The
name server is fake_dns.c, which needs no privilege."""

import subprocess
import urllib.parse

import pytest

import behaviours
from conftest import ROOT
from demo.process import wait_until
from programs import sanitizer_env

PAGE = behaviours.answers(
    b"HTTP/1.0 200 OK\r\n\r\nActive connections: 1 \nserver accepts handled requests\n 5 5 5 \n"
    b"Reading: 0 Writing: 1 Waiting: 0 \n")
LOOKUPS_MAX = 8
OWN_THREADS = 8  # main, up to five of the queue, one that ends connections; a sanitizer's


@pytest.fixture
def names(exporter, folder):
    """Starts an exporter that asks the fake name server, which hangs as long as `names.hung` and
    `names.known` are there."""
    library = folder / "fake_dns.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, ROOT / "tests/live/fake_dns.c", "-ldl"],
                   check=True)
    options = sanitizer_env()["ASAN_OPTIONS"] + ":verify_asan_link_order=0"

    def start(*args):
        return exporter(*args, wrapper=["env", f"LD_PRELOAD={library}", f"ASAN_OPTIONS={options}",
                                        f"FAKE_DNS_HUNG={start.hung}",
                                        f"FAKE_DNS_KNOWN={start.known}"])
    start.hung, start.known = folder / "hung", folder / "known"
    yield start
    start.hung.unlink(missing_ok=True)
    start.known.unlink(missing_ok=True)


def probe(server, target, module="default"):
    return server.get("/probe?" + urllib.parse.urlencode({"target": target, "module": module}))


def test_where_a_name_may_lead(names, bad, folder):
    path = folder / "probes.yml"
    path.write_text("modules:\n"
                    "  default: {targets: ['*.example.org', 127.0.0.9]}\n"
                    "  here: {targets: ['*.example.org', 127.0.0.0/8]}\n"
                    "  local: {targets: [localhost]}\n", encoding="utf-8")
    server = names("--config.file", path)
    page = bad(PAGE)
    port = page.url.rsplit(":", 1)[1].split("/")[0]
    for where in ("to-127-0-0-1", "to-0-0-0-0", "to-169-254-169-254", "to-10-0-0-1", "to-192-168-0-1",
                  "to-100-64-0-1", "to-255-255-255-255"):
        for form in ("http://{}.example.org:{}/", "https://{}.example.org:{}/",
                     "tcp://{}.example.org:{}", "{}.example.org:{}"):
            status, said = probe(server, form.format(where, port))
            assert status == 403 and "leads to a private address" in said, (where, form, said)
    assert page.connections == 0
    status, said = probe(server, f"http://to-127-0-0-1.example.org:{port}/", "here")
    assert status == 200 and "\nnginx_up 1\n" in said
    status, said = probe(server, f"http://localhost:{port}/", "local")
    assert status == 200 and "\nnginx_up 1\n" in said
    assert page.connections == 2


@pytest.mark.parametrize("scheme", ("http", "https", "tcp"))
def test_a_name_that_leads_elsewhere_each_time(names, bad, folder, scheme):
    """The address that was judged is the one that is asked."""
    path = folder / "probes.yml"
    path.write_text("modules: {default: {targets: ['*.example.org', 127.0.0.9]}}\n",
                    encoding="utf-8")
    server = names("--config.file", path)
    page = bad(PAGE)
    port = page.url.rsplit(":", 1)[1].split("/")[0]
    target = f"{scheme}://flip-127-0-0-9-127-0-0-1.example.org:{port}" + "/" * (scheme != "tcp")
    seen = [probe(server, target)[0] for _ in range(20)]
    assert seen == [200, 403] * 10
    assert page.connections == 0


def test_a_redirect_leads_nowhere(names, bad, folder):
    path = folder / "probes.yml"
    path.write_text("modules: {default: {targets: ['*.example.org', 127.0.0.0/8]}}\n",
                    encoding="utf-8")
    server = names("--config.file", path)
    page = bad(PAGE)
    for status in (301, 302, 303, 307, 308):
        away = bad(behaviours.answers(
            f"HTTP/1.0 {status} Moved\r\nLocation: {page.url}\r\n\r\n".encode()))
        port = away.url.rsplit(":", 1)[1].split("/")[0]
        got, said = probe(server, f"http://to-127-0-0-1.example.org:{port}/")
        assert got == 200 and "\nnginx_up 0\n" in said
    assert page.connections == 0


def test_a_name_server_that_hangs(names, nginx, bad):
    """However many names and scrapes: so many threads and descriptors, and what is known or needs no
    look-up is read meanwhile."""
    port = nginx.status_url.rsplit(":", 1)[1].split("/")[0]
    path = nginx.status_url.split(port, 1)[1]
    targets = [nginx.status_url, f"http://known.example.org:{port}{path}"]
    args = [arg for target in targets for arg in ("--nginx.scrape-uri", target)]
    hung = [f"{scheme}://hung{number}.example.org:9/" for number in range(50)
            for scheme in ("http", "https")]
    args += [arg for target in hung for arg in ("--nginx.scrape-uri", target)]
    server = names(*args, "--no-collect.ledger", "--nginx.timeout", "4s", "--log.level", "info")

    def up():
        samples = server.samples()
        return [samples[f'nginx_up{{site="{target}"}}'] for target in targets], samples
    descriptors = server.descriptors()
    names.hung.touch()
    assert up()[0] == [1, 1]
    names.known.touch()
    for _ in range(3):
        found, samples = up()
        assert found == [1, 1]
        assert [samples[f'nginx_up{{site="{target}"}}'] for target in hung] == [0] * len(hung)
        assert server.threads() <= OWN_THREADS + LOOKUPS_MAX
        # With connections that are kept, and those of this test.
        assert server.descriptors() <= descriptors + 2 * LOOKUPS_MAX + 8
    log = server.process.log_text()
    assert "was not resolved within 4 s" in log
    assert "8 look-ups of other names hang already" in log
    names.hung.unlink()
    names.known.unlink()
    # Nothing is left of them, and names are looked up again.
    wait_until(lambda: server.samples() and "refused" in server.process.log_text() and
               server.threads() <= OWN_THREADS, 60, "threads to end")
