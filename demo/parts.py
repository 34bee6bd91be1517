# SPDX-License-Identifier: MIT
"""The four parts of the demo, one for each monitoring system: a command as a user would type it,
and what it prints."""

import http.client
import os
import subprocess

from demo import show
from demo.collector import Collectd, sanitizer_preload
from demo.process import Process, free_port, wait_until
from demo.site import http_get

COMMAND_SECONDS = 60
CONFIG_LINES = 24
READINGS = 3
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


class Failed(Exception):
    """A program did not do what it was to show."""


class Command:
    """A program that runs to its end by itself."""

    def __init__(self, argv, env):
        self.argv = [str(word) for word in argv]
        self._child = subprocess.Popen(self.argv, env={**os.environ, **env}, text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self):
        """Waits for its end; returns (lines of output, exit status)."""
        out, err = self._child.communicate(timeout=COMMAND_SECONDS)
        if not out:
            raise Failed(f"{self.argv[0]}: no output, exit status {self._child.returncode}\n{err}")
        return out.splitlines(), self._child.returncode

    def stop(self):
        with self._child:
            self._child.kill()


def _run(stage, argv, **env):
    return stage.start(Command, argv, env).finish()


def _graph(lines, name):
    """The lines of one graph of a multigraph answer."""
    start = lines.index(f"multigraph {name}")
    end = next((number for number in range(start + 1, len(lines))
                if lines[number].startswith("multigraph ")), len(lines))
    return lines[start:end]


def ledger(stage):
    show.heading("Who is holding every connection")
    show.sentence("""One command tells. It reads nginx, uWSGI and the kernel's own sockets, puts each
        connection on a line by who holds it, and says what to do.""")
    argv = [stage.build / "nagios" / "check_connections", "--nginx", stage.nginx.status_url,
            "--uwsgi", stage.uwsgi.target, "--state-dir", stage.folder, "-v"]
    show.command(argv)
    lines, status = _run(stage, argv)
    # The numbers for graphs stand behind a bar, which Nagios takes away.
    lines[0] = lines[0].partition(" | ")[0]
    for line in lines:
        show.verbatim(line)
    show.output([f"exit status {status}: {STATES[status] if status < 4 else 'unexpected'}"])


def munin(stage):
    show.heading("1. Munin: graphs")
    show.sentence("""The plugin describes its graphs once (config), then gives their values every
        five minutes. Here is how the description of one graph begins, the ledger as stacked areas,
        and the values of all.""")
    plugin = stage.build / "munin" / "connledger"
    settings = {"nginx": stage.nginx.status_url, "uwsgi": stage.uwsgi.target}
    # As a Munin node does it; a person at a terminal need not.
    env = {**settings, "MUNIN_CAP_MULTIGRAPH": "1", "MUNIN_PLUGSTATE": stage.folder}
    config, _ = _run(stage, [plugin, "config"], **env)
    graph = _graph(config, "connledger_held")[:CONFIG_LINES]
    show.command([plugin, "config"], settings)
    show.output(graph, len(config) - len(graph))
    show.command([plugin], settings)
    show.output(_run(stage, [plugin], **env)[0])


def _check(stage, name, remark, args):
    program = stage.build / "nagios" / name
    show.sentence(remark)
    show.command([program, *args])
    lines, status = _run(stage, [program, *args])
    show.output([*lines, f"exit status {status}: {STATES[status] if status < 4 else 'unexpected'}"])


def nagios(stage):
    show.heading("2. Nagios and Icinga: checks")
    _check(stage, "check_nginx", """All is well with nginx as long as it has at most 200
        connections. It is read twice, one second apart, so that rates can be told.""",
           ["--url", stage.nginx.status_url, "--sample", "1", "-w", "200", "-c", "400"])
    _check(stage, "check_uwsgi", """The stuck requests show here: all of the
        application's capacity is busy.""",
           ["--stats", stage.uwsgi.target, "--sample", "1", "-w", "50", "-c", "90"])


BLOCK = """\
LoadPlugin connledger
<Plugin connledger>
  <Site "demo">
    Nginx "{nginx}"
    Uwsgi "{uwsgi}"
  </Site>
</Plugin>"""


def _number(value):
    return f"{value:.0f}" if value == int(value) else f"{value:.6f}".rstrip("0")


def collectd(stage):
    show.heading("3. collectd: values once a second")
    show.sentence("""A private collectd has loaded the plugin with these lines in its configuration
        and read the site a few times. These are the newest values.""")
    block = BLOCK.format(nginx=stage.nginx.status_url, uwsgi=stage.uwsgi.target)
    library = stage.build / "collectd" / "connledger.so"
    preload = sanitizer_preload(library)
    daemon = stage.start(Collectd, stage.folder / "collectd", block,
                         plugin_dir=library.parent.resolve(),
                         env={**os.environ, **({"LD_PRELOAD": preload} if preload else {})})
    try:
        wait_until(lambda: max(map(len, daemon.samples().values()), default=0) >= READINGS,
                   COMMAND_SECONDS, "values from collectd")
    except TimeoutError as error:
        raise Failed(f"{error}; its log:\n{daemon.process.log_text()}") from error
    show.output(block.splitlines())
    show.command(["collectd", "-f", "-C", daemon.config])
    show.table([(name, _number(value)) for name, value in sorted(daemon.values().items())])
    daemon.stop()


SAMPLES = ("nginx_up", "nginx_connections_active", "nginx_connections_writing",
           "connledger_connections", "connledger_confidence", "connledger_finding",
           "uwsgi_up", "uwsgi_socket_backlog", "uwsgi_worker_busy")


def _get(port, uri):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=COMMAND_SECONDS)
    status, body = http_get(connection, uri)
    if status != 200:
        raise Failed(f"the exporter answered {uri} with {status}")
    return body.decode()


def exporter(stage):
    show.heading("4. Prometheus: an exporter")
    show.sentence("""The exporter reads the site whenever Prometheus asks for /metrics. A few of its
        samples:""")
    port = free_port()
    argv = [stage.build / "prometheus_exporter" / "connledger_exporter",
            "--nginx.scrape-uri", stage.nginx.status_url, "--uwsgi.stats-uri", stage.uwsgi.target,
            "--web.listen-address", f"127.0.0.1:{port}"]
    process = stage.start(Process, argv, stage.folder / "exporter.log")
    process.wait_ready(lambda: _get(port, "/-/healthy"))
    metrics = _get(port, "/metrics").splitlines()
    chosen = [line for line in metrics if line.startswith(SAMPLES)]
    show.command(argv)
    show.command(["curl", "-s", f"http://127.0.0.1:{port}/metrics"])
    show.output(chosen, len(metrics) - len(chosen))
    show.table([("status page", f"http://127.0.0.1:{port}/"),
                ("metrics", f"http://127.0.0.1:{port}/metrics")])
    return process
