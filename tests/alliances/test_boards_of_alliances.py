"""Boards in the forum: opened with an alliance, seen by those in it, looked after by its officers, closed with it."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from alliances.actions.groups import edit_group, open_group
from alliances.events import AllianceChanged, StateChanged
from alliances.models import Office, State
from alliances.terms import begin_term, end_term
from forum.actions.closure import lock_thread
from forum.actions.posts import edit_post, reply
from forum.actions.reactions import toggle_reaction
from forum.checks.alliances import boards_of_alliances
from forum.loading import board_at
from forum.models import Board
from kernel.db import session
from kernel.errors import ForbiddenError, NotFoundError
from kernel.events import emit
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.alliances import MadeAlliance, add_member, alliance
from tests.makers.people import person, sign_in


def alive(**facts: object) -> MadeAlliance:
    """An alliance that has just become active."""
    made = alliance(**facts)
    with unit_of_work():
        emit(StateChanged(made.alliance.id, None, "forming", "active"))
    return made


def move(made: MadeAlliance, state: State) -> None:
    """Bring it into another state, as its own deeds do."""
    with unit_of_work():
        before = made.alliance.state
        made.alliance.state = state.value
        emit(StateChanged(made.alliance.id, None, before, state.value))


def boards(made: MadeAlliance) -> dict[str, Board]:
    """By what follows the number in their slugs."""
    rows = session().scalars(select(Board).where(Board.alliance_id == made.alliance.id).order_by(Board.position))
    return {row.slug.removeprefix(f"a{made.alliance.id}"): row for row in rows}


def test_an_active_alliance_has_a_board_for_its_members_and_one_for_its_council(database: Session) -> None:
    made = alive(name="钙钛矿联盟", name_en="Perovskite Alliance")
    found = boards(made)
    assert {slug: board.audience for slug, board in found.items()} == {
        "": made.alliance.everybody,
        "-council": made.alliance.council,
    }
    assert found[""].name_zh == "钙钛矿联盟 · 成员"
    assert found["-council"].name_en == "Perovskite Alliance · Council"
    with unit_of_work():
        made.alliance.name = "光伏联盟"
        emit(AllianceChanged(made.alliance.id))
    assert boards(made)[""].name_zh == "光伏联盟 · 成员"
    assert boards_of_alliances(mend=False) == []


def test_the_council_board_does_not_exist_for_other_members_and_outsiders(
    client: FlaskClient, database: Session
) -> None:
    made = alive(members=4)
    community = make.community("materials")
    council = boards(made)["-council"]
    thread = make.thread(author=made.people[0], board=council, title="zqcouncil title", body="zqcouncil words")
    pages = (f"/threads/{thread.id}-{thread.slug}", f"/communities/materials/{council.slug}")
    for who, status in ((made.people[0], 200), (made.people[3], 404), (person(), 404), (person(staff=True), 404)):
        sign_in(client, who)
        assert [client.get(page).status_code for page in pages] == [status, status], viewer_for(who.id)
        shown = client.get("/communities/materials").get_data(as_text=True)
        assert (council.name_zh in shown or "Council" in shown) is (status == 200)
    assert community.id == council.community_id


def test_officers_look_after_their_boards_and_the_moderators_of_the_community_do_not(database: Session) -> None:
    made = alive(members=4)
    board = boards(made)[""]
    thread = make.thread(author=made.people[3], board=board)
    elsewhere = make.thread(board=make.board())
    keeper = person(grants=(f"moderator:{board.community_id}", made.alliance.everybody))
    with unit_of_work():
        lock_thread(made.viewer(0), thread_id=thread.id, reason="settled")
    for viewer, of in ((made.viewer(3), thread), (viewer_for(keeper.id), thread), (made.viewer(0), elsewhere)):
        with pytest.raises(ForbiddenError), unit_of_work():
            lock_thread(viewer, thread_id=of.id, reason="x")
    with unit_of_work():
        term = begin_term(made.alliance, Office.VICE_CHAIR, user_id=made.people[2].id, member_id=None, actor=None)
    assert f"moderator:alliance:{made.alliance.id}" in made.viewer(2).rights
    with unit_of_work():
        end_term(made.alliance, term, reason="over", actor=None)
    assert f"moderator:alliance:{made.alliance.id}" not in made.viewer(2).rights


@pytest.mark.parametrize("state", [State.FROZEN, State.DISSOLVED, State.REPLACED])
def test_nobody_writes_on_the_boards_of_an_alliance_that_stands_still(
    client: FlaskClient, database: Session, state: State
) -> None:
    made = alive()
    board = boards(made)[""]
    thread = make.thread(author=made.people[2], board=board)
    post = make.opening_post(thread)
    move(made, state)
    chair = made.viewer(0)
    deeds: list[Callable[[], object]] = [
        lambda: make.thread(author=made.people[2], board=board),
        lambda: reply(chair, thread_id=thread.id, body="Words"),
        lambda: edit_post(chair, post_id=post.id, body="Other words"),
        lambda: toggle_reaction(chair, post_id=post.id, name="thanks"),
        lambda: lock_thread(chair, thread_id=thread.id, reason="x"),
    ]
    for deed in deeds:
        with pytest.raises(ForbiddenError), unit_of_work():
            deed()
    sign_in(client, made.people[0])
    page = client.get(f"/threads/{thread.id}-{thread.slug}")
    assert page.status_code == 200
    assert "can be read, but not written to" in page.get_data(as_text=True)
    assert boards_of_alliances(mend=False) == []
    if state is State.FROZEN:
        move(made, State.ACTIVE)
        with unit_of_work():
            reply(chair, thread_id=thread.id, body="Words")


def test_a_working_group_has_its_board_until_it_is_closed(app: Flask, database: Session) -> None:
    made = alive()
    with unit_of_work():
        group = open_group(made.viewer(0), slug=made.alliance.slug, name="工艺组", purpose="Coating")
    board = boards(made)[f"-group{group.id}"]
    assert board.audience == group.token
    with unit_of_work():
        edit_group(made.viewer(0), slug=made.alliance.slug, group_id=group.id, name="工艺与封装组", purpose="Coating")
    assert board.name_zh.endswith("· 工艺与封装组")
    outside = add_member(made)
    assert outside.id
    with pytest.raises(NotFoundError):
        board_at(made.viewer(3), "materials", board.slug)
