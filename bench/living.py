"""A whole live site, `guildhall up` with the demo town, for measurements that need web, worker and index together."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.servers import ROOT, free_port

PATIENCE = 120.0
MEMBER = "chen-yu@example.cn"


class Site:
    """How to talk to it; every thread of a measurement takes a `Program` of its own."""

    def __init__(self, port: int, token: str, environment: dict[str, str]) -> None:
        self.port, self.token, self.environment = port, token, environment

    def program(self) -> "Program":
        """One connection."""
        return Program(self.port, self.token)

    def command(self, *words: str) -> str:
        """Run `guildhall …` beside it."""
        return _command(self.environment, *words)

    def search_state(self) -> dict[str, Any]:
        """What `/healthz` says of search."""
        state: dict[str, Any] = self.program().get("/healthz")[1]["search"]
        return state


class Program:
    """One kept connection to the API."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        """Status and JSON."""
        return self._ask("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path, None)

    def post(self, path: str, **body: Any) -> tuple[int, Any]:
        """Status and JSON."""
        return self._ask("POST", path, json.dumps(body).encode())

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, Any]:
        try:
            self._connection.request(method, path, body, self._headers)
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return 0, {}
        return answer.status, json.loads(text) if text else {}


@contextmanager
def living(data: Path, **settings: str) -> Iterator[Site]:
    """A new site for as long as the block lasts, its first index built."""
    port = free_port()
    environment = {
        **os.environ,
        "GUILDHALL_DATA": str(data),
        "GUILDHALL_DATABASE_URL": "",
        "GUILDHALL_RATE_LIMITS": "false",
        "GUILDHALL_BASE_URL": f"http://127.0.0.1:{port}",
        **settings,
    }
    with (data.parent / f"{data.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "guildhall", "up", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            wait_until(lambda: Program(port, "").get("/healthz")[0] == 200, "the site does not answer")  # noqa: PLR2004 - HTTP
            secret = _command(environment, "token", "create", MEMBER, "--scope", "read", "--scope", "write").split()[-1]
            site = Site(port, secret, environment)
            wait_until(lambda: bool(site.search_state()["engine"]), "there is no index")
            yield site
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until(condition: Any, otherwise: str, *, seconds: float = PATIENCE) -> float:
    """Until it holds; says how long that took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > seconds:
            raise SystemExit(otherwise)
        time.sleep(0.1)
    return time.monotonic() - started


def _command(environment: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "guildhall", *words],
        cwd=ROOT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=900,
    )
    return done.stdout
