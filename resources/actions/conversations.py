"""Two people write to each other about one thing, until one of them closes it with a message."""

from sqlalchemy import select

from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import emit
from kernel.idempotency import claim, fingerprint, keep
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.contributions import screen_words
from resources.models import Conversation, Listing, Message
from resources.need_events import MessageWritten
from resources.need_loading import conversation_of
from resources.need_text import check_message
from resources.policy import ConversationRight, is_offered

LISTING = "resources.listing"
ENQUIRIES = ("question", "request", "quote", "book")


def begin(
    *, subject: Ref, purpose: str, asker_id: int, owner_id: int, body: str, owner_alias: str = "", tell: bool = True
) -> Conversation:
    """Begin a conversation with the asker's first words; the caller has asked whether they may.

    Without `tell` the caller tells the owner itself, of what it has made of it.
    """
    conversation = Conversation(
        subject_kind=subject.kind,
        subject_id=subject.id,
        purpose=purpose,
        asker_id=asker_id,
        owner_id=owner_id,
        owner_alias=owner_alias,
    )
    session().add(conversation)
    session().flush()
    say(conversation, author_id=asker_id, body=body, tell=tell)
    return conversation


def say(conversation: Conversation, *, author_id: int, body: str, deed: str = "", tell: bool = True) -> Message:
    """Add one side's words, or its deed with these words, to a conversation that is held."""
    moment = now()
    message = Message(conversation_id=conversation.id, author_id=author_id, deed=deed, body=body, created_at=moment)
    session().add(message)
    conversation.last_at = moment
    if author_id == conversation.owner_id:
        conversation.waiting_since = None
    elif not deed and conversation.waiting_since is None:
        conversation.waiting_since = moment
    session().flush()
    if tell:
        emit(MessageWritten(message_id=message.id))
    return message


def write(viewer: Viewer, *, conversation_id: int, body: str, once: str | None = None) -> Conversation:
    """Write to the other side."""
    conversation = conversation_of(viewer, conversation_id)
    authorise(viewer, ConversationRight.WRITE, conversation)
    body = check_message(body, field="body")
    if once:
        if claim(viewer.me, once, fingerprint("message", str(conversation_id), body)) is not None:
            return conversation
        keep(viewer.me, once, str(conversation_id))
    screen_words(viewer, Ref("resources.conversation", conversation.id), body, field="body", is_new=False)
    say(conversation, author_id=viewer.me, body=body)
    return conversation


def close(viewer: Viewer, *, conversation_id: int, body: str) -> Conversation:
    """End it with a last word; an answer to a need ends by its own states instead."""
    conversation = conversation_of(viewer, conversation_id)
    authorise(viewer, ConversationRight.WRITE, conversation)
    if conversation.purpose == "answer":
        raise InvalidError(_("An answer ends when it is accepted, declined or withdrawn, on the page of the need."))
    body = check_message(body, field="body")
    end(conversation, message=body)
    say(conversation, author_id=viewer.me, body=body, deed="closed")
    return conversation


def end(conversation: Conversation, *, message: str) -> None:
    """Nobody writes any more, and nobody is waited for."""
    conversation.closed_at, conversation.closing_message = now(), message
    conversation.waiting_since = None


def hide_message(message_id: int) -> None:
    """Its words are gone for the other side; whether that is allowed is the caller's."""
    message = session().get_one(Message, message_id, with_for_update=True, populate_existing=True)
    message.hidden_at = message.hidden_at or now()


def show_message(message_id: int) -> None:
    """Its words are back."""
    session().get_one(Message, message_id, with_for_update=True, populate_existing=True).hidden_at = None


def enquire(viewer: Viewer, *, listing_id: int, purpose: str, body: str, once: str | None = None) -> Conversation:
    """Ask whoever offers a listing; while an enquiry of the same person is open, it goes on there."""
    listing = session().scalar(select(Listing).where(Listing.id == listing_id, is_offered(viewer)))
    if listing is None:
        raise NotFoundError
    authorise(viewer, ConversationRight.ENQUIRE, listing.owner_id)
    if purpose not in ENQUIRIES:
        raise InvalidError(_("Choose one of the list."), errors={"purpose": _("Choose one of the list.")})
    body = check_message(body, field="body")
    session().execute(select(Listing.id).where(Listing.id == listing_id).with_for_update())
    if once:
        done = claim(viewer.me, once, fingerprint("enquiry", str(listing_id), purpose, body))
        if done is not None:
            return session().get_one(Conversation, int(done))
    screen_words(viewer, Ref(LISTING, listing_id), body, field="body", is_new=True)
    conversation = session().scalar(
        select(Conversation)
        .where(
            Conversation.subject_kind == LISTING,
            Conversation.subject_id == listing_id,
            Conversation.asker_id == viewer.me,
            Conversation.closed_at.is_(None),
        )
        .order_by(Conversation.id.desc())
        .limit(1)
    )
    if conversation is None:
        conversation = begin(
            subject=Ref(LISTING, listing_id),
            purpose=purpose,
            asker_id=viewer.me,
            owner_id=listing.owner_id,
            body=body,
        )
    else:
        say(conversation, author_id=viewer.me, body=body)
    if once:
        keep(viewer.me, once, str(conversation.id))
    return conversation
