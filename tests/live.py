"""A real server in processes of its own, for what only those can show: crashes, browsers, many writers at once."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90.0


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Site:
    """Where a live site keeps its data, and how to talk to it."""

    environment: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `guildhall …` on the site's data."""
        return subprocess.run(
            [sys.executable, "-m", "guildhall", *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self, *, workers: int = 2) -> None:
        """Start the web server and wait until it answers."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "guildhall", "serve", "--port", str(self.port), "--workers", str(workers)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended at once"
            try:
                if self.get("/healthz")[0] == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the server and all its workers at once."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)
            self.process.wait(30)

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        return self._send("GET", path, None, headers)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, bytes]:
        return self._send("POST", path, json.dumps(body), {"Content-Type": "application/json", **headers})

    def _send(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@contextmanager
def live_site(data: Path, *, database_url: str = "", demo: bool = False) -> Iterator[Site]:
    """A site with the sectors in it (and, with `demo`, the demo town), not started yet; killed at the end."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GUILDHALL_")}
    environment |= {
        "GUILDHALL_DATA": str(data),
        "GUILDHALL_DATABASE_URL": database_url,
        "GUILDHALL_BASE_URL": f"http://127.0.0.1:{port}",
        "GUILDHALL_RATE_LIMITS": "false",
        "GUILDHALL_LOG_REQUESTS": "false",
    }
    site = Site(environment, port)
    for words in (("db", "upgrade"), ("seed", "demo" if demo else "sectors")):
        done = site.command(*words)
        assert done.returncode == 0, done.stderr
    try:
        yield site
    finally:
        site.kill()
