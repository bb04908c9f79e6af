"""Not this, because …: what was found is refused with a reason, and comes again when one wants to begin anew."""

from collections.abc import Mapping

from sqlalchemy import select

from accounts.kinds import ORGANISATION
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.kinds.listings import LISTING
from resources.models import Listing, MatchRefusal, RefusalReason, Side
from resources.need_loading import need_of
from resources.need_text import check_short
from resources.policy import NeedRight
from resources.queries.matching import refused_from
from resources.queries.matching_achievements import THREAD
from resources.queries.matching_people import PERSON

_SECTOR, _FAR, _AWAY, _KNOWN, _OTHER = (
    RefusalReason.SECTOR,
    RefusalReason.FAR,
    RefusalReason.UNAVAILABLE,
    RefusalReason.KNOWN,
    RefusalReason.OTHER,
)
REASONS: Mapping[str, tuple[RefusalReason, ...]] = {
    LISTING: tuple(RefusalReason),
    THREAD: (_SECTOR, _AWAY, _KNOWN, _OTHER),
    ORGANISATION: (_SECTOR, _FAR, _AWAY, _KNOWN, _OTHER),
    PERSON: (_SECTOR, _FAR, _AWAY, _KNOWN, _OTHER),
}


def refuse_match(viewer: Viewer, *, need_id: int, ref: Ref, side: Side, reason: str, words: str = "") -> MatchRefusal:
    """Not this, because …: it is gone from this side's list, and what resembles it comes lower."""
    authorise(viewer, NeedRight.REFUSE)
    need = need_of(viewer, need_id)
    owner_id = need.owner_id if side is Side.NEED else _owner_of(ref)
    if owner_id != viewer.me or ref.kind not in REASONS or ref not in cards(viewer, [ref]):
        raise NotFoundError
    if reason not in REASONS[ref.kind]:
        raise InvalidError(_("Choose why."), errors={"reason": _("Choose one of the list.")})
    words = check_short(words, field="words")
    refusal = session().get(MatchRefusal, (need_id, ref.kind, ref.id, side.value))
    if refusal is None:
        refusal = MatchRefusal(need_id=need_id, kind=ref.kind, ref_id=ref.id, side=side.value, user_id=viewer.me)
        session().add(refusal)
    refusal.reason, refusal.words, refusal.created_at = reason, words, now()
    session().flush()
    return refusal


def take_back_refusals(viewer: Viewer, *, need_id: int | None = None, listing_id: int | None = None) -> int:
    """Begin anew: everything that was refused from this side may come again."""
    authorise(viewer, NeedRight.REFUSE)
    mine = (
        refused_from(viewer, Side.NEED, need_id)
        if need_id is not None
        else refused_from(viewer, Side.LISTING, listing_id or 0)
    )
    count = 0
    for refusal in session().scalars(select(MatchRefusal).where(*mine)):
        session().delete(refusal)
        count += 1
    return count


def _owner_of(ref: Ref) -> int | None:
    """Only listings have a side of their own from which needs are refused."""
    listing = session().get(Listing, ref.id) if ref.kind == LISTING else None
    return listing.owner_id if listing is not None else None
