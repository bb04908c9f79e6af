"""Clients that each hold a connection and ask at times of their own, whether or not others are answered.

Plain sockets and one selector, to this machine only. An asker remembers the ETag it was given, and is late when the
server is: its latency counts from when it wanted to ask.
"""

import heapq
import random
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Self

from bench.load import PATIENCE, RECEIVE, Measured

LATEST = 0.5  # seconds between two looks at the clock


class Asker:
    """One client: what it asks for in turn, and every how many seconds."""

    def __init__(self, port: int, paths: Sequence[str], headers: Mapping[str, str], *, every: float) -> None:
        self.port = port
        self.paths = cycle(paths)
        self.headers = headers
        self.every = every
        self.etag = ""
        self.wanted_at = 0.0
        self.status = b""
        self._socket: socket.socket | None = None
        self._head = b""
        self._left = -1

    def each(self, *, every: float) -> Self:
        """The same at another pace."""
        self.every = every
        return self

    def ask(self) -> socket.socket:
        """Send the next request."""
        if self._socket is None or self._is_over(self._socket):
            self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
            self._socket.settimeout(None)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head, self._left = b"", -1
        lines = {"Host": f"127.0.0.1:{self.port}", **self.headers}
        if self.etag:
            lines["If-None-Match"] = self.etag
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.sendall(f"GET {next(self.paths)} HTTP/1.1\r\n{head}\r\n".encode())
        return self._socket

    @staticmethod
    def _is_over(opened: socket.socket) -> bool:
        """Whether the server has closed the connection meanwhile, as it does with those that were idle for long."""
        try:
            return opened.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True

    def is_answered(self) -> bool:
        """Take what has arrived; whether the answer is complete."""
        assert self._socket is not None  # noqa: S101 - it asked
        data = self._socket.recv(RECEIVE)
        if not data:
            raise ConnectionError("the server closed the connection")
        if self._left >= 0:
            self._left -= len(data)
            return self._left <= 0
        self._head += data
        head, end, body = self._head.partition(b"\r\n\r\n")
        if not end:
            return False
        self.status = head[9:12]
        fields = dict(line.partition(b": ")[::2] for line in head.lower().split(b"\r\n")[1:])
        if self.headers["Accept"] == "application/json":
            self.etag = fields.get(b"etag", self.etag.encode()).decode()
        length = 0 if self.status == b"304" else int(fields[b"content-length"])
        self._left = length - len(body)
        return self._left <= 0

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()


def ask_for_a_while(groups: Mapping[str, Sequence[Asker]], *, seconds: float) -> dict[str, Measured]:
    """Let all of them ask, each at its own times, and say what each group met."""
    latencies: dict[str, list[float]] = {name: [] for name in groups}
    wrong = dict.fromkeys(groups, 0)
    selector = selectors.DefaultSelector()
    start = time.perf_counter()
    due = [(start + random.random() * one.every, id(one), name, one) for name in groups for one in groups[name]]  # noqa: S311 - times, no secrets
    heapq.heapify(due)
    waiting = 0
    while (at := time.perf_counter()) < start + seconds or waiting:
        while due and due[0][0] <= at < start + seconds:
            one_at, _key, name, one = heapq.heappop(due)
            one.wanted_at = one_at
            selector.register(one.ask(), selectors.EVENT_READ, (name, one))
            waiting += 1
        pause = min(due[0][0] - at, LATEST) if due and at < start + seconds else LATEST
        for key, _events in selector.select(max(pause, 0)):
            name, one = key.data
            if not one.is_answered():
                continue
            selector.unregister(key.fileobj)
            waiting -= 1
            latencies[name].append(time.perf_counter() - one.wanted_at)
            wrong[name] += one.status not in (b"200", b"304")
            heapq.heappush(due, (max(one.wanted_at + one.every, at), id(one), name, one))
        if at > start + seconds + PATIENCE:
            raise TimeoutError("the server does not answer")
    selector.close()
    return {name: Measured(len(some), seconds, some, wrong[name]) for name, some in latencies.items()}
