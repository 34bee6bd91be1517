# SPDX-License-Identifier: MIT
"""Reads Prometheus' exposition formats: the text ones by Prometheus' own Python client, protobuf by
hand. Each gives {(series name, labels): value}, with labels as a tuple of pairs in their order."""

import re
import struct

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

TEXT = "text/plain;version=0.0.4"
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
PROTOBUF = ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
            "encoding=delimited")
PROTOBUF_TYPES = ("counter", "gauge")


def _add(found, name, labels, value):
    key = name, tuple(labels)
    assert key not in found, f"{key} is there twice"
    found[key] = value


def text(body):
    """The client says "_total" of every counter: the names are those of the lines."""
    found = {}
    lines = [line for line in body.splitlines() if line and line[0] != "#"]
    samples = [one for family in read_text(body) for one in family.samples]
    assert len(lines) == len(samples)
    for line, one in zip(lines, samples):
        _add(found, re.match("[a-zA-Z0-9_]+", line)[0], one.labels.items(), one.value)
    return found


def text_types(body):
    """{family: type}"""
    return dict(re.findall("^# TYPE (\\w+) (\\w+)$", body, re.M))


def openmetrics(body):
    found = {}
    for family in read_openmetrics(body):
        for one in family.samples:
            assert one.timestamp is None and one.exemplar is None
            _add(found, one.name, one.labels.items(), one.value)
    return found


def openmetrics_families(body):
    """{family: (type, unit)}, a counter's without "_total"."""
    return {family.name: (family.type, family.unit) for family in read_openmetrics(body)}


def _varint(data, at):
    number = shift = 0
    while True:
        number |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return number, at


def _fields(data):
    """The fields of a message as (number, value)."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 1:
            value, at = struct.unpack_from("<d", data, at)[0], at + 8
        else:
            assert kind == 2, f"wire type {kind}"
            length, at = _varint(data, at)
            assert at + length <= len(data)
            value, at = data[at:at + length], at + length
        yield tag >> 3, value


def _one(data):
    fields = dict(_fields(data))
    assert len(fields) == len(list(_fields(data))), "a field twice"
    return fields


class Family:
    def __init__(self, data):
        head = {number: value for number, value in _fields(data) if number != 4}
        self.name, self.help = head[1].decode(), head[2].decode()
        self.type = PROTOBUF_TYPES[head[3]]
        self.unit = head.get(5, b"").decode()
        self.samples = {}
        self.created = {}  # {labels: seconds}, where that is said
        for number, value in _fields(data):
            if number == 4:
                self._add_metric(list(_fields(value)))
        assert self.samples

    def _add_metric(self, fields):
        pairs = [_one(value) for number, value in fields if number == 1]
        labels = tuple((pair[1].decode(), pair[2].decode()) for pair in pairs)
        [(number, value)] = [field for field in fields if field[0] != 1]
        assert number == {"gauge": 2, "counter": 3}[self.type]
        value = _one(value)
        assert labels not in self.samples and set(value) <= {1, 3}
        self.samples[labels] = value[1]
        if 3 in value:
            time = _one(value[3])
            self.created[labels] = time[1] + time.get(2, 0) / 1e9


def protobuf_families(body):
    families, at = [], 0
    while at < len(body):
        length, at = _varint(body, at)
        assert at + length <= len(body)
        families.append(Family(body[at:at + length]))
        at += length
    assert len({family.name for family in families}) == len(families)
    return {family.name: family for family in families}


def protobuf(body):
    return {(family.name, labels): value for family in protobuf_families(body).values()
            for labels, value in family.samples.items()}
