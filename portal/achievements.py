"""Publishing achievements: a thread, its card, and the disclosure of its record, of which all happen or none."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select

from forum.actions.posts import edit_post
from forum.actions.showing import show_anew
from forum.actions.threads import start_thread
from forum.addresses import thread_url
from forum.events import ThreadChanged
from forum.loading import board_numbered, thread_of
from forum.models import Board, Post, Thread
from forum.models.thread import Lens, ThreadKind
from ip_registry.achievement_cards import CardFacts, check_card
from ip_registry.achievement_text import Sections, compose, read
from ip_registry.actions.achievements import drop_card, follow_text, keep_card, threads_of
from ip_registry.actions.custody import act_in_custody
from ip_registry.actions.events import add_event
from ip_registry.events import (
    CardChanged,
    DisputeAnswered,
    RecordChangedHands,
    RecordDisclosed,
    RecordDisputed,
    RecordWithdrawn,
    TimeStated,
)
from ip_registry.models import Achievement, EventType, LedgerEntry, Record, RecordState
from ip_registry.policy import RegistryRight
from ip_registry.record_loading import hold_record
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import subscribe
from kernel.i18n import guess_lang
from kernel.policy import authorise
from kernel.refs import Card, Ref
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from moderation.models import Submission
from moderation.subjects import Verb, register_verb


@dataclass(frozen=True, slots=True)
class Text:
    """What is written beside the card."""

    title: str
    more: str
    tags: list[str]


@dataclass(frozen=True, slots=True)
class Signed:
    """A disclosure as the owner's own key signed it."""

    leaf: bytes
    details: str | None
    salt: bytes | None


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves the work: its record, and if that is still sealed, what discloses it.

    A sealed record is disclosed by `signed`, or by a key that lies here, which the site's `secret` opens.
    `is_understood`: its owner read what publishing does to a patent.
    """

    record: Record | None
    is_understood: bool
    signed: Signed | None = None
    secret: str = ""


PUBLISH = "portal.publish-achievement"


@dataclass(frozen=True, slots=True)
class Published:
    """The thread, and the leaf of the disclosure that came with it."""

    thread: Thread
    leaf_hash: bytes | None


def publish(
    viewer: Viewer,
    *,
    board: Board,
    text: Text,
    facts: CardFacts,
    proof: Proof,
    once: str | None = None,
) -> Published | Submission:
    """Show an achievement on a board, and disclose its record with it; with the same `once`, answer the first one.

    Where it waits for approval, its record is public already: nobody discloses anything in advance.
    """
    check_card(facts)
    record = proof.record
    if record is not None:
        record = hold_record(record.id)
        authorise(viewer, RegistryRight.MANAGE, record)
    must_be_ready(record, board=board, is_understood=proof.is_understood)
    thread = start_thread(
        viewer,
        board=board,
        kind=ThreadKind.ACHIEVEMENT,
        lens=Lens.ACHIEVEMENTS,
        title=text.title,
        body=_whole(facts, text.more),
        tags=text.tags,
        once=once,
        verb=PUBLISH,
        more={"more": text.more, "facts": asdict(facts), "record_id": None if record is None else record.id},
    )
    if isinstance(thread, Submission):
        _must_not_disclose(record)
        return thread
    if session().scalar(select(Achievement.id).where(Achievement.thread_id == thread.id)) is not None:
        return Published(thread, None)  # the same form was sent twice
    leaf_hash = None
    if record is not None and record.audience != PUBLIC:
        leaf_hash = _disclose(viewer, record, proof)
    keep_card(viewer, thread_id=thread.id, facts=facts, record=record)
    return Published(thread, leaf_hash)


def publish_approved(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    """What waited, published after all."""
    record_id = payload["record_id"]
    made = publish(
        viewer,
        board=board_numbered(viewer, payload["board_id"]),
        text=Text(payload["title"], payload["more"], payload["tags"]),
        facts=CardFacts(**{**payload["facts"], "cooperation": tuple(payload["facts"]["cooperation"])}),
        proof=Proof(None if record_id is None else session().get_one(Record, record_id), is_understood=True),
    )
    if isinstance(made, Submission):
        raise ConflictError(_("It waits for approval already."))
    thread = made.thread
    return Card(Ref("forum.thread", thread.id), thread.title, thread_url(thread.id, thread.slug), thread.lang)


def _must_not_disclose(record: Record | None) -> None:
    if record is not None and record.audience != PUBLIC:
        raise InvalidError(
            _(
                "What you publish is looked at before it appears, and a record cannot be disclosed in advance. "
                "Disclose it on its own page first, or publish this without it."
            )
        )


def must_be_ready(record: Record | None, *, board: Board, is_understood: bool) -> None:
    """The gate: nothing is made public by a slip, before its day, or to more people than see the board."""
    if record is not None and record.state == RecordState.WITHDRAWN:
        raise InvalidError(_("This record was withdrawn. Its proof stays, and nothing more is added to it."))
    if record is None or record.audience == PUBLIC:
        is_news = record is None
    else:
        is_news = True
        if is_embargoed(record):
            raise InvalidError(
                _(
                    "This record is sealed until %(day)s. Lift the embargo on its page first.",
                    day=str(record.embargo_until),
                )
            )
        if board.audience != PUBLIC:
            raise InvalidError(
                errors={"board": _("Not everybody sees this board, but disclosing the record shows it to everybody.")}
            )
    if is_news and not is_understood:
        raise InvalidError(errors={"is_understood": _("Tick this to publish; nothing was published yet.")})


def is_embargoed(record: Record) -> bool:
    """Whether the day has not come until which it stays sealed."""
    return record.audience != PUBLIC and record.embargo_until is not None and record.embargo_until > now().date()


def change_card(
    viewer: Viewer, *, thread_id: int, facts: CardFacts, record: Record | None, base: int | None = None
) -> Achievement:
    """Change the card, and with it the opening post. A record is tied to it once everybody may see the record.

    `base` is the opening post's `edit_count` that the editor saw.
    """
    check_card(facts)
    if record is not None:
        record = hold_record(record.id)
    thread, _board = thread_of(viewer, thread_id, hold=True)
    if thread.kind != ThreadKind.ACHIEVEMENT:
        raise NotFoundError
    before = session().scalar(select(Achievement.record_id).where(Achievement.thread_id == thread_id))
    if record is not None and record.id != before and record.audience != PUBLIC:
        raise InvalidError(errors={"record": _("This record is sealed. Disclose it on its page first.")})
    post = opening_of(thread_id)
    parts = read(post.body)
    body = _whole(facts, post.body if parts is None else parts.more)
    changed = edit_post(viewer, post_id=post.id, body=body, reason=_("The card was changed"), base=base)
    if isinstance(changed, Submission):
        raise InvalidError(_("What you added has to be looked at first: please add it to the text of the thread."))
    return keep_card(viewer, thread_id=thread_id, facts=facts, record=record)


def opening_of(thread_id: int) -> Post:
    """Post number 1."""
    return session().scalars(select(Post).where(Post.thread_id == thread_id, Post.number == 1)).one()


def _whole(facts: CardFacts, more: str) -> str:
    parts = Sections(facts.problem, facts.method, more)
    return compose(parts, lang=guess_lang(facts.problem + facts.method))


def _disclose(viewer: Viewer, record: Record, proof: Proof) -> bytes:
    signed = proof.signed
    if signed is None:
        facts = {"scope": "public", "paths": None, "to": None}
        return act_in_custody(viewer, record=record, type=EventType.REVEAL, secret=proof.secret, **facts).leaf_hash
    event = add_event(viewer, record=record, leaf=signed.leaf, details=signed.details, salt=signed.salt)
    if record.audience != PUBLIC:
        raise InvalidError(
            _("This leaf does not disclose the whole record."), errors={"leaf": _("A reveal whose scope is “public”.")}
        )
    return event.leaf_hash


@subscribe(ThreadChanged)
def follow_post(event: ThreadChanged) -> None:
    """Whoever edits the opening post edits the card, and whoever destroys its text destroys the card with it."""
    if event.posts == frozenset():
        return
    post = (
        session()
        .execute(
            select(Post.body, Post.purged_at)
            .join(Achievement, Achievement.thread_id == Post.thread_id)
            .where(Post.thread_id == event.thread.id, Post.number == 1)
        )
        .first()
    )
    if post is None:
        return
    if post.purged_at is not None:
        drop_card(event.thread.id)
    else:
        follow_text(event.thread.id, post.body)


@subscribe(CardChanged)
def show_card(event: CardChanged) -> None:
    """The page of the thread shows the card."""
    show_anew([event.thread_id])


@subscribe(RecordDisclosed, RecordDisputed, DisputeAnswered, RecordWithdrawn, RecordChangedHands)
def show_record(
    event: RecordDisclosed | RecordDisputed | DisputeAnswered | RecordWithdrawn | RecordChangedHands,
) -> None:
    """It shows the state of the record, too."""
    show_anew(threads_of(event.record_id))


@subscribe(TimeStated)
def show_time(event: TimeStated) -> None:
    """And by when the record is proven."""
    show_anew(
        session()
        .scalars(
            select(Achievement.thread_id)
            .join(Record, Record.id == Achievement.record_id)
            .join(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
            .where(
                LedgerEntry.log_id == event.log_id,
                LedgerEntry.index >= event.first,
                LedgerEntry.index < event.size,
            )
        )
        .all()
    )


register_verb(Verb(PUBLISH, publish_approved))
