"""Every endpoint has a right, every right a row in permission_matrix.toml, and the matrix is what the rules say."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions.threads import start_of
from forum.loading import board_at, post_of, thread_of
from forum.models import Board, Post, Thread
from forum.models.thread import Lens, ThreadKind
from kernel.clock import now
from kernel.errors import NotFoundError
from kernel.policy import DOORS, RULES, Door, verdict
from kernel.rooms import ENDPOINT_RIGHTS
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from resources.actions.needs import end_need, invite
from resources.listing_loading import listing_to
from resources.models import ListingState, NeedState
from resources.need_loading import answer_of, conversation_of, need_of
from resources.policy import ListingRight
from tests.makers import forum as make
from tests.makers import listings as make_listing
from tests.makers import needs as make_need
from tests.makers.people import person

ROWS = tomllib.loads(Path(__file__).with_name("permission_matrix.toml").read_text(encoding="utf-8"))["row"]
PEOPLE = ("outsider", "unconfirmed", "member", "author", "moderator", "other moderator", "staff")

Find = Callable[[Viewer], Any]


def test_every_endpoint_has_a_right(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert endpoints - set(ENDPOINT_RIGHTS) == set()
    assert set(ENDPOINT_RIGHTS) - endpoints == set()
    assert {right for right in ENDPOINT_RIGHTS.values() if not isinstance(right, Door)} <= set(RULES)


def test_every_right_has_a_rule_and_a_row(app: Flask) -> None:
    assert set(RULES) == set(DOORS)
    assert {row["right"] for row in ROWS} == set(map(str, RULES))


def test_everybody_stands_in_one_list_of_every_row() -> None:
    for row in ROWS:
        stand = [who for which in ("allowed", "denied", "hidden") for who in row.get(which, [])]
        assert sorted(stand) == sorted(PEOPLE), f"{row['right']} on {row['on']}"


@dataclass
class World:
    """Seven people, and one thing of each kind that somebody may want to touch."""

    people: dict[str, Viewer]
    things: dict[str, Find]


@pytest.fixture
def world(database: Session) -> World:
    home, other = make.community("materials"), make.community("bio")
    author = person(grants=("alliance:1",))
    users: dict[str, User] = {
        "unconfirmed": person(confirmed=False),
        "member": person(),
        "author": author,
        "moderator": person(grants=(f"moderator:{home.id}",)),
        "other moderator": person(grants=(f"moderator:{other.id}",)),
        "staff": person(staff=True),
    }
    people = {"outsider": Viewer(), **{name: viewer_for(user.id) for name, user in users.items()}}
    return World(people, _things(author, people))


def _things(author: User, people: dict[str, Viewer]) -> dict[str, Find]:
    public = make.board()
    members, alliance = make.board(audience="members"), make.board(audience="alliance:1")
    house = make.board(audience=f"user:{author.id}")  # until the thread stands
    plain = make.thread(author=author, board=public)
    question = make.thread(author=author, board=public, kind=ThreadKind.QUESTION)
    locked, deleted = make.thread(author=author, board=public), make.thread(author=author, board=public)
    reply, gone, censored, purged = (make.post(thread=plain, author=author) for _ in range(4))
    in_locked = make.post(thread=locked, author=author)
    for_staff = make.thread(author=author, board=house)
    with unit_of_work():
        house.audience = "staff"
        locked.locked_at = deleted.deleted_at = now()
        for post, by in ((gone, "author"), (censored, "moderator"), (purged, "staff")):
            post.deleted_at, post.deleted_by_id = now(), people[by].user_id
        purged.purged_at = now()
    return {
        "nothing in particular": lambda _viewer: None,
        "oneself": lambda viewer: viewer.user_id,
        "somebody else": lambda _viewer: 10**9,
        "a public thread": _thread(plain),
        "a question": _thread(question),
        "a locked thread": _thread(locked),
        "a deleted thread": _thread(deleted),
        "a thread for members": _thread(make.thread(author=author, board=members)),
        "a thread of an alliance": _thread(make.thread(author=author, board=alliance)),
        "a thread of the staff": _thread(for_staff),
        "a post": _post(reply),
        "a deleted post": _post(gone),
        "a post and its thread": _post_and_thread(reply),
        "a post in a locked thread": _post_and_thread(in_locked),
        "a deleted post and its thread": _post_and_thread(gone),
        "a post that a moderator deleted": _post_and_thread(censored),
        "a purged post and its thread": _post_and_thread(purged),
        "a discussion on a public board": _start(public),
        "a discussion on a board for members": _start(members),
        "a discussion on a board of an alliance": _start(alliance),
        "an announcement": _start(public, kind=ThreadKind.ANNOUNCEMENT),
        "a question to the experts": _start(public, kind=ThreadKind.QUESTION, lens=Lens.EXPERTS),
        "a discussion led by an expert without fields": _start(public, lens=Lens.EXPERTS),
        "a post for a firm by nobody's firm": _start(public, lens=Lens.ENTERPRISES),
        **_listings(author),
        **_needs(author, people),
    }


def _listings(author: User) -> dict[str, Find]:
    made = {state: make_listing.listing(owner=author, state=state) for state in ListingState}

    def find(state: ListingState) -> Find:
        return lambda viewer: listing_to(viewer, ListingRight.READ, made[state].id, hold=False)

    return {
        "a listing on the shelf": find(ListingState.PUBLISHED),
        "a draft of a listing": find(ListingState.DRAFT),
        "a listing taken down": find(ListingState.PAUSED),
    }


def _needs(author: User, people: dict[str, Viewer]) -> dict[str, Find]:
    public, other = make_need.need(owner=author), make_need.need()
    alliance = make_need.need(owner=author, visibility="alliance", alliance="alliance:1")
    invited, ended = make_need.need(owner=author, visibility="invited"), make_need.need(owner=author)
    answer, declined = make_need.answer(need=other, author=author), make_need.answer(need=ended)
    with unit_of_work():
        invite(people["author"], need_id=invited.id, handle=people["member"].handle)
        end_need(people["author"], need_id=ended.id, state=NeedState.CLOSED, message="We have decided.")
    people["member"] = viewer_for(people["member"].me)
    draft = make_need.need(owner=author, publish=False)
    return {
        "a public need": lambda viewer: need_of(viewer, public.id),
        "a need of an alliance": lambda viewer: need_of(viewer, alliance.id),
        "a need for the invited": lambda viewer: need_of(viewer, invited.id),
        "a draft of a need": lambda viewer: need_of(viewer, draft.id),
        "a need that has ended": lambda viewer: need_of(viewer, ended.id),
        "an answer to a need": lambda viewer: answer_of(viewer, answer.id)[0],
        "a conversation": lambda viewer: conversation_of(viewer, answer.conversation_id),
        "a closed conversation": lambda viewer: conversation_of(viewer, declined.conversation_id),
    }


def _thread(thread: Thread) -> Find:
    return lambda viewer: thread_of(viewer, thread.id)[0]


def _post(post: Post) -> Find:
    return lambda viewer: post_of(viewer, post.id)[0]


def _post_and_thread(post: Post) -> Find:
    return lambda viewer: post_of(viewer, post.id)[:2]


def _start(board: Board, *, kind: ThreadKind = ThreadKind.DISCUSSION, lens: Lens | None = None) -> Find:
    def find(viewer: Viewer) -> Any:
        return start_of(viewer, board=board_at(viewer, "materials", board.slug), kind=kind, lens=lens)

    return find


def test_the_rules_say_what_the_matrix_says(world: World) -> None:
    wrong = []
    for row in ROWS:
        for which in ("allowed", "denied", "hidden"):
            for who in row.get(which, []):
                said = _ask(world.people[who], row["right"], world.things[row["on"]])
                if said != which:
                    wrong.append(f"{row['right']} on {row['on']}: {who} is {said}, the matrix says {which}")
    assert wrong == []


def _ask(viewer: Viewer, right: str, find: Find) -> str:
    try:
        subject = find(viewer)
    except NotFoundError:
        return "hidden"
    return "allowed" if verdict(viewer, right, subject) else "denied"
