"""The front door: settings, the list of rooms, and the wiring. It holds no rules."""

import gc
from functools import cache

gc.set_threshold(100_000, 10, 10)  # what imports make stays: looking through it for rubbish took a third of every start


@cache
def settle() -> None:
    """Tell the garbage collector that what was made at the start stays.

    Else it walks over it during requests, and again and again when the process ends, which takes a second. Once only:
    a process that makes many sites would keep each of them, and whatever else was rubbish when the next was made.
    """
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
