"""Whose an anonymous need is, nobody learns anywhere until its owner accepts their answer; then those two alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import follow
from activity.models import Level
from kernel.refs import Ref
from kernel.work import unit_of_work
from resources.actions import answers, conversations, needs
from resources.actions.matching import match_listing, match_need, tell_of_matches
from resources.models import Answer, Conversation, Match, Need, NeedState
from search_index.documents import documents_of
from tests.makers import needs as make
from tests.makers.api import Program
from tests.makers.people import api_token, person, sign_in
from tests.makers.search import catch_up, index

SECRETS = ("zhuren-handle", "Zhuren Name", "Zhuren Works", "/avatars/zhuren-handle")


def hidden_owner() -> User:
    with unit_of_work():
        owner = person(handle="zhuren-handle", display_name="Zhuren Name", timezone="UTC")
        owner.affiliation = "Zhuren Works"
    return owner


def outlets(need: Need, talk: Conversation | None) -> list[str]:
    """Every address that says something of a need."""
    found = [
        f"/needs/{need.id}-{need.slug}",
        f"/needs/{need.id}/matches",
        "/needs",
        "/needs?state=all",
        f"/needs?kind={need.kind}",
        "/needs/mine",
        "/needs/figures",
        "/search?q=barrier+film",
        "/search?q=barrier+film&kind=need",
        "/search/suggestions?q=barrier",
        "/notifications",
        "/bookmarks",
        "/conversations",
        "/log",
        "/",
        "/feeds/latest.atom",
        "/sitemap.xml",
        "/api/v1/needs",
        "/api/v1/needs?state=met",
        f"/api/v1/needs/{need.id}",
        f"/api/v1/needs/{need.id}/matches",
        f"/api/v1/needs/{need.id}/answers",
        "/api/v1/search?q=barrier+film",
        "/api/v1/notifications",
    ]
    return [*found, f"/conversations/{talk.id}"] if talk else found


@contextmanager
def looking(client: FlaskClient, who: User | None) -> Iterator[dict[str, str]]:
    if who is None:
        with client.session_transaction() as cookie:
            cookie.clear()
        yield {}
    else:
        sign_in(client, who)
        yield {"Authorization": f"Bearer {api_token(who)}"}


def heard(client: FlaskClient, who: User | None, need: Need, talk: Conversation | None = None) -> list[str]:
    """Where this person reads anything of the owner."""
    found = []
    with looking(client, who) as headers:
        for url in outlets(need, talk):
            answer = client.get(url, headers=headers if url.startswith("/api/") else {})
            assert answer.status_code < 500, url
            text = f"{answer.headers}\n{answer.text}"
            found += [f"{url}: {secret}" for secret in SECRETS if secret in text]
    return found


@pytest.mark.parametrize("end", ["open", "declined", "closed", "lapsed"])
def test_nobody_learns_whose_it_is(app: Flask, client: FlaskClient, database: Session, end: str) -> None:
    owner, member, answerer, staff = hidden_owner(), person(), person(), person(staff=True)
    listing = make.listing(owner=answerer)
    make.listing(owner=owner, title="Films of another house", summary="Lamination.")
    need = make.need(owner=owner, kind="testing", visibility="anonymous", problem="hidden problem")
    with unit_of_work():
        follow(viewer_for(member.id), ref=Ref("resources.need", need.id), level=Level.WATCHING)
    answer = make.answer(need=need, author=answerer, listing_id=listing.id)
    talk = database.get_one(Conversation, answer.conversation_id)
    mine = viewer_for(owner.id)
    with unit_of_work():
        conversations.write(mine, conversation_id=talk.id, body="Tell us more")
        conversations.write(viewer_for(answerer.id), conversation_id=talk.id, body="What thickness?")
        answers.shortlist(mine, answer_id=answer.id)
        answers.open_full_text(mine, answer_id=answer.id)
        answers.read_full_text(viewer_for(answerer.id), need_id=need.id)
    with index(app):
        with unit_of_work():
            match_listing(listing.id)
            match_need(need.id)
            tell_of_matches()
        assert database.scalars(select(Match)).all()
        with unit_of_work():
            if end == "declined":
                answers.decline(mine, answer_id=answer.id, reason="price", message="Too dear")
            elif end == "closed":
                needs.end_need(mine, need_id=need.id, state=NeedState.CLOSED, message="Over")
            elif end == "lapsed":
                database.get_one(Need, need.id).deadline = need.published_at.date().replace(year=2020)
                database.flush()
                needs.lapse_needs()
        catch_up()
        for who in (None, member, answerer, staff):
            assert heard(client, who, need, talk if who is answerer else None) == []
        sign_in(client, answerer)
        page = client.get(f"/conversations/{talk.id}").text
        assert f"#{need.alias}" in page
        assert f"#{need.alias}" in client.get("/needs?state=all").text
    profile = client.get(f"/people/{owner.handle}").text
    assert need.title not in profile
    document = documents_of([f"resources.need:{need.id}"])[f"resources.need:{need.id}"]
    assert not any(secret in repr(document) for secret in SECRETS)


def test_the_two_learn_each_others_names_when_an_answer_is_accepted(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    owner, chosen, other = hidden_owner(), person(display_name="Chosen One"), person()
    need = make.need(owner=owner, visibility="anonymous")
    taken, waiting = make.answer(need=need, author=chosen), make.answer(need=need, author=other)
    with unit_of_work():
        answers.accept(viewer_for(owner.id), answer_id=taken.id, message="Let us begin")
    with index(app):
        talk = database.get_one(Conversation, taken.conversation_id)
        found = heard(client, chosen, need, talk)
        for url in (f"/needs/{need.id}-{need.slug}", f"/conversations/{talk.id}", "/notifications", "/needs"):
            assert f"{url}: Zhuren Name" in found
        assert f"/api/v1/needs/{need.id}: zhuren-handle" in found
        for who in (None, other, person(), person(staff=True)):
            talk = database.get_one(Conversation, waiting.conversation_id) if who is other else None
            assert heard(client, who, need, talk) == []
    sign_in(client, owner)
    assert "Chosen One" in client.get(f"/needs/{need.id}-{need.slug}").text


def test_a_need_that_becomes_anonymous_is_not_found_by_its_owner_any_more(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    owner = hidden_owner()
    need = make.need(owner=owner)
    facts = make.facts(title=need.title, visibility="anonymous")
    with index(app):
        program = Program(client)
        asked = "author:zhuren-handle barrier"
        assert [row["title"] for row in program.get("/search", q=asked).json["items"]] == [need.title]
        with unit_of_work():
            needs.edit_need(viewer_for(owner.id), facts, need_id=need.id)
        assert program.get("/search", q=asked).json["items"] == [], "hidden until the index has taken it in"
        catch_up()
        assert program.get("/search", q=asked).json["items"] == []
        assert [row["title"] for row in program.get("/search", q="barrier film").json["items"]] == [need.title]


def test_the_aliases_of_two_needs_of_one_owner_differ(database: Session) -> None:
    owner = hidden_owner()
    first, second = (make.need(owner=owner, visibility="anonymous") for _ in range(2))
    assert first.alias != second.alias
    assert len(database.scalars(select(Answer)).all()) == 0
