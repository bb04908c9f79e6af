"""Splitting and merging: numbers stay dense, links still lead right, and what readers kept goes with the posts."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from activity.models import Bookmark, Follow, Level, LogEntry, Notice
from forum.actions.answers import accept_answer
from forum.actions.merging import merge_thread
from forum.actions.removal import delete_post, delete_thread, restore_thread
from forum.actions.splitting import numbers_in, split_thread
from forum.actions.threads import PollDraft
from forum.models import Board, Draft, Poll, Post, ReadMark, Thread
from forum.models.thread import ThreadKind
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.forum import board, community, opening_post, post, thread
from tests.makers.people import person
from tests.queries import queries

Clean = Callable[[Session], bool]


def moderator(*slugs: str) -> Viewer:
    return viewer_for(person(grants=tuple(f"moderator:{community(slug).id}" for slug in slugs or ("materials",))).id)


def clean(database: Session) -> bool:
    database.flush()
    database.expire_all()
    faults = run_checks(mend=False)
    assert faults == []
    return True


def split(viewer: Viewer, about: Thread, *numbers: int, title: str = "A matter of its own", **facts: str) -> Thread:
    with unit_of_work():
        return split_thread(viewer, thread_id=about.id, numbers=numbers, title=title, **facts)


def merge(viewer: Viewer, about: Thread, into: Thread) -> Thread:
    with unit_of_work():
        return merge_thread(viewer, thread_id=about.id, into_id=into.id, reason="The same question")


def bodies(database: Session, about: Thread) -> list[str]:
    found = database.execute(
        select(Post.number, Post.body).where(Post.thread_id == about.id).order_by(Post.number)
    ).all()
    assert [row.number for row in found] == list(range(1, len(found) + 1))
    return [row.body for row in found]


def mark(database: Session, reader: User, about: Thread, number: int) -> None:
    database.add(ReadMark(user_id=reader.id, thread_id=about.id, number=number))
    database.flush()


def read_to(database: Session, reader: User, about: Thread) -> int | None:
    return database.scalar(select(ReadMark.number).where(ReadMark.user_id == reader.id, ReadMark.thread_id == about.id))


def level(database: Session, who: User, about: Thread) -> str | None:
    return database.scalar(
        select(Follow.level).where(Follow.user_id == who.id, Follow.kind == "forum.thread", Follow.ref_id == about.id)
    )


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("3, 5-9", [3, 5, 6, 7, 8, 9]),
        ("#3 #4", [3, 4]),
        ("３，5–6、8", [3, 5, 6, 8]),
        ("2 - 4;7", [2, 3, 4, 7]),
        ("", []),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, numbers: list[int]) -> None:
    assert numbers_in(text) == numbers


@pytest.mark.parametrize("text", ["x", "3,,y", "9-5", "1-999999999", "-3", "3-", "99999999999"])
def test_other_texts_are_no_numbers(app, text: str) -> None:
    with app.test_request_context(), pytest.raises(InvalidError):
        numbers_in(text)


def test_a_split_makes_two_threads_that_are_each_dense(database: Session) -> None:
    discussion = thread(tags=("alloys", "creep"))
    posts = [post(thread=discussion, body=f"Reply {number}") for number in range(2, 8)]
    keeper = moderator()
    part = split(keeper, discussion, 3, 4, 7, reason="Another subject")
    assert clean(database)
    assert bodies(database, discussion) == ["How do others measure this?", "Reply 2", "Reply 5", "Reply 6"]
    assert bodies(database, part) == ["Reply 3", "Reply 4", "Reply 7"]
    assert (part.author_id, part.created_at) == (posts[1].author_id, posts[1].created_at)
    assert (part.board_id, part.tags, part.kind) == (discussion.board_id, ["alloys", "creep"], "discussion")
    assert (discussion.last_post_at, part.last_post_at) == (posts[4].created_at, posts[5].created_at)
    [entry] = database.scalars(select(LogEntry).where(LogEntry.place_id == discussion.id))
    assert (entry.act, entry.ref_id, entry.reason) == ("thread.split", part.id, "Another subject")
    assert entry.details == {"right": "forum.moderate", "into": part.id, "posts": [[3, 4], [7, 7]]}


def test_links_to_posts_still_lead_right_after_a_split(client: FlaskClient, database: Session) -> None:
    discussion = thread()
    first, second = post(thread=discussion), post(thread=discussion)
    third = post(thread=discussion, body=f"> [@somebody](/posts/{first.id})\n> We anneal first.\n\nSo do we.")
    part = split(moderator(), discussion, 2)
    for found, where, number in ((first, part, 1), (second, discussion, 2), (third, discussion, 3)):
        assert client.get(f"/posts/{found.id}").location == f"/threads/{where.id}-{where.slug}#post-{number}"
    assert f"/posts/{first.id}" in third.html


def test_readers_find_their_place_in_both_threads(database: Session) -> None:
    discussion = thread()
    for _ in range(7):
        post(thread=discussion)
    early, middle, late = person(), person(), person()
    for reader, number in ((early, 2), (middle, 5), (late, 8)):
        mark(database, reader, discussion, number)
    part = split(moderator(), discussion, 3, 4, 6)
    assert clean(database)
    assert [read_to(database, reader, discussion) for reader in (early, middle, late)] == [2, 3, 5]
    assert [read_to(database, reader, part) for reader in (early, middle, late)] == [None, 2, 3]


def test_followers_follow_both_parts_and_notices_go_with_their_posts(database: Session) -> None:
    asker, answerer, mute = person(), person(), person()
    discussion = thread(author=asker)
    moved = post(thread=discussion, author=answerer)
    run_due()
    database.add(Follow(user_id=mute.id, kind="forum.thread", ref_id=discussion.id, level=Level.MUTED))
    database.flush()
    part = split(moderator(), discussion, 2)
    assert clean(database)
    for who in (asker, answerer, mute):
        assert level(database, who, part) == level(database, who, discussion) is not None
    told = database.scalars(select(Notice.place_id).where(Notice.kind == "forum.post", Notice.ref_id == moved.id))
    assert set(told) == {part.id}


def test_an_answer_to_a_post_that_is_elsewhere_stands_by_itself(database: Session) -> None:
    discussion = thread()
    first = post(thread=discussion)
    answer = post(thread=discussion, reply_to=first.id)
    beside = post(thread=discussion, reply_to=answer.id)
    split(moderator(), discussion, 3, 4)
    assert clean(database)
    assert (answer.reply_to_id, beside.reply_to_id) == (None, answer.id)
    assert first.number == 2


@pytest.mark.parametrize(("chosen", "accepted"), [((2,), 2), ((3,), None), ((4,), 3)])
def test_the_accepted_answer_stays_accepted_unless_it_leaves(
    database: Session, chosen: tuple[int, ...], accepted: int | None
) -> None:
    question = thread(kind=ThreadKind.QUESTION)
    for _ in range(3):
        post(thread=question)
    keeper = moderator()
    with unit_of_work():
        accept_answer(keeper, thread_id=question.id, number=3)
    split(keeper, question, *chosen)
    assert clean(database)
    assert question.accepted_number == accepted


def test_what_cannot_be_split_is_refused_and_nothing_has_changed(database: Session) -> None:
    discussion, keeper = thread(), moderator()
    gone = post(thread=discussion)
    post(thread=discussion)
    with unit_of_work():
        delete_post(keeper, post_id=gone.id, reason="Rude")
    for numbers in ((), (1,), (1, 2), (9,), (2, 3), (0, 3)):
        with pytest.raises(InvalidError):
            split(keeper, discussion, *numbers)
    with pytest.raises(InvalidError):
        split(keeper, discussion, 3, title="no")
    for stranger in (viewer_for(person().id), moderator("energy")):
        with pytest.raises(ForbiddenError):
            split(stranger, discussion, 3)
    assert len(bodies(database, discussion)) == 3
    with unit_of_work():
        delete_thread(keeper, thread_id=discussion.id, reason="x")
    with pytest.raises(ConflictError):
        split(keeper, discussion, 3)
    assert clean(database)


def test_a_split_sent_twice_happens_once(database: Session) -> None:
    discussion, keeper = thread(), moderator()
    for _ in range(4):
        post(thread=discussion)
    first = split(keeper, discussion, 2, once="one")
    again = split(keeper, discussion, 2, once="one")
    assert first.id == again.id
    assert len(bodies(database, discussion)) == 4
    assert clean(database)


def test_source_and_licence_stay_with_what_is_split_off(database: Session) -> None:
    discussion, keeper = thread(), moderator()
    post(thread=discussion)
    discussion.source_name, discussion.source_url, discussion.licence = (
        "A site",
        "https://example.org/1",
        "CC BY-SA 4.0",
    )
    database.flush()
    part = split(keeper, discussion, 2)
    assert (part.source_name, part.source_url, part.licence) == ("A site", "https://example.org/1", "CC BY-SA 4.0")
    with pytest.raises(InvalidError):
        merge(keeper, part, thread())
    merge(keeper, part, discussion)
    assert clean(database)


def at(database: Session, found: Post, minute: int) -> None:
    found.created_at = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
    database.flush()


def settled(database: Session, *minutes: tuple[Post, int]) -> None:
    """Give posts their times, and let everything derived from them agree."""
    for found, minute in minutes:
        at(database, found, minute)
    run_checks(mend=True)
    assert clean(database)


def test_a_merge_weaves_the_posts_by_time_after_the_opening_one(database: Session) -> None:
    into, about = thread(body="Into"), thread(body="About")
    second, fourth = post(thread=into, body="Second"), post(thread=into, body="Fourth")
    third = post(thread=about, body="Third")
    settled(database, (opening_post(into), 9), (opening_post(about), 1), (second, 12), (third, 13), (fourth, 14))
    moved = opening_post(about)
    assert merge(moderator(), about, into) is into
    assert clean(database)
    assert bodies(database, into) == ["Into", "About", "Second", "Third", "Fourth"]
    assert bodies(database, about) == []
    assert (about.merged_into_id, about.post_count, into.post_count) == (into.id, 0, 5)
    assert (moved.thread_id, moved.number) == (into.id, 2)
    assert third.created_at < fourth.created_at == into.last_post_at


def test_a_merge_done_twice_is_done_once(database: Session) -> None:
    into, about, keeper = thread(), thread(), moderator()
    merge(keeper, about, into)
    merge(keeper, about, into)
    assert clean(database)
    assert into.post_count == 2
    assert database.scalar(select(func.count()).where(LogEntry.act == "thread.merge")) == 1


def test_the_old_address_leads_to_the_other_thread(client: FlaskClient, database: Session) -> None:
    into, about, third = thread(), thread(), thread()
    found = opening_post(about)
    keeper = moderator()
    merge(keeper, about, into)
    assert client.get(f"/threads/{about.id}-{about.slug}").location == f"/threads/{into.id}"
    assert client.get(f"/posts/{found.id}").location == f"/threads/{into.id}-{into.slug}#post-2"
    assert about.title not in client.get("/communities/materials").text
    merge(keeper, into, third)
    assert clean(database)
    assert client.get(f"/threads/{about.id}-{about.slug}").location == f"/threads/{third.id}"


def test_readers_stay_at_the_post_they_had_reached(database: Session) -> None:
    into, about = thread(), thread()
    second, last, other = post(thread=into), post(thread=into), post(thread=about)
    settled(database, (opening_post(into), 1), (opening_post(about), 2), (second, 3), (other, 4), (last, 5))
    half, full, foreign = person(), person(), person()
    mark(database, half, into, 2)
    mark(database, full, into, 3)
    mark(database, foreign, about, 2)
    merge(moderator(), about, into)
    assert clean(database)
    assert [read_to(database, reader, into) for reader in (half, full, foreign)] == [3, 5, None]
    assert read_to(database, foreign, about) is None


def test_follows_bookmarks_and_drafts_are_joined(database: Session) -> None:
    into, about = thread(), thread()
    watcher, both, mute = person(), person(), person()
    for who, where, how in (
        (watcher, about, Level.WATCHING),
        (both, about, Level.WATCHING),
        (both, into, Level.TRACKING),
        (mute, about, Level.WATCHING),
        (mute, into, Level.MUTED),
    ):
        database.add(Follow(user_id=who.id, kind="forum.thread", ref_id=where.id, level=how))
    for who, where in ((watcher, about), (both, about), (both, into)):
        database.add(Bookmark(user_id=who.id, kind="forum.thread", ref_id=where.id))
    database.add(Draft(user_id=watcher.id, place=f"thread:{about.id}", body="Half a reply", fields={}))
    database.flush()
    merge(moderator(), about, into)
    assert clean(database)
    assert [level(database, who, into) for who in (watcher, both, mute)] == ["watching", "watching", "muted"]
    assert level(database, watcher, about) is None
    kept = database.execute(select(Bookmark.user_id, Bookmark.ref_id).order_by(Bookmark.user_id)).all()
    assert [tuple(row) for row in kept] == [(watcher.id, into.id), (both.id, into.id)]
    assert database.scalar(select(Draft.place).where(Draft.user_id == watcher.id)) == f"thread:{into.id}"


def test_questions_polls_tags_and_days_agree_after_a_merge_across_communities(database: Session) -> None:
    draft = PollDraft(question="Which one?", options=["This", "That"])
    into = thread(kind=ThreadKind.QUESTION, tags=("alloys",))
    about = thread(kind=ThreadKind.QUESTION, board=board(community_slug="energy"), tags=("alloys", "fuel"), poll=draft)
    post(thread=about)
    post(thread=into)
    keeper = moderator("materials", "energy")
    for question in (into, about):
        with unit_of_work():
            accept_answer(keeper, thread_id=question.id, number=2)
    accepted = database.scalars(select(Post.id).where(Post.thread_id == into.id, Post.number == 2)).one()
    for alone in (moderator("materials"), moderator("energy")):
        with pytest.raises(ForbiddenError):
            merge(alone, about, into)
    merge(keeper, about, into)
    assert clean(database)
    assert database.get_one(Post, accepted).number == into.accepted_number
    assert (into.has_poll, about.has_poll, about.accepted_number) == (True, False, None)
    assert database.scalars(select(Poll.thread_id)).one() == into.id
    assert database.get_one(Board, about.board_id).post_count == 0


def test_a_merge_into_a_private_thread_hides_what_was_public(client: FlaskClient, database: Session) -> None:
    keeper = viewer_for(person(staff=True).id)
    into, about = thread(board=board(audience="members")), thread()
    post(thread=about)
    run_due()
    found = opening_post(about)
    merge(keeper, about, into)
    assert clean(database)
    assert set(database.scalars(select(Notice.audience).where(Notice.place_id == into.id))) == {"members"}
    assert client.get(f"/posts/{found.id}").status_code == 404
    assert client.get(f"/threads/{about.id}-{about.slug}", follow_redirects=True).status_code == 404


def test_what_cannot_be_merged_is_refused(database: Session) -> None:
    keeper, into, about, gone = moderator(), thread(), thread(), thread()
    with pytest.raises(InvalidError):
        merge(keeper, about, about)
    with pytest.raises(NotFoundError):
        merge(keeper, about, thread(board=board(audience="staff"), author=person(staff=True)))
    with unit_of_work():
        delete_thread(keeper, thread_id=gone.id, reason="x")
    with pytest.raises(InvalidError):
        merge(keeper, about, gone)
    with pytest.raises(ConflictError):
        merge(keeper, gone, about)
    merge(keeper, about, into)
    with pytest.raises(InvalidError):
        merge(keeper, into, about)
    with pytest.raises(ConflictError):
        restore_thread(keeper, thread_id=about.id)
    assert clean(database)


def long_thread(database: Session, *, posts: int) -> Thread:
    """A thread of many posts and read marks, written in one go."""
    made = thread()
    author, start = person(), made.created_at
    rows = [
        {
            "thread_id": made.id,
            "number": number,
            "author_id": author.id,
            "body": "x",
            "html": "<p>x</p>",
            "created_at": _later(start, number),
        }
        for number in range(2, posts + 1)
    ]
    database.execute(insert(Post), rows)
    run_checks(mend=True)
    database.expire_all()
    for number in range(100, posts, 100):
        mark(database, person(), made, number)
    return made


def _later(start: datetime, number: int) -> datetime:
    return start + timedelta(microseconds=number)


def test_a_thousand_posts_are_split_and_merged_in_as_few_queries_as_ten(database: Session) -> None:
    keeper, about = moderator(), long_thread(database, posts=1000)
    with queries(at_most=70):
        part = split(keeper, about, *range(2, 1001, 2))
    assert clean(database)
    assert (about.post_count, part.post_count) == (500, 500)
    with queries(at_most=60):
        merge(keeper, part, about)
    assert clean(database)
    assert about.post_count == 1000
