"""What a connection costs on which the server speaks (SSE), under the server and in the manner of this site.

A WSGI application that streams holds one of the server's threads for as long as the page is open. Measured is what is
left for everybody else when there are as many such pages as threads, and the memory of as many threads as pages.
"""

import http.client
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil

from bench.servers import free_port, serving

THREADS = 4  # of each of two processes, as `guildhall serve` has
PATIENCE = 3.0


def application(environ: dict[str, object], start_response: Callable[..., object]) -> Iterable[bytes]:
    """`/stream` speaks for ever, everything else is a word."""
    if environ["PATH_INFO"] != "/stream":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
        return [b"ok"]
    start_response("200 OK", [("Content-Type", "text/event-stream")])
    return _speak()


def _speak() -> Iterator[bytes]:
    while True:
        yield b": still here\n\n"
        time.sleep(2)


def measure(scratch: Path, *, pages: int) -> None:
    """Two lines: as many streams as threads, and as many threads as pages."""
    for threads, streams in ((THREADS, THREADS * 2), (pages // 2 + 8, pages)):
        port = free_port()
        arguments = ("-m", "bench.streams", "--threads", str(threads))
        with serving(*arguments, port=port, environment={}, log=scratch / "streams.log") as server:
            before = _memory(server)
            opened = [_stream(port) for _ in range(streams)]
            time.sleep(PATIENCE)
            answered = _answers(port)
            grown = _memory(server) - before
            told = f"{threads} threads a process, {streams} streams: another page "
            told += f"waits {answered * 1000:.0f} ms" if answered is not None else f"has no answer in {PATIENCE:.0f} s"
            print(f"{told}; {grown:.0f} MB more memory", flush=True)
            for one in opened:
                one.close()
            for child in server.children(recursive=True):
                child.kill()


def _stream(port: int) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", port), timeout=20)
    opened.sendall(b"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    return opened


def _answers(port: int) -> float | None:
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except OSError:
        return None
    finally:
        connection.close()
    return time.perf_counter() - began


def _memory(server: psutil.Process) -> float:
    return sum(process.memory_info().rss for process in (server, *server.children(recursive=True))) / 1e6


def serve() -> None:
    """`granian` with the threads that were asked for."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    facts = dict(zip(sys.argv[1::2], sys.argv[2::2], strict=True))
    threads = int(facts["--threads"])
    Granian(
        "bench.streams:application",
        address="127.0.0.1",
        port=int(facts["--port"]),
        interface=Interfaces.WSGI,
        workers=int(facts["--workers"]),
        blocking_threads=threads,
        backlog=4096,
        backpressure=threads + 64,
        workers_kill_timeout=2,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    serve()
