# SPDX-License-Identifier: MIT
"""What a test starts as it needs it, and what is stopped after it."""

import contextlib
import operator


@contextlib.contextmanager
def starting(make, stop=operator.methodcaller("stop")):
    """A function that makes servers. All of them are stopped in the end, the last one first, even
    when one that is stopped has something to complain of."""
    with contextlib.ExitStack() as undo:
        def start(*args, **more):
            made = make(*args, **more)
            undo.callback(stop, made)
            return made
        yield start
