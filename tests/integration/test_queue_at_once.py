"""Moderators and members at the same moment: one decision counts, and every flag is weighed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.viewers import viewer_for
from activity.models import LogEntry
from forum.models import Post
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.errors import ConflictError, GuildhallError
from kernel.refs import Ref
from kernel.work import unit_of_work
from moderation.actions.flags import flag
from moderation.actions.reviews import decide
from moderation.models import Flag, Review, ReviewState, Sanction
from moderation.reviewables import Decision, Outcome
from tests.conftest import need, postgres_url
from tests.makers import forum as make
from tests.makers import watch
from tests.makers.people import person

Deed = Callable[[], object]


@pytest.fixture(params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path) -> Iterator[Flask]:
    """A site of its own, whose transactions are real: what one commits, the others see."""
    url = ""
    if request.param == "postgres":
        found = postgres_url(f"queue_{uuid4().hex[:8]}")
        need("postgres", found=found is not None)
        url = found or ""
    app = create_app(
        Settings(
            data=tmp_path, database_url=url, rate_limits=False, log_requests=False, secret_key="only-for-tests-" * 4
        )
    )
    with app.app_context():
        from seeds import ensure_sectors

        db.create_all()
        ensure_sectors()
        yield app
        db.session.remove()
        db.engine.dispose()


def at_once(site: Flask, *deeds: Deed) -> list[object]:
    """Start all deeds at the same instant, each in a unit of work of its own; refusals are answers too."""
    db.session.remove()
    start = Barrier(len(deeds))

    def run(deed: Deed) -> object:
        with site.app_context():
            start.wait(timeout=30)
            try:
                with unit_of_work():
                    return deed()
            except GuildhallError as refusal:
                return refusal
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def flagged() -> Ref:
    return Ref("forum.post", make.post(thread=make.thread()).id)


def test_of_moderators_who_decide_at_once_one_decides_and_the_others_are_told(site: Flask) -> None:
    moderators = [viewer_for(person(staff=True).id) for _ in range(4)]
    outcomes = (Outcome.KEEP, Outcome.REMOVE, Outcome.MOVED, Outcome.REMOVE)
    for _ in range(3):
        ref = flagged()
        watch.flag(ref)
        review_id = watch.review_of(ref).id
        deeds: list[Deed] = [
            lambda viewer=viewer, outcome=outcome, review_id=review_id: decide(
                viewer,
                review_id=review_id,
                decision=Decision(outcome, reason="Seen.", sanction="warning" if outcome is Outcome.REMOVE else ""),
            )
            for viewer, outcome in zip(moderators, outcomes, strict=True)
        ]
        answers = at_once(site, *deeds)
        assert sum(isinstance(answer, Review) for answer in answers) == 1
        assert sum(isinstance(answer, ConflictError) for answer in answers) == 3
        review = watch.review_of(ref)
        assert review.state == ReviewState.DECIDED
        is_gone = session().get_one(Post, ref.id).deleted_at is not None
        assert is_gone is (review.outcome == Outcome.REMOVE)
        told = select(func.count()).select_from(LogEntry).where(LogEntry.kind == ref.kind, LogEntry.ref_id == ref.id)
        assert session().scalar(told) == 1
        warned = select(func.count()).select_from(Sanction).where(Sanction.review_id == review.id)
        assert session().scalar(warned) == (1 if is_gone else 0)
    db.session.remove()
    assert run_checks(mend=False) == []


def test_flags_at_once_stand_in_one_review_and_a_decision_between_them_loses_none(site: Flask) -> None:
    ref = flagged()
    members = [viewer_for(person(trust_level=1).id) for _ in range(6)]
    deeds: list[Deed] = [lambda viewer=viewer: flag(viewer, ref=ref, note="An advert.") for viewer in members]
    answers = at_once(site, *deeds)
    assert len({answer.review_id for answer in answers if isinstance(answer, Flag)}) == 1
    raised = sum(isinstance(answer, Flag) for answer in answers)
    assert raised + sum(isinstance(answer, GuildhallError) for answer in answers) == 6, "hidden meanwhile"
    assert raised >= 3
    review = watch.review_of(ref)
    assert review.weight == 4 * raised
    assert review.hidden_at is not None
    staff, late = viewer_for(person(staff=True).id), viewer_for(person().id)
    other = flagged()
    watch.flag(other)
    open_id = watch.review_of(other).id
    at_once(
        site,
        lambda: decide(staff, review_id=open_id, decision=Decision(Outcome.KEEP)),
        lambda: flag(late, ref=other, note="This too."),
    )
    flags = session().scalar(
        select(func.count(Flag.id)).join(Review, Review.id == Flag.review_id).where(Review.ref_id == other.id)
    )
    assert flags == 2
    db.session.remove()
    assert run_checks(mend=False) == []
