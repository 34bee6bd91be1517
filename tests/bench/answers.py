# SPDX-License-Identifier: MIT
"""Answers of a stats server that no test wants to keep: 30 MB each, in uWSGI's own layout."""

import dataclasses
import pathlib
import re

WANTED_BYTES = 30 * 1000 * 1000
ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURE = ROOT / "tests" / "golden" / "uwsgi" / "huge_32x32_metrics" / "input"
LARGE_WORKERS, LARGE_CORES = 200, 256
IN_FLIGHT = 3  # one core in so many is at a request
METRIC = re.compile(r'^\t\t"([^"]+)":', re.M)
WORKER_METRIC = re.compile(r"worker\.([1-9]\d*)\.(.*)")
CORE_METRIC = re.compile(r"worker\.\d+\.core\.")
WORKER_ID = re.compile(r'^\t\t\t"id":(\d+),', re.M)


@dataclasses.dataclass
class Answer:
    """A file, and what a parser has to find in it."""

    path: pathlib.Path
    workers: int
    cores: int
    metrics: int

    def megabytes(self):
        return self.path.stat().st_size / 1e6

    def found_by(self, line):
        """Whether the last line of bench_uwsgi says that all of it was read."""
        return line.startswith(
            f"workers {self.workers} cores {self.cores} metrics {self.metrics} ")


def _fixture_parts():
    """Four texts: up to the metrics, the metrics, up to the workers, the workers; and the end."""
    text = FIXTURE.read_text()
    split = re.fullmatch(r'(.*\n\t"metrics":\t\{\n)(.*?)(\n\t\},\n.*\n\t"workers":\[\n)(.*)'
                         r'(\n\t\]\n\})', text, re.S)
    return split.groups()


def recorded():
    """The recorded answer as it is."""
    _, metrics, _, workers, _ = _fixture_parts()
    return Answer(FIXTURE, len(WORKER_ID.findall(workers)), workers.count('"in_request":'),
                  sum(not CORE_METRIC.match(name) for name in METRIC.findall(metrics)))


def repeated(path):
    """The recorded answer of 32 workers with 32 threads, over and over: each time its workers get
    fresh ids, in their metrics too, so that the whole is one answer of many workers. Metrics that
    belong to no worker get fresh names."""
    head, metrics, middle, workers, end = _fixture_parts()
    step = 1 + max(map(int, WORKER_ID.findall(workers)))
    copies = 1 + WANTED_BYTES // (len(metrics) + len(workers))

    def fresh_name(name, copy):
        worker = WORKER_METRIC.match(name)
        if worker:
            return f"worker.{int(worker[1]) + copy * step}.{worker[2]}"
        return f"copy{copy}.{name}"

    def fresh(copy):
        return (METRIC.sub(lambda m: f'\t\t"{fresh_name(m[1], copy)}":', metrics),
                WORKER_ID.sub(lambda m: f'\t\t\t"id":{int(m[1]) + copy * step},', workers))

    once = recorded()
    pairs = [fresh(copy) for copy in range(copies)]
    path.write_text(head + ",\n".join(pair[0] for pair in pairs) + middle +
                    ",\n".join(pair[1] for pair in pairs) + end)
    return Answer(path, copies * once.workers, copies * once.cores, copies * once.metrics)


VARS = """\
"REQUEST_METHOD=GET",
"REQUEST_URI=/shop/list?category={core}&page=2&sort=price&order=ascending",
"PATH_INFO=/shop/list",
"QUERY_STRING=category={core}&page=2&sort=price&order=ascending",
"SERVER_PROTOCOL=HTTP/1.1",
"SCRIPT_NAME=",
"SERVER_NAME=shop.example.org",
"SERVER_PORT=443",
"REQUEST_SCHEME=https",
"HTTPS=on",
"DOCUMENT_ROOT=/var/www/shop",
"REMOTE_ADDR=198.51.100.{core}",
"REMOTE_PORT=52044",
"HTTP_X_FORWARDED_FOR=198.51.100.{core}",
"HTTP_SEC_FETCH_DEST=document",
"HTTP_SEC_FETCH_MODE=navigate",
"HTTP_SEC_FETCH_SITE=same-origin",
"HTTP_HOST=shop.example.org",
"HTTP_ACCEPT=text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
"HTTP_ACCEPT_LANGUAGE=en-GB,en;q=0.7,de;q=0.3",
"HTTP_ACCEPT_ENCODING=gzip, deflate, br",
"HTTP_COOKIE=session={core:032x}; theme=\\"dark\\"; basket=17.21.105.342",
"HTTP_USER_AGENT=Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
"HTTP_REFERER=https://shop.example.org/shop/list?category={core}&page=1",
""
"""


def large(path, workers_max=LARGE_WORKERS):
    """Workers of 256 cores, one core in three at a request: its variables are most of the text,
    and nothing of them may stay in memory."""
    head, _, middle, workers, end = _fixture_parts()
    worker = workers[:workers.index("\n\t\t},") + len("\n\t\t}")]
    start = worker.index("\t\t\t\t{\n", worker.index('"cores":['))
    stop = worker.index("\n\t\t\t\t}", start) + len("\n\t\t\t\t}")
    core = worker[start:stop]
    tail = worker[worker.index("\n\t\t\t]", stop):]

    def one(number):
        text = core.replace('"id":0,', f'"id":{number},')
        if number % IN_FLIGHT:
            return text
        text = text.replace('"in_request":0', '"in_request":1')
        text = text.replace('"vars":[\n\n', '"vars":[\n' + VARS.format(core=number))
        return text.replace('{\n\n', '{\n\t\t\t\t\t\t"request_start":1795339580\n')

    cores = ",\n".join(map(one, range(LARGE_CORES))) + tail
    with open(path, "w", encoding="utf-8") as file:
        file.write(head.removesuffix('\t"metrics":\t{\n') + middle.removeprefix("\n\t},\n"))
        for number in range(1, workers_max + 1):
            file.write(worker[:start].replace('"id":1,', f'"id":{number},', 1) + cores +
                       (",\n" if number < workers_max else ""))
        file.write(end)
    return Answer(path, workers_max, workers_max * LARGE_CORES, 0)
