"""Whether outsiders agree. What is compared is by how much each one's time is off our own clock when we asked.

Two who are asked at one moment state one time. Where they were asked apart, as when one did not answer at first, our
clock tells by how much, and nothing else: as a stopwatch it is good enough.
"""

from collections.abc import Sequence
from datetime import timedelta

AGREEMENT = timedelta(minutes=5)
OUR_CLOCK = timedelta()


def is_contested(mine: timedelta, others: Sequence[timedelta]) -> bool:
    """Whether more than half of the others state another time; who is alone is compared with our own clock.

    Where two disagree nobody can know who is right, so both are contested. Our clock never decides between outsiders:
    else whoever runs the site could, with one authority on their side.
    """
    others = others or [OUR_CLOCK]
    against = sum(abs(mine - other) > AGREEMENT for other in others)
    return 2 * against > len(others)
