# SPDX-License-Identifier: MIT
"""What befalls a site: workers that are killed or held up, reloads, crowds that come and go."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import threading

from kinds import Spot

HERE = pathlib.Path(__file__).resolve().parent
CROWD = ("fin", "rst", "close", "keep", "leave", "half")  # of churn.py
# Where connections of readers are, which other readers count.
OF_READERS = frozenset(("request", "keepalive", "unanswered", "sending", "half_closed", "lingering",
                        "unexplained"))
# Who is idle over HTTP/2, when nginx wants to end, until it ends as well.
CLOSED = Spot("lingering", "lingering", "", {"waiting": 1, "lingering": 1})


# ---- workers that end ----------------------------------------------------------------------------

def may_end_workers(world):
    """Whether it is known then what becomes of everybody."""
    return not world.ghosts and not any(client.kind.tangled for client in world.clients)


def kill_a_worker(world):
    """What it had is a phantom from now on."""
    place, rng = world.place, world.rng
    workers = place.workers()
    victim = max(workers, key=place.held_by) if rng.random() < 0.7 else rng.choice(workers)
    number = rng.choice((signal.SIGKILL, signal.SIGTERM))
    world.story.append(f"worker {workers.index(victim)} gets {number.name}")
    kept = place.kept()
    os.kill(victim, number)
    world.wait(lambda: victim not in (now := place.workers()) and len(now) == len(workers),
               "another worker in the place of one that was killed")
    there = place.has(world.clients)
    world.bury([client for client in world.clients if client not in there], kept - place.kept())


def reload(world):
    """nginx ends idle connections; old workers stay for the others. Returns the idle ones: they may
    be there still, or not."""
    world.story.append("a reload")
    world.place.reload()
    world.reloaded = True
    return [client for client in world.clients if client.kind.is_idle]


def finish_reload(world, idle):
    """Until nginx has closed what it will."""
    def is_over():
        there = place.has(world.clients)
        for client in [client for client in world.clients if client not in there]:
            assert client in idle, f"a reload has ended: {client.kind.name}"
            world.clients.remove(client)
        for client in place.lets_linger(idle):
            if client.kind.line == "keepalive":
                client.spots = [CLOSED]
        return world.fits(world.look())
    place = world.place
    world.wait(is_over, "what is left after a reload")


# ---- workers that stand still --------------------------------------------------------------------

@contextlib.contextmanager
def held_up(world, least, most):
    """Meanwhile one worker after the other stands still for least to most seconds, as if it waited
    for a disk."""
    rng = world.rng
    workers = world.place.workers()
    turns = [(rng.randrange(len(workers)), rng.uniform(least, most), rng.uniform(0.01, 0.1))
             for _ in range(200)]
    stop = threading.Event()

    def run(handles):
        for number, held, free in turns:
            with contextlib.suppress(ProcessLookupError):  # it has ended
                signal.pidfd_send_signal(handles[number], signal.SIGSTOP)
                stop.wait(held)
                signal.pidfd_send_signal(handles[number], signal.SIGCONT)
            if stop.wait(free):
                return
    with contextlib.ExitStack() as undo:
        handles = [os.pidfd_open(pid) for pid in workers]
        for handle in handles:
            undo.callback(os.close, handle)
        thread = threading.Thread(target=run, args=(handles,))
        undo.callback(thread.join)
        undo.callback(stop.set)
        thread.start()
        yield


# ---- crowds --------------------------------------------------------------------------------------

@contextlib.contextmanager
def churn(world, per_second, ways):
    """Meanwhile so many clients a second come and go, in these ways (churn.py)."""
    process = subprocess.Popen(
        [sys.executable, HERE / "churn.py", str(world.place.doors["tcp"].port), str(per_second),
         str(world.rng.random()), *ways], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline(), "the crowd does not come"
        yield
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()
