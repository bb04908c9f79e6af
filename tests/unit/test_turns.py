"""Threads take turns at SQLite's write lock: one at a time, first come, first served."""

import threading

from kernel.turns import Turns


def test_whoever_has_the_turn_need_not_wait_for_it() -> None:
    turns = Turns()
    mine = turns.take()
    assert mine is not None
    assert turns.take() is None
    turns.give(mine)
    assert turns.take() is not None


def test_first_come_first_served() -> None:
    turns, served = Turns(), []
    first = turns.take()
    assert first is not None

    def wait(name: int) -> None:
        mine = turns.take()
        served.append(name)
        assert mine is not None
        turns.give(mine)

    waiting = []
    for name in range(5):
        thread = threading.Thread(target=wait, args=(name,))
        thread.start()
        waiting.append(thread)
        while len(turns._waiting) < name + 1:
            pass
    turns.give(first)
    for thread in waiting:
        thread.join(10)
    assert served == [0, 1, 2, 3, 4]


def test_only_one_at_a_time() -> None:
    turns, inside, most = Turns(), [0], [0]

    def work() -> None:
        for _ in range(200):
            mine = turns.take()
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            inside[0] -= 1
            assert mine is not None
            turns.give(mine)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1]
