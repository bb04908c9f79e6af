"""The roll as it is shown: who may vote, who has, and how, as far as that may be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import aliased

from accounts.models import Organisation, User
from alliances.counting import Choice, Rules, read_choice
from alliances.models import Alliance, CastBallot, Member, PartyKind, Proposal, ProposalState, Voter
from alliances.rolls import voter_key
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer

MOST_AT_ONCE = 300
LIST = 100

person, caster = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class Link:
    """Something that is named and led to."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class VoterShown:
    """A place on the roll. How it voted, and who cast that, is there only where everybody may know it."""

    id: int
    key: str
    name: str
    url: str
    has_voted: bool
    voted_as: str
    by: Link | None
    choice: Choice | None
    reason: str
    cast_at: datetime | None


def shows_choices(proposal: Proposal) -> bool:
    """Whether everybody may know who voted how: never in a secret vote, and after the end where results are hidden."""
    return not proposal.is_secret and (proposal.state != ProposalState.OPEN or not proposal.hides_results)


def shows_who(proposal: Proposal) -> bool:
    """Whether it is said who has voted: of a secret vote only how many have."""
    return not proposal.is_secret


def voters(viewer: Viewer, proposal: Proposal, options: Sequence[int]) -> list[VoterShown]:
    """Everybody on a roll that is short enough to be shown at once. One query."""
    rows = session().execute(_rows(proposal).order_by(Voter.id).limit(MOST_AT_ONCE)).all()
    return _shown(viewer, proposal, options, rows)


def roll_page(
    viewer: Viewer, proposal: Proposal, options: Sequence[int], *, cursor: str | None = None, limit: int = LIST
) -> Page[VoterShown]:
    """The roll page by page, in the order in which it was written."""
    page = keyset_page(_rows(proposal), keys=[Voter.id], limit=limit, cursor=cursor, descending=False)
    return Page(_shown(viewer, proposal, options, page.items), page.next)


def _rows(proposal: Proposal) -> Any:
    person_id = func.coalesce(Voter.user_id, case((Member.party_kind == PartyKind.PERSON, Member.party_id)))
    ballot = and_(CastBallot.voter_id == Voter.id, CastBallot.voter_id.is_not(None))
    return (
        select(Voter, Member.party_kind, Member.party_id, CastBallot.choice, CastBallot.reason, CastBallot.cast_at)
        .add_columns(Organisation.name, Organisation.name_en, Organisation.slug)
        .add_columns(Alliance.name.label("ally"), Alliance.name_en.label("ally_en"), Alliance.slug.label("ally_slug"))
        .add_columns(person.display_name.label("person"), person.handle.label("handle"))
        .add_columns(caster.display_name.label("caster"), caster.handle.label("caster_handle"))
        .select_from(Voter)
        .outerjoin(Member, Member.id == Voter.member_id)
        .outerjoin(
            Organisation,
            and_(Member.party_kind == PartyKind.ORGANISATION, Organisation.id == Member.party_id),
        )
        .outerjoin(Alliance, and_(Member.party_kind == PartyKind.ALLIANCE, Alliance.id == Member.party_id))
        .outerjoin(person, person.id == person_id)
        .outerjoin(caster, caster.id == Voter.voted_by_id)
        .outerjoin(CastBallot, ballot)
        .where(Voter.proposal_id == proposal.id)
    )


def _shown(viewer: Viewer, proposal: Proposal, options: Sequence[int], rows: Sequence[Any]) -> list[VoterShown]:
    rules, tells_how, tells_who = Rules.from_json(proposal.rules), shows_choices(proposal), shows_who(proposal)
    found = []
    for row in rows:
        link, voter = _named(row, viewer.locale), row.Voter
        is_told = tells_how and row.choice is not None
        found.append(
            VoterShown(
                id=voter.id,
                key=voter_key(row.party_kind, row.party_id, voter.user_id),
                name=link.name,
                url=link.url,
                has_voted=voter.has_voted and tells_who,
                voted_as=voter.voted_as,
                by=Link(row.caster, f"/people/{row.caster_handle}") if row.caster and tells_who else None,
                choice=read_choice(rules, options, row.choice) if is_told else None,
                reason=row.reason if is_told else "",
                cast_at=row.cast_at if is_told else None,
            )
        )
    return found


def _named(row: Any, locale: str) -> Link:
    is_chinese = locale.startswith("zh")
    if row.slug is not None:
        return Link(row.name if is_chinese or not row.name_en else row.name_en, f"/organisations/{row.slug}")
    if row.ally_slug is not None:
        return Link(row.ally if is_chinese or not row.ally_en else row.ally_en, f"/alliances/{row.ally_slug}")
    return Link(row.person or "…", f"/people/{row.handle}" if row.handle else "")
