# SPDX-License-Identifier: MIT
"""Lays the results out as Markdown."""

import textwrap

INTRODUCTION = """\
# Benchmarks

Written by `make bench` (tests/bench/run.py); do not edit. All servers and programs ran on one
machine, in one run, over 127.0.0.1; peers are Debian's packages as installed. Rounds of connledger
and peer alternate, and a ratio is taken round by round: what is shown is the median of the rounds,
with the lowest and the highest in brackets. Where the brackets are wide the machine was noisy, and
only the order of magnitude counts. Absolute figures are good for this machine and this run only.
"""


def paragraph(text):
    return textwrap.fill(" ".join(text.split()), 100)


def commands(lines):
    return "\n".join(["```", *lines, "```"])


def table(head, rows, others="---:"):
    """`others` lays out the columns but the first: most often they are numbers."""
    lines = [head, ["---"] + [others] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def bullets(lines):
    return "\n".join(f"- {line}" for line in lines)


class Section:
    """A chapter of the report: its parts in order, and the goals that it decides."""

    def __init__(self, title):
        self.title = title
        self.parts = []
        self.goals = []

    def add(self, *parts):
        self.parts.extend(parts)

    def text(self):
        return "\n\n".join([f"## {self.title}", *self.parts])


def _goals(sections):
    rows = [[goal.what, goal.wanted, goal.got, "met" if goal.met else "**missed**"]
            for section in sections for goal in section.goals]
    return table(["goal", "wanted", "measured", ""], rows, "---")


def render(machine, sections):
    """The whole document."""
    return "\n\n".join([
        INTRODUCTION.rstrip(), "## Goals", _goals(sections),
        *(section.text() for section in sections),
        "## Machine and programs", bullets(machine)]) + "\n"
