"""What fits a need well is noted, and both sides are told of it, once a pair and not too many a day."""

from datetime import timedelta

from sqlalchemy import func, or_, select, update

from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.clock import now
from kernel.db import session
from kernel.refs import Ref, cards
from kernel.viewer import Viewer
from resources.kinds.listings import LISTING
from resources.kinds.needs import MATCH, NEED
from resources.models import Listing, Match, MatchRefusal, Need, NeedState, Side
from resources.notices.needs import MATCHED, tell
from resources.policy import is_offered, visible_needs
from resources.queries.fitting import ENOUGH_TO_TELL
from resources.queries.matching import listings_for, needs_for
from resources.queries.matching_achievements import THREAD, achievements_for, needs_that_fit

TOLD_A_DAY = 5
MOST_PAIRS = 10
TELL_WITHIN = timedelta(days=14)


def match_need(need_id: int) -> int:
    """Note the listings and achievements that fit a need well, as its owner finds them; says how many are new."""
    need = session().get(Need, need_id)
    if need is None or need.state != NeedState.OPEN:
        return 0
    owner = viewer_for(need.owner_id)
    if not owner.is_member:
        return 0
    found = [
        *listings_for(owner, need, limit=MOST_PAIRS, at_least=ENOUGH_TO_TELL),
        *achievements_for(owner, need, limit=MOST_PAIRS, at_least=ENOUGH_TO_TELL),
    ]
    return sum(_is_new(need.id, row.ref, owner_id=row.owner_id, score=row.fit.score) for row in found if row.owner_id)


def match_listing(listing_id: int) -> int:
    """The same from a listing: the open needs that its owner sees and that it fits well."""
    listing = session().get(Listing, listing_id)
    if listing is None:
        return 0
    ref, owner = Ref(LISTING, listing.id), viewer_for(listing.owner_id)
    if not owner.is_member or not _is_there(owner, ref):
        return 0
    found = needs_for(owner, listing, limit=MOST_PAIRS, at_least=ENOUGH_TO_TELL)
    return sum(_is_new(row.ref.id, ref, owner_id=listing.owner_id, score=row.fit.score) for row in found)


def match_achievement(thread_id: int, *, author_id: int) -> int:
    """The same from an achievement, for its author."""
    author = viewer_for(author_id)
    if not author.is_member:
        return 0
    ref = Ref(THREAD, thread_id)
    found = needs_that_fit(author, thread_id, limit=MOST_PAIRS)
    return sum(_is_new(need_id, ref, owner_id=author_id, score=score) for need_id, score in found)


def tell_of_matches() -> int:
    """Tell both sides of pairs that wait, the best first, as many a day as they can bear; says how many were told."""
    waiting = (
        select(Match, Need)
        .join(Need, Need.id == Match.need_id)
        .where(
            or_(Match.need_told_at.is_(None), Match.owner_told_at.is_(None)),
            Match.found_at > now() - TELL_WITHIN,
            Need.state == NeedState.OPEN,
        )
        .order_by(Match.score.desc(), Match.id)
        .limit(500)
    )
    told_today: dict[int, int] = {}
    count = 0
    for match, need in session().execute(waiting).all():
        if match.need_told_at is None:
            count += _tell(match, need.owner_id, is_need=True, told_today=told_today)
        if match.owner_told_at is None:
            count += _tell(match, match.owner_id, is_need=False, told_today=told_today)
    session().flush()
    return count


def _tell(match: Match, listener: int, *, is_need: bool, told_today: dict[int, int]) -> int:
    """Tell one side, who sees what the other has, unless they had enough for a day or refused the pair."""
    if listener not in told_today:
        told_today[listener] = _told_since(listener)
    if told_today[listener] >= TOLD_A_DAY or _is_refused(match, Side.NEED if is_need else Side.LISTING):
        return 0
    viewer, need = viewer_for(listener), Ref(NEED, match.need_id)
    if not _is_there(viewer, match.ref if is_need else need):
        return 0
    tell(
        listener,
        event=("match.need" if is_need else "match.listing")
        if match.kind == LISTING
        else ("match.need-achievement" if is_need else "match.achievement"),
        actor_id=None,
        ref=Ref(MATCH, match.id),
        place=need if is_need else match.ref,
        reason=MATCHED,
    )
    told_today[listener] += 1
    session().execute(
        update(Match)
        .where(Match.id == match.id)
        .values({"need_told_at" if is_need else "owner_told_at": now()})
        .execution_options(synchronize_session=False)
    )
    return 1


def _is_new(need_id: int, ref: Ref, *, owner_id: int, score: float) -> bool:
    """Keep a new pair; one that is known already is not told of again."""
    is_it = (Match.need_id == need_id, Match.kind == ref.kind, Match.ref_id == ref.id)
    if session().scalar(select(Match.id).where(*is_it)) is not None:
        return False
    session().add(Match(need_id=need_id, kind=ref.kind, ref_id=ref.id, owner_id=owner_id, score=score))
    session().flush()
    return True


def _told_since(user_id: int) -> int:
    query = select(func.count(Notice.id)).where(
        Notice.user_id == user_id, Notice.reason == MATCHED, Notice.created_at > now() - timedelta(days=1)
    )
    return session().scalar(query) or 0


def _is_refused(match: Match, side: Side) -> bool:
    return session().get(MatchRefusal, (match.need_id, match.kind, match.ref_id, side.value)) is not None


def _is_there(viewer: Viewer, ref: Ref) -> bool:
    """Whether this viewer sees it now; a listing has to be on the shelf, too."""
    if ref.kind == NEED:
        return session().scalar(select(Need.id).where(Need.id == ref.id, visible_needs(viewer))) is not None
    if ref.kind == LISTING:
        return session().scalar(select(Listing.id).where(Listing.id == ref.id, is_offered(viewer))) is not None
    return ref in cards(viewer, [ref])
