import re
from collections.abc import Collection

from flask_babel import gettext as _
from sqlalchemy import func, insert, literal, select, update
from sqlalchemy.orm import aliased

from forum.actions.acts import announce, check_reason, record, tags_of, thread_to_moderate
from forum.actions.echoes import copy_follows, follow_posts
from forum.actions.numbering import close_gaps
from forum.actions.tags import set_tags
from forum.cooking import check_title
from forum.counters import DIRECT, count_thread, hold_boards, hold_tags, recount_thread
from forum.models import Post, ReadMark, Thread
from forum.models.thread import ThreadKind
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.i18n import guess_lang
from kernel.idempotency import claim, fingerprint, keep
from kernel.ids import slug_of
from kernel.viewer import Viewer

MOST_AT_ONCE = 5000
_PART = re.compile(r"#?(\d{1,9})(?:\s*[-–—~]\s*#?(\d{1,9}))?$")


def numbers_in(text: str) -> list[int]:
    """Post numbers as people write them: `3, 5-9`; raises `InvalidError` on field `numbers`."""
    numbers: set[int] = set()
    for part in re.split(r"[,;，、；\s]+(?![-–—~])", re.sub(r"\s*([-–—~])\s*", r"\1", text.strip())):
        if not part:
            continue
        found = _PART.match(part)
        first = int(found[1]) if found else 0
        last = int(found[2] or first) if found else 0
        if not found or last < first or len(numbers) + last - first >= MOST_AT_ONCE:
            raise _refusal(_("Post numbers such as 3, 5-9; at most %(count)s at once.", count=MOST_AT_ONCE))
        numbers.update(range(first, last + 1))
    return sorted(numbers)


def split_thread(
    viewer: Viewer, *, thread_id: int, numbers: Collection[int], title: str, reason: str = "", once: str | None = None
) -> Thread:
    """Make a new thread of the posts with these numbers, on the same board; returns the new thread.

    The first of them opens it and lends it its author. Tags, lens, source and licence, followers and read marks
    come along; an answer to a post that is now elsewhere stands by itself. Numbers mean other posts afterwards,
    so that a second sending with the same `once` answers the thread that the first one made.
    """
    thread, board = thread_to_moderate(viewer, thread_id)
    title, chosen, reason = check_title(title), sorted(set(numbers)), check_reason(reason)
    if once:
        sent = fingerprint("split", str(thread.id), title, *map(str, chosen))
        done = claim(viewer.me, once, sent)
        if done is not None:
            return session().get_one(Thread, int(done))
    if thread.deleted_at is not None:
        raise ConflictError(_("This thread was deleted. Restore it first."))
    opening = _opening_of(thread, chosen)
    tag_ids = tags_of(thread.id)
    hold_tags(tag_ids)
    hold_boards(board.id)
    count_thread(thread, sign=-1)
    part = Thread(
        community_id=thread.community_id,
        board_id=thread.board_id,
        alliance_id=thread.alliance_id,
        kind=ThreadKind.DISCUSSION,
        lens=thread.lens,
        title=title,
        slug=slug_of(title),
        lang=guess_lang(title + opening.body),
        author_id=opening.author_id,
        author_name=opening.author_name,
        author_url=opening.author_url,
        created_at=opening.created_at,
        last_post_at=opening.created_at,
        source_name=thread.source_name,
        source_url=thread.source_url,
        licence=thread.licence,
    )
    session().add(part)
    session().flush()
    if once:
        keep(viewer.me, once, str(part.id))
    _carry_over(thread, part, chosen)
    set_tags(part, list(thread.tags))
    follow_posts(thread.id, part.id, audience=board.audience)
    copy_follows(thread.id, part.id)
    for each in (thread, part):
        recount_thread(each.id)
        session().refresh(each)
        count_thread(each, sign=1)
    record(
        viewer,
        "thread.split",
        thread=thread,
        about=part,
        audience=board.audience,
        reason=reason,
        details={"into": part.id, "posts": _ranges(chosen)},
    )
    announce(thread)
    announce(part, posts=None, hides=True)  # its opening post is no reply any more
    return part


def _opening_of(thread: Thread, chosen: list[int]) -> Post:
    """The first of the chosen posts, if they can be split off at all."""
    if not chosen:
        raise _refusal(_("Choose at least one post."))
    if len(chosen) > MOST_AT_ONCE:
        raise _refusal(_("At most %(count)s at once.", count=MOST_AT_ONCE))
    if chosen[0] <= 1:
        raise _refusal(_("The opening post stays where it is."))
    here = (Post.thread_id == thread.id, Post.number.in_(chosen))
    if session().scalar(select(func.count()).select_from(Post).where(*here)) != len(chosen):
        raise _refusal(_("This thread has no posts with some of these numbers."))
    opening = session().scalars(select(Post).where(*here).order_by(Post.number).limit(1)).one()
    if opening.deleted_at is not None:
        raise _refusal(_("Post %(number)s was deleted and cannot open a thread.", number=opening.number))
    return opening


def _carry_over(thread: Thread, part: Thread, chosen: list[int]) -> None:
    """Move the posts under their old numbers, let the marks in both threads know them, then close the gaps."""
    session().execute(
        update(Post)
        .where(Post.thread_id == thread.id, Post.number.in_(chosen))
        .values(thread_id=part.id, version=Post.version + 1)
        .execution_options(**DIRECT)
    )
    if thread.accepted_number in chosen:
        thread.accepted_number = None
    session().execute(
        insert(ReadMark).from_select(
            ["user_id", "thread_id", "number", "updated_at"],
            select(ReadMark.user_id, literal(part.id), ReadMark.number, ReadMark.updated_at).where(
                ReadMark.thread_id == thread.id
            ),
        )
    )
    for each in (thread, part):
        close_gaps(each.id)
        loosen_replies(each.id)
    session().expire_all()


def loosen_replies(thread_id: int) -> None:
    """No post answers one in another thread."""
    asked = aliased(Post)
    elsewhere = select(asked.id).where(asked.id == Post.reply_to_id, asked.thread_id != Post.thread_id).correlate(Post)
    session().execute(
        update(Post)
        .where(Post.thread_id == thread_id, Post.reply_to_id.is_not(None), elsewhere.exists())
        .values(reply_to_id=None, version=Post.version + 1)
        .execution_options(**DIRECT)
    )


def _ranges(numbers: list[int]) -> list[list[int]]:
    """`[2, 3, 4, 9]` as `[[2, 4], [9, 9]]`."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def _refusal(sentence: str) -> InvalidError:
    return InvalidError(sentence, errors={"numbers": sentence})
