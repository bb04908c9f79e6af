"""Scorers are named, score each bid on a sheet of its own, and are barred from every bid to which they are tied."""

from collections.abc import Mapping

from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from alliances.call_loading import bid_in, call_here, call_to_run
from alliances.call_sight import own_bids, scores
from alliances.conflicts import ties_of
from alliances.here import here_at
from alliances.log import note
from alliances.messages import said
from alliances.models import LIVING, Bid, Call, CallState, Scorer, ScoreSheet
from alliances.policy import AllianceRight
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.texts import clean_line
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST_SCORERS = 50
LONGEST_COMMENT = 5_000
LONGEST_CONFLICT = 300


def name_scorer(viewer: Viewer, *, slug: str, call_id: int, handle: str) -> Scorer:
    """Let somebody score who sees the call. Twice is once."""
    here, call = call_to_run(viewer, slug, call_id)
    _must_be_undecided(call)
    name = handle.strip().removeprefix("@").lower()
    person = session().scalar(select(User).where(User.handle == name, User.suspended_at.is_(None)))
    if person is None or call.audience not in viewer_for(person.id).audience:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={"handle": _("Nobody who sees this call goes by this handle.")},
        )
    known = session().scalars(select(Scorer).where(Scorer.call_id == call.id)).all()
    mine = next((one for one in known if one.user_id == person.id), None)
    if mine is not None:
        return mine
    if len(known) >= MOST_SCORERS:
        raise ConflictError(_("At most %(count)s people.", count=MOST_SCORERS))
    scorer = Scorer(call_id=call.id, user_id=person.id, named_by_id=viewer.me)
    session().add(scorer)
    note(here.alliance, "scorer-named", actor=viewer, call=call.id, title=call.title, scorer=person.handle)
    session().flush()
    return scorer


def drop_scorer(viewer: Viewer, *, slug: str, call_id: int, user_id: int) -> None:
    """They score no more; their sheets do not count."""
    here, call = call_to_run(viewer, slug, call_id)
    _must_be_undecided(call)
    scorer = session().get(Scorer, (call.id, user_id))
    if scorer is None:
        raise NotFoundError
    session().delete(scorer)
    handle = session().scalars(select(User.handle).where(User.id == user_id)).one()
    note(here.alliance, "scorer-dropped", actor=viewer, call=call.id, title=call.title, scorer=handle)
    session().flush()


def score(
    viewer: Viewer, *, slug: str, call_id: int, bid_id: int, given: Mapping[str, int], comment: str = ""
) -> ScoreSheet:
    """Fill in or change one's sheet while the bids are evaluated."""
    call, bid = _to_score(viewer, slug, call_id, bid_id)
    kept: dict[str, int] = {}
    errors: dict[str, str] = {}
    for one in call.criteria:
        value = given.get(one["key"])
        if value is None or not 0 <= value <= one["max"]:
            errors[one["key"]] = _("From 0 to %(most)s points.", most=one["max"])
        else:
            kept[one["key"]] = value
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    sheet = _sheet(bid, viewer)
    sheet.scores, sheet.at = kept, now()
    sheet.comment = said(comment, field="comment", needed=False, longest=LONGEST_COMMENT)
    session().flush()
    return sheet


def declare_conflict(viewer: Viewer, *, slug: str, call_id: int, bid_id: int, reason: str) -> ScoreSheet:
    """Say that one is not free towards a bid: one's sheet goes, and this is not taken back."""
    _call, bid = _to_score(viewer, slug, call_id, bid_id)
    reason = clean_line(reason)[:LONGEST_CONFLICT]
    if not reason:
        raise InvalidError(_("Please look at the marked fields."), errors={"reason": _("This is needed.")})
    sheet = _sheet(bid, viewer)
    sheet.conflict, sheet.scores, sheet.comment, sheet.at = reason, {}, "", now()
    session().flush()
    return sheet


def _to_score(viewer: Viewer, slug: str, call_id: int, bid_id: int) -> tuple[Call, Bid]:
    here = here_at(viewer, slug)
    call = call_here(here, call_id, hold=True)
    authorise(viewer, AllianceRight.BID, call)
    if not scores(viewer, call):
        raise ForbiddenError(_("This is for the scorers of the call; its officers name them."))
    if here.alliance.state not in LIVING:
        raise ConflictError(_("Nothing changes in this alliance now: it is not active."))
    if call.state != CallState.EVALUATING:
        raise ConflictError(_("Bids are scored while they are evaluated."))
    bid = bid_in(call, bid_id)
    bids = session().scalars(select(Bid).where(Bid.call_id == call.id)).all()
    if own_bids(viewer, bids) and not own_bids(viewer, [bid]):
        raise NotFoundError  # who bids does not see the others' bids
    if bid.id in ties_of(viewer.me, [bid]):
        raise ForbiddenError(_("You are tied to this bid, so others score it."))
    if bid.state != "submitted":
        raise ConflictError(_("This bid was withdrawn."))
    return call, bid


def _sheet(bid: Bid, viewer: Viewer) -> ScoreSheet:
    sheet = session().get(ScoreSheet, (bid.id, viewer.me), populate_existing=True)
    if sheet is None:
        sheet = ScoreSheet(bid_id=bid.id, user_id=viewer.me)
        session().add(sheet)
    return sheet


def _must_be_undecided(call: Call) -> None:
    if call.state not in (CallState.DRAFT, CallState.OPEN, CallState.EVALUATING):
        raise ConflictError(_("The call has moved on in between. Reload the page."))
