"""Writes: suggest, vote, decide, and the lines of what changed."""

from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update

from activity.actions import follow_quietly, record_act
from activity.models import Level
from feedback.events import SuggestionDecided
from feedback.models import Change, Suggestion, SuggestionState, SuggestionVote
from feedback.policy import FeedbackRight
from forum.actions.threads import start_thread
from forum.counters import touch
from forum.events import PostAdded, ThreadChanged
from forum.loading import board_at, thread_of
from forum.models import Board, Thread
from forum.models.community import FEEDBACK, SITE
from forum.models.thread import ThreadKind
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit, subscribe
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from moderation.models import Submission

LONGEST_NOTE = 500
LONGEST_TITLE = 120


def suggest(viewer: Viewer, *, title: str, body: str, once: str | None = None) -> Thread | Submission:
    """Start a thread on the feedback board; like any other it may have to wait for approval."""
    authorise(viewer, FeedbackRight.SUGGEST)
    board = board_at(viewer, SITE, FEEDBACK)
    return start_thread(viewer, board=board, kind=ThreadKind.SUGGESTION, title=title, body=body, tags=[], once=once)


@subscribe(PostAdded)
def receive(event: PostAdded) -> None:
    """A thread that suggests something is received."""
    if event.number == 1 and session().get_one(Thread, event.thread.id).kind == ThreadKind.SUGGESTION:
        session().add(Suggestion(thread_id=event.thread.id))
        session().flush()


@subscribe(ThreadChanged)
def bring_votes(event: ThreadChanged) -> None:
    """Whoever wanted a suggestion that was merged into another one wants the other one."""
    if not event.hides or event.posts is not None:
        return
    thread = session().get(Thread, event.thread.id)
    if thread is None or thread.kind != ThreadKind.SUGGESTION or thread.merged_into_id is None:
        return
    into = session().get(Suggestion, thread.merged_into_id)
    if into is None:
        return
    author = session().scalar(select(Thread.author_id).where(Thread.id == into.thread_id))
    wanted = set(session().scalars(select(SuggestionVote.user_id).where(SuggestionVote.thread_id == into.thread_id)))
    voters = set(session().scalars(select(SuggestionVote.user_id).where(SuggestionVote.thread_id == thread.id)))
    voters |= {thread.author_id} if thread.author_id else set()
    session().add_all(
        SuggestionVote(thread_id=into.thread_id, user_id=user_id) for user_id in voters - wanted - {author}
    )
    session().execute(delete(Suggestion).where(Suggestion.thread_id == thread.id))
    session().execute(delete(Change).where(Change.thread_id == thread.id))
    session().flush()
    count_votes(into.thread_id)


def vote(viewer: Viewer, *, thread_id: int, wanted: bool) -> int:
    """Want a suggestion too, or not any more; done twice is done once. Returns how many want it."""
    thread, _board, suggestion = _suggestion(viewer, thread_id)
    authorise(viewer, FeedbackRight.VOTE, thread)
    mine = session().get(SuggestionVote, (thread_id, viewer.me))
    if wanted is (mine is not None):
        return suggestion.votes
    if mine is None:
        session().add(SuggestionVote(thread_id=thread_id, user_id=viewer.me))
        follow_quietly(viewer.me, Ref("forum.thread", thread_id), Level.TRACKING)
    else:
        session().delete(mine)
    session().flush()
    count_votes(thread_id)
    session().refresh(suggestion)
    return suggestion.votes


def decide(viewer: Viewer, *, thread_id: int, state: str, note: str, link: str) -> Suggestion:
    """Say what becomes of it; taken up, it stands in what changed. Whoever suggested or wants it is told."""
    thread, board, suggestion = _suggestion(viewer, thread_id)
    authorise(viewer, FeedbackRight.DECIDE, thread)
    chosen, note, link = _state(state), _note(note), check_link(link)
    if chosen is SuggestionState.DECLINED and not note:
        raise InvalidError(errors={"note": _("Say in a few words why.")})
    if (suggestion.state, suggestion.note, suggestion.link) == (chosen.value, note, link):
        return suggestion
    former, suggestion.state = suggestion.state, chosen.value
    suggestion.note, suggestion.link = note, link
    suggestion.decided_at, suggestion.decided_by_id = now(), viewer.user_id
    _keep_change(viewer, suggestion)
    touch(thread.id)
    record_act(
        viewer,
        act="suggestion.decide",
        ref=Ref("forum.thread", thread.id),
        place=Ref("forum.thread", thread.id),
        audience=board.audience,
        reason=note,
        details={"right": FeedbackRight.DECIDE.value, "from": former, "to": chosen.value},
    )
    emit(
        SuggestionDecided(
            actor_id=viewer.me,
            thread=Ref("forum.thread", thread.id),
            author_id=thread.author_id,
            state=chosen.value,
            audience=board.audience,
        )
    )
    return suggestion


def announce_change(viewer: Viewer, *, title_zh: str, title_en: str, note: str, link: str) -> Change:
    """A line of what changed that nobody suggested."""
    authorise(viewer, FeedbackRight.DECIDE)
    titles = {"title_zh": clean_line(title_zh), "title_en": clean_line(title_en)}
    for name, title in titles.items():
        if not 0 < len(title) <= LONGEST_TITLE:
            raise InvalidError(
                errors={name: _("A title is needed, of at most %(count)s characters.", count=LONGEST_TITLE)}
            )
    change = Change(**titles, note=_note(note), link=check_link(link), author_id=viewer.user_id)
    session().add(change)
    session().flush()
    _log_change(viewer, change, "change.announce")
    return change


def take_back_change(viewer: Viewer, *, change_id: int) -> None:
    """Take away a line that the staff wrote; that of a suggestion goes with its state."""
    authorise(viewer, FeedbackRight.DECIDE)
    change = session().get(Change, change_id)
    if change is None or change.thread_id is not None:
        raise NotFoundError
    _log_change(viewer, change, "change.take-back")
    session().delete(change)


def count_votes(thread_id: int) -> None:
    """Derive how many want it."""
    votes = select(func.count()).where(SuggestionVote.thread_id == thread_id).scalar_subquery()
    session().execute(
        update(Suggestion)
        .where(Suggestion.thread_id == thread_id)
        .values(votes=votes)
        .execution_options(synchronize_session=False)
    )
    touch(thread_id)


def check_link(link: str) -> str:
    """An address on the web or on this site; raises `InvalidError` on field `link`."""
    link = link.strip()
    parts = urlsplit(link)
    is_here = link.startswith("/") and not link.startswith("//") and "\\" not in link
    is_web = parts.scheme in {"http", "https"} and bool(parts.netloc)
    if link and (len(link) > LONGEST_NOTE or not link.isprintable() or not (is_here or is_web)):
        raise InvalidError(errors={"link": _("An address that begins with https:// or with /.")})
    return link


def _suggestion(viewer: Viewer, thread_id: int) -> tuple[Thread, Board, Suggestion]:
    thread, board = thread_of(viewer, thread_id, hold=True)
    suggestion = session().get(Suggestion, thread.id)
    if suggestion is None:
        raise NotFoundError
    return thread, board, suggestion


def _state(state: str) -> SuggestionState:
    try:
        return SuggestionState(state)
    except ValueError:
        raise InvalidError(errors={"state": _("Please choose one of these.")}) from None


def _note(note: str) -> str:
    note = clean_line(note)
    if len(note) > LONGEST_NOTE:
        raise InvalidError(errors={"note": _("At most %(count)s characters.", count=LONGEST_NOTE)})
    return note


def _keep_change(viewer: Viewer, suggestion: Suggestion) -> None:
    """The line of what changed is there exactly while the suggestion counts as taken up."""
    change = session().scalar(select(Change).where(Change.thread_id == suggestion.thread_id))
    if suggestion.state != SuggestionState.DONE:
        if change is not None:
            session().delete(change)
        return
    if change is None:
        change = Change(thread_id=suggestion.thread_id, author_id=viewer.user_id)
        session().add(change)
    change.note, change.link = suggestion.note, suggestion.link


def _log_change(viewer: Viewer, change: Change, act: str) -> None:
    ref = Ref("feedback.change", change.id)
    record_act(viewer, act=act, ref=ref, place=ref, audience=PUBLIC, details={"right": FeedbackRight.DECIDE.value})
