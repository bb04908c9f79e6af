"""Levels of trust rise by what somebody does, fall from the third only, and are the staff's to fix."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from forum.actions.reading import mark_thread_read
from forum.models import ReadMark
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from moderation.actions.trusting import reckon, reckon_portion, set_trust
from moderation.evidence import Fact
from moderation.models import Visit
from moderation.trust import CONDITIONS, Standing, level_after, standings
from tests.makers.forum import post, thread
from tests.makers.people import newcomer, person, sign_in


def came(user: User, *, days: int, joined: int = 200) -> None:
    """Let them have been here on each of the last so many days."""
    with unit_of_work() as work:
        work.add_all(Visit(user_id=user.id, day=(now() - timedelta(days=ago)).date()) for ago in range(days))
        user.created_at = now() - timedelta(days=joined)


def read(user: User, *, threads: int, posts: int) -> None:
    with unit_of_work() as work:
        marks = [
            {"user_id": user.id, "thread_id": thread().id, "number": posts, "updated_at": now()} for _ in range(threads)
        ]
        work.execute(insert(ReadMark), marks)


def test_reading_on_two_days_makes_a_member(database: Session) -> None:
    new = newcomer()
    came(new, days=2, joined=3)
    read(new, threads=4, posts=5)
    started = thread()
    session().expire_all()
    with unit_of_work():
        mark_thread_read(viewer_for(new.id), thread_id=started.id, number=1)
        assert reckon([new.id]) == 1
    assert viewer_for(new.id).trust == 1
    told = session().scalars(select(Notice).where(Notice.user_id == new.id)).one()
    assert told.event == "trust.risen"


def test_the_first_reading_of_a_day_lets_the_worker_look_at_the_numbers(database: Session) -> None:
    new = newcomer()
    came(new, days=0, joined=3)
    with unit_of_work() as work:
        work.add(Visit(user_id=new.id, day=(now() - timedelta(days=1)).date()))
    read(new, threads=5, posts=5)
    started = thread()
    for _ in range(2):
        with unit_of_work():
            mark_thread_read(viewer_for(new.id), thread_id=started.id, number=1)
    run_due()
    session().expire_all()
    assert viewer_for(new.id).trust == 1


def test_the_third_level_lapses_and_the_second_stays() -> None:
    none = dict.fromkeys(Fact, 0)
    nothing = Standing(none, none)
    assert [level_after(present, nothing) for present in (0, 1, 2, 3)] == [0, 1, 2, 2]
    regular = {fact: number for conditions in CONDITIONS for fact, number in conditions.least.items()}
    full = {**none, **regular, Fact.AGE: 200, Fact.POSTS: 500}
    assert level_after(0, Standing(full, full)) == 3
    assert level_after(3, Standing({**full, Fact.AGE: 200}, {**full, Fact.DAYS: 49})) == 2
    assert level_after(0, Standing(full, {**full, Fact.FLAGS: 1})) == 0
    assert level_after(2, Standing(full, {**full, Fact.SANCTIONS: 1})) == 2


def test_what_others_thought_of_ones_posts_counts_and_ones_own_reactions_do_not(database: Session) -> None:
    from forum.actions.reactions import set_reaction

    author, other = person(), person()
    made = post(thread=thread(author=author), author=other)
    with unit_of_work():
        set_reaction(viewer_for(author.id), post_id=made.id, name="like", wanted=True)
    facts = standings([author.id, other.id])
    assert (facts[author.id].ever[Fact.WRITTEN], facts[author.id].ever[Fact.REACTIONS]) == (1, 0)
    assert (facts[other.id].ever[Fact.WRITTEN], facts[other.id].ever[Fact.REACTIONS]) == (1, 1)


def test_the_regular_job_finds_whoever_was_here_and_whoever_could_fall(database: Session) -> None:
    new, lapsed = newcomer(), person(trust_level=3)
    came(new, days=2)
    read(new, threads=5, posts=4)
    with unit_of_work():
        assert reckon_portion(0) is None
    assert (viewer_for(new.id).trust, viewer_for(lapsed.id).trust) == (1, 2)


def test_the_staff_fix_a_level_with_a_reason_and_release_it(client: FlaskClient, database: Session) -> None:
    staff, spammer = person(staff=True), person(trust_level=2)
    sign_in(client, staff)
    refused = client.post(f"/staff/people/{spammer.handle}/trust", data={"level": "0", "reason": ""})
    assert refused.status_code == 422
    client.post(f"/staff/people/{spammer.handle}/trust", data={"level": "0", "reason": "Sold certificates"})
    entry = session().scalars(select(LogEntry)).one()
    assert (entry.act, entry.reason, entry.audience) == ("trust.set", "Sold certificates", "staff")
    came(spammer, days=2)
    read(spammer, threads=5, posts=4)
    with unit_of_work():
        assert reckon([spammer.id]) == 0
    assert viewer_for(spammer.id).trust == 0
    client.post(f"/staff/people/{spammer.handle}/trust", data={"level": "numbers", "reason": "A new beginning"})
    session().expire_all()
    assert viewer_for(spammer.id).trust == 1


def test_only_the_staff_fix_a_level(database: Session) -> None:
    with pytest.raises(ForbiddenError), unit_of_work():
        set_trust(viewer_for(person(grants=("moderator:1",)).id), user_id=person().id, level=4, reason="A friend")


def test_the_page_shows_every_condition_and_ones_own_numbers(client: FlaskClient, database: Session) -> None:
    seen = client.get("/trust").text
    assert seen.count('<li class="level') == 5
    new = newcomer()
    came(new, days=1, joined=1)
    sign_in(client, new)
    assert "1 / 2" in client.get("/trust").text
