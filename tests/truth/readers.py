# SPDX-License-Identifier: MIT
"""Who asks connledger of a site: programs that run once and one that stays, as root and as nobody,
who is told nginx's ports or not, one alone and several at once."""

import concurrent.futures
import contextlib
import dataclasses
import json
import re
import shutil
import urllib.parse

import ledger_kit
import privileges
import shape as shapes
from exporter_kit import Exporter
from ledger_kit import CHECK, EXPORTER, LINES, NOBODY, ROOT, Reading, as_user
from programs import Programs, run

SITES = 3  # that name one nginx
ALL, NONE, SOME = "", " without ports", " with some ports"
OF_SITE = re.compile(r'\{site="([^"]*)",?')
FOUND = re.compile(r"^(?:critical|warning|info): (\w+)", re.M)
REASON = re.compile(r"^confidence {2,}(.*(?:\n {10,}.*)*)", re.M)


@dataclasses.dataclass(frozen=True)
class Way:
    """How it is read. The name says all to those who read the figures."""

    program: str  # "once", "unix" (over a unix socket), "metrics", "api", "sites", "check"
    user: str = ROOT
    ports: str = ALL  # that it is told of; root finds them

    @property
    def stays(self):
        return self.program in ("metrics", "api", "sites")

    def __str__(self):
        return f"{self.program} as {self.user}{self.ports}"


class Given(Reading):
    """What /api or a check says, in the words of the exporter's text."""

    def __init__(self, user, lines, bounds, confidence, findings, why="", requests=None):
        super().__init__(user, {}, why)
        self._given = lines, bounds, confidence, findings, requests or {}

    all_lines = property(lambda self: self._given[0])
    bounds = property(lambda self: self._given[1])
    confidence = property(lambda self: self._given[2])
    findings = property(lambda self: self._given[3])
    requests = property(lambda self: self._given[4])


def of_api(user, text):
    site = json.loads(text)["sites"][0]
    ledger = site["ledger"]
    lines = ledger["lines"] or []
    return Given(
        user, {line["held_by"]: line["connections"] for line in lines},
        {line["held_by"]: (line.get("low", line["connections"]),
                           line.get("high", line["connections"])) for line in lines},
        ledger["confidence"], {one["finding"]: one["severity"] for one in site["findings"]},
        ledger["reason"] or "",
        {one["held_by"]: (one.get("low", one["requests"]), one["requests"],
                          one.get("high", one["requests"])) for one in ledger["requests"] or []})


def of_check(user, result):
    """Its bounds are nowhere to be seen: those of a line that is not sure are any."""
    data = result.perfdata()
    lines = {line: float(data[line]) for line in LINES if line in data}
    confidence = ("unknown", "bounded", "exact")[int(float(data["confidence"]))]
    bounds = {line: (value, value) if confidence == "exact" else (float("-inf"), float("inf"))
              for line, value in lines.items()}
    reason = REASON.search(result.out)
    return Given(user, lines, bounds, confidence, dict.fromkeys(FOUND.findall(result.out), ""),
                 " ".join(reason[1].split()) if reason else "")


class Readers:
    """All of them, for one site after the other. `limits` names what the machine does not give,
    `without` ways that are not to be chosen."""

    def __init__(self, build, folder, without=frozenset()):
        self._folder = folder
        self._without = without
        bin_folder = folder / "bin"
        for name in (EXPORTER, CHECK):
            path = bin_folder / name
            path.parent.mkdir(parents=True)
            shutil.copy(build / name, path)
        self._programs = Programs(bin_folder, folder)
        self.users = [ROOT]
        self.limits = []
        if privileges.OTHER_USERS.is_given():
            self.users.append(NOBODY)
        else:
            self.limits.append(f"readers as nobody: they need {privileges.OTHER_USERS.name}")

    def ways(self, place):
        """[(way, how often it is to be chosen)]. Who cannot settle what is true takes half a
        second, a program that stays a hundredth of that."""
        found = [(Way("metrics"), 4), (Way("api"), 4), (Way("once"), 4), (Way("check"), 2)]
        if "unix" in place.doors:
            found += [(Way("unix", user), 1) for user in self.users]
        if NOBODY in self.users:
            often = {ALL: 3, NONE: 0.3, SOME: 0.5 if len(place.ports) > 1 else 0}
            found += [(Way(program, NOBODY, ports), often[ports])
                      for program in ("metrics", "once", "check") for ports in often]
        return [(way, often) for way, often in found if often and str(way) not in self._without]

    def site(self, place):
        return SiteReaders(self._programs, self._folder, place)


class SiteReaders:
    """The readers of one site. Those that stay are started when they are wanted."""

    def __init__(self, programs, folder, place):
        self._programs = programs
        self._folder = folder
        self._place = place
        self._staying = {}
        self._undo = contextlib.ExitStack()

    def _told(self, program):
        """The options that tell of uWSGI and of other servers."""
        shape, place = self._place.shape, self._place
        stats, upstream = ("--uwsgi", "--upstream") if program == "check" else \
            ("--uwsgi.stats-uri", "--nginx.upstream")
        words = [word for name in shape.named for word in (upstream, place.servers[name].address)]
        if shape.tells == shapes.STATS:
            words += [stats, place.uwsgi.target]
        elif shape.tells == shapes.ADDRESS:
            words += [upstream, place.uwsgi.nginx_app]
        return words

    def _ports(self, way, option):
        ports = {ALL: self._place.ports, SOME: self._place.ports[:1], NONE: []}[way.ports]
        return [option, ",".join(map(str, ports))] if ports and way.user != ROOT else []

    def read(self, way):
        """Readings: one, or one of each site of a configuration."""
        return getattr(self, f"_{way.program}")(way)

    def kept_by_others(self, way):
        """Connections of exporters that stay, and are none of the one that is asked: clients to it.
        """
        own = self._staying.get(self._key(way)) if way.stays else None
        return self._place.kept(but=own and own.process.pid)

    def at_once(self, ways):
        """Several at the same time: [(way, readings)]"""
        with concurrent.futures.ThreadPoolExecutor(len(ways) or 1) as pool:
            return list(zip(ways, pool.map(self.read, ways)))

    # ---- programs that run once ------------------------------------------------------------------

    def _run(self, name, way, args):
        return run([*as_user(way.user), self._programs.path(name), *args], env=self._programs.env,
                   cwd=self._folder)

    def _once(self, way, url=None):
        result = self._run(EXPORTER, way, [
            "--once", "--nginx.scrape-uri", url or self._place.status_url,
            *self._told(way.program), *self._ports(way, "--nginx.ports")])
        assert result.status == 0, result
        return [Reading(way.user, result.samples(), result.err)]

    def _unix(self, way):
        return self._once(way, f"unix:{self._place.doors['unix'].address}:/stub_status")

    def _check(self, way):
        """It remembers: in a folder of its user's own."""
        folder = self._place.folder / f"state-{way}".replace(" ", "-")
        folder.mkdir(exist_ok=True)
        if way.user != ROOT:
            shutil.chown(folder, way.user)
        result = self._run(CHECK, way, [
            "--nginx", self._place.status_url, *self._told(way.program),
            *self._ports(way, "--ports"), "-v", "--state-dir", folder])
        assert result.status in (0, 1, 2), result
        return [of_check(way.user, result)]

    # ---- one that stays --------------------------------------------------------------------------

    @staticmethod
    def _key(way):
        """Of the exporter that is asked: /metrics and /api are one's."""
        return way.program == "sites", way.user, way.ports

    def _exporter(self, way, args):
        key = self._key(way)
        if key not in self._staying:
            made = self._undo.enter_context(contextlib.closing(Staying(
                self._programs, way.user, [*args, *self._ports(way, "--nginx.ports")])))
            self._staying[key] = made
            self._place.exporters.append(made.process.pid)
        return self._staying[key]

    def _alone(self, way):
        return self._exporter(way, ("--nginx.scrape-uri", self._place.status_url,
                                    *self._told(way.program)))

    def _metrics(self, way):
        return [Reading(way.user, self._alone(way).samples(), "")]

    def _api(self, way):
        status, body = self._alone(way).get("/api/v1/sites")
        assert status == 200, body
        return [of_api(way.user, body)]

    def _sites(self, way):
        """Several sites of one configuration name the same nginx by other addresses."""
        path = self._place.folder / "sites.yml"
        if not path.exists():
            path.write_text(self._configuration())
        samples = self._exporter(way, ("--config.file", str(path))).samples()
        return [Reading(way.user, {
            OF_SITE.sub("{", series, count=1): value for series, value in samples.items()
            if (match := OF_SITE.search(series)) and match[1] == f"site{number}"}, "")
            for number in range(SITES)]

    def _configuration(self):
        place = self._place
        url = urllib.parse.urlsplit(place.status_url)
        targets = [place.status_url, url._replace(path="/nginx_status").geturl(),
                   url._replace(netloc=f"localhost:{url.port}").geturl()]
        servers = [place.servers[name].address for name in place.shape.named]
        uwsgi = [place.uwsgi.target] if place.shape.tells == shapes.STATS else []
        if place.shape.tells == shapes.ADDRESS:
            servers.append(place.uwsgi.nginx_app)
        return json.dumps({"sites": {
            f"site{number}": {"nginx": target, "uwsgi": uwsgi, "upstreams": servers}
            for number, target in enumerate(targets)}})

    def stop(self):
        self._undo.close()
        self._place.exporters.clear()


class Staying(Exporter):
    """An exporter that stays, of any user."""

    def __init__(self, programs, user, args):
        super().__init__(programs, *args, wrapper=as_user(user))

    def close(self):
        self.stop()


assert ledger_kit.LINES == LINES
