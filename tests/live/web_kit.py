# SPDX-License-Identifier: MIT
"""An exporter with a web configuration: its file, certificates of every kind, curl, and a real
Prometheus that scrapes it."""

import dataclasses
import http.client
import json
import re
import ssl
import subprocess
import urllib.parse

from certificates import NEW_KEY
from demo.process import Process, free_port
from demo.site import http_get
from programs import assert_clean, sanitizer_env

CURL_SECONDS = 60
NOBODY = "http://127.0.0.1:9/status"  # a target that is always down

# bcrypt of cost 10, and one of cost 13, which takes about half a second.
PASSWORD = "open sesame"
HASH = "$2b$10$k5dmGE8345YObYws67F.gegzd3Z.kb5i9sG2dJLkJv/t//PqDAQL2"
NEW_PASSWORD = "new sesame"
NEW_HASH = "$2b$10$cFEgdMSkALsD/N3KPtcYzewCfLanXj3/Mhs6tnI4l0YFeCtoc2Fmq"
SLOW_PASSWORD = "slow"
SLOW_HASH = "$2b$13$AEFSMo77.p9Vyc5L6J2J7OiUV0PFWvcO1yTh3TIEULXMAf6WhQALS"


def _openssl(*args):
    subprocess.run(["openssl", *(str(arg) for arg in args)], check=True, capture_output=True)


class Authority:
    """Signs certificates as they are asked for."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        self.cert, self.key = folder / "ca.pem", folder / "ca.key"
        _openssl("req", "-x509", *NEW_KEY, "-keyout", self.key, "-out", self.cert, "-days", "2",
                 "-subj", "/CN=connledger test CA",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        (folder / "index.txt").write_text("")
        (folder / "ca.cnf").write_text(
            f"[ca]\ndefault_ca=it\n[it]\ndatabase={folder}/index.txt\nnew_certs_dir={folder}\n"
            "default_md=sha256\npolicy=any\nunique_subject=no\nrand_serial=yes\n"
            "[any]\ncommonName=supplied\n")

    def issue(self, name, extension="", *, expired=False, new_key=NEW_KEY):
        """Writes NAME.pem and NAME.key, and returns both paths."""
        key, request, cert = (self.folder / f"{name}.{end}" for end in ("key", "csr", "pem"))
        settings = self.folder / f"{name}.ext"
        settings.write_text(extension + "\n")
        _openssl("req", *new_key, "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        dates = (("-startdate", "20200101000000Z", "-enddate", "20200102000000Z") if expired
                 else ("-days", "2"))
        _openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-cert", self.cert,
                 "-keyfile", self.key, *dates, "-extfile", settings, "-in", request, "-out", cert)
        return cert, key

    def server(self, name, **more):
        return self.issue(name, "subjectAltName=DNS:localhost,IP:127.0.0.1", **more)

    def client(self, name, names="", **more):
        return self.issue(name, "extendedKeyUsage=clientAuth\n" +
                          (f"subjectAltName={names}" if names else ""), **more)


@dataclasses.dataclass
class Answer:
    curl: int  # its exit status
    status: int  # 0: there was no answer
    headers: dict
    names: list  # of all header lines, in lower case
    body: str
    err: str


def curl(url, *args):
    done = subprocess.run(["curl", "-sS", "-i", "--max-time", str(CURL_SECONDS),
                           *(str(arg) for arg in args), url],
                          capture_output=True, timeout=2 * CURL_SECONDS, check=False)
    head, _, body = done.stdout.decode().partition("\r\n\r\n")
    lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in
               (line.partition(": ") for line in lines[1:])}
    status = int(lines[0].split()[1]) if lines[0] else 0
    names = [line.partition(":")[0].lower() for line in lines[1:]]
    return Answer(done.returncode, status, headers, names, body, done.stderr.decode())


class WebExporter:
    """`config` is the text of its web configuration, in which {folder} is `folder`."""

    def __init__(self, programs, folder, config, *args):
        self.folder = folder
        self.file = folder / "web.yml"
        self.write(config)
        self.port = free_port()
        self.process = Process(
            [programs.path("prometheus_exporter/connledger_exporter"), "--nginx.scrape-uri", NOBODY,
             "--web.config.file", self.file, "--web.listen-address", f"127.0.0.1:{self.port}",
             *args],
            folder / f"exporter-{self.port}.log", env={**programs.env, **sanitizer_env()})
        self.process.wait_ready(lambda: "msg=listening" in self.log())

    def write(self, config):
        self.file.write_text(config)

    def log(self):
        return self.process.log_text()

    def url(self, path="/metrics", scheme="http"):
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def stop(self):
        status = self.process.stop()
        assert_clean(self.log())
        return status


def serial_of(server, authority):
    """The serial number of the certificate that the server shows now."""
    context = ssl.create_default_context(cafile=authority.cert)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=CURL_SECONDS,
                                             context=context)
    connection.connect()
    serial = connection.sock.getpeercert()["serialNumber"]
    connection.close()
    return serial


class Prometheus:
    """Scrapes one server in several ways: `jobs` is {"name": "more lines of its scrape_config"}."""

    def __init__(self, folder, port, jobs):
        self.port = free_port()
        config = folder / "prometheus.yml"
        config.write_text("scrape_configs:\n" + "".join(
            f"- job_name: {name}\n  scrape_interval: 1s\n  scrape_timeout: 1s\n{more}"
            f"  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
            for name, more in jobs.items()))
        self.process = Process(["prometheus", f"--config.file={config}",
                                f"--storage.tsdb.path={folder}/data",
                                f"--web.listen-address=127.0.0.1:{self.port}"],
                               folder / "prometheus.log", cwd=folder)
        self.process.wait_ready(lambda: self.targets() is not None)

    def _get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CURL_SECONDS)
        return json.loads(http_get(connection, path)[1])["data"]

    def targets(self):
        """{"job": (health, last error)}, once each has been scraped; None before."""
        found = {one["labels"]["job"]: (one["health"], one["lastError"])
                 for one in self._get("/api/v1/targets?state=active")["activeTargets"]}
        if not found or any(health == "unknown" for health, _ in found.values()):
            return None
        return found

    def value(self, query):
        answer = self._get("/api/v1/query?" + urllib.parse.urlencode({"query": query}))
        return [one["value"][1] for one in answer["result"]]

    def stop(self):
        self.process.stop()


def count(pattern, text):
    return len(re.findall(pattern, text))
