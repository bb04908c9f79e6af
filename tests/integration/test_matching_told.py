"""An achievement and a need that fit each other: both sides hear of it, once, and only of what they may see."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.actions import follow
from activity.models import Level, Notice
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from kernel.clock import now
from kernel.jobs import Job, run_due
from kernel.refs import Ref
from kernel.work import unit_of_work
from resources.actions import matching
from resources.actions.refusing import refuse_match
from resources.models import Match, Side
from resources.queries.matching_achievements import THREAD
from tests.makers import forum
from tests.makers import needs as make
from tests.makers.matching import TEASER, TITLE, achievement, wvtr
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index


@pytest.fixture
def searched(app: Flask, database: Session) -> Iterator[None]:
    with index(app):
        yield


def told(database: Session) -> set[tuple[int, str]]:
    """Whom, of what."""
    return {
        (row.user_id, row.event) for row in database.scalars(select(Notice).where(Notice.reason == matching.MATCHED))
    }


def test_both_hear_of_a_new_need_and_an_achievement_once(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, author = person(display_name="Hidden Owner"), person()
    thread = achievement(author=author)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, visibility="anonymous")
    catch_up()
    for _ in range(2):
        with unit_of_work():
            matching.match_need(need.id)
            matching.match_achievement(thread.id, author_id=author.id)
            matching.tell_of_matches()
    assert told(database) == {(owner.id, "match.need-achievement"), (author.id, "match.achievement")}
    assert database.scalar(select(func.count(Notice.id)).where(Notice.reason == "match")) == 2
    sign_in(client, author)
    page = client.get("/notifications").text
    assert "Your achievement fits this need" in page
    assert f'href="/needs/{need.id}-{need.slug}"' in page
    assert need.title in page
    assert "Hidden Owner" not in page
    sign_in(client, owner)
    page = client.get("/notifications").text
    assert "This achievement may answer your need" in page
    assert thread.title in page
    assert run_checks(mend=False) == []


def test_a_new_achievement_is_noticed_by_itself(database: Session, searched: None) -> None:
    owner, author = person(), person()
    make.need(owner=owner, title=TITLE, teaser=TEASER)
    run_due()
    thread = achievement(author=author)
    achievement(author=author, kind=ThreadKind.DISCUSSION, body="这是讨论，不是成果。")
    forum.post(thread=thread, author=person(), body="Well done")
    catch_up()
    jobs = database.scalars(select(Job).where(Job.name == "resources.match_achievement")).all()
    assert [job.payload for job in jobs] == [{"thread_id": thread.id, "author_id": author.id}]
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        run_due()
    assert told(database) == {(owner.id, "match.need-achievement"), (author.id, "match.achievement")}


def test_what_fits_less_well_is_shown_and_not_told(database: Session, searched: None) -> None:
    author = person()
    thread = achievement(
        author=author, board=forum.board(community_slug="energy"), title="电池的测试", body="钙钛矿组件的测试。"
    )
    need = make.need(title=TITLE, teaser=TEASER)
    catch_up()
    with unit_of_work():
        assert matching.match_need(need.id) == 0
        assert matching.match_achievement(thread.id, author_id=author.id) == 0


def test_nobody_hears_of_what_they_may_not_see(database: Session, searched: None) -> None:
    ally, author = person(grants=("alliance:7",)), person()
    closed = achievement(author=ally, board=forum.board(audience="alliance:7"))
    thread = achievement(author=author)
    public = make.need(title=TITLE, teaser=TEASER)
    allied = make.need(
        owner=person(grants=("alliance:7",)), title=TITLE, teaser=TEASER, visibility="alliance", alliance="alliance:7"
    )
    catch_up()
    with unit_of_work():
        for need in (public, allied):
            matching.match_need(need.id)
        matching.match_achievement(closed.id, author_id=ally.id)
        matching.match_achievement(thread.id, author_id=author.id)
        matching.tell_of_matches()
    heard = {
        (row.user_id, match.need_id, match.ref_id)
        for row, match in database.execute(select(Notice, Match).join(Match, Match.id == Notice.ref_id))
    }
    assert {(need_id, ref_id) for who, need_id, ref_id in heard if who == author.id} == {(public.id, thread.id)}
    assert {ref_id for who, need_id, ref_id in heard if who == public.owner_id} == {thread.id}
    assert {need_id for who, need_id, ref_id in heard if who == ally.id} == {public.id, allied.id}
    assert {ref_id for who, need_id, ref_id in heard if who == allied.owner_id} == {closed.id, thread.id}


def test_what_came_out_of_sight_since_is_not_told(database: Session, searched: None) -> None:
    author = person()
    thread = achievement(author=author)
    need = make.need(title=TITLE, teaser=TEASER)
    catch_up()
    with unit_of_work():
        assert matching.match_need(need.id) == 1
    thread.deleted_at = now()
    need.audience = "alliance:7"
    database.flush()
    with unit_of_work():
        assert matching.tell_of_matches() == 0


def test_who_muted_it_was_shut_out_or_refused_it_is_not_told(database: Session, searched: None) -> None:
    muter, suspended, owner = person(), person(), person()
    muted, other = achievement(author=muter), achievement(author=suspended)
    need = make.need(owner=owner, title=TITLE, teaser=TEASER)
    catch_up()
    with unit_of_work():
        follow(viewer_for(muter.id), ref=Ref(THREAD, muted.id), level=Level.MUTED)
        assert matching.match_need(need.id) == 2
        refuse_match(viewer_for(owner.id), need_id=need.id, ref=Ref(THREAD, muted.id), side=Side.NEED, reason="known")
        refuse_match(viewer_for(owner.id), need_id=need.id, ref=Ref(THREAD, other.id), side=Side.NEED, reason="known")
        suspended.suspended_at = now()
        database.flush()
        matching.tell_of_matches()
        assert matching.match_achievement(other.id, author_id=suspended.id) == 0
    assert told(database) == set()


def test_listings_and_achievements_share_what_one_can_bear_a_day(database: Session, searched: None) -> None:
    owner = person()
    for _ in range(4):
        wvtr()
        achievement()
    need = make.need(owner=owner, title=TITLE, teaser=TEASER, kind="testing", place="杭州")
    catch_up()
    with unit_of_work():
        assert matching.match_need(need.id) == 8
        matching.tell_of_matches()
    mine = select(func.count(Notice.id)).where(Notice.user_id == owner.id)
    assert database.scalar(mine) == matching.TOLD_A_DAY
