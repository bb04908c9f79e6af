"""A load of a few connections, each sending its next request when the last one is answered.

Plain sockets and one selector: the client shares the machine with the servers, so it must cost next to nothing.
It talks to this machine only, and never opens more than `MOST_CONNECTIONS`.
"""

import ipaddress
import selectors
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

MOST_CONNECTIONS = 16
RECEIVE = 1 << 18
PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a round of load showed."""

    requests: int
    seconds: float
    latencies: list[float]
    wrong: int

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """The latency, in milliseconds, that this share of the requests stayed below."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


@dataclass(frozen=True, slots=True)
class Target:
    """Where to send requests, and how: every path in turn, with these headers."""

    port: int
    paths: Sequence[str]
    headers: tuple[tuple[str, str], ...] = ()
    host: str = "127.0.0.1"

    def requests(self) -> list[bytes]:
        """The bytes to send."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return [
            f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nAccept: text/html\r\n{extra}\r\n".encode()
            for path in self.paths
        ]


@dataclass(frozen=True, slots=True)
class Posts(Target):
    """The same for things that are sent: every body in turn, as JSON."""

    bodies: Sequence[bytes] = ()

    def requests(self) -> list[bytes]:
        """The bytes to send."""
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head = f"POST {self.paths[0]} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n{extra}"
        head += "Content-Type: application/json\r\n"
        return [f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in self.bodies]


class _Connection:
    """One kept-alive connection with at most one request under way."""

    def __init__(self, target: Target) -> None:
        self.socket = socket.create_connection((target.host, target.port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = -1
        self._head = b""
        self.is_ok = False
        self.started = 0.0

    def send(self, request: bytes) -> None:
        self._left, self._head = -1, b""
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bool:
        """Take what has arrived; True when the answer is complete."""
        data = self.socket.recv(RECEIVE)
        if not data:
            raise ConnectionError("the server closed the connection")
        if self._left >= 0:
            self._left -= len(data)
            return self._left <= 0
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return False
        head = self._head[:end].lower()
        at = head.find(b"content-length:")
        if at < 0:
            raise ConnectionError("an answer without its length")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
        self.is_ok = head[9:12] in (b"200", b"201")
        self._left = length - (len(self._head) - end - 4)
        return self._left <= 0


def run_load(target: Target, *, seconds: float, connections: int = 8) -> Measured:
    """Load the target for so many seconds."""
    if not ipaddress.ip_address(target.host).is_loopback:
        raise ValueError("only this machine is ever loaded")
    requests = cycle(target.requests())
    selector = selectors.DefaultSelector()
    opened = [_Connection(target) for _ in range(min(connections, MOST_CONNECTIONS))]
    latencies: list[float] = []
    wrong = 0
    try:
        for connection in opened:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        start = time.perf_counter()
        end = start + seconds
        for connection in opened:
            connection.send(next(requests))
        at = start
        while at < end:
            ready = selector.select(PATIENCE)
            if not ready:
                raise TimeoutError("the server does not answer")
            for key, _events in ready:
                connection = key.data
                if connection.receive():
                    at = time.perf_counter()
                    latencies.append(at - connection.started)
                    wrong += not connection.is_ok
                    connection.send(next(requests))
        return Measured(len(latencies), at - start, latencies, wrong)
    finally:
        selector.close()
        for connection in opened:
            connection.socket.close()


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values) if values else float("nan")
