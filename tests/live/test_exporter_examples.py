# SPDX-License-Identifier: MIT
"""The files of prometheus_exporter/examples do what they say."""

import pathlib
import shutil
import subprocess

from demo.process import find_program

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "prometheus_exporter/examples"


def test_the_configuration(programs):
    result = programs.exporter("--config.file", EXAMPLES / "connledger.yml", "--check-config")
    assert result.status == 0, result
    assert "2 sites" in result.out and "1 module" in result.out


def test_the_web_configuration(programs, ca, folder):
    """With a certificate of our own beside it."""
    shutil.copy(EXAMPLES / "web-config.yml", folder)
    shutil.copy(ca.server_cert, folder / "server.crt")
    shutil.copy(ca.server_key, folder / "server.key")
    result = programs.exporter("--web.config.file", folder / "web-config.yml", "--check-config")
    assert result.status == 0, result


def test_the_alerts():
    for words in (["check", "rules", "alerts.yml"], ["test", "rules", "alerts_test.yml"]):
        done = subprocess.run([find_program("promtool"), *words], cwd=EXAMPLES, text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_alerts_ask_for_series_that_exist(programs, nginx, uwsgi):
    """A name that is misspelled would never fire."""
    shown = programs.exporter("--once", "--nginx.scrape-uri", nginx.status_url,
                              "--config.file", EXAMPLES / "connledger.yml",
                              "--uwsgi.stats-uri", uwsgi("unix").target).out
    rules = (EXAMPLES / "alerts.yml").read_text()
    for name in ("nginx_up", "uwsgi_up", "nginx_connections_dropped_total", "uwsgi_worker_busy",
                 "uwsgi_worker_idle", "nginx_listener_queue_length", "nginx_listener_queue_limit",
                 "uwsgi_socket_backlog_length", "uwsgi_socket_backlog_limit",
                 "uwsgi_worker_harakiri_count_total", "connledger_finding",
                 "connledger_exporter_config_last_reload_successful"):
        assert name in rules and f"\n{name}" in shown, name
