# SPDX-License-Identifier: MIT
"""A private Prometheus that scrapes what a test has running, and answers questions about it."""

import http.client
import json
import urllib.parse

from demo.process import Process, free_port, wait_until
from demo.site import http_get

# Series that Prometheus makes itself.
OWN = ("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_series_added",
       "scrape_samples_post_metric_relabeling", "scrape_timeout_seconds",
       "scrape_body_size_bytes", "scrape_sample_limit")
# Labels that tell targets apart.
TARGET = ("instance", "job")


class Prometheus:
    """Scrapes `targets` (host:port) once a second. `job` is more of the scrape configuration, as
    lines of YAML; `features` are those of --enable-feature."""

    def __init__(self, folder, targets, *, features="", job=""):
        folder.mkdir()
        listed = ", ".join(f"'{target}'" for target in targets)
        more = "".join(f"  {line}\n" for line in job.splitlines())
        (folder / "prometheus.yml").write_text(
            "scrape_configs:\n- job_name: site\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
            f"{more}  static_configs:\n  - targets: [{listed}]\n")
        self.port = free_port()
        command = ["prometheus", f"--config.file={folder}/prometheus.yml",
                   f"--storage.tsdb.path={folder}/data",
                   f"--web.listen-address=127.0.0.1:{self.port}"]
        if features:
            command.append(f"--enable-feature={features}")
        self.process = Process(command, folder / "log", cwd=folder)
        self.process.wait_ready(lambda: self._get("/-/ready"))

    def _get(self, uri):
        status, body = http_get(
            http.client.HTTPConnection("127.0.0.1", self.port, timeout=60), uri)
        return body if status == 200 else b""

    def ask(self, path, **words):
        answer = json.loads(self._get(f"/api/v1/{path}?{urllib.parse.urlencode(words)}") or "{}")
        return answer.get("data")

    def query(self, text):
        """{series as a sorted tuple of labels: value}, without the labels of the target."""
        data = self.ask("query", query=text) or {"result": []}
        return {tuple(sorted((name, value) for name, value in one["metric"].items()
                             if name not in TARGET)): float(one["value"][1])
                for one in data["result"]}

    def targets(self):
        """What Prometheus says of each scrape: its health and last error."""
        data = self.ask("targets") or {"activeTargets": []}
        return {one["scrapeUrl"]: (one["health"], one["lastError"])
                for one in data["activeTargets"]}

    def series(self):
        """All series of the last scrape, without Prometheus' own. A scrape that took longer than
        its second leaves none: the next one is waited for."""
        seen = {}

        def succeeded():
            seen.update({"all": self.query('{job="site"}')})
            up = [value for labels, value in seen["all"].items()
                  if dict(labels)["__name__"] == "up"]
            return up and all(up)
        wait_until(succeeded, 60, "a scrape that succeeds")
        return {labels: value for labels, value in seen["all"].items()
                if dict(labels)["__name__"] not in OWN}

    def types(self):
        """{metric: type} as the target has declared it."""
        data = self.ask("targets/metadata") or []
        return {one["metric"]: one["type"] for one in data}

    def wait_scraped(self):
        """Waits until every target was scraped well at least once."""
        wait_until(lambda: self.targets() and all(health == "up" for health, _ in
                                                  self.targets().values()),
                   60, "a scrape")
        return self

    def stop(self):
        self.process.stop()
