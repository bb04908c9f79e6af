"""What it costs to tell many: a reply with 10,000 followers, notices a second, and digests for 50,000 that are killed.

    python -m bench.notices [--quick] [--readers NUMBER]

On SQLite and, where one answers, on PostgreSQL. Replies with and without followers alternate in one run, and the ratio
of their medians counts. A notice is written by the worker's own job, with all it asks of each reader: whether they are
suspended, hold the audience, muted the place, want it on the bell and by mail. The worker of the digests is killed
(SIGKILL) five times and begun anew; in the end everybody has one mail.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update

from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import notify
from activity.actions.telling import FAN_OUT
from activity.digests import running
from activity.models import DigestRun, Follow, Level, Notice
from bench.databases import scratch_database
from bench.servers import ROOT
from forum.actions.posts import reply
from forum.actions.threads import start_thread
from forum.models import Board, Thread
from forum.models.thread import ThreadKind
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now
from kernel.db import db, session
from kernel.jobs import Job, run_one
from kernel.mail import Mail
from kernel.refs import Ref
from kernel.work import unit_of_work
from seeds import ensure_sectors

KILLS = 5
BATCH = 2_000
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured."""

    followers: int
    replies: int
    readers: int


WHOLE, QUICK = Size(10_000, 40, 50_000), Size(2_000, 10, 600)


def main() -> None:
    """Print three figures for each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a fifth of the followers, few digests")
    parser.add_argument("--readers", type=int, help="how many people the digests are for")
    asked = parser.parse_args()
    size = QUICK if asked.quick else WHOLE
    size = replace(size, readers=asked.readers or size.readers)
    for url in _databases():
        with tempfile.TemporaryDirectory() as folder, _site(Path(folder), url) as app:
            print(f"{app.config['SQLALCHEMY_DATABASE_URI'].partition(':')[0]}", flush=True)
            people = _people(max(size.readers, size.followers + size.replies))
            _replies(people, size)
            _notices_a_second()
            _digests(people[: size.readers], Path(folder), url)


def _databases() -> Iterator[str]:
    yield ""
    with scratch_database() as url:
        if url is not None:
            yield url


@contextmanager
def _site(folder: Path, url: str) -> Iterator[Flask]:
    app = create_app(Settings(data=folder, database_url=url, log_requests=False, rate_limits=False))
    with app.app_context():
        db.create_all()
        ensure_sectors()
        yield app
        db.session.remove()
        db.engine.dispose()


def _analyse() -> None:
    """As a database that is in use has done by itself."""
    with unit_of_work() as work:
        work.execute(text("ANALYZE"))


def _people(count: int) -> list[int]:
    """Confirmed people who may write, as long as anybody has been here."""
    facts = {"password_hash": "!", "timezone": ZONE, "email_confirmed_at": now(), "trust_level": 2}
    rows = [
        {"handle": f"bench-{n}", "email": f"bench-{n}@example.cn", "display_name": f"Bench {n}", **facts}
        for n in range(count)
    ]
    ids: list[int] = []
    for start in range(0, count, BATCH):
        with unit_of_work() as work:
            ids += work.scalars(insert(User).returning(User.id), rows[start : start + BATCH]).all()
    return ids


def _replies(people: list[int], size: Size) -> None:
    """One reply where nobody watches, one where thousands do, and so on."""
    authors = people[: size.replies]
    quiet, loud = (_thread(people[-1], title) for title in ("A quiet thread", "A loud thread"))
    with unit_of_work() as work:
        rows = [
            {"user_id": user_id, "kind": "forum.thread", "ref_id": loud, "level": Level.WATCHING.value}
            for user_id in people[-size.followers :]
        ]
        work.execute(delete(Follow).where(Follow.ref_id.in_((quiet, loud))))
        work.execute(insert(Follow), rows)
    _analyse()
    took: dict[int, list[float]] = {quiet: [], loud: []}
    for number, author in enumerate(authors):
        for thread_id in (quiet, loud) if number % 2 else (loud, quiet):
            started = time.perf_counter()
            with unit_of_work():
                reply(viewer_for(author), thread_id=thread_id, body=f"Measured again, run {number} of {thread_id}.")
            took[thread_id].append(time.perf_counter() - started)
    without, with_followers = (median(took[thread_id]) * 1000 for thread_id in (quiet, loud))
    print(
        f"  a reply: {without:.1f} ms with no follower, {with_followers:.1f} ms with {size.followers:,}:"
        f" ratio {with_followers / without:.2f}",
        flush=True,
    )


def _thread(author_id: int, title: str) -> int:
    with unit_of_work() as work:
        board = work.scalars(select(Board).order_by(Board.id).limit(1)).one()
        made = start_thread(
            viewer_for(author_id),
            board=board,
            kind=ThreadKind.DISCUSSION,
            lens=None,
            title=title,
            body="Go on.",
            tags=[],
        )
        if not isinstance(made, Thread):
            raise TypeError("the thread waits for a moderator")
        return made.id


def _notices_a_second() -> None:
    """What the replies left for the worker."""
    with unit_of_work() as work:
        work.execute(delete(Job).where(Job.name != FAN_OUT))
    started = time.perf_counter()
    while run_one():
        pass
    took = time.perf_counter() - started
    told = session().scalar(select(func.count(Notice.id)).where(Notice.reason == "watching:forum.thread")) or 0
    session().rollback()
    print(f"  the worker: {told:,} notices in {took:.1f} s, {told / took:,.0f} a second", flush=True)


def _digests(people: list[int], folder: Path, url: str) -> None:
    """Everybody was told of one thing; the worker is killed again and again."""
    thread = Ref("forum.thread", _thread(people[0], "A thing that fits"))
    with unit_of_work() as work:
        work.execute(update(Notice).values(read_at=now()))
        reasons = dict.fromkeys(people[1:], "match")
        notify(reasons, event="match.need", actor_id=None, ref=thread, place=thread, audience="public")
        work.execute(update(User).where(User.id > people[-1]).values(timezone="UTC"))
        work.add(DigestRun(period="weekly", day="2026-11-30", timezone=ZONE))
    environment = {**os.environ, "GUILDHALL_DATA": str(folder), "GUILDHALL_DATABASE_URL": url}
    command = [sys.executable, "-c", "from bench.notices import work; work()"]
    dice, total, kills = random.Random(1), len(people) - 1, 0  # noqa: S311 - the same instants at every run
    started = time.perf_counter()
    while True:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment)
        goal = _sent() + dice.randint(1, max(2, total // (KILLS + 1)))
        while worker.poll() is None and (kills == KILLS or _sent() < goal):
            time.sleep(0.02)
        if worker.poll() == 0:
            break
        if worker.poll():
            raise SystemExit("the worker of the digests failed by itself")
        worker.kill()
        worker.wait()
        kills += 1
    took = time.perf_counter() - started
    each = select(func.count(Mail.id).label("mails")).where(Mail.kind == "digest").group_by(Mail.user_id).subquery()
    once, twice = (
        session()
        .execute(
            select(func.count().filter(each.c.mails == 1), func.count().filter(each.c.mails > 1)).select_from(each)
        )
        .one()
    )
    print(
        f"  digests: {total:,} people, killed {kills} times, {took:.0f} s, {total / took:,.0f} a second;"
        f" {once:,} got one mail, {total - once - twice:,} none, {twice:,} more than one",
        flush=True,
    )


def _sent() -> int:
    count = session().scalar(select(DigestRun.sent).order_by(DigestRun.id.desc()).limit(1))
    session().rollback()
    return count or 0


def work() -> None:
    """The worker that is killed: digests until the run is finished."""
    with create_app().app_context():
        while running._open_run() is not None:  # noqa: SLF001 - the worker's own question
            running.go_on()


if __name__ == "__main__":
    main()
