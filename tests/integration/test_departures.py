"""Deleting one's account: asked for, waited for, done in portions, and nothing left that names one."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.actions.registration import register
from accounts.models import ApiToken, Departure, User
from accounts.personal import going
from accounts.viewers import viewer_for
from forum.actions.answers import accept_answer
from forum.actions.posts import edit_post
from forum.models.thread import ThreadKind
from ip_registry.models import LedgerEntry
from kernel.checks import run_checks
from kernel.clock import now
from kernel.db import Base, session
from kernel.errors import ConflictError, InvalidError
from kernel.i18n import speaking
from kernel.mail import Mail
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import archives as make
from tests.makers import forum, listings, needs, organisations, registry
from tests.makers.people import api_token, person


def test_it_waits_two_weeks_and_can_be_stopped(database: Session) -> None:
    me = person(handle="unsure")
    with unit_of_work():
        departure = going.ask_to_go(viewer_for(me.id), removes=False)
    assert (departure.due_at - departure.asked_at).days in (13, 14)
    assert not going.portion()
    assert session().scalar(select(Mail.recipient).where(Mail.user_id == me.id)) == me.email
    with unit_of_work():
        going.stay(viewer_for(me.id))
    assert session().get(Departure, me.id) is None
    assert not going.portion()


def test_whoever_others_rely_on_hands_over_first(database: Session) -> None:
    me = person(handle="chief")
    firm = organisations.organisation(admin=me)
    with speaking("en"), pytest.raises(ConflictError, match="handed over"), unit_of_work():
        going.ask_to_go(viewer_for(me.id), removes=False)
    organisations.seat(firm, by=viewer_for(me.id), role="admin")
    with unit_of_work():
        going.ask_to_go(viewer_for(me.id), removes=False)


def test_what_came_up_in_the_meantime_postpones_it(database: Session) -> None:
    me = person(handle="late-chief")
    with unit_of_work():
        going.ask_to_go(viewer_for(me.id), removes=False).due_at = now()
    organisations.organisation(admin=me)
    assert going.portion()
    departure = session().get_one(Departure, me.id, populate_existing=True)
    assert departure.begun_at is None
    assert departure.due_at > now()


def someone_to_forget() -> User:
    me = person(handle="gone-soon", display_name="Zq Gonesoon", email="zqgone@example.cn", bio="zqbio")
    other = person(handle="stays-on")
    forum.thread(author=me, title="Nobody answered me", body="zqalone")
    asked = forum.thread(author=me, title="Others answered me", body="zqasked")
    reply = forum.post(thread=asked, author=other, body="I think that @gone-soon is right.")
    with unit_of_work():
        edit_post(
            viewer_for(other.id),
            post_id=reply.id,
            body=f"Yes, @gone-soon.\n\n> [Zq Gonesoon](/posts/{forum.opening_post(asked).id})\n>\n> x",
        )
    forum.post(thread=asked, author=me, body="zqlast", reply_to=reply.id)
    question = forum.thread(author=other, title="A question of somebody", kind=ThreadKind.QUESTION, body="What holds?")
    answer = forum.post(thread=question, author=me, body="zqaccepted")
    forum.post(thread=question, author=me, body="zqloose")
    with unit_of_work():
        accept_answer(viewer_for(other.id), thread_id=question.id, number=answer.number)
    listings.listing(owner=me, title="zqlisting to share")
    needs.need(owner=me, title="zqneed to meet")
    registry.record(owner=me, title="zqrecord of mine")
    api_token(me)
    return me


def everywhere(word: str) -> list[str]:
    """The tables in which a word stands, in any column."""
    return [
        table.name
        for table in Base.metadata.sorted_tables
        if any(word in str(value) for row in session().execute(select(table)) for value in row)
    ]


@pytest.mark.parametrize("choice", ["anonymise", "remove"])
def test_nothing_names_them_and_everything_agrees(database: Session, choice: str) -> None:
    me, removes = someone_to_forget(), choice == "remove"
    leaves = session().scalar(select(func.count()).select_from(LedgerEntry))
    before = set(run_checks(mend=False))
    make.gone(me, removes=removes)
    for word in ("gone-soon", "Zq Gonesoon", "zqgone@", "zqbio", "zqlisting", "zqneed", "zqrecord"):
        assert everywhere(word) == [], word
    assert set(run_checks(mend=False)) - before == set()
    assert session().scalar(select(func.count()).select_from(LedgerEntry)) == leaves
    kept = {word for word in ("zqalone", "zqasked", "zqlast", "zqaccepted", "zqloose") if everywhere(word)}
    everything = {"zqalone", "zqasked", "zqlast", "zqaccepted", "zqloose"}
    assert kept == ({"zqasked", "zqaccepted"} if removes else everything)
    shown = session().get_one(User, me.id, populate_existing=True)
    with speaking("en"):
        assert session().scalar(select(User.display_name).where(User.id == me.id)) == "Former member"
    assert (shown.handle, shown.password_hash, shown.email_confirmed_at) == (f"former_{me.id}", "", None)
    assert session().scalar(select(func.count()).select_from(ApiToken).where(ApiToken.user_id == me.id)) == 0


def test_a_portion_that_was_undone_is_done_again(database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    me = someone_to_forget()
    with unit_of_work():
        going.ask_to_go(viewer_for(me.id), removes=True).due_at = now()
    steps = 0
    usual = going._do

    def dies(departure: Departure, leaver: object) -> None:
        """As a worker that is killed after a portion's work and before its commit."""
        usual(departure, leaver)
        nonlocal steps
        steps += 1
        if steps % 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(going, "_do", dies)
    for _attempt in range(200):
        try:
            if not going.portion():
                break
        except KeyboardInterrupt:
            continue
    assert session().get_one(Departure, me.id, populate_existing=True).done_at is not None
    assert everywhere("gone-soon") == []


def test_nobody_gets_the_handle_for_a_year(database: Session) -> None:
    me = person(handle="well-known")
    make.gone(me)
    with speaking("en"), pytest.raises(InvalidError) as refused, unit_of_work():
        register(Viewer(), handle="well-known", display_name="X", email="x@example.cn", password="a walk in the rain")
    assert "handle" in refused.value.errors
