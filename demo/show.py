# SPDX-License-Identifier: MIT
"""How the demo prints: headings, sentences, commands as one would type them, and their output."""

import shlex
import textwrap

WIDTH = 96
COMMAND = "  $ "
OUTPUT = "    "
CONTINUED = "      "


def _print(text=""):
    print(text, flush=True)


def heading(text):
    _print(f"\n{text}\n{'-' * len(text)}")


def sentence(text):
    _print(textwrap.fill(" ".join(text.split()), WIDTH) + "\n")


def table(rows):
    """Pairs, the second ones below each other; numbers to the right."""
    rows = [(str(left), str(right)) for left, right in rows]
    left_width = max(len(left) for left, _ in rows)
    right_width = max(len(right) for _, right in rows)
    for left, right in rows:
        right = right.rjust(right_width) if right.replace(".", "").isdigit() else right
        _print(f"{OUTPUT}{left.ljust(left_width)}  {right}")
    _print()


def _parts(words, env):
    """What stays together on a line: a variable, an option with its value, any other word."""
    parts = [f"{name}={shlex.quote(value)}" for name, value in (env or {}).items()]
    option = False
    for word in map(str, words):
        if option and not word.startswith("-"):
            parts[-1] += " " + shlex.quote(word)
        else:
            parts.append(shlex.quote(word))
        option = word.startswith("-")
    return parts


def command(words, env=None):
    """A command line with the variables of `env` before it, folded as one would fold it."""
    lines = [COMMAND]
    for part in _parts(words, env):
        if lines[-1].strip(" $") and len(lines[-1]) + len(part) + 3 > WIDTH:
            lines[-1] += "\\"
            lines.append(CONTINUED)
        lines[-1] += part + " "
    _print("\n".join(line.rstrip() for line in lines))


def verbatim(line):
    """A line of output that is laid out already."""
    _print(f"{OUTPUT}{line}".rstrip())


def output(lines, left_out=0):
    """Output of a program; long lines are folded. `left_out` more lines are not shown."""
    for line in lines:
        _print(textwrap.fill(line, WIDTH, initial_indent=OUTPUT, subsequent_indent=CONTINUED,
                             break_long_words=False, break_on_hyphens=False) or "")
    if left_out:
        _print(f"{OUTPUT}... and {left_out} more lines")
    _print()
