"""Who sees applications, invitations and cases: conditions for SQL, the same for every outlet."""

import re

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_

from alliances.models import Admission, Alliance, Application, ExpulsionCase, Invitation, Member, Seat, State
from alliances.parties import spoken_for
from kernel.viewer import Viewer

INSIDE = re.compile(r"alliance:(\d+)")
COUNCIL = re.compile(r"alliance:(\d+):council")


def inside(viewer: Viewer) -> list[int]:
    """The alliances in which the viewer sees what is for the members."""
    return _numbers(viewer, INSIDE)


def in_council(viewer: Viewer) -> list[int]:
    """Those in which they see what is for the council."""
    return _numbers(viewer, COUNCIL)


def visible_applications(viewer: Viewer) -> ColumnElement[bool]:
    """The council, every member where members decide, and whoever speaks for the one that applies."""
    members_decide = select(Alliance.id).where(
        Alliance.id.in_(inside(viewer)), Alliance.admission.in_((Admission.VOTE, Admission.SPONSORS))
    )
    return or_(
        Application.alliance_id.in_(in_council(viewer)),
        Application.alliance_id.in_(members_decide),
        _is_mine(viewer, Application),
    )


def visible_invitations(viewer: Viewer) -> ColumnElement[bool]:
    """The council, and whoever speaks for the one that is invited, once it was sent."""
    drafts = select(Alliance.id).where(Alliance.state == State.DRAFT)
    return or_(
        Invitation.alliance_id.in_(in_council(viewer)),
        and_(_is_mine(viewer, Invitation), Invitation.alliance_id.not_in(drafts)),
    )


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """The council, the people of the member, and whoever speaks for it."""
    if not viewer.signed_in:
        return false()
    theirs = (
        select(Member.id)
        .outerjoin(Seat, and_(Seat.member_id == Member.id, Seat.until.is_(None)))
        .where(or_(Seat.user_id == viewer.me, _is_mine(viewer, Member)))
    )
    return or_(ExpulsionCase.alliance_id.in_(in_council(viewer)), ExpulsionCase.member_id.in_(theirs))


def _is_mine(viewer: Viewer, model: type[Application | Invitation | Member]) -> ColumnElement[bool]:
    spoken = [(party.kind, party.id) for party in spoken_for(viewer)]
    return tuple_(model.party_kind, model.party_id).in_(spoken) if spoken else false()


def _numbers(viewer: Viewer, pattern: re.Pattern[str]) -> list[int]:
    return sorted(int(found[1]) for token in viewer.audience if (found := pattern.fullmatch(token)))
