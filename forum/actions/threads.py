from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from accounts.models import User
from activity.actions import follow_quietly
from activity.models import Level
from forum.actions.posts import add_post
from forum.actions.tags import set_tags
from forum.cooking import check_body, check_tags, check_title
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
) -> Thread:
    """Start a thread with its opening post; with the same `once` and content again, answer the first one."""
    authorise(viewer, ForumRight.START, start_of(viewer, board=board, kind=kind, lens=lens))
    title, body, tags = check_title(title), check_body(body), check_tags(tags)
    poll = check_poll(poll) if poll else None
    if once:
        done = claim(viewer.me, once, fingerprint("thread", str(board.id), kind, lens or "", title, body, *tags))
        if done is not None:
            return session().get_one(Thread, int(done))
    moment = now()
    thread = Thread(
        community_id=board.community_id,
        board_id=board.id,
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
    add_post(viewer, thread=thread, board=board, body=body, tag_ids=tag_ids)
    return thread


def start_of(viewer: Viewer, *, board: Board, kind: ThreadKind, lens: Lens | None) -> Start:
    """What the right to start is judged by: the place, the kind, and the profile of whoever wants to."""
    profile = session().execute(select(User.fields, User.affiliation_kind).where(User.id == viewer.user_id)).first()
    fields, affiliation_kind = profile if profile is not None else ([], "")
    return Start(board.community_id, board.audience, kind, lens, tuple(fields), affiliation_kind)


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
