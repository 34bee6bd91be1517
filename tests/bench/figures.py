# SPDX-License-Identifier: MIT
"""Figures that a noisy machine cannot easily bend: rounds in turn, compared round by round."""

import dataclasses
import statistics

median = statistics.median


@dataclasses.dataclass
class Spread:
    """The middle of several measurements, and how far they lie apart."""

    values: list

    @property
    def middle(self):
        return median(self.values)

    def __str__(self):
        return f"{self.middle:.2f} ({min(self.values):.2f} to {max(self.values):.2f})"


def ratio(ours, theirs):
    """Ours over theirs, round by round: what disturbs a round disturbs both sides of it."""
    return Spread([mine / other for mine, other in zip(ours, theirs, strict=True)])


def in_turn(rounds, contestants):
    """(round, contestant) for all rounds. Every other round runs backwards, so that nobody always
    follows the same neighbour."""
    for number in range(rounds):
        for contestant in contestants if number % 2 == 0 else reversed(contestants):
            yield number, contestant


@dataclasses.dataclass
class Goal:
    """Something that was promised: `wanted` in words, and what came out."""

    what: str
    wanted: str
    got: str
    met: bool


def at_least(what, spread, limit, of):
    """A goal for a ratio that is to be high; the middle of the rounds decides."""
    return Goal(what, f"at least {limit:g} {of}", str(spread), spread.middle >= limit)


def at_most(what, spread, limit, of):
    """The same for a ratio that is to be low."""
    return Goal(what, f"at most {limit:g} {of}", str(spread), spread.middle <= limit)
