"""What is for an alliance or the invited is not there for anybody else: not on pages, in lists, counts or search."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.errors import ConflictError, InvalidError
from kernel.work import unit_of_work
from resources.actions import needs
from resources.models import Need
from search_index.models import SearchChange
from tests.makers import needs as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import catch_up, index


@pytest.fixture
def searched(app: Flask, database: Session) -> Iterator[None]:
    with index(app):
        yield


def sees(client: FlaskClient, who: User | None, need: Need) -> set[str]:
    """In which ways this person comes upon the need."""
    if who is not None:
        sign_in(client, who)
    else:
        with client.session_transaction() as cookie:
            cookie.clear()
    program = Program(client, who)
    found = set()
    if client.get(f"/needs/{need.id}-{need.slug}").status_code == 200:
        found.add("page")
    if need.title in client.get("/needs").text:
        found.add("list")
    if program.get(f"/needs/{need.id}").status_code == 200:
        found.add("api")
    if [row for row in program.get("/needs", limit="100").json["items"] if row["id"] == need.id]:
        found.add("api list")
    if program.get("/search", q="zqsecretword").json["total"]:
        found.add("search")
    return found


EVERYWHERE = {"page", "list", "api", "api list", "search"}


def test_an_invited_need_is_for_the_invited(client: FlaskClient, database: Session, searched: None) -> None:
    owner, guest, other, staff = person(), person(), person(), person(staff=True)
    need = make.need(owner=owner, visibility="invited", teaser="The zqsecretword of the invited.")
    catch_up()
    assert sees(client, owner, need) == EVERYWHERE
    for who in (None, guest, other, staff):
        assert sees(client, who, need) == set()
    sign_in(client, owner)
    assert client.post(f"/needs/{need.id}/invitations", data={"handle": "nobody-here"}).status_code == 422
    assert client.post(f"/needs/{need.id}/invitations", data={"handle": f"@{guest.handle}"}).status_code == 303
    assert sees(client, guest, need) == EVERYWHERE
    assert "invites you" in client.get("/notifications").text
    for who in (None, other, staff):
        assert sees(client, who, need) == set()
    sign_in(client, owner)
    assert client.post(f"/needs/{need.id}/invitations/withdrawal", data={"handle": guest.handle}).status_code == 303
    assert sees(client, guest, need) == set()
    assert need.title not in client.get("/notifications").text


def test_the_need_of_an_alliance_is_for_its_members(client: FlaskClient, database: Session, searched: None) -> None:
    owner, ally, other = person(grants=("alliance:7",)), person(grants=("alliance:7",)), person(grants=("alliance:8",))
    need = make.need(
        owner=owner, visibility="alliance", alliance="alliance:7", teaser="The zqsecretword of the alliance."
    )
    catch_up()
    assert sees(client, ally, need) == EVERYWHERE
    for who in (None, other):
        assert sees(client, who, need) == set()
    with pytest.raises(InvalidError), unit_of_work():
        needs.draft_need(viewer_for(other.id), make.facts(visibility="alliance", alliance="alliance:7"))


def test_what_was_public_and_is_not_any_more_is_gone_at_once(
    client: FlaskClient, database: Session, searched: None
) -> None:
    owner, other = person(), person()
    need = make.need(owner=owner, teaser="The zqsecretword for all.")
    catch_up()
    assert sees(client, other, need) == EVERYWHERE
    facts = make.facts(title=need.title, teaser="The zqsecretword for all.", visibility="invited")
    with unit_of_work():
        needs.edit_need(viewer_for(owner.id), facts, need_id=need.id)
    hiding = select(SearchChange.key).where(SearchChange.hides)
    assert set(database.scalars(hiding)) == {f"resources.need:{need.id}"}, "hidden until the index has taken it in"
    assert sees(client, other, need) <= {"search"}, "one transaction cannot hide what it has itself indexed"
    catch_up()
    assert sees(client, other, need) == set()
    assert sees(client, owner, need) == EVERYWHERE


def test_counts_are_of_what_one_sees(client: FlaskClient, database: Session) -> None:
    make.need(kind="pilot")
    hidden = make.need(kind="pilot", visibility="invited")
    from resources.queries.needs import NeedWanted, facet_counts

    assert facet_counts(viewer_for(person().id), NeedWanted())["kind"]["pilot"] == 1
    assert facet_counts(viewer_for(hidden.owner_id), NeedWanted())["kind"]["pilot"] == 2


def test_people_are_invited_to_invited_needs_only(database: Session) -> None:
    owner = person()
    need = make.need(owner=owner)
    with pytest.raises(ConflictError), unit_of_work():
        needs.invite(viewer_for(owner.id), need_id=need.id, handle=person().handle)
    private = make.need(owner=owner, visibility="invited")
    with pytest.raises(InvalidError), unit_of_work():
        needs.invite(viewer_for(owner.id), need_id=private.id, handle=owner.handle)


def test_the_staff_cannot_give_themselves_the_key_of_a_need(database: Session) -> None:
    from accounts.actions.grants import grant

    staff, need = person(staff=True), make.need(visibility="invited")
    with pytest.raises(InvalidError), unit_of_work():
        grant(viewer_for(staff.id), user_id=staff.id, token=f"need:{need.id}")
