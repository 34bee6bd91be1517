# SPDX-License-Identifier: MIT
"""What happens at one site, one thing after the other, and who looks at it."""

import contextlib

import comings
import trouble
from books import LOOSE
from readers import Way
from trouble import OF_READERS

TOGETHER = ((Way("check"), Way("check"), Way("metrics")), (Way("sites"), Way("sites")),
            (Way("sites"), Way("api"), Way("once"), Way("check")))
BRIEFLY, LONG = (0.02, 0.25), (0.5, 1.5)  # workers stand still, in seconds


class Life:
    """`ways` are pairs of a way to read, and how often it is to be chosen."""

    def __init__(self, seed, world, readers, ways, judge):
        self._seed = seed
        self._world = world
        self._readers = readers
        self._ways = ways
        self._judge = judge
        self._rng = world.rng

    def run(self, populations):
        """So many, one after the other."""
        world, rng = self._world, self._rng
        world.place.hold()
        world.settle()
        self._look([Way("metrics")])
        for _ in range(populations):
            for _ in range(rng.randint(1, 3)):
                comings.enter_some(world)
                world.settle()
                self._look(self._some_ways())
            was = set()
            for _ in range(rng.randint(1, 2)):
                happenings = self._happenings()
                was.add(name := rng.choice([name for name in happenings if name not in was]))
                happenings[name]()
            world.calm()
            self._look([Way("once")])

    def _happenings(self):
        """What may happen now."""
        world = self._world
        found = {"leave": self._some_leave, "vanish": self._some_vanish,
                 "several": self._several_ask, "held up": self._workers_are_held_up,
                 "many": self._many_come, "storm": self._storm}
        if comings.may_ask(world):
            found["late"] = self._some_are_late_to_be_heard
        if "realip" in world.shape.features and world.place.oldest_request():
            found["old"] = self._some_grow_old
        if comings.unheard(world):
            found["unheard"] = self._some_leave_unheard
        if trouble.may_end_workers(world):
            found["kill"] = self._worker_is_killed
            found["reload"] = self._reload
        return {name: happening for name, happening in found.items() if name not in world.without}

    # ---- looks -----------------------------------------------------------------------------------

    def _some_ways(self, number=5):
        left = dict(self._ways)
        chosen = []
        for _ in range(min(number, len(left))):
            chosen += self._rng.choices(list(left), left.values())
            del left[chosen[-1]]
        return chosen

    def _look(self, ways):
        """Looks at a site that stands still, which is made sure of before and after."""
        for way in ways:
            truth = self._world.truth()
            truth.lines["keepalive"] += self._readers.kept_by_others(way)
            if way.program == "sites":  # each has a connection of its own
                truth.loose |= OF_READERS
            readings = self._readers.read(way)
            self._world.stay()
            self._judge.judge(self._seed, self._world, way, readings, truth, is_settled=True)

    def _glance(self, ways, doubtful=(), *, loose=frozenset(), at_once=False):
        """Looks while something goes on: `doubtful` clients are there or not, and on `loose` lines
        there may be more."""
        truth = self._world.truth(doubtful)
        truth.loose |= loose
        for way, readings in self._readers.at_once(ways) if at_once else \
                ((way, self._readers.read(way)) for way in ways):
            self._judge.judge(self._seed, self._world, way, readings, truth, is_settled=False)

    def _settle_and_look(self, ways=None):
        self._world.settle()
        self._look(ways or self._some_ways())

    # ---- what happens ----------------------------------------------------------------------------

    def _some_leave(self):
        gone = comings.leave(self._world)
        self._glance(self._some_ways(2), gone, loose=OF_READERS)
        self._settle_and_look()

    def _some_leave_unheard(self):
        comings.leave_unheard(self._world)
        self._settle_and_look()

    def _some_vanish(self):
        comings.fall_silent(self._world)
        self._settle_and_look()

    def _some_grow_old(self):
        comings.grow_old(self._world)
        self._settle_and_look()

    def _several_ask(self):
        self._world.story.append("several ask at once")
        self._glance([way for way in self._rng.choice(TOGETHER)
                      if str(way) not in self._world.without], loose=OF_READERS, at_once=True)
        self._settle_and_look([Way("sites"), Way("once")])

    def _workers_are_held_up(self, meanwhile=comings.leave, afterwards=None):
        least, most = self._rng.choice((BRIEFLY, BRIEFLY, LONG))
        self._world.story.append(f"workers stand still for {least} to {most} s")
        with trouble.held_up(self._world, least, most):
            self._glance(self._some_ways(2), loose=LOOSE)
            unsure = meanwhile(self._world)
            self._glance(self._some_ways(2), unsure, loose=LOOSE)
        if afterwards:
            afterwards(unsure)
        self._settle_and_look()

    def _some_are_late_to_be_heard(self):
        self._workers_are_held_up(comings.ask_a_little, comings.read_answers)

    def _many_come(self):
        per_second = self._rng.choice((20, 200, 5000))
        ways = self._rng.sample(trouble.CROWD, self._rng.randint(1, 3))
        self._world.story.append(f"{per_second} a second come and go: {', '.join(ways)}")
        with trouble.churn(self._world, per_second, ways):
            self._glance(self._some_ways(4), loose=LOOSE)
        self._settle_and_look(self._some_ways(2))

    def _storm(self):
        """Many come, workers stand still, and nginx is reloaded."""
        world = self._world
        idle = []
        world.story.append("a storm")
        with contextlib.ExitStack() as undo:
            undo.enter_context(trouble.churn(world, 1000, trouble.CROWD))
            undo.enter_context(trouble.held_up(world, *BRIEFLY))
            self._glance(self._some_ways(2), loose=LOOSE)
            if "reload" not in world.without and trouble.may_end_workers(world):
                idle = trouble.reload(world)
                self._glance(self._some_ways(2), idle, loose=LOOSE)
        trouble.finish_reload(world, idle)
        self._settle_and_look(self._some_ways(2))

    def _worker_is_killed(self):
        trouble.kill_a_worker(self._world)
        self._settle_and_look()

    def _reload(self):
        idle = trouble.reload(self._world)
        self._glance(self._some_ways(2), idle, loose=OF_READERS)
        trouble.finish_reload(self._world, idle)
        self._settle_and_look()
