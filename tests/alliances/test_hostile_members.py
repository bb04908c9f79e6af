"""Those who have one foot in the door: experts, observers, former members, applicants of an alliance that ends."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.admission import decide
from alliances.actions.cases import open_case
from alliances.actions.documents import put_to_adoption, set_document
from alliances.actions.groups import add_to_group, leave_group
from alliances.actions.invitations import invite
from alliances.actions.ip import add_background
from alliances.actions.milestones import set_milestone
from alliances.models import Call, LogLine, State, Term
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.work import unit_of_work
from tests.alliances.people import Stage, people, stage
from tests.house.test_walk import rows
from tests.makers import alliances as make
from tests.makers import rooms as make_room
from tests.makers.people import api_token, person, sign_in


@pytest.fixture
def here(database: Session) -> Stage:
    return stage(people())


def test_an_expert_in_a_group_neither_publishes_its_documents_nor_puts_them_to_the_vote(here: Stage) -> None:
    slug, expert = here.made.alliance.slug, person()
    with unit_of_work():
        add_to_group(here.made.viewer(), slug=slug, group_id=here.group.id, handle=expert.handle)
    viewer = viewer_for(expert.id)
    document = make_room.document(here.made, by=viewer, group_id=here.group.id, audience="group")
    with pytest.raises(InvalidError) as refusal:
        set_document(viewer, slug=slug, document_id=document.id, title="Ours", audience="public")
    assert "audience" in refusal.value.errors
    with pytest.raises(ForbiddenError):
        put_to_adoption(viewer, slug=slug, document_id=document.id, number=1)
    with unit_of_work():
        set_document(here.made.viewer(), slug=slug, document_id=document.id, title="Ours", audience="public")
    assert document.audience == "public"


def test_nobody_joins_an_alliance_that_is_being_dissolved(here: Stage) -> None:
    here.turn(State.DISSOLVING)
    with pytest.raises(ConflictError):
        decide(
            here.viewer("chair"),
            slug=here.made.alliance.slug,
            application_id=here.application.id,
            accept=True,
            message="Welcome.",
        )


def test_the_log_of_an_archive_does_not_grow_when_somebody_walks_out_of_a_group(here: Stage, database: Session) -> None:
    here.turn(State.DISSOLVED)
    before = database.query(LogLine).count()
    with pytest.raises(ConflictError):
        leave_group(here.viewer("member"), slug=here.made.alliance.slug, group_id=here.group.id)
    assert database.query(LogLine).count() == before


def test_a_call_is_written_by_its_form(client: FlaskClient, here: Stage, database: Session) -> None:
    sign_in(client, here.made.people[0])
    url = f"{here.made.alliance.url}/calls"
    assert 'name="criteria-0-label"' in client.get(f"{url}/new").get_data(as_text=True)
    criterion = {"criteria-0-label": "Method", "criteria-0-weight": "2", "criteria-0-most": "5"}
    sent = client.post(url, data={"title": "A film", "body": "Thin.", "audience": "public", **criterion})
    assert sent.status_code == 303
    assert database.query(Call).one().criteria == [{"key": "c1", "label": "Method", "weight": 2, "max": 5}]


def test_what_another_alliance_has_is_not_found_under_ones_own_address(
    app: Flask, client: FlaskClient, here: Stage, database: Session
) -> None:
    theirs, mine = here.made, make.alliance(members=2)
    slug, chair = theirs.alliance.slug, theirs.viewer()
    call = make_room.call(theirs, title="zqtheirs call")
    with unit_of_work():
        asked = invite(chair, slug=slug, kind="person", name="the-other", message="zqtheirs words")
        case = open_case(chair, slug=slug, member_id=here.members["member"].id, grounds="zqtheirs grounds")
        right = add_background(here.viewer("member"), slug=slug, member_id=None, title="zqtheirs right")
        milestone = set_milestone(chair, slug=slug, title="zqtheirs milestone")
    found = {
        "document_id": make_room.document(theirs, title="zqtheirs document", audience="members").id,
        "event_id": make_room.event(theirs, title="zqtheirs event").id,
        "call_id": call.id,
        "bid_id": make_room.bid(theirs, call, here.users["other"], team="zqtheirs team").id,
        "invitation_id": asked.id,
        "case_id": case.id,
        "background_id": right.id,
        "milestone_id": milestone.id,
        "application_id": here.application.id,
        "group_id": here.group.id,
        "member_id": theirs.members[0].id,
        "term_id": database.scalars(select(Term.id).where(Term.alliance_id == theirs.alliance.id)).first(),
    }
    sign_in(client, mine.people[0])
    headers = {"Authorization": f"Bearer {api_token(mine.people[0])}"}
    before, open_doors = rows(database.connection()), []
    for rule in app.url_map.iter_rules():
        if "/alliances/<slug>" not in rule.rule or not rule.arguments & set(found):
            continue
        url = re.sub(r"<any\(([^,)]*)[^>]*>", r"\1", rule.rule)
        url = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: str(found.get(name[1], 1)), url.replace("<slug>", "SLUG"))
        url = url.replace("SLUG", mine.alliance.slug)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            sent = {"json": {}, "headers": headers} if url.startswith("/api/") else {}
            answer = client.open(url, method=method, **sent)
            if answer.status_code not in (403, 404, 422) or "zqtheirs" in answer.get_data(as_text=True):
                open_doors.append(f"{method} {url}: {answer.status_code}")
    assert open_doors == []
    assert rows(database.connection()) == before
