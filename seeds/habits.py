"""What the town's people do besides writing: follow, read, put aside, begin to write, and hear of each other."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select, update

from activity.models import Bookmark, Follow, Level, Notice
from activity.topics import topic_of
from forum.models import Board, Community, Draft, ReadMark, Tag, Thread, ThreadTag
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.viewer import PUBLIC
from seeds.discussions import BuiltPost, Town

HEARD_OF = timedelta(days=10)
UNREAD = timedelta(days=2)
TAGS_EACH = 3
COUNTED: dict[str, type[Community | Tag]] = {"forum.community": Community, "forum.tag": Tag}


def add_habits(town: Town, posts: list[BuiltPost]) -> None:
    """All of it, derived from who wrote what."""
    threads = {
        row.id: row
        for row in session().scalars(select(Thread).where(Thread.id.in_({post.thread_id for post in posts})))
    }
    levels = _levels(posts, threads)
    session().add_all(
        Follow(
            user_id=user_id,
            kind=kind,
            ref_id=ref_id,
            level=level.value,
            created_at=town.moment - timedelta(days=1),
        )
        for (user_id, kind, ref_id), level in sorted(levels.items())
    )
    _count_followers(levels)
    _read(town, posts, threads)
    _put_aside(posts, threads)
    _begin_to_write(town, threads)
    _hear(town, posts, threads)
    session().flush()


Levels = dict[tuple[int, str, int], Level]


def _levels(posts: list[BuiltPost], threads: dict[int, Thread]) -> Levels:
    """Who follows what: one's threads, the communities one writes in, their commonest tags, and whom one quotes."""
    levels: Levels = {}
    tags: dict[int, list[int]] = defaultdict(list)
    for thread_id, tag_id in session().execute(
        select(ThreadTag.thread_id, ThreadTag.tag_id).order_by(ThreadTag.tag_id)
    ):
        tags[thread_id].append(tag_id)
    authors = {post.id: post.author_id for post in posts}
    wanted: dict[int, Counter[int]] = defaultdict(Counter)
    for post in posts:
        thread = threads[post.thread_id]
        own = Level.WATCHING if post.number == 1 else Level.TRACKING
        levels.setdefault((post.author_id, "forum.thread", thread.id), own)
        levels.setdefault((post.author_id, "forum.community", thread.community_id), Level.TRACKING)
        wanted[post.author_id].update(tags[thread.id])
        for quoted in post.quoted:
            if authors.get(quoted, post.author_id) != post.author_id:
                levels[(post.author_id, "accounts.user", authors[quoted])] = Level.TRACKING
    for user_id, counted in wanted.items():
        for tag_id, _count in counted.most_common(TAGS_EACH):
            levels[(user_id, "forum.tag", tag_id)] = Level.TRACKING
    return levels


def _count_followers(levels: Levels) -> None:
    counts = Counter((kind, ref_id) for _user_id, kind, ref_id in levels)
    for (kind, ref_id), count in sorted(counts.items()):
        model = COUNTED.get(kind)
        if model is not None:
            session().execute(
                update(model)
                .where(model.id == ref_id)
                .values(follower_count=model.follower_count + count)
                .execution_options(synchronize_session=False)
            )


def _read(town: Town, posts: list[BuiltPost], threads: dict[int, Thread]) -> None:
    """Whoever wrote in a thread has read it to their last post; most have read on to its end."""
    reached: dict[tuple[int, int], int] = {}
    for post in posts:
        reached[(post.author_id, post.thread_id)] = post.number
    for (user_id, thread_id), number in reached.items():
        thread = threads[thread_id]
        has_read_on = (user_id + thread_id) % 3 and thread.last_post_at < town.moment - timedelta(hours=12)
        session().add(
            ReadMark(
                user_id=user_id,
                thread_id=thread_id,
                number=thread.post_count if has_read_on else number,
                updated_at=max(thread.created_at, town.moment - timedelta(hours=12)),
            )
        )


def _put_aside(posts: list[BuiltPost], threads: dict[int, Thread]) -> None:
    """Answers are what people put aside: those who wrote in the thread and did not write the answer."""
    for post in posts:
        thread = threads[post.thread_id]
        if thread.accepted_number != post.number:
            continue
        readers = sorted({other.author_id for other in posts if other.thread_id == thread.id} - {post.author_id})
        session().add_all(
            Bookmark(
                user_id=user_id,
                kind="forum.post",
                ref_id=post.id,
                created_at=post.created_at + timedelta(minutes=5),
            )
            for user_id in readers[:3]
        )


def _begin_to_write(town: Town, threads: dict[int, Thread]) -> None:
    """A few replies that somebody has begun: in open questions, by people who have written nothing there yet."""
    texts = {
        "chen-yu": "我们上个月碰到过类似的现象，数据还在整理，先记一下要点：\n\n- 温度\n- 批次\n- ",
        "priya-raman": "Two questions before I guess: what is the flow, and where exactly is the sensor? If it is",
        "zhou-mingyuan": "这个帖子适合放进本月精选，先和版主",
    }
    asked = [
        thread
        for thread in sorted(threads.values(), key=lambda thread: thread.last_post_at, reverse=True)
        if thread.kind == ThreadKind.QUESTION and thread.accepted_number is None
    ]
    for thread, (handle, body) in zip(asked, texts.items(), strict=False):
        if handle in town.users:
            session().add(
                Draft(
                    user_id=town.users[handle],
                    place=f"thread:{thread.id}",
                    body=body,
                    fields={},
                    updated_at=town.moment - timedelta(minutes=20),
                )
            )


def _hear(town: Town, posts: list[BuiltPost], threads: dict[int, Thread]) -> None:
    """Notices of the last days, those of the last two still unread: named, quoted, answered, or in one's own thread."""
    authors = {post.id: post.author_id for post in posts}
    audiences = dict(session().execute(select(Board.id, Board.audience)).all())
    for post in posts:
        if post.created_at < town.moment - HEARD_OF:
            continue
        thread = threads[post.thread_id]
        reasons: dict[int, str] = {town.users[handle]: "mention" for handle in sorted(post.mentions)}
        for user_id, reason in _lesser_reasons(post, thread, authors):
            reasons.setdefault(user_id, reason)
        reasons.pop(post.author_id, None)
        session().add_all(
            Notice(
                user_id=user_id,
                event="post",
                reason=reason,
                topic=topic_of("post", reason).value,
                actor_id=post.author_id,
                kind="forum.post",
                ref_id=post.id,
                place_kind="forum.thread",
                place_id=thread.id,
                source_kind="forum.thread",
                source_id=thread.id,
                audience=audiences.get(thread.board_id, PUBLIC),
                created_at=post.created_at,
                read_at=None if post.created_at > town.moment - UNREAD else post.created_at + timedelta(hours=3),
            )
            for user_id, reason in reasons.items()
        )


def _lesser_reasons(post: BuiltPost, thread: Thread, authors: dict[int, int]) -> Iterable[tuple[int, str]]:
    for quoted in sorted(post.quoted):
        if quoted in authors:
            yield authors[quoted], "quote"
    if post.answered_author_id is not None:
        yield post.answered_author_id, "reply"
    if post.number > 1 and thread.author_id is not None:
        yield thread.author_id, "watching:forum.thread"
