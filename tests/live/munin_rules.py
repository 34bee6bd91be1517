# SPDX-License-Identifier: MIT
"""The rules of a plugin's text, those of a Munin 3 master, which are the stricter ones, among them.

check(config, values) fails with the line that breaks one.
"""

import re

CATEGORIES = """1sec antivirus appserver auth backup chat cloud cms cpu db devel disk dns
    filetransfer forum fs fw games htc loadbalancer mail mailinglist memory munin network other
    printing processes radio san search security sensors spamfilter streaming system time tv
    virtualization voip webserver wiki wireless""".split()

GRAPH = {"graph_title", "graph_args", "graph_vlabel", "graph_category", "graph_info", "graph_order",
         "graph_scale", "graph_total", "graph_printf"}
FIELD = {"label", "info", "type", "min", "max", "draw", "colour", "cdef", "warning",
         "critical", "value", "extinfo"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What a cdef may name besides fields; see rrdgraph_rpn(1).
CDEF_WORDS = set("""LT LE GT GE EQ NE UN ISINF IF MIN MAX LIMIT ADDNAN SIN COS LOG EXP SQRT ATAN
    ATAN2 FLOOR CEIL ABS UNKN INF NEGINF PREV COUNT DUP POP EXC""".split())
RANGE = re.compile(r"-?[0-9.]+|-?[0-9.]+:|:-?[0-9.]+|-?[0-9.]+:-?[0-9.]+")
VALUE = re.compile(r"U|-?[0-9]+(\.[0-9]+)?")


def blocks(lines):
    """The graphs of an answer: {"graph": {"key": "value"}}; "" is a plugin's only one."""
    found, name = {}, ""
    for line in lines:
        key, _, value = line.partition(" ")
        if key == "multigraph":
            name = value
            assert name not in found, f"{line}: a second time"
            assert NAME.fullmatch(name), line
            found[name] = {}
        else:
            graph = found.setdefault(name, {})
            assert key not in graph, f"{line}: a second time"
            assert value == value.strip() and value and line.isprintable() and line.isascii(), line
            graph[key] = value
    return found


def fields(graph):
    return [key.partition(".")[0] for key in graph if key.endswith(".label")]


def _check_graph(name, graph, stock):
    for key in (key for key in graph if "." not in key):
        assert key in GRAPH, f"{name}: {key}"
    assert graph["graph_category"] in CATEGORIES, graph["graph_category"]
    assert re.fullmatch(r"[A-Za-z0-9 .-]+", graph["graph_title"]), graph["graph_title"]
    assert stock or "--lower-limit 0" in graph["graph_args"], name
    assert stock or len(graph["graph_info"]) > 20, name
    assert ("graph_printf" in graph) == (graph.get("graph_scale") == "no"), name
    assert re.fullmatch(r"%[1-9]\.[0-9]lf", graph.get("graph_printf", "%6.2lf")), name
    order = graph["graph_order"].split()
    assert order == fields(graph) and len(set(order)) == len(order), (name, order)


def _check_field(name, graph, field, stock):
    own = {key.partition(".")[2]: value for key, value in graph.items()
           if key.partition(".")[0] == field}
    assert own.keys() <= FIELD, (name, field, own.keys())
    assert NAME.fullmatch(field) and field != "root", field
    assert not re.search(r"[#\\]", own["label"]), own
    assert not re.search(r"[<>&\\#]", own.get("info", "")), own
    assert stock or own.get("info"), f"{name}.{field} is not explained"
    assert own.get("type", "GAUGE") in ("GAUGE", "DERIVE"), own
    assert own.get("type") != "DERIVE" or own["min"] == "0", own
    # A master of Munin 3 draws hidden fields, and cannot reckon with two.
    named = re.findall(r"[A-Za-z_]\w*", own.get("cdef", field))
    assert set(named) - CDEF_WORDS == {field}, f"{name}.{field}.cdef {own['cdef']}"
    for level in ("warning", "critical"):
        assert RANGE.fullmatch(own.get(level, "1")), own


def check_values(name, graph, values):
    """The values of a graph, and the reasons of those that are not known."""
    named = {key.removesuffix(".value") for key in values if key.endswith(".value")}
    assert named == set(fields(graph)), (name, named)
    for key, value in values.items():
        field, _, what = key.partition(".")
        if what == "extinfo":
            assert not re.search(r"[<>&\\#]", value), value
            continue
        assert what == "value" and VALUE.fullmatch(value), (key, value)
        if graph.get(f"{field}.type") == "DERIVE":
            assert re.fullmatch(r"U|[0-9]+", value), (key, value)


def check(config, values, stock=False):
    """`config` and `values` are the lines that config and fetch print. The fields that are not
    known and have no reason beside them come back: the log has to tell why."""
    graphs, fetched = blocks(config), blocks(values)
    assert graphs.keys() == fetched.keys() and ("" in graphs) == stock, (graphs, fetched)
    unexplained = []
    for name, graph in graphs.items():
        _check_graph(name, graph, stock)
        assert not [key for key in graph if key.endswith((".value", ".extinfo"))], name
        for field in fields(graph):
            _check_field(name, graph, field, stock)
        check_values(name, graph, fetched[name])
        unexplained += [f"{name}.{key}" for key, value in fetched[name].items()
                        if value == "U" and key.replace(".value", ".extinfo") not in fetched[name]]
    return unexplained


def split_dirty(lines):
    """The answer of a dirty config as config and values; both of a graph are in one block."""
    is_value = [".value " in line or ".extinfo " in line for line in lines]
    config = [line for line, value in zip(lines, is_value) if not value]
    values = [line for line, value in zip(lines, is_value)
              if value or line.startswith("multigraph ")]
    return config, values
