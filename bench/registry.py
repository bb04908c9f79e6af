"""How fast the registry is, beside what its parts alone can do in the same run: interleaved rounds, medians, ratios.

    python -m bench.registry [--quick]

Sequencing on both databases beside bare batched inserts and one signature; registrations over HTTP beside a bare Flask
route with one durable insert and one signature checked; proofs in a large log, cold and hot; the check of a bundle;
the audit and what it takes in memory; and the rates of the primitives themselves.
"""

import argparse
import hashlib
import json
import os
import platform
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from bench.databases import scratch_database
from bench.load import median
from bench.registering import http
from bench.servers import ROOT

RESULTS = ROOT / "bench" / "results"
LEAF = 450  # bytes, about as long as a real one
BATCH = 2_000
ROUNDS = 7
LARGE, LARGE_QUICK = 10_000_000, 300_000
AUDITED, AUDITED_QUICK = 1_000_000, 50_000


def main() -> None:
    """Measure, print, and keep the figures in bench/results/registry.json."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="smaller and shorter, for a first look")
    arguments.add_argument("--part", help="run one part in this process, and print it", default="")
    quick = (given := arguments.parse_args()).quick
    if given.part:
        print(json.dumps(PARTS[given.part](quick=quick)))
        return
    figures: dict[str, Any] = {"machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores"}
    for name in PARTS:
        command = [sys.executable, "-m", "bench.registry", "--part", name, *(["--quick"] if quick else [])]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        figures[name] = json.loads(done.stdout.splitlines()[-1])
        print(f"\n{name}")
        for key, value in figures[name].items():
            print(f"  {key}: {value}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "registry.json").write_text(json.dumps(figures, indent=1, ensure_ascii=False))


def primitives(*, quick: bool) -> dict[str, Any]:
    """What the machine can do at most."""
    del quick
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    key, strong, message = Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate(), os.urandom(200)
    signature, public = key.sign(message), key.public_key()
    bulk, pair = os.urandom(16_000_000), b"\x01" + os.urandom(64)
    return {
        "sha256_mb_per_s": round(16 * _rate(lambda: hashlib.sha256(bulk).digest())),
        "node_hashes_per_s": round(_rate(lambda: hashlib.sha256(pair).digest())),
        "ed25519_sign_per_s": round(_rate(lambda: key.sign(message))),
        "ed25519_verify_per_s": round(_rate(lambda: public.verify(signature, message))),
        "ml_dsa_44_sign_per_s": round(_rate(lambda: strong.sign(message))),
        "fsync_per_s": round(_fsyncs()),
    }


def sequencing(*, quick: bool) -> dict[str, Any]:
    """Entries a second, in batches of 2,000, beside bare inserts of the same rows and one signature."""
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch, scratch_database() as postgres:
        for name, url in (("sqlite", ""), ("postgres", postgres)):
            if url is not None:
                figures[name] = _sequencing_on(Path(scratch) / name, url, rounds=3 if quick else ROUNDS)
    return figures


def _sequencing_on(data: Path, url: str, *, rounds: int) -> dict[str, Any]:
    from ip_registry.logs import open_log
    from ip_registry.sequencing import sequence
    from kernel.db import db
    from kernel.work import unit_of_work

    ours, bare = [], []
    with _site(data, url).app_context():
        with unit_of_work() as work:
            log_id = open_log(work).id
        for _round in range(rounds + 1):
            leaves = [secrets.token_bytes(LEAF) for _ in range(BATCH)]
            _accept(log_id, leaves)
            started = time.perf_counter()
            sequence()
            ours.append(BATCH / (time.perf_counter() - started))
            bare.append(BATCH / _bare_inserts(db.engine, log_id, leaves))
        db.session.remove()
        db.engine.dispose()
    ours, bare = ours[1:], bare[1:]  # the first round opens connections
    return {
        "entries_per_s": round(median(ours)),
        "bare_per_s": round(median(bare)),
        "ratio": round(median([one / yard for one, yard in zip(ours, bare, strict=True)]), 2),
    }


def _accept(log_id: int, leaves: Sequence[bytes]) -> None:
    """Let leaves wait, as registrations do."""
    from sqlalchemy import insert

    from ip_registry.models import PendingLeaf
    from kernel.clock import now
    from kernel.work import unit_of_work

    rows = [
        {"log_id": log_id, "leaf_hash": hashlib.sha256(b"\0" + leaf).digest(), "leaf": leaf, "received_at": now()}
        for leaf in leaves
    ]
    with unit_of_work() as work:
        work.execute(insert(PendingLeaf), rows)


def _bare_inserts(engine: Engine, log_id: int, leaves: Sequence[bytes]) -> float:
    """The same rows into a table of the same shape, and one signature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    blob = "BYTEA" if engine.dialect.name == "postgresql" else "BLOB"
    with engine.begin() as connection:
        connection.execute(
            text(
                f"CREATE TABLE IF NOT EXISTS bare_entry (log_id BIGINT, idx INTEGER, leaf_hash {blob} UNIQUE, "
                f"leaf {blob}, PRIMARY KEY (log_id, idx))"
            )
        )
        start = connection.execute(text("SELECT count(*) FROM bare_entry")).scalar_one()
    key = Ed25519PrivateKey.generate()
    statement = text("INSERT INTO bare_entry VALUES (:log_id, :idx, :leaf_hash, :leaf)")
    started = time.perf_counter()
    rows = [
        {"log_id": log_id, "idx": start + at, "leaf_hash": hashlib.sha256(b"\0" + leaf).digest(), "leaf": leaf}
        for at, leaf in enumerate(leaves)
    ]
    with engine.begin() as connection:
        connection.execute(statement, rows)
        key.sign(b"checkpoint")
    return time.perf_counter() - started


def proofs(*, quick: bool) -> dict[str, Any]:
    """CPU time of an inclusion and a consistency proof in a large log: tiles from SQLite, then from memory."""
    from ip_registry.logs import open_log
    from ip_registry.models import LedgerLog, LedgerTile
    from ip_registry.storage import SqlArchive
    from kernel.db import db
    from kernel.work import unit_of_work
    from ledger.merkle import verify_inclusion
    from ledger.tiles import grow
    from ledger.tree import TileCache, consistency_proof, inclusion_proof, root_at

    size, step = LARGE_QUICK if quick else LARGE, 65_536
    with tempfile.TemporaryDirectory() as scratch, _site(Path(scratch), "").app_context():
        started = time.perf_counter()
        with unit_of_work() as work:
            log_id = open_log(work).id
        for at in range(0, size, step):
            hashes = [hashlib.sha256(index.to_bytes(8, "big")).digest() for index in range(at, min(at + step, size))]
            with unit_of_work() as work:
                for tile in grow(SqlArchive(work, log_id), size=at, leaf_hashes=hashes):
                    work.merge(LedgerTile(log_id=log_id, level=tile.level, n=tile.n, hashes=tile.hashes))
        building = time.perf_counter() - started
        with unit_of_work() as work:
            archive = SqlArchive(work, log_id)
            root = root_at(archive, size)
            work.get_one(LedgerLog, log_id).size = size
            cold, hot, older = [], [], []
            cache = TileCache()
            for _ in range(300):
                index = secrets.randbelow(size)
                took, path = _cpu(lambda index=index: inclusion_proof(archive, index, size, cache=TileCache()))
                cold.append(took)
                leaf = hashlib.sha256(index.to_bytes(8, "big")).digest()
                verify_inclusion(index=index, size=size, leaf=leaf, proof=path, root=root)
                inclusion_proof(archive, index, size, cache=cache)
                hot.append(_cpu(lambda index=index: inclusion_proof(archive, index, size, cache=cache))[0])
                older.append(_cpu(lambda index=index: consistency_proof(archive, index + 1, size))[0])
        db.session.remove()
        db.engine.dispose()
    return {
        "leaves": size,
        "built_per_s": round(size / building),
        "inclusion_cold_ms": round(median(cold) * 1000, 3),
        "inclusion_hot_ms": round(median(hot) * 1000, 3),
        "consistency_cold_ms": round(median(older) * 1000, 3),
    }


def bundle(*, quick: bool) -> dict[str, Any]:
    """The check of a whole evidence bundle, without hashing the work itself."""
    from ip_registry.evidence.bundle import make_bundle
    from ip_registry.evidence.verifying import verify_bundle
    from tests.registry.evidence import make_kit

    data = make_bundle(make_kit().parts)
    verify_bundle(data)
    times = [_cpu(lambda: verify_bundle(data))[0] for _ in range(20 if quick else 60)]
    verdict = verify_bundle(data)
    return {"proven": verdict.proven, "bytes": len(data), "verify_ms": round(median(times) * 1000, 2)}


def auditing(*, quick: bool) -> dict[str, Any]:
    """The audit of a whole log, at a quarter of the size and at all of it, and what it takes in memory."""
    from ip_registry.keys import log_of
    from ip_registry.logs import open_log
    from ip_registry.models import LedgerLog
    from ip_registry.sequencing import sequence
    from ip_registry.storage import SqlArchive
    from kernel.db import db
    from kernel.work import reading, unit_of_work
    from ledger.audit import audit

    size = AUDITED_QUICK if quick else AUDITED
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch, _site(Path(scratch), "").app_context():
        with unit_of_work() as work:
            here = open_log(work)
            log_id, origin = here.id, here.origin
        keys = [signer.verifier for signer in log_of(origin).signers]
        done = 0
        for share in (4, 1):
            while done < size // share:
                _accept(log_id, [secrets.token_bytes(LEAF) for _ in range(10_000)])
                sequence()
                done += 10_000
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            with reading() as work:
                report = audit(SqlArchive(work, log_id), keys, origin=origin)
                size_now = work.get_one(LedgerLog, log_id).size
            seconds = time.perf_counter() - started
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            figures[f"{size_now:,} entries"] = {
                "seconds": round(seconds, 2),
                "us_per_entry": round(seconds / size_now * 1e6, 2),
                "faults": len(report.faults),
                "memory_grown_mb": round(grown / 1024, 1),
            }
        db.session.remove()
        db.engine.dispose()
    return figures


def _site(data: Path, url: str) -> Any:
    from guildhall.app import create_app
    from guildhall.settings import Settings
    from kernel.db import db

    app = create_app(
        Settings(data=data, database_url=url, rate_limits=False, log_requests=False, secret_key="bench-only-" * 4)
    )
    with app.app_context():
        db.create_all()
    return app


def _rate(call: Callable[[], object], seconds: float = 0.4) -> float:
    count, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        call()
        count += 1
    return count / passed


def _fsyncs() -> float:
    with tempfile.NamedTemporaryFile() as file:

        def sync() -> None:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())

        return _rate(sync)


def _cpu(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = call()
    return time.process_time() - started, result


PARTS: dict[str, Callable[..., dict[str, Any]]] = {
    "primitives": primitives,
    "sequencing": sequencing,
    "http": http,
    "proofs": proofs,
    "bundle": bundle,
    "auditing": auditing,
}

if __name__ == "__main__":
    main()
