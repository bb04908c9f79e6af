from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from accounts.models import User
from activity.actions import follow_quietly
from activity.models import Level
from forum.actions.posts import add_post
from forum.actions.tags import set_tags
from forum.contributions import START, new_thread
from forum.cooking import check_body, check_tags, check_title, cook_post
from forum.counters import count_thread
from forum.models import Board, Poll, PollOption, Thread
from forum.models.thread import Lens, ThreadKind
from forum.policy import ForumRight, Start
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.i18n import guess_lang
from kernel.idempotency import claim, fingerprint, keep
from kernel.ids import slug_of
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import Viewer
from moderation.gate import pass_gate
from moderation.models import Submission
from moderation.once import first_made, kept_as

MOST_OPTIONS = 20
LONGEST_POLL = timedelta(days=36525)


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll as somebody typed it."""

    question: str
    options: list[str]
    max_choices: int = 1
    closes_at: datetime | None = None


def start_thread(
    viewer: Viewer,
    *,
    board: Board,
    kind: ThreadKind,
    title: str,
    body: str,
    tags: list[str],
    lens: Lens | None = None,
    poll: PollDraft | None = None,
    once: str | None = None,
    verb: str = START,
    more: Mapping[str, Any] | None = None,
) -> Thread | Submission:
    """Start a thread with its opening post, or let it wait; with the same `once` and content again, answer the first.

    `verb` names how it is published if it waits, `more` what that needs beside the thread itself.
    """
    authorise(viewer, ForumRight.START, start_of(viewer, board=board, kind=kind, lens=lens))
    title, body, tags = check_title(title), check_body(body), check_tags(tags)
    poll = check_poll(poll) if poll else None
    if once:
        done = claim(viewer.me, once, fingerprint("thread", str(board.id), kind, lens or "", title, body, *tags))
        if done is not None:
            return first_made(Thread, done)
    cooked = cook_post(body)
    payload = {"kind": kind.value, "lens": lens, "tags": tags, "poll": poll and packed_poll(poll), **(more or {})}
    it = new_thread(board, title=title, body=body, html=cooked.html, payload=payload, verb=verb)
    passage = pass_gate(viewer, it)
    if passage.submission is not None:
        if once:
            keep(viewer.me, once, kept_as(passage.submission))
        return passage.submission
    moment = now()
    thread = Thread(
        community_id=board.community_id,
        board_id=board.id,
        alliance_id=board.alliance_id,
        kind=kind,
        lens=lens or (Lens.ACHIEVEMENTS if kind is ThreadKind.ACHIEVEMENT else None),
        title=title,
        slug=slug_of(title),
        lang=guess_lang(title + body),
        author_id=viewer.me,
        created_at=moment,
        last_post_at=moment,
    )
    session().add(thread)
    session().flush()
    if once:
        keep(viewer.me, once, str(thread.id))
    if poll:
        add_poll(thread, poll)
    tag_ids = set_tags(thread, tags)
    count_thread(thread, sign=1)
    follow_quietly(viewer.me, Ref("forum.thread", thread.id), Level.WATCHING)
    post = add_post(viewer, thread=thread, board=board, body=body, cooked=cooked, tag_ids=tag_ids)
    passage.published(Ref("forum.post", post.id), it, author_id=viewer.me)
    return thread


def start_of(viewer: Viewer, *, board: Board, kind: ThreadKind, lens: Lens | None) -> Start:
    """What the right to start is judged by: the place, the kind, and the profile of whoever wants to."""
    profile = session().execute(select(User.fields, User.affiliation_kind).where(User.id == viewer.user_id)).first()
    fields, affiliation_kind = profile if profile is not None else ([], "")
    return Start(
        board.community_id,
        board.alliance_id,
        board.audience,
        board.closed_at is not None,
        kind,
        lens,
        tuple(fields),
        affiliation_kind,
        board.slug,
    )


def check_poll(poll: PollDraft) -> PollDraft:
    """The poll as it will be kept; raises `InvalidError` on the field at fault."""
    question = clean_line(poll.question)[:200]
    options = list(dict.fromkeys(clean_line(option)[:120] for option in poll.options if option.strip()))
    if not question:
        raise InvalidError(_("The poll has no question."), errors={"poll_question": _("What do you ask?")})
    if not 2 <= len(options) <= MOST_OPTIONS:  # noqa: PLR2004 - a choice needs two
        raise InvalidError(
            _("A poll needs answers to choose from."),
            errors={"poll_options": _("Two to %(count)s different answers, one a line.", count=MOST_OPTIONS)},
        )
    if not 1 <= poll.max_choices <= len(options):
        raise InvalidError(
            _("That many answers cannot be chosen."),
            errors={"poll_max_choices": _("Between one and the number of answers.")},
        )
    if poll.closes_at is not None and poll.closes_at <= now():
        raise InvalidError(
            _("The poll would be closed already."), errors={"poll_closes_at": _("Choose a time to come.")}
        )
    if poll.closes_at is not None and poll.closes_at > now() + LONGEST_POLL:  # the last year has no other time zones
        raise InvalidError(
            _("The poll would be open for too long."), errors={"poll_closes_at": _("Choose an earlier time.")}
        )
    return PollDraft(question, options, poll.max_choices, poll.closes_at)


def packed_poll(poll: PollDraft) -> dict[str, Any]:
    """A checked poll as it waits with its thread."""
    closes_at = None if poll.closes_at is None else poll.closes_at.isoformat()
    return {**asdict(poll), "closes_at": closes_at}


def unpacked_poll(packed: Mapping[str, Any]) -> PollDraft:
    """It again; if the time at which it was to close has passed meanwhile, it stays open."""
    closes_at = None if packed["closes_at"] is None else datetime.fromisoformat(packed["closes_at"])
    return PollDraft(**{**packed, "closes_at": closes_at if closes_at is None or closes_at > now() else None})


def add_poll(thread: Thread, draft: PollDraft) -> Poll:
    """Hang a checked poll on the thread."""
    poll = Poll(thread_id=thread.id, question=draft.question, max_choices=draft.max_choices, closes_at=draft.closes_at)
    session().add(poll)
    session().flush()
    session().add_all(
        PollOption(poll_id=poll.id, position=place, text=text) for place, text in enumerate(draft.options)
    )
    thread.has_poll = True
    return poll
