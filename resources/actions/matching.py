"""Both sides of a good match are told, once a pair and not too many a day; "not this, because …" is remembered."""

from datetime import timedelta

from sqlalchemy import Select, func, or_, select, update

from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.kinds.needs import MATCH, NEED
from resources.models import Listing, Match, MatchRefusal, Need, NeedState, RefusalReason, Side
from resources.need_loading import need_of
from resources.need_text import check_short
from resources.notices.needs import tell
from resources.policy import NeedRight, is_offered, visible_needs
from resources.queries.fitting import ENOUGH_TO_TELL
from resources.queries.matching import listings_for, needs_for

TOLD_A_DAY = 5
MOST_PAIRS = 10
TELL_WITHIN = timedelta(days=14)
LISTING = "resources.listing"


def refuse_match(
    viewer: Viewer, *, need_id: int, listing_id: int, side: Side, reason: str, words: str = ""
) -> MatchRefusal:
    """Not this, because …: the pair is gone from this side's list, and what resembles it comes lower."""
    authorise(viewer, NeedRight.REFUSE)
    need = need_of(viewer, need_id)
    listing = session().get(Listing, listing_id)
    if listing is None or (need if side is Side.NEED else listing).owner_id != viewer.me:
        raise NotFoundError
    if reason not in set(RefusalReason):
        raise InvalidError(_("Choose why."), errors={"reason": _("Choose one of the list.")})
    words = check_short(words, field="words")
    refusal = session().get(MatchRefusal, (need_id, listing_id, side.value))
    if refusal is None:
        refusal = MatchRefusal(need_id=need_id, listing_id=listing_id, side=side.value, user_id=viewer.me)
        session().add(refusal)
    refusal.reason, refusal.words, refusal.created_at = reason, words, now()
    session().flush()
    return refusal


def take_back_refusals(viewer: Viewer, *, need_id: int | None = None, listing_id: int | None = None) -> int:
    """Begin anew: everything that was refused from this side may come again."""
    authorise(viewer, NeedRight.REFUSE)
    side = Side.NEED if need_id is not None else Side.LISTING
    mine = MatchRefusal.need_id == need_id if need_id is not None else MatchRefusal.listing_id == listing_id
    refusals = session().scalars(
        select(MatchRefusal).where(mine, MatchRefusal.side == side.value, MatchRefusal.user_id == viewer.me)
    )
    count = 0
    for refusal in refusals:
        session().delete(refusal)
        count += 1
    return count


def match_need(need_id: int) -> int:
    """Note the listings that fit a need well, as its owner would find them; says how many are new."""
    need = session().get(Need, need_id)
    if need is None or need.state != NeedState.OPEN:
        return 0
    owner = viewer_for(need.owner_id)
    if not owner.is_member:
        return 0
    found = listings_for(owner, need, limit=MOST_PAIRS, at_least=ENOUGH_TO_TELL)
    return _note([(need.id, row.ref.id, row.fit.score) for row in found])


def match_listing(listing_id: int) -> int:
    """The same from a listing: the open needs that its owner sees and that it fits well."""
    listing = session().get(Listing, listing_id)
    if listing is None:
        return 0
    owner = viewer_for(listing.owner_id)
    if not owner.is_member or session().scalar(_still_there(owner, listing.id)) is None:
        return 0
    found = needs_for(owner, listing, limit=MOST_PAIRS, at_least=ENOUGH_TO_TELL)
    return _note([(row.ref.id, listing.id, row.fit.score) for row in found])


def tell_of_matches() -> int:
    """Tell owners of the pairs that wait, the best first, as many a day as they can bear; says how many were told."""
    waiting = (
        select(Match, Need, Listing)
        .join(Need, Need.id == Match.need_id)
        .join(Listing, Listing.id == Match.listing_id)
        .where(
            or_(Match.need_told_at.is_(None), Match.listing_told_at.is_(None)),
            Match.found_at > now() - TELL_WITHIN,
            Need.state == NeedState.OPEN,
        )
        .order_by(Match.score.desc(), Match.id)
        .limit(500)
    )
    rows = session().execute(waiting).all()
    told_today: dict[int, int] = {}
    count = 0
    for match, need, listing in rows:
        count += _tell_side(match, Side.NEED, need, listing, told_today)
        count += _tell_side(match, Side.LISTING, need, listing, told_today)
    session().flush()
    return count


def _tell_side(match: Match, side: Side, need: Need, listing: Listing, told_today: dict[int, int]) -> int:
    """Tell one owner, who sees what the other side has, unless they had enough for a day or refused the pair."""
    is_need = side is Side.NEED
    if (match.need_told_at if is_need else match.listing_told_at) is not None:
        return 0
    listener = need.owner_id if is_need else listing.owner_id
    if listener not in told_today:
        told_today[listener] = _told_since(listener)
    if told_today[listener] >= TOLD_A_DAY or _is_refused(need.id, listing.id, side):
        return 0
    viewer = viewer_for(listener)
    of_need = select(Need.id).where(Need.id == need.id, visible_needs(viewer))
    sight = _still_there(viewer, listing.id) if is_need else of_need
    if session().scalar(sight) is None:
        return 0
    tell(
        listener,
        event=f"match.{side.value}",
        actor_id=None,
        ref=Ref(MATCH, match.id),
        place=Ref(NEED, need.id) if is_need else Ref(LISTING, listing.id),
        reason="match",
    )
    told_today[listener] += 1
    session().execute(
        update(Match)
        .where(Match.id == match.id)
        .values({"need_told_at" if is_need else "listing_told_at": now()})
        .execution_options(synchronize_session=False)
    )
    return 1


def _note(pairs: list[tuple[int, int, float]]) -> int:
    """Keep new pairs; a pair that is known already is not told of again."""
    new = 0
    for need_id, listing_id, score in pairs:
        known = select(Match.id).where(Match.need_id == need_id, Match.listing_id == listing_id)
        if session().scalar(known) is None:
            session().add(Match(need_id=need_id, listing_id=listing_id, score=score))
            session().flush()
            new += 1
    return new


def _told_since(user_id: int) -> int:
    query = select(func.count(Notice.id)).where(
        Notice.user_id == user_id,
        Notice.event.in_(["match.need", "match.listing"]),
        Notice.created_at > now() - timedelta(days=1),
    )
    return session().scalar(query) or 0


def _is_refused(need_id: int, listing_id: int, side: Side) -> bool:
    return session().get(MatchRefusal, (need_id, listing_id, side.value)) is not None


def _still_there(viewer: Viewer, listing_id: int) -> Select[int]:
    return select(Listing.id).where(Listing.id == listing_id, is_offered(viewer))
