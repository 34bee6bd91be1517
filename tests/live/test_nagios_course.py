# SPDX-License-Identifier: MIT
"""The definitions for Nagios in a real one: what it makes of states, output, time and trouble that
comes and goes."""

import re

import pytest

from answers import STUB_STATUS, http
from behaviours import answers, hung
from demo.process import wait_until

COURSE_SECONDS = 60
GENERIC = """\
define service {
    name generic-service
    check_period always
    notification_period always
    contacts nobody
    register 0
}
"""
HOST = """\
define host {{
    host_name {}
    address 127.0.0.1
    max_check_attempts 1
    check_period always
    notification_period always
    contacts nobody
}}
"""
SERVICE = """\
define service {{
    use connledger-service,generic-service
    host_name web
    service_description {}
    check_command {}
}}
"""
# What a command is given has been through the macros, what is written to the file has not.
SETTINGS = """\
process_performance_data=1
service_perfdata_file={top}/perfdata
service_perfdata_file_template=$SERVICEDESC$\\t$SERVICEPERFDATA$
service_perfdata_file_mode=a
service_perfdata_command=note
service_check_timeout=12
log_service_retries=1
service_check_timeout_state=u
"""
NOTE = """\
define command {{
    command_name note
    command_line printf '%s\\t%s\\n' '$SERVICEDESC$' '$SERVICEPERFDATA$' >> {top}/noted
}}
define command {{
    command_name check_cluster
    command_line $USER1$/check_cluster --service -l '$ARG1$' -w '$ARG2$' -c '$ARG3$' -d '$ARG4$'
}}
"""


def test_nagios_accepts_the_definitions(nagios, definitions):
    hosts = "".join(HOST.format(name) for name in ("web1", "localhost"))
    server = nagios(GENERIC + hosts + definitions.text("connledger.cfg", examples=True))
    result = server.verify()
    assert result.status == 0 and "Total Warnings: 0" in result.out, result.out
    assert "Checked 5 services" in result.out, result.out


def _services(top, nginx, uwsgi, bad):
    state = f"--state-dir {top}/state"
    page = f"check_nginx!/stub_status!-p {nginx.port} {state}"
    stats = f"check_uwsgi!{uwsgi.target}!{state}"
    return {
        "fine": f"{page} -w active=1000 -c ~:2000 -w requests_per_second=@1e6:1e7",
        "url": f"check_nginx_url!unix:{nginx.socket}:/stub_status!{state} -w 0",
        "uwsgi": f"{stats} -w 1000 -c idle=5:",
        "port": f"check_uwsgi_port!{uwsgi.stats_port}!{state} --counters",
        "wrong": f"{page} -w 10abc",
        "held": f"check_connections!{nginx.status_url}!--uwsgi {uwsgi.target} {state}",
        "hung": f"check_nginx_url!{bad['hung'].url}!-t 1",
        "killed": f"check_nginx_url!{bad['hung'].url}!-t 600",
        "flaps": f"check_nginx_url!{bad['flaps'].url}!{state}",
        "cluster": "check_cluster!web!0!@2:!$SERVICESTATEID:web:fine$,$SERVICESTATEID:web:uwsgi$",
    }


@pytest.fixture
def course(nagios, definitions, folder, nginx, uwsgi, bad):
    """A Nagios that checks every second, with a server that fails and comes back."""
    servers = {"hung": bad(hung), "flaps": bad(answers(http(STUB_STATUS)))}
    services = _services(folder, nginx, uwsgi("tcp"), servers)
    server = nagios(
        GENERIC + NOTE.format(top=folder) + definitions.text("connledger.cfg")
        + "".join(SERVICE.format(name, command) for name, command in services.items()),
        settings=SETTINGS.format(top=folder), plugins=definitions.plugins)
    assert server.verify().status == 0, server.verify().out
    server.start()
    server.flaps = servers["flaps"]
    return server


def _wait_alert(server, *parts):
    wait_until(lambda: ";".join(parts) in server.log(), COURSE_SECONDS, f"alert {parts}")


def _lines(path):
    return set(path.read_text().splitlines()) if path.exists() else set()


def _wait_perfdata(folder, names):
    """Lines that have arrived both in the file and at the command. Nagios takes ~ and quotes out of
    what it gives to a command: nothing else may be missing."""
    def arrived():
        both = _lines(folder / "noted") & {line.replace("~", "")
                                           for line in _lines(folder / "perfdata")}
        found = {line.split("\t")[0]: line.split("\t")[1] for line in both if "per_second=" in line
                 or line.startswith("held")}
        return found if names <= set(found) else None
    return wait_until(arrived, COURSE_SECONDS, "performance data")


def _assert_states(services):
    states = {name: service["current_state"] for name, service in services.items()}
    assert states == {"fine": "0", "url": "1", "uwsgi": "2", "port": "0", "wrong": "3", "held": "0",
                      "hung": "2", "killed": "3", "flaps": "0", "cluster": "1"}
    said = {name: service["plugin_output"] for name, service in services.items()}
    assert re.match(r"NGINX OK: \d+ active \(\d+ reading, ", said["fine"])
    assert re.match(r"NGINX WARNING: active \d+ above 0, ", said["url"])
    assert said["uwsgi"].startswith("UWSGI CRITICAL: idle 2 below 5, ")
    assert '10abc' in said["wrong"] and said["wrong"].startswith("NGINX UNKNOWN: ")
    assert "(Service check timed out after 12." in said["killed"]
    assert re.match(r"NGINX CRITICAL: .*\b1 s", said["hung"]), said["hung"]
    assert "web: 1 ok, 0 warning, 0 unknown, 1 critical" in said["cluster"]
    story = services["held"]["long_plugin_output"].split(r"\n")
    assert any(line.startswith("held by ") for line in story) and "no findings" in story, story
    assert services["fine"]["long_plugin_output"] == ""


def _assert_perfdata(services, noted):
    item = r"[a-z_]+=-?[0-9.]+[sc%B]?(;[-~@:0-9.e]*){0,4}"
    for data in noted.values():
        assert all(re.fullmatch(item, one) for one in data.split()), data
    assert re.search(r"active=\d+;1000;~:2000;0 ", services["fine"]["performance_data"])
    assert re.search(r"active=\d+;1000;:2000;0 ", noted["fine"])
    assert "requests=0c" in noted["port"] and "phantom=" in noted["held"]


def test_the_course_of_checks(course, folder):
    services = course.wait_checked(
        lambda known: "requests_per_second=" in known["fine"]["performance_data"]
        and known["killed"]["current_state"] == "3" and known["cluster"]["current_state"] == "1"
        # On a busy machine a check may end by its own time before it can say what hangs.
        and known["hung"]["current_state"] == "2")
    _assert_states(services)
    _assert_perfdata(services,
                     _wait_perfdata(folder, {"fine", "url", "uwsgi", "port", "held", "flaps"}))

    course.flaps.behaviour = answers(http(b"", status="503 Service Unavailable"))
    for attempt, kind in (("1", "SOFT"), ("2", "SOFT"), ("3", "HARD")):
        _wait_alert(course, "SERVICE ALERT: web", "flaps", "CRITICAL", kind, attempt,
                    f"NGINX CRITICAL: {course.flaps.url}: HTTP 503")
    assert course.services()["flaps"]["performance_data"] == ""
    course.flaps.behaviour = answers(http(STUB_STATUS))
    _wait_alert(course, "SERVICE ALERT: web", "flaps", "OK", "HARD", "3", "NGINX OK: 7 active")
