"""Who sees a board can be changed, and holds from then on for everything in it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from forum.actions.boards import set_audience
from forum.models import Board, Tag
from kernel.checks import run_checks
from kernel.errors import ForbiddenError, InvalidError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.makers.forum import board, community, post, thread
from tests.makers.people import person, sign_in


def moderator() -> object:
    return person(grants=(f"moderator:{community().id}",))


def test_a_closed_board_takes_notices_tags_and_lists_with_it(database: Session, client: FlaskClient) -> None:
    place, asker = board(), person()
    made = thread(board=place, author=asker, title="Creep of zircaloy", tags=("zircaloy",))
    post(thread=made, body="I know.")
    run_due()
    assert b"Creep of zircaloy" in client.get(f"/communities/materials/{place.slug}").data
    assert b"Creep of zircaloy" in client.get("/communities/materials").data
    with unit_of_work():
        set_audience(viewer_for(moderator().id), board=place, audience="members", reason="Not yet public")
    database.expire_all()
    assert client.get(f"/communities/materials/{place.slug}").status_code == 404
    assert b"Creep of zircaloy" not in client.get("/communities/materials").data
    assert set(database.scalars(select(Notice.audience).where(Notice.place_id == made.id))) == {"members"}
    assert database.scalars(select(Tag.public_thread_count).where(Tag.name == "zircaloy")).one() == 0
    entry = database.scalars(select(LogEntry).where(LogEntry.act == "board.audience")).one()
    assert (entry.audience, entry.reason) == ("members", "Not yet public")
    assert run_checks(mend=False) == []


def test_only_those_who_look_after_the_community_change_it_and_only_for_themselves_too(database: Session) -> None:
    place = board()
    with pytest.raises(ForbiddenError):
        set_audience(viewer_for(person().id), board=place, audience="members")
    for audience in ("alliance:7", "everybody", "user:3", ""):
        with pytest.raises(InvalidError):
            set_audience(viewer_for(moderator().id), board=place, audience=audience)
    assert database.get(Board, place.id).audience == "public"


def test_it_is_changed_on_a_page_and_told_in_the_log(database: Session, client: FlaskClient) -> None:
    place = board(name="Furnaces")
    sign_in(client, moderator())
    page = client.get(f"/communities/materials/{place.slug}")
    assert f"/communities/materials/{place.slug}/audience".encode() in page.data
    address = f"/communities/materials/{place.slug}/audience"
    assert client.get(address).status_code == 200
    assert client.post(address, data={"audience": "nobody"}).status_code == 422
    assert client.post(address, data={"audience": "members", "reason": "Quiet"}).status_code == 303
    database.expire_all()
    assert database.get(Board, place.id).audience == "members"
    assert "Furnaces" in client.get("/log").get_data(as_text=True)
