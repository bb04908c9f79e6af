"""What somebody takes along: what they offer and look for, answers, and the conversations that they are part of."""

from collections.abc import Iterable

from sqlalchemy import String, and_, case, cast, literal, or_, select

from accounts.blobs import blob_store
from kernel.db import session
from kernel.personal import Blob, Piece, Table, exports
from kernel.viewer import Viewer
from resources.models import (
    Answer,
    Conversation,
    Listing,
    ListingFile,
    Match,
    MatchRefusal,
    Message,
    Need,
    NeedReading,
)
from resources.policy import was_removed


@exports("resources")
def my_trade(viewer: Viewer) -> Iterable[Piece]:
    """Listings with files, needs, answers, conversations, refusals."""
    yield Table(
        "listings",
        "What I offer",
        select(
            Listing.id, Listing.kind, Listing.organisation_id, Listing.state, Listing.audience, Listing.title,
            Listing.lang, Listing.summary, Listing.body, Listing.facts, Listing.sectors, Listing.region, Listing.city,
            Listing.place, Listing.trl,
            Listing.funding, Listing.access, Listing.access_url, Listing.price_cents, Listing.currency,
            Listing.price_unit, Listing.tariff, Listing.source_id, Listing.source_name, Listing.source_url,
            Listing.licence, Listing.created_at, Listing.updated_at, Listing.published_at,
        ).where(Listing.owner_id == viewer.me),
        key=(Listing.id,),
    )  # fmt: skip
    yield from _files(viewer)
    yield Table(
        "needs",
        "What I look for",
        select(
            Need.id, Need.state, Need.visibility, Need.kind, Need.title, Need.lang, Need.teaser, Need.problem,
            Need.constraints, Need.tried, Need.is_full_shown, Need.targets, Need.budget, Need.deadline, Need.ip_wish,
            Need.sectors, Need.region, Need.trl, Need.created_at, Need.published_at, Need.ended_at,
            Need.ending_message,
        ).where(Need.owner_id == viewer.me),
        key=(Need.id,),
    )  # fmt: skip
    yield Table(
        "answers",
        "What I proposed to needs",
        select(
            Answer.id, Answer.need_id, Need.title.label("need_title"), Answer.conversation_id, Answer.message,
            Answer.price, Answer.time_needed, Answer.state, Answer.reason, Answer.ending_message, Answer.created_at,
            Answer.ended_at,
        )
        .join(Need, Need.id == Answer.need_id)
        .where(Answer.author_id == viewer.me),
        key=(Answer.id,),
    )  # fmt: skip
    yield from _conversations(viewer)
    yield Table(
        "need-readings",
        "Needs whose full text I read",
        select(NeedReading.need_id, NeedReading.read_at).where(NeedReading.user_id == viewer.me),
        key=(NeedReading.id,),
    )
    yield Table(
        "refused-matches",
        "What I said does not fit",
        select(
            MatchRefusal.need_id, MatchRefusal.kind, MatchRefusal.ref_id, MatchRefusal.reason, MatchRefusal.words,
            MatchRefusal.created_at,
        ).where(MatchRefusal.user_id == viewer.me),
    )  # fmt: skip
    yield Table(
        "matches",
        "What was found to fit",
        select(Match.need_id, Match.kind, Match.ref_id, Match.score, Match.found_at).where(Match.owner_id == viewer.me),
        key=(Match.id,),
    )


def _files(viewer: Viewer) -> Iterable[Piece]:
    place = literal("files/listings/").concat(cast(ListingFile.id, String)).concat("/").concat(ListingFile.name)
    mine = select(ListingFile).join(Listing, Listing.id == ListingFile.listing_id).where(Listing.owner_id == viewer.me)
    yield Table(
        "listing-files",
        "Files of what I offer",
        mine.with_only_columns(
            ListingFile.id, ListingFile.listing_id, ListingFile.position, ListingFile.name, ListingFile.media_type,
            ListingFile.size, ListingFile.sha256, place.label("path"),
        ),
        key=(ListingFile.id,),
    )  # fmt: skip
    store = blob_store()
    for row in session().scalars(mine.order_by(ListingFile.id)):
        yield Blob(f"files/listings/{row.id}/{row.name}", store.path(row.sha256))


def _conversations(viewer: Viewer) -> Iterable[Piece]:
    """Both sides, for each was written to the other; who keeps behind an alias keeps behind it."""
    is_mine = or_(Conversation.asker_id == viewer.me, Conversation.owner_id == viewer.me)
    is_asker = Conversation.asker_id == viewer.me
    is_removed = and_(Message.hidden_at.is_not(None), Message.author_id != viewer.me)
    yield Table(
        "conversations",
        "Conversations about offers and needs",
        select(
            Conversation.id, Conversation.subject_kind, Conversation.subject_id, Conversation.purpose,
            is_asker.label("i_asked"), Conversation.owner_alias, Conversation.created_at, Conversation.last_at,
            Conversation.closed_at,
            case((was_removed(Conversation.closing_message, for_whom=viewer), ""), else_=Conversation.closing_message)
            .label("closing_message"),
        ).where(is_mine),
        key=(Conversation.id,),
    )  # fmt: skip
    yield Table(
        "messages",
        "What was written in them, by me and to me",
        select(
            Message.id, Message.conversation_id, (Message.author_id == viewer.me).label("is_mine"), Message.deed,
            case((is_removed, ""), else_=Message.body).label("body"), Message.created_at,
        )
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(is_mine),
        key=(Message.id,),
    )  # fmt: skip
