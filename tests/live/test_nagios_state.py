# SPDX-License-Identifier: MIT
"""The state files of the checks: planted, foreign, full, cut off, fought over. Whatever happens to
them, the check answers; a rate is right or is not there."""

import os
import random
import re
import resource
import subprocess
import time

import pytest

from answers import http
from demo.process import wait_until
from privileges import MOUNT, OTHER_USERS, need
from programs import SANITIZER_STATUS, run

NOBODY = 65534
PER_SECOND = 1000
KILLS = 40
CROWD = 50
CROWD_SECONDS = 60
RATE = "requests_per_second"

# Runs the rest of its arguments in a mount namespace whose FOLDER has no room left.
FULL_DISK = """
mount -t tmpfs -o size=64k,mode=755 none "$0" || exit 98
cp -a "$1/." "$0/" || exit 98
cat /dev/zero > "$0/filling" 2>/dev/null
shift
"$@"; status=$?
cat "$0"/connledger-*/check_nginx-???????????????? >&2
exit $status
"""


@pytest.fixture
def server(bad):
    """A status page with PER_SECOND requests a second."""
    start = time.monotonic()

    def behaviour(peer):
        if not peer.read_request():
            return
        count = 1000 + int((time.monotonic() - start) * PER_SECOND)
        peer.send(http(b"Active connections: 7 \nserver accepts handled requests\n"
                       b" %d %d %d \nReading: 1 Writing: 2 Waiting: 4 \n" % (count, count, count)))
    return bad(behaviour)


class State:
    """The state directory of one test, with the state of a first run in it."""

    def __init__(self, programs, url, folder):
        self.programs = programs
        self.dir = folder / "state"
        self.args = ["--url", url, "--state-dir", str(self.dir)]
        self.check()
        self.own = self.dir / f"connledger-{os.geteuid()}"
        self.file = next(path for path in self.own.iterdir() if "." not in path.name)
        self.lock = self.own / f"{self.file.name}.lock"
        self.temp = self.own / f"{self.file.name}.tmp"

    def argv(self, *args):
        return [str(self.programs.path("nagios/check_nginx")), *self.args, *args]

    def check(self, *args):
        return self.programs.check_nginx(*self.args, *args)

    def wait_rate(self):
        """The check once it has rates again, which takes a second."""
        result = wait_until(lambda: (one := self.check()).perfdata().get(RATE) and one, 30, "rate")
        assert _right(result), result
        return result

    def assert_whole(self):
        text = self.file.read_text()
        assert re.fullmatch(r"connledger-rates 2\n(?:{0})+(?:older\n(?:{0})+)?end\n".format(
            r"[a-z_]+ [0-9.]+\n"), text), text
        assert [path for path in self.own.iterdir() if path.name != self.temp.name and path not in
                (self.file, self.lock)] == []


@pytest.fixture
def state(programs, server, folder):
    return State(programs, server.url, folder)


# ---- planted -------------------------------------------------------------------------------------

def _link(path, victim):
    if path.is_dir():
        path.rename(path.with_name("away"))
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(victim)


def _folder_is_a_link(state, victim):
    away = victim.with_name("elsewhere")
    away.mkdir(0o700)
    _link(state.own, away)


def _fifo(state, victim):
    state.file.unlink()
    os.mkfifo(state.file)


def _give_away(path):
    need(OTHER_USERS)
    os.chown(path, NOBODY, NOBODY)


PLANTED = {
    "the folder is a link": _folder_is_a_link,
    "the folder is a file": lambda state, victim: (
        state.own.rename(state.dir / "away"), state.own.write_text("")),
    "the file is a link": lambda state, victim: _link(state.file, victim),
    "the lock is a link": lambda state, victim: _link(state.lock, victim),
    "the lock is a link to nowhere": lambda state, victim: _link(state.lock, f"{victim}.new"),
    "the file is a fifo": _fifo,
    "the folder is open to the group": lambda state, victim: state.own.chmod(0o770),
    "the folder is open to all": lambda state, victim: state.own.chmod(0o777),
    "the file is a folder": lambda state, victim: (state.file.unlink(), state.file.mkdir()),
    "the lock is a folder": lambda state, victim: (state.lock.unlink(), state.lock.mkdir()),
    "the folder is foreign": lambda state, victim: _give_away(state.own),
    "the file is foreign": lambda state, victim: _give_away(state.file),
}


@pytest.mark.parametrize("name", [name for name in PLANTED if name.startswith("the file")])
def test_planted_in_place_of_the_file(state, folder, name):
    """It is set aside, which is said once; what it leads to is left alone, and there are rates again."""
    victim = folder / "victim"
    victim.write_text("precious")
    PLANTED[name](state, victim)
    first = state.check("-w", "active=100")
    assert first.status == 0 and first.perfdata()["active"] == "7", first
    assert RATE not in first.perfdata() and "it was set aside" in first.lines()[0], first
    aside = state.file.with_name(state.file.name + ".aside")
    assert aside.is_symlink() or aside.exists()
    assert "aside" not in state.check("-w", "active=100").out
    state.wait_rate()
    assert victim.read_text() == "precious" and state.file.is_file()


@pytest.mark.parametrize("name", [name for name in PLANTED if not name.startswith("the file")])
def test_planted(state, folder, name):
    victim = folder / "victim"
    victim.write_text("precious")
    PLANTED[name](state, victim)
    before = sorted(path.name for path in folder.rglob("*"))

    gauges = state.check("-w", "active=100")
    assert gauges.status == 0 and gauges.perfdata()["active"] == "7", gauges
    assert RATE not in gauges.perfdata() and ", no rates: " in gauges.lines()[0], gauges
    rate = state.check("-w", f"{RATE}=1e9", "-w", "active=100")
    assert rate.status == 3 and f"UNKNOWN: {RATE} not known: " in rate.lines()[0], rate
    worse = state.check("-w", f"{RATE}=1e9", "-c", "active=1")
    assert worse.status == 2 and worse.out.startswith("NGINX CRITICAL: active 7 "), worse

    assert victim.read_text() == "precious" and not (folder / "victim.new").exists()
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_what_a_killed_run_left_is_not_followed(state, folder):
    victim = folder / "victim"
    victim.write_text("precious")
    state.temp.symlink_to(victim)
    state.wait_rate()
    assert victim.read_text() == "precious" and not state.temp.is_symlink()
    state.assert_whole()


@pytest.mark.parametrize("text", ["", "\n", "connledger", "\0" * 100, "x" * 70000,
                                  "connledger-rates 2\nrequests -5\nend\n"],
                         ids=["empty", "line", "word", "zeros", "long", "negative"])
def test_a_damaged_file_is_no_file(state, text):
    state.file.write_text(text)
    first = state.check("-w", "active=100")
    assert first.status == 0 and RATE not in first.perfdata(), first
    if len(text) < 65536:
        state.wait_rate()


# ---- no room, cut off ----------------------------------------------------------------------------

def test_a_full_disk(state, folder):
    """The state that was there stays, so this run still has its rates."""
    need(MOUNT)
    full = folder / "full"
    full.mkdir()
    wait_until(lambda: state.check().perfdata().get(RATE), 30, "rate")
    before = state.file.read_text()
    time_left = [*state.argv()[:-1], str(full)]

    def ask():
        done = run(["unshare", "--mount", "sh", "-c", FULL_DISK, full, state.dir, *time_left],
                   env=state.programs.env)
        assert done.status == 0 and done.err == before, done
        return done if "no rates next time" in done.out else None  # too soon, it does not write
    result = wait_until(ask, 30, "a write on a full disk")
    assert RATE in result.perfdata() and "cannot write state file" in result.lines()[0], result
    assert "No space left on device" in result.lines()[0], result


def test_cut_off_while_writing(state):
    """The kernel lets the file grow to so many bytes and no further (ulimit -f): it is said, and the
    state that was there stays."""
    size = state.file.stat().st_size - 20  # numbers grow shorter and longer
    state.wait_rate()
    for limit in range(0, size, max(1, size // 16)):
        before = state.file.read_bytes()

        def cut(limit=limit):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        def said(cut=cut):
            done = subprocess.run(state.argv(), env=state.programs.env, preexec_fn=cut,
                                  capture_output=True, check=False)
            assert done.returncode == 0, done
            return b"File too large" in done.stdout  # a check that comes too soon writes nothing
        wait_until(said, 30, "a run that was cut off")
        assert not state.temp.exists()
        assert state.file.read_bytes() == before, limit
    state.wait_rate()
    state.assert_whole()


def test_killed_at_any_moment(state):
    chance = random.Random(20)
    for _ in range(KILLS):
        state.file.unlink(missing_ok=True)  # so that each run writes
        process = subprocess.Popen(state.argv(), env=state.programs.env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        process.communicate(timeout=30)
        if state.file.exists():
            state.assert_whole()
    state.wait_rate()
    state.assert_whole()


# ---- many, and several users ---------------------------------------------------------------------

def _crowd(state):
    """CROWD checks at once; what they said."""
    processes = [subprocess.Popen(state.argv("-c", f"{RATE}=@1e9:"), env=state.programs.env,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                 for _ in range(CROWD)]
    said = [process.communicate(timeout=CROWD_SECONDS) for process in processes]
    assert {process.returncode for process in processes} <= {0, 3}, said
    assert not [err for _, err in said if err]
    return [out for out, _ in said]


def _right(result):
    return PER_SECOND / 3 < float(result.perfdata()[RATE]) < PER_SECOND * 3


def test_two_services_in_lock_step(state):
    """Each round a scheduler checks one right after the other: both have rates, each time."""
    for _ in range(3):
        kept = state.file.read_text()

        def moved(kept=kept):
            one = state.check()
            return state.file.read_text() != kept and one
        first = wait_until(moved, 30, "a second between two samples")
        second = state.check("-w", "active=100")
        assert _right(first) and _right(second), (first, second)
        state.assert_whole()


def test_fifty_at_once(state):
    """One of them moves the samples on, and each has a rate, but for one that waited for the file
    in vain, or asked before two others that had their samples in it first."""
    began = time.monotonic()
    state.wait_rate()
    rates = 0
    for out in _crowd(state):
        data = dict(item.split("=") for item in out.partition("|")[2].replace(";", " ").split()
                    if "=" in item)
        assert data["active"] == "7" and out.count("\n") == 1, out
        if RATE not in data:
            assert re.search(r"no rates yet \((another run is at it|too soon after .*)\)", out), out
            continue
        rates += 1
        # What was counted was counted meanwhile, and that over a second at least.
        assert 0 < float(data[RATE]) < PER_SECOND * (time.monotonic() - began), out
    assert rates > 0
    state.assert_whole()
    state.wait_rate()


def test_each_user_has_files_of_its_own(definitions, programs, server, folder):
    shared = folder / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    plugin = definitions.plugins / "check_nginx"

    def check(user):
        done = subprocess.run([plugin, "--url", server.url, "--state-dir", shared], user=user,
                              env=programs.env, cwd="/", capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0 and done.returncode != SANITIZER_STATUS, done
        return RATE in done.stdout
    need(OTHER_USERS)
    users = [None, "nobody"]
    for user in users:
        assert not check(user)
    for user in users:
        wait_until(lambda user=user: check(user), 30, f"a rate for {user}")
    folders = sorted(shared.iterdir())
    assert len(folders) == len(users)
    for one in folders:
        assert one.name == f"connledger-{one.stat().st_uid}" and one.stat().st_mode & 0o777 == 0o700
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in one.iterdir())


def test_where_the_state_is_kept(programs, server, folder):
    places = {"MP_STATE_PATH": folder / "one", "NAGIOS_PLUGIN_STATE_DIRECTORY": folder / "two"}
    env = {name: str(path) for name, path in places.items()}
    args = ("--url", server.url)
    programs.check_nginx(*args, env=env)
    assert (folder / "one").exists() and not (folder / "two").exists()
    programs.check_nginx(*args, env={**env, "MP_STATE_PATH": ""})
    assert (folder / "two").exists()
    programs.check_nginx(*args, "--state-dir", folder / "three", env=env)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {"one", "two", "three"}
    result = programs.check_nginx(*args, "-vv", env=env)
    assert f"state directory {folder / 'one'}, uid {os.geteuid()}" in result.out, result


