"""The demo town on both databases."""

from collections import Counter
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.models import Grant, Organisation, OrganisationSeat, User, Vouch
from accounts.organisation_kinds import organisation_kinds
from accounts.passwords import is_password
from activity.models import Bookmark, Follow, Notice
from forum.models import (
    Board,
    BoardDay,
    Community,
    Draft,
    Poll,
    PollVote,
    Post,
    PostRevision,
    Reaction,
    ReadMark,
    Tag,
    Thread,
)
from forum.models.thread import ThreadKind
from ip_registry.models import Achievement, AwardLevel, LedgerCheckpoint, PendingLeaf, Record, RecordParty
from kernel.checks import run_checks
from kernel.clock import now
from seeds import SIGN_INS, seed_demo
from seeds.feedback import read_feedback
from seeds.parsing import read_people, read_threads

TABLES = (
    User,
    Grant,
    Organisation,
    OrganisationSeat,
    Vouch,
    Thread,
    Post,
    PostRevision,
    Reaction,
    Poll,
    PollVote,
    Follow,
    Bookmark,
    Notice,
    ReadMark,
    Draft,
    Tag,
    BoardDay,
)


def sizes(database: Session) -> dict[str, int]:
    return {model.__tablename__: database.scalar(select(func.count()).select_from(model)) or 0 for model in TABLES}


def test_the_town_is_complete_and_sound_and_comes_once(database: Session) -> None:
    seed_demo()
    before = sizes(database)
    everything_is_there(before)
    counters_are_what_they_count(database)
    posts_are_numbered_in_time_and_none_is_of_the_future(database)
    everybody_on_the_list_can_sign_in(database)
    quotes_link_to_posts_of_this_site(database)
    records_are_in_every_state_and_in_the_log(database)
    achievements_have_cards_and_awards(database)
    organisations_are_of_every_kind(database)
    assert run_checks(mend=False) == []
    seed_demo()
    assert sizes(database) == before


def everything_is_there(counts: dict[str, int]) -> None:
    people = read_people()
    threads = read_threads(people)
    suggestions, _changes = read_feedback(people)
    assert counts["user"] == len(people)
    assert counts["thread"] == len(threads) + len(suggestions)
    assert counts["post"] == sum(len(thread.posts) for thread in threads) + len(suggestions)
    assert all(counts.values()), counts


def organisations_are_of_every_kind(database: Session) -> None:
    kinds = Counter(database.scalars(select(Organisation.kind)))
    assert set(kinds) == set(organisation_kinds("en"))
    assert sum(kinds.values()) == 30


def counters_are_what_they_count(database: Session) -> None:
    posts = dict(
        database.execute(
            select(Thread.board_id, func.count())
            .join(Post, Post.thread_id == Thread.id)
            .where(Post.deleted_at.is_(None), Thread.deleted_at.is_(None))
            .group_by(Thread.board_id)
        ).all()
    )
    assert {board.id: board.post_count for board in database.scalars(select(Board)) if board.post_count} == posts
    follows = select(Follow.ref_id, func.count()).where(Follow.kind == "forum.community").group_by(Follow.ref_id)
    followers = dict(database.execute(follows).all())
    assert {
        one.id: one.follower_count for one in database.scalars(select(Community)) if one.follower_count
    } == followers
    reactions = dict(database.execute(select(Reaction.post_id, func.count()).group_by(Reaction.post_id)).all())
    assert {
        post.id: sum(post.reactions.values()) for post in database.scalars(select(Post)) if post.reactions
    } == reactions


def posts_are_numbered_in_time_and_none_is_of_the_future(database: Session) -> None:
    discussed = select(Post.created_at).join(Thread, Thread.id == Post.thread_id)
    times = list(database.scalars(discussed.where(Thread.kind != ThreadKind.SUGGESTION).order_by(Post.id)))
    assert times == sorted(times)
    assert now() - timedelta(days=1) < times[-1] <= now()
    for post in database.scalars(select(Post).where(Post.edited_at.is_not(None))):
        assert post.edited_at is not None
        assert post.created_at < post.edited_at <= now()


def everybody_on_the_list_can_sign_in(database: Session) -> None:
    for line in SIGN_INS:
        handle, password = (part.strip() for part in line.partition(":")[2].split("/"))
        user = database.scalars(select(User).where(User.handle == handle)).one()
        assert user.email_confirmed_at is not None
        assert is_password(password, user.password_hash)


def quotes_link_to_posts_of_this_site(database: Session) -> None:
    assert not database.scalars(select(Post.id).where(Post.body.like("%](#%"))).all()
    assert database.scalars(select(Post.id).where(Post.html.like('%data-post="%'))).all()


def records_are_in_every_state_and_in_the_log(database: Session) -> None:
    records = list(database.scalars(select(Record)))
    states = Counter(record.state for record in records)
    assert len(records) == 40
    assert states["disclosed"] >= 10
    assert (states["withdrawn"], states["erased"]) == (1, 1)
    assert sum(record.embargo_until is not None for record in records) == 2
    assert sum(record.is_disputed for record in records) == 1
    assert sum(not record.title and record.state == "sealed" for record in records) == 5
    authors = Counter(database.scalars(select(RecordParty.record_id).where(RecordParty.role == "author")))
    assert sum(count > 1 for count in authors.values()) >= 3
    assert {"named", "consented", "declined"} <= set(database.scalars(select(RecordParty.state)))
    assert database.scalar(select(func.count()).select_from(PendingLeaf)) == 0
    assert (database.scalar(select(func.count()).select_from(LedgerCheckpoint)) or 0) > 5


def achievements_have_cards_and_awards(database: Session) -> None:
    cards = list(database.scalars(select(Achievement)))
    assert len(cards) == len([thread for thread in read_threads(read_people()) if thread.kind == "achievement"])
    assert {card.award_year for card in cards} >= set(range(2019, 2026))
    assert {card.award_level for card in cards} >= set(AwardLevel)
    tied = set(database.scalars(select(Record.state).join(Achievement, Achievement.record_id == Record.id)))
    assert tied == {"disclosed"}


def test_the_members_room_is_closed_to_strangers(client: FlaskClient, database: Session) -> None:
    seed_demo()
    thread = database.scalars(
        select(Thread).join(Board, Board.id == Thread.board_id).where(Board.audience == "members")
    ).first()
    assert thread is not None
    assert client.get(f"/threads/{thread.id}-{thread.slug}").status_code == 404
