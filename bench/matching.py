"""How long one need's matches take among 100,000 listings, and one listing's among 10,000 needs."""

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from bench import corpus
from bench.servers import ROOT

LISTINGS, NEEDS = 100_000, 10_000
OWNERS = 500
ASKED = 120
BATCH = 2_000
CITIES = ("3301", "3302", "3303", "3304", "5101", "4401", "4403", "3401", "3205", "3702")


def measure(scratch: Path, environment: Mapping[str, str], *, quick: bool) -> dict[str, Any]:
    """On SQLite, with the engine that a site of this size has."""
    del environment
    data = scratch / "matching"
    share = 20 if quick else 1
    path = scratch / "matching.sqlite"
    corpus.make(path, number=(LISTINGS + NEEDS) // share, threads=ROOT.parent / "shared" / "data" / "threads")
    settings = {"GUILDHALL_DATA": str(data), "GUILDHALL_DATABASE_URL": "", "GUILDHALL_LOG_REQUESTS": "false"}
    done = subprocess.run(
        [sys.executable, "-m", "bench.matching", str(path), str(NEEDS // share)],
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"\nMatching: {figures['needs']:,} needs × {figures['listings']:,} listings ({figures['engine']})")
    for which in ("need", "listing"):
        print(
            f"one {which}'s matches: p50 {figures[which]['p50_ms']} ms, p95 {figures[which]['p95_ms']} ms,"
            f" slowest {figures[which]['slowest_ms']} ms, {figures[which]['shown']} rows on average"
        )
    return figures


def main() -> None:
    """Fill, index, ask, and print the figures."""
    from flask_migrate import upgrade

    from guildhall.app import create_app
    from guildhall.migrations import with_migrations
    from kernel.db import db

    path, needs = Path(sys.argv[1]), int(sys.argv[2])
    with with_migrations(create_app()).app_context():
        upgrade()
        _fill(path, needs=needs)
        db.engine.dispose()
        subprocess.run([sys.executable, "-m", "guildhall", "reindex"], cwd=ROOT, check=True, stdout=sys.stderr)
        print(json.dumps(_ask()))


def _fill(path: Path, *, needs: int) -> None:
    from sqlalchemy import insert

    from kernel.work import unit_of_work
    from resources.models import Listing, ListingSector, Need, NeedSector

    dice = random.Random(3)  # noqa: S311 - the same content at every run
    owners = _owners()
    documents = corpus.documents(path)
    for model, sector, row, rows in (
        (Need, NeedSector, _need, islice(documents, needs)),
        (Listing, ListingSector, _listing, documents),
    ):
        made = (row(document, number, dice, owners) for number, document in enumerate(rows, 1))
        name = "need_id" if model is Need else "listing_id"
        for batch in _batches(made):
            with unit_of_work() as work:
                work.execute(insert(model), batch)
                work.execute(
                    insert(sector), [{name: one["id"], "sector": slug} for one in batch for slug in one["sectors"]]
                )


def _owners() -> list[int]:
    from accounts.models import User
    from kernel.clock import now
    from kernel.work import unit_of_work
    from seeds import ensure_sectors

    ensure_sectors()
    with unit_of_work() as work:
        people = [
            User(
                handle=f"bench-{number}",
                email=f"bench-{number}@example.cn",
                email_confirmed_at=now(),
                password_hash="-",  # noqa: S106 - nobody signs in
                display_name=f"Member {number}",
                trust_level=2,
            )
            for number in range(OWNERS)
        ]
        work.add_all(people)
        work.flush()
        return [person.id for person in people]


def _need(document: Any, number: int, dice: random.Random, owners: list[int]) -> dict[str, Any]:
    from kernel.clock import now
    from resources.need_words import names

    return {
        **_common(document, number, dice, owners),
        "alias": f"{number % 65536:04x}",
        "visibility": "public",
        "audience": "public",
        "state": "open",
        "kind": dice.choice(list(names("kind", "en"))),
        "teaser": document.body[:400],
        "problem": document.body,
        "is_full_shown": True,
        "targets": [],
        "deadline": (now() + timedelta(days=90)).date(),
        "region": dice.choice(CITIES),
    }


def _listing(document: Any, number: int, dice: random.Random, owners: list[int]) -> dict[str, Any]:
    from resources.vocabulary import KINDS, names

    kind = dice.choice(list(KINDS.values()))
    facts = {"service_kind": dice.choice(list(names("service_kind", "en")))} if kind.code == "service" else {}
    city = dice.choice(CITIES)
    return {
        **_common(document, number, dice, owners),
        "state": "published",
        "audience": "public",
        "kind": kind.code,
        "summary": document.body[:300],
        "body": document.body[:1000],
        "body_html": "",
        "facts": facts,
        "region": city[:2],
        "city": city,
        "access": "request",
    }


def _common(document: Any, number: int, dice: random.Random, owners: list[int]) -> dict[str, Any]:
    return {
        "id": number,
        "owner_id": dice.choice(owners),
        "title": document.title[:110],
        "slug": f"bench-{number}",
        "lang": document.lang,
        "sectors": sorted({document.community, dice.choice(corpus.SECTORS)}),
        "trl": dice.randint(1, 9),
        "created_at": document.at,
        "published_at": document.at,
    }


def _ask() -> dict[str, Any]:
    from sqlalchemy import func, select

    from accounts.viewers import viewer_for
    from kernel.db import session
    from resources.models import Listing, Need
    from resources.queries.matching import listings_for, needs_for
    from search_index.indexing.health import health

    def timed(ask: Callable[..., list[Any]], things: Iterable[Any]) -> dict[str, float]:
        taken, shown = [], 0
        for thing in things:
            viewer = viewer_for(thing.owner_id)
            started = time.perf_counter()
            shown += len(ask(viewer, thing))
            taken.append((time.perf_counter() - started) * 1e3)
        taken = sorted(taken[5:])  # the first ones open the index
        return {
            "p50_ms": round(taken[len(taken) // 2], 1),
            "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
            "slowest_ms": round(taken[-1], 1),
            "shown": round(shown / (len(taken) + 5), 1),
        }

    counts = {model: session().scalar(select(func.count()).select_from(model)) or 0 for model in (Need, Listing)}
    figures: dict[str, Any] = {"needs": counts[Need], "listings": counts[Listing], "engine": health().engine}
    for which, model, ask in (("need", Need, listings_for), ("listing", Listing, needs_for)):
        step = max(counts[model] // ASKED, 1)
        things = list(session().scalars(select(model).where(model.id % step == 0).limit(ASKED)))
        figures[which] = timed(ask, things)
    return figures


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


if __name__ == "__main__":
    main()
