"""The site and the bare page, each under the production server with the same options, on ports nobody uses."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 40
BARE = "bare"


def free_port() -> int:
    """A port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(*arguments: str, port: int, environment: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """A server for as long as the block lasts."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments, "--port", str(port), "--workers", "2"],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
        try:
            _wait_for(port, process, log)
            yield psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    process.kill()
    raise SystemExit(f"The server did not start:\n{log.read_text(errors='replace')[-2000:]}")


def memory_of_workers(server: psutil.Process) -> list[dict[str, float]]:
    """Memory of the web processes in MB: resident, and the part of it that is theirs alone.

    Resident memory counts the pages of the database file that are mapped, which all processes share.
    """
    children = [
        child for child in server.children(recursive=True) if "resource_tracker" not in " ".join(child.cmdline())
    ]
    largest = sorted((child.memory_full_info() for child in children), key=lambda memory: memory.rss, reverse=True)[:2]
    return [{"resident": round(memory.rss / 1e6, 1), "own": round(memory.uss / 1e6, 1)} for memory in largest]


def serve_bare() -> None:
    """`guildhall serve`, but with the bare page in place of the site: the server's options cannot drift apart."""
    import granian

    from guildhall.serving import serve

    usual = granian.Granian

    def with_bare_page(_target: str, **options: Any) -> Any:
        return usual("bench.bare:app", **options)

    module: ModuleType = granian
    module.Granian = with_bare_page  # type: ignore[attr-defined]
    serve()


if __name__ == "__main__":
    serve_bare()
