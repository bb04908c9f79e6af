"""Whoever goes offers nothing and looks for nothing any more; what they wrote to somebody, that person keeps."""

from sqlalchemy import select

from accounts.actions.grants import revoke_by_rule
from kernel.db import session
from kernel.events import emit
from kernel.personal import Leaver, leaves
from kernel.refs import Ref
from kernel.viewer import STAFF
from kernel.words import gettext as _
from resources.actions.answers import withdraw
from resources.actions.conversations import end
from resources.actions.listing_files import forget_files
from resources.actions.needs import end_need
from resources.events import ListingTakenDown
from resources.kinds.listings import LISTING
from resources.models import Answer, Conversation, Listing, ListingState, Need, NeedState
from resources.models.answer import WAITING
from resources.need_events import NeedChanged
from search_index import feed

AT_ONCE = 50
EFFACED = "…"


@leaves("resources.listings")
def end_listings(leaver: Leaver, after: int) -> int | None:
    """Off the shelf, and without text and files."""
    query = select(Listing).where(Listing.owner_id == leaver.id, Listing.id > after).order_by(Listing.id)
    rows = session().scalars(query.limit(AT_ONCE)).all()
    for listing in rows:
        forget_files(listing)
        session().flush()
        if listing.state == ListingState.DRAFT:
            session().delete(listing)
            continue
        was_up = listing.state == ListingState.PUBLISHED
        listing.state, listing.version = ListingState.WITHDRAWN.value, listing.version + 1
        listing.title, listing.slug = EFFACED, "listing"
        for name in ("summary", "body", "body_html", "place", "access_url", "tariff", "source_name", "source_url"):
            setattr(listing, name, "")
        listing.facts, listing.source_id = {}, None
        session().flush()
        feed.changed(Ref(LISTING, listing.id), hides=True)
        if was_up:
            emit(ListingTakenDown(listing.id, listing.owner_id, by_staff=False))
    return rows[-1].id if rows else None


@leaves("resources.needs")
def end_needs(leaver: Leaver, after: int) -> int | None:
    """Whoever still waits for a word gets one; then the text is deleted."""
    query = select(Need).where(Need.owner_id == leaver.id, Need.id > after).order_by(Need.id)
    rows = session().scalars(query.limit(AT_ONCE)).all()
    for need in rows:
        if need.state == NeedState.DRAFT:
            session().delete(need)
            continue
        if need.state == NeedState.OPEN:
            end_need(leaver.viewer, need_id=need.id, state=NeedState.CLOSED, message=_("Its owner left this site."))
        revoke_by_rule(user_id=leaver.id, token=f"need:{need.id}")
        need.title, need.slug, need.audience = EFFACED, "need", STAFF
        for name in ("teaser", "problem", "constraints", "tried", "budget"):
            setattr(need, name, "")
        need.targets, need.is_full_shown = [], False
        session().flush()
        emit(NeedChanged(need.id, hides=True))
    return rows[-1].id if rows else None


@leaves("resources.answers")
def withdraw_answers(leaver: Leaver, _after: int) -> int | None:
    """What they proposed and nobody has decided on."""
    query = select(Answer.id).where(Answer.author_id == leaver.id, Answer.state.in_(WAITING)).order_by(Answer.id)
    ids = session().scalars(query.limit(AT_ONCE)).all()
    for answer_id in ids:
        withdraw(leaver.viewer, answer_id=answer_id, message=_("Whoever wrote this left the site."))
    return 0 if ids else None


@leaves("resources.conversations")
def close_conversations(leaver: Leaver, _after: int) -> int | None:
    """Nobody waits for an answer that cannot come."""
    theirs = (Conversation.asker_id == leaver.id) | (Conversation.owner_id == leaver.id)
    query = select(Conversation).where(theirs, Conversation.closed_at.is_(None)).order_by(Conversation.id)
    rows = session().scalars(query.limit(AT_ONCE)).all()
    for one in rows:
        end(one, message=_("The other side left this site."))
    return 0 if rows else None
