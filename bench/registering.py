"""Single registrations over HTTP, beside a bare route on the same database; a part of `bench.registry`."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import create_engine, text

from bench.databases import scratch_database
from bench.load import Posts, median, run_load
from bench.servers import ROOT, free_port, serving

ROUNDS = 7
CONNECTIONS = 16  # as many as the two web processes have threads


def http(*, quick: bool) -> dict[str, Any]:
    """Registrations a second over HTTP, each answered with its proof, beside the bare route on the same database."""
    seconds, rounds = (2.0, 2) if quick else (5.0, ROUNDS)
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch, scratch_database() as postgres:
        for name, url in (("sqlite", ""), ("postgres", postgres)):
            if url is not None:
                (data := Path(scratch) / name).mkdir()
                figures[name] = _http_on(data, url, seconds=seconds, rounds=rounds)
    return figures


def _http_on(data: Path, url: str, *, seconds: float, rounds: int) -> dict[str, Any]:
    bare_url = url or f"sqlite:///{data / 'bare.sqlite'}"
    engine = create_engine(bare_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE bare_leaf (leaf TEXT)"))
    engine.dispose()
    environment = {
        "GUILDHALL_DATA": str(data / "site"),
        "GUILDHALL_DATABASE_URL": url,
        "GUILDHALL_LOG_REQUESTS": "false",
        "GUILDHALL_RATE_LIMITS": "false",
        "BENCH_DATABASE_URL": bare_url,
    }
    token = _token(environment)
    bearer = (("Authorization", f"Bearer {token}"),)
    ours_at, bare_at = free_port(), free_port()
    ours, bare, spent = [], [], [0.0, 0.0]
    with (
        serving("-m", "guildhall", "serve", port=ours_at, environment=environment, log=data / "ours.log") as site,
        serving("-m", "bench.servers", port=bare_at, environment=environment, log=data / "bare.log") as yard,
    ):
        for at in range(rounds + 1):  # the first round opens connections and makes statements ready, on both sides
            real, plain = _bodies(round(seconds * 1_200))
            before = _spent(yard), _spent(site)
            yardstick = Posts(bare_at, ["/registrations"], bodies=plain)
            registrations = Posts(ours_at, ["/api/v1/registrations"], bearer, bodies=real)
            bare.append(run_load(yardstick, seconds=seconds, connections=CONNECTIONS))
            ours.append(run_load(registrations, seconds=seconds, connections=CONNECTIONS))
            if at == 0:
                bare.clear()
                ours.clear()
                continue
            spent[0] += _spent(yard) - before[0]
            spent[1] += _spent(site) - before[1]
    engine = create_engine(url or f"sqlite:///{data / 'site' / 'guildhall.sqlite'}")
    with engine.connect() as connection:
        counts = "SELECT max(size), count(*) - 1 FROM ledger_checkpoint"
        entries, checkpoints = connection.execute(text(counts)).one()
    engine.dispose()
    return {
        "registrations_per_s": round(median([one.rate for one in ours])),
        "bare_per_s": round(median([one.rate for one in bare])),
        "ratio": round(median([one.rate / plain.rate for one, plain in zip(ours, bare, strict=True)]), 2),
        "p50_ms": round(median([one.percentile(0.5) for one in ours]), 1),
        "p99_ms": round(median([one.percentile(0.99) for one in ours]), 1),
        "cpu_ms": round(spent[1] / sum(one.requests for one in ours) * 1000, 2),
        "bare_cpu_ms": round(spent[0] / sum(one.requests for one in bare) * 1000, 2),
        "entries_per_checkpoint": round(entries / max(checkpoints, 1), 1),
        "wrong": sum(one.wrong for one in ours),
    }


def _spent(server: psutil.Process) -> float:
    """The processor time of a server and its workers so far, in seconds: what else runs on the machine hardly shows."""
    times = [one.cpu_times() for one in (server, *server.children(recursive=True))]
    return sum(one.user + one.system for one in times)


def _token(environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "guildhall"]
    settings = {**os.environ, **environment}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [*command, *arguments], cwd=ROOT, env=settings, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("db", "upgrade")
    run("admin", "create", "bench@example.cn")
    return run("token", "create", "bench@example.cn", "--scope", "read", "--scope", "write").splitlines()[-1]


def _bodies(count: int) -> tuple[list[bytes], list[bytes]]:
    """So many registrations, and the same weight of bytes and signatures for the bare route."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from ip_registry.envelopes.keys import OwnerKey
    from ip_registry.envelopes.leaves import make_leaf
    from ledger.merkle import EMPTY_ROOT

    key, bare = OwnerKey.generate(), Ed25519PrivateKey.generate()
    public = bare.public_key().public_bytes_raw().hex()
    real, plain = [], []
    for _ in range(count):
        leaf = make_leaf(key=key, type="register", c=secrets.token_hex(32), after=(0, EMPTY_ROOT)).data.decode()
        real.append(json.dumps({"leaf": leaf}).encode())
        signature = bare.sign(leaf.encode()).hex()
        plain.append(json.dumps({"leaf": leaf, "key": public, "signature": signature}).encode())
    return real, plain
