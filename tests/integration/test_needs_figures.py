"""The figures that the site publishes of itself, against a year that was counted by hand."""

from datetime import UTC, datetime, timedelta

import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from kernel.work import unit_of_work
from resources.actions import answers, needs
from resources.kinds.listings import LISTING
from resources.models import Match, Need, NeedState
from resources.queries.figures import figures
from tests.makers import needs as make
from tests.makers.people import person

START = datetime(2026, 1, 10, 8, tzinfo=UTC)


def test_an_empty_house_says_so(client: FlaskClient, database: Session) -> None:
    found = figures()
    assert (found.needs, found.answers, found.median_first_answer) == (0, 0, None)
    assert found.answered.percent is None
    assert found.matches.is_small
    page = client.get("/needs/figures", headers={"Accept-Language": "en"})
    assert page.status_code == 200
    assert "Too few yet to be a share." in page.text


def test_the_figures_are_those_counted_by_hand(client: FlaskClient, database: Session) -> None:
    owner, provider = person(), person()
    me = viewer_for(owner.id)
    with time_machine.travel(START - timedelta(days=400), tick=False) as clock:
        make.need(owner=owner)  # more than a year ago: counts nowhere
        clock.move_to(START)
        quick, later, met, ignored = (
            make.need(owner=owner, visibility=one) for one in ("public", "invited", "anonymous", "public")
        )
        listing = make.listing(owner=provider)
        told = [
            Match(
                need_id=need.id,
                kind=LISTING,
                ref_id=listing.id,
                owner_id=provider.id,
                score=0.9,
                found_at=START,
                owner_told_at=START,
            )
            for need in (quick, met, ignored)
        ]
        with unit_of_work():
            database.add_all(told)
            needs.invite(me, need_id=later.id, handle=provider.handle)
        clock.shift(timedelta(days=2))
        first = make.answer(need=quick, author=provider)
        clock.shift(timedelta(days=2))
        taken, lost = make.answer(need=met), make.answer(need=met)
        clock.shift(timedelta(days=20))
        make.answer(need=later, author=provider)  # on the 24th day
        with unit_of_work():
            answers.accept(me, answer_id=taken.id, message="Yes")
            answers.decline(me, answer_id=first.id, reason="price", message="No")
            needs.end_need(me, need_id=met.id, state=NeedState.MET, message="Thank you")
            needs.end_need(me, need_id=ignored.id, state=NeedState.CLOSED, message="Nobody came")
        young = make.need(owner=owner)
        make.answer(need=young)
        clock.shift(timedelta(hours=1))
        found = figures()
        page = client.get("/needs/figures", headers={"Accept-Language": "en"}).text
    assert found.needs == 5
    assert found.answers == 5
    assert (found.answered.part, found.answered.whole) == (2, 4)
    assert found.median_first_answer == timedelta(days=3)  # of 0, 2, 4 and 24 days
    assert (found.met.part, found.met.whole) == (1, 2)
    assert (found.with_message.part, found.with_message.whole) == (3, 3)
    assert (found.matches.part, found.matches.whole) == (1, 3)
    by_name = {month.name: (month.needs, month.answers) for month in found.months}
    assert by_name["2026-01"] == (4, 3)
    assert by_name["2026-02"] == (1, 2)
    assert len(found.months) == 12
    assert "2 of 4" in page
    assert "3 days" in page
    assert lost.id
    assert len(database.scalars(select(Need)).all()) == 6
