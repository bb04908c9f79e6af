"""Measures alliances beside a bare page: 10,000 of them, one with 5,000 members and 200 open votes.

python -m bench.alliances [--quick] [--data DIRECTORY]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import insert, literal, select

from accounts.models import Organisation, User
from alliances.counting import Method, Rules
from alliances.models import Alliance, AllianceSector, Member, Proposal, Role, Seat, State, Voter
from alliances.seating import reseat
from bench.__main__ import RESULTS, Headers, Scenario, measure, print_pages
from bench.filling import HANDLE, LONG_THREAD, PASSWORD, fill
from bench.load import Target
from bench.servers import ROOT
from forum.models import Thread
from guildhall.app import create_app
from guildhall.migrations import with_migrations
from kernel.clock import now
from kernel.db import db, session
from kernel.paging import encode_cursor
from kernel.work import unit_of_work

ALLIANCES, MEMBERS, VOTES = 10_000, 5_000, 200
DEEP = 9_000
POSTS = 2 * LONG_THREAD
SECTORS = ("materials", "energy", "bio", "agriculture")
SLUG = "bench"


def main() -> None:
    """Fill, serve, measure, print, and keep the result."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")), help="fewer rounds")
    options.add_argument("--data", type=Path, help="a site filled by an earlier run, or where to fill one")
    options.add_argument("--fill", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.fill:
        _fill(chosen.data)
        return
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as scratch:
        data = (chosen.data or Path(scratch) / "site").resolve()
        environment = {
            "GUILDHALL_DATA": str(data),
            "GUILDHALL_DATABASE_URL": "",
            "GUILDHALL_RATE_LIMITS": "false",
            "BENCH_DATABASE_URL": f"sqlite:///{data / 'guildhall.sqlite'}",
        }
        if not (data / "alliances.json").exists():
            print(f"Filling a site with {ALLIANCES:,} alliances …", flush=True)
            command = [sys.executable, "-m", "bench.alliances", "--fill", "--data", str(data)]
            subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, **environment})
        facts = json.loads((data / "alliances.json").read_text())
        rounds, seconds = (2, 1.0) if chosen.quick else (7, 3.0)
        result = measure(facts, environment, Path(scratch), pages=_pages, rounds=rounds, seconds=seconds)
    print_pages(result)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "alliances.json").write_text(json.dumps(result, indent=2) + "\n")


def _pages(site: int, mine: Headers, facts: dict[str, str]) -> list[Scenario]:
    here = f"/alliances/{SLUG}"
    return [
        Scenario("directory", Target(site, ["/alliances"])),
        Scenario(f"directory, after {DEEP:,}", Target(site, [facts["deep"]])),
        Scenario("directory, signed in", Target(site, ["/alliances"], mine)),
        Scenario("overview, 5,000 members", Target(site, [here])),
        Scenario("overview, 5,000 members, signed in", Target(site, [here], mine)),
        Scenario("200 open votes, signed in", Target(site, [f"{here}/proposals"], mine)),
        Scenario("a vote of 5,000, signed in", Target(site, [f"{here}/proposals/1"], mine)),
    ]


def _fill(data: Path) -> None:
    with with_migrations(create_app()).app_context():
        upgrade()
        db.engine.dispose()
        fill(POSTS)
        with unit_of_work():
            _found()
            _join()
        with unit_of_work():
            _open()
        with unit_of_work() as work:
            thread = work.scalars(select(Thread).where(Thread.post_count == LONG_THREAD)).one()
            in_order = select(Alliance.active_at, Alliance.id).order_by(Alliance.active_at.desc(), Alliance.id.desc())
            last = work.execute(in_order.limit(DEEP)).all()[-1]
            facts = {
                "bare": f"/threads/{thread.id}",
                "deep": f"/alliances?cursor={encode_cursor([last.active_at, last.id])}",
                "handle": HANDLE,
                "password": PASSWORD,
            }
        db.engine.dispose()
    (data / "alliances.json").write_text(json.dumps(facts))


def _found() -> None:
    """Ten thousand alliances; the first is the one that everybody is in."""
    founder = session().scalars(select(User.id).where(User.handle == HANDLE)).one()
    at = now()
    rows = [
        {
            "id": number,
            "slug": SLUG if number == 1 else f"{SLUG}-{number}",
            "template": "innovation",
            "name": f"联盟 {number}",
            "name_en": f"Alliance {number}",
            "summary": "共同攻关，成果共享。",
            "state": State.ACTIVE.value,
            "audience": "public",
            "region": f"{(11, 31, 32, 33, 44)[number % 5]}",
            "sectors": [_sector(number)],
            "charter_number": 1,
            "member_count": MEMBERS if number == 1 else 3 + number % 40,
            "founder_id": founder,
            "opened_at": at,
            "activated_at": at,
            "active_at": at - timedelta(minutes=number),
        }
        for number in range(1, ALLIANCES + 1)
    ]
    session().execute(insert(Alliance), rows)
    listed = [{"alliance_id": number, "sector": _sector(number)} for number in range(1, ALLIANCES + 1)]
    session().execute(insert(AllianceSector), listed)


def _sector(number: int) -> str:
    return SECTORS[number % len(SECTORS)]


def _join() -> None:
    """Five thousand organisations; who signs in acts for the first one."""
    numbers = range(1, MEMBERS + 1)
    kinds = ("firm", "university", "institute", "provider")
    session().execute(
        insert(Organisation),
        [{"id": n, "slug": f"bench-org-{n}", "name": f"机构 {n}", "kind": kinds[n % len(kinds)]} for n in numbers],
    )
    session().execute(
        insert(Member),
        [
            {"id": n, "alliance_id": 1, "party_kind": "organisation", "party_id": n, "accepted_number": 1}
            for n in numbers
        ],
    )
    people = session().scalars(select(User.id).order_by(User.id)).all()
    for n, person in enumerate(people[:MEMBERS], 1):
        session().add(Seat(member_id=n, user_id=person, role=Role.REPRESENTATIVE.value))
    reseat(1, people)


def _open() -> None:
    """Two hundred votes, each with everybody on its roll."""
    at = now()
    author = session().scalars(select(User.id).where(User.handle == HANDLE)).one()
    rules = Rules(method=Method.SIMPLE, seed="0" * 64).to_json()
    for number in range(1, VOTES + 1):
        proposal = Proposal(
            alliance_id=1,
            number=number,
            title=f"第 {number} 号提案：共建共享测试平台",
            lang="zh-Hans",
            audience="alliance:1",
            method=Method.SIMPLE.value,
            rules=rules,
            state="open",
            author_id=author,
            opened_at=at,
            closes_at=at + timedelta(days=7, minutes=number),
            roll_size=MEMBERS,
            quorum=MEMBERS // 2,
        )
        session().add(proposal)
        session().flush()
        everybody = select(literal(proposal.id), Member.id).where(Member.alliance_id == 1)
        session().execute(insert(Voter).from_select(["proposal_id", "member_id"], everybody, include_defaults=True))


if __name__ == "__main__":
    main()
