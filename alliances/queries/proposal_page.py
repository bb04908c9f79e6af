"""One proposal with everything that its page shows this viewer, in a handful of queries whatever its size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from accounts.models import User
from alliances.addresses import proposal_url
from alliances.counting import Choice, Rules, Tally, count, read_choice
from alliances.here import Here
from alliances.models import CastBallot, Group, Option, Proposal, ProposalState, Resolution
from alliances.outcomes import option_names
from alliances.parties import Party, parties
from alliances.proposal_loading import Mandate, mandates_of, options_of, visible_proposals
from alliances.proposal_titles import title_lang, title_of, ways_to
from alliances.queries.voters import MOST_AT_ONCE, Link, VoterShown, shows_choices, voters
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.words import gettext as _

author, old, new = aliased(User), aliased(Proposal), aliased(Proposal)  # made once: making them costs more than asking


@dataclass(frozen=True, slots=True)
class OptionShown:
    """An option of the ballot."""

    id: int
    label: str
    statement: str
    user_id: int | None
    is_none: bool
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class MandateShown:
    """A vote that the viewer may cast, with what was cast already, if that is not secret."""

    voter_id: int
    name: str
    kind: str
    has_voted: bool
    is_done: bool
    choice: Choice | None
    reason: str
    instructions: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as its page shows it. `tally` is None while nobody may know how it stands.

    `voters` is empty for a roll that is too long to be shown at once: it has a page of its own.
    """

    proposal: Proposal
    url: str
    title: str
    title_lang: str
    ways: list[tuple[str, str]]
    author: Link
    group_name: str
    before: Link | None
    after: Link | None
    resolution: Resolution | None
    rules: Rules | None
    options: list[OptionShown]
    names: Mapping[int, str]
    voters: list[VoterShown]
    mandates: list[MandateShown]
    tally: Tally | None
    is_due: bool
    is_candidate: bool

    @property
    def is_open(self) -> bool:
        """Whether ballots are cast."""
        return self.proposal.state == ProposalState.OPEN and not self.is_due


def proposal_view(here: Here, number: int) -> ProposalView:
    """The proposal of this number, or `NotFoundError`."""
    query = (
        select(Proposal, author.display_name, author.handle, Group.name.label("group_name"), Resolution)
        .add_columns(old, new)
        .join(author, author.id == Proposal.author_id)
        .outerjoin(Group, Group.id == Proposal.group_id)
        .outerjoin(Resolution, Resolution.proposal_id == Proposal.id)
        .outerjoin(old, (old.id == Proposal.replaces_id) & old.audience.in_(sorted(here.viewer.audience)))
        .outerjoin(new, (new.replaces_id == Proposal.id) & (new.audience == Proposal.audience))
        .where(Proposal.alliance_id == here.alliance.id, Proposal.number == number, visible_proposals(here.viewer))
        .order_by(new.id.desc())
    )
    row = session().execute(query.limit(1)).first()
    if row is None:
        raise NotFoundError
    proposal, slug = row.Proposal, here.alliance.slug
    options = options_of(proposal)
    numbers = [option.id for option in options]
    is_draft = proposal.state == ProposalState.DRAFT
    is_due = proposal.state == ProposalState.OPEN and proposal.closes_at is not None and proposal.closes_at <= now()
    shown = voters(here.viewer, proposal, numbers) if not is_draft and proposal.roll_size <= MOST_AT_ONCE else []
    return ProposalView(
        proposal=proposal,
        url=proposal_url(slug, proposal.number),
        title=title_of(proposal),
        title_lang=title_lang(proposal),
        ways=ways_to(proposal, here.alliance.url),
        author=Link(row.display_name, f"/people/{row.handle}"),
        group_name=row.group_name or "",
        before=_link(slug, row[-2]),
        after=_link(slug, row[-1]),
        resolution=row.Resolution,
        rules=None if is_draft else Rules.from_json(proposal.rules),
        options=options_shown(options, here.viewer.timezone),
        names=option_words(options, here.viewer.timezone),
        voters=shown,
        mandates=_mandates(here, proposal, numbers, shown)
        if proposal.state == ProposalState.OPEN and not is_due
        else [],
        tally=_tally(proposal, numbers, shown),
        is_due=is_due,
        is_candidate=any(option.user_id is not None and option.user_id == here.viewer.user_id for option in options),
    )


def options_shown(options: Sequence[Option], timezone: str) -> list[OptionShown]:
    """The options in the order of the page, in the viewer's words and zone."""
    names = option_words(options, timezone)
    return [
        OptionShown(
            option.id,
            names[option.id],
            option.statement,
            option.user_id,
            option.is_none,
            option.starts_at,
            option.ends_at,
        )
        for option in options
    ]


def option_words(options: Sequence[Option], timezone: str) -> dict[int, str]:
    """What each option is called, “none of these” in the language of the page."""
    names = option_names(options, timezone)
    return names | {option.id: _("None of these") for option in options if option.is_none}


def _mandates(here: Here, proposal: Proposal, options: Sequence[int], roll: Sequence[VoterShown]) -> list[MandateShown]:
    """Names and ballots are taken from the roll where that was read anyway."""
    held = mandates_of(here, proposal)
    known = {voter.id: voter for voter in roll}
    names = {one.voter.id: known[one.voter.id].name for one in held if one.voter.id in known} or _names(here, held)
    if known and shows_choices(proposal):
        cast = {voter.id: (voter.choice, voter.reason) for voter in roll}
    else:
        cast = _own_ballots(proposal, options, held)
    return [
        MandateShown(
            voter_id=mandate.voter.id,
            name=names.get(mandate.voter.id, here.viewer.display_name),
            kind=mandate.kind,
            has_voted=mandate.voter.has_voted,
            is_done=mandate.is_done or (proposal.is_secret and mandate.voter.has_voted),
            choice=cast.get(mandate.voter.id, (None, ""))[0],
            reason=cast.get(mandate.voter.id, (None, ""))[1],
            instructions=mandate.proxy.instructions if mandate.proxy else "",
        )
        for mandate in held
    ]


def _own_ballots(
    proposal: Proposal, options: Sequence[int], held: Sequence[Mandate]
) -> dict[int, tuple[Choice | None, str]]:
    """What the viewer cast, which they may always see again, unless it is secret."""
    if proposal.is_secret or not held:
        return {}
    rules = Rules.from_json(proposal.rules)
    query = select(CastBallot).where(CastBallot.voter_id.in_([one.voter.id for one in held]))
    return {
        ballot.voter_id: (read_choice(rules, options, ballot.choice), ballot.reason)
        for ballot in session().scalars(query)
        if ballot.voter_id is not None
    }


def _names(here: Here, held: Sequence[Mandate]) -> dict[int, str]:
    found = {one.voter.id: Party(one.member.party_kind, one.member.party_id) for one in held if one.member}
    facts = parties(found.values())
    return {voter_id: facts[party].name_in(here.viewer.locale) for voter_id, party in found.items() if party in facts}


def _tally(proposal: Proposal, options: Sequence[int], shown: Sequence[VoterShown]) -> Tally | None:
    """How it ended; or how it stands, where everybody may know it and the roll is short enough to count at once."""
    if proposal.state == ProposalState.CLOSED:
        return Tally.from_json(proposal.tally)
    if not shown or not shows_choices(proposal):
        return None
    ballots = [voter.choice for voter in shown if voter.choice is not None]
    return count(Rules.from_json(proposal.rules), options=options, ballots=ballots, roll=proposal.roll_size)


def _link(slug: str, other: Proposal | None) -> Link | None:
    return None if other is None else Link(title_of(other), proposal_url(slug, other.number))
