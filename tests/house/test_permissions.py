"""Every endpoint has a right, every right a row in permission_matrix.toml, and the matrix is what the rules say."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from accounts.actions.seats import end_all
from accounts.models import User
from accounts.organisations import organisation_at
from accounts.policy.organisations import CLOSED
from accounts.viewers import viewer_for
from alliances.here import here_of
from alliances.models import Alliance, Office, Proposal, ProposalState, State
from alliances.terms import begin_term
from forum.actions.threads import start_of
from forum.loading import board_at, post_of, thread_of
from forum.models import Board, Post, Thread
from forum.models.thread import Lens, ThreadKind
from ip_registry.actions.erasing import erase
from ip_registry.record_loading import record_at, seen_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import DOORS, RULES, Door, verdict
from kernel.refs import Ref
from kernel.rooms import ENDPOINT_RIGHTS
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from moderation.actions.flags import thing_to_flag
from moderation.actions.reviews import open_review
from moderation.models import ReviewKind, SanctionKind
from moderation.policy import Target
from moderation.queries.queue import queue_row
from resources.actions.needs import end_need, invite
from resources.listing_loading import listing_to
from resources.models import ListingState, NeedState
from resources.need_loading import answer_of, conversation_of, need_of
from resources.policy import ListingRight
from tests.makers import acts, watch
from tests.makers import alliances as make_alliance
from tests.makers import forum as make
from tests.makers import listings as make_listing
from tests.makers import needs as make_need
from tests.makers import organisations as make_organisation
from tests.makers import registry as make_record
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
        **_records(author, people),
        **_organisations(author, people),
        **_alliances(author, people),
        **_watch(reply, people),
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


def _records(author: User, people: dict[str, Viewer]) -> dict[str, Find]:
    sealed, disclosed, erased, assigned = (make_record.record(author) for _ in range(4))
    acts.reveal(disclosed, author)
    acts.assign(assigned, author, session().get_one(User, people["member"].me))
    with unit_of_work():
        erase(people["author"], record=acts.record_now(erased))
    return {
        "a sealed record": lambda viewer: record_at(viewer, sealed.number),
        "an erased record": lambda viewer: record_at(viewer, erased.number),
        "a record that is assigned to a member": lambda viewer: record_at(viewer, assigned.number),
        "what a sealed record says": lambda viewer: seen_record(viewer, sealed.record.id),
        "what a disclosed record says": lambda viewer: seen_record(viewer, disclosed.record.id),
    }


def _alliances(author: User, people: dict[str, Viewer]) -> dict[str, Find]:
    """The author acts for a member of each, and is a vice-chair."""
    made = {state: make_alliance.alliance(state=state) for state in (State.DRAFT, State.ACTIVE)}
    for one in made.values():
        member = make_alliance.add_member(one, admin=author)
        with unit_of_work():
            begin_term(one.alliance, Office.VICE_CHAIR, user_id=author.id, member_id=member.id, actor=None)
    over = make_alliance.alliance()
    member = make_alliance.add_member(over, admin=author)
    active = made[State.ACTIVE].alliance
    with unit_of_work() as work:
        begin_term(over.alliance, Office.VICE_CHAIR, user_id=author.id, member_id=member.id, actor=None)
        over.alliance.state = State.DISSOLVED.value
        vote = Proposal(
            alliance_id=active.id,
            number=1,
            title="A plan",
            audience=active.everybody,
            method="simple",
            state=ProposalState.OPEN.value,
            author_id=made[State.ACTIVE].people[0].id,
        )
        work.add(vote)
    people["author"] = viewer_for(author.id)

    def here(alliance: Alliance) -> Find:
        return lambda viewer: here_of(viewer, alliance.id)

    return {
        "an alliance": here(active),
        "a draft of an alliance": here(made[State.DRAFT].alliance),
        "a dissolved alliance": here(over.alliance),
        "the rooms of an alliance": lambda viewer: (here_of(viewer, active.id), None),
        "the rooms of a dissolved alliance": lambda viewer: (here_of(viewer, over.alliance.id), None),
        "a vote of an alliance": lambda viewer: (here_of(viewer, active.id), vote),
    }


def _organisations(author: User, people: dict[str, Viewer]) -> dict[str, Find]:
    """The author is its admin, the member one of its editors."""
    made, closed = make_organisation.organisation(admin=author), make_organisation.organisation(admin=author)
    member = session().get_one(User, people["member"].me)
    make_organisation.seat(made, by=viewer_for(author.id), holder=member, role="editor")
    with unit_of_work():
        end_all(people["author"], closed, outcome=CLOSED, answer="It is there twice.")
        closed.closed_at = now()
    people.update({who: viewer_for(people[who].me) for who in ("author", "member")})
    return {
        "an organisation": lambda viewer: organisation_at(viewer, made.slug),
        "a closed organisation": lambda viewer: organisation_at(viewer, closed.slug),
    }


def _watch(reply: Post, people: dict[str, Viewer]) -> dict[str, Find]:
    """Somebody flagged a post of the author's; something stands in the queue of an alliance's officers."""
    home, ref = make.community("materials").id, Ref("forum.post", reply.id)
    watch.flag(ref)
    with unit_of_work():
        private = open_review(
            why=ReviewKind.FLAG,
            ref=Ref("forum.post", 10**9),
            place=Ref("forum.thread", 10**9),
            scope="moderator:alliance:999",
            audience="alliance:999",
            author_id=None,
        )
    target = partial(Target, 10**9, is_staff=False, scope=f"moderator:{home}")
    return {
        "a post to be flagged": lambda viewer: thing_to_flag(people["staff"], ref) if viewer.signed_in else None,
        "a review of a community": lambda viewer: queue_row(viewer, watch.review_of(ref).id).review,
        "a review of an alliance": lambda viewer: queue_row(viewer, private.id).review,
        "a warning of the community": lambda _viewer: target(kind=SanctionKind.WARNING),
        "a suspension": lambda _viewer: target(kind=SanctionKind.SUSPENSION),
        "notes of a community": lambda _viewer: f"moderator:{home}",
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
