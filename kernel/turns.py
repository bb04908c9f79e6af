"""Turns at SQLite's one write lock: the threads of a process wait for one another, in order, instead of at the file.

SQLite makes whoever finds the file locked sleep, longer each time; many threads then mostly sleep. So only one thread
of a process asks for the lock at a time. The file's own lock still decides between processes.
"""

import threading
from collections import deque
from dataclasses import dataclass, field

PATIENCE = 15.0  # seconds, as long as SQLite itself is patient


@dataclass(eq=False, slots=True)
class Turn:
    """One thread's turn; it is given back by whoever closes its connection, which may be another thread."""

    thread: int = field(default_factory=threading.get_ident)
    called: threading.Event = field(default_factory=threading.Event)


class Turns:
    """Who may ask for the write lock: first come, first served; whoever holds it may ask again."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[Turn] = deque()
        self._holder: Turn | None = None

    def take(self) -> Turn | None:
        """Wait for the turn; None when this thread has it already, and need not give it back.

        Who waited in vain goes ahead, and lets SQLite say what is wrong: a turn that was lost blocks nobody for ever.
        """
        mine = Turn()
        with self._guard:
            if self._holder is not None and self._holder.thread == mine.thread:
                return None
            if self._holder is None:
                self._holder = mine
                return mine
            self._waiting.append(mine)
        try:
            mine.called.wait(PATIENCE)
        except BaseException:
            self._leave(mine)
            raise
        with self._guard:
            if mine in self._waiting:
                self._waiting.remove(mine)
                self._holder = mine
        return mine

    def give(self, turn: Turn) -> None:
        """The next one, please; a turn that somebody went past, or that was given back before, calls nobody."""
        with self._guard:
            if self._holder is turn:
                self._call_next()

    def _leave(self, turn: Turn) -> None:
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif self._holder is turn:
                self._call_next()

    def _call_next(self) -> None:
        self._holder = self._waiting.popleft() if self._waiting else None
        if self._holder is not None:
            self._holder.called.set()
