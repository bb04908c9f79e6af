"""Proposals are taken back before they are decided: to be changed while nobody has voted, or for good."""

from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import delete, select

from alliances.events import ProposalWithdrawn
from alliances.here import here_at
from alliances.log import note
from alliances.models import Alliance, Matter, Option, Proposal, ProposalState, Voter
from alliances.policy import AllianceRight
from alliances.proposal_loading import proposal_at
from alliances.proposal_titles import as_facts
from alliances.secrecy import shuffle
from alliances.wishes import Wishes
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

FREE = (Matter.GENERAL, Matter.OFFICE)  # all other matters hang on something that has a withdrawal of its own
LONGEST_MESSAGE = 2000


def take_back(alliance: Alliance, proposal: Proposal, *, actor: Viewer | None, message: str) -> None:
    """End an open vote without a decision: its ballots stay to be seen, as withdrawn. Both are held."""
    proposal.state, proposal.closed_at, proposal.statement = ProposalState.WITHDRAWN.value, now(), message
    proposal.version += 1
    if proposal.is_secret:
        shuffle(proposal)
    note(
        alliance,
        "proposal-withdrawn",
        actor=actor,
        audience=proposal.audience,
        number=proposal.number,
        **as_facts(proposal),
        cast=proposal.cast_count,
    )
    session().flush()
    emit(ProposalWithdrawn(proposal.id, actor.user_id if actor else None))


def withdraw(viewer: Viewer, *, slug: str, number: int, message: str) -> Proposal:
    """Take an open proposal back for good, with a word to those who voted or wanted to."""
    here = here_at(viewer, slug, hold=True)
    proposal = proposal_at(here, number, hold=True)
    authorise(viewer, AllianceRight.OPEN_VOTE, (here, proposal))
    _must_be_open(proposal)
    if proposal.matter not in FREE:
        raise ForbiddenError(_("This vote ends with what it is about; withdraw that."))
    words = message.strip()
    if not words or len(words) > LONGEST_MESSAGE:
        raise InvalidError(
            _("Please look at the marked fields."), errors={"message": _("Say in a few words why it is withdrawn.")}
        )
    take_back(here.alliance, proposal, actor=viewer, message=words)
    return proposal


def unopen(viewer: Viewer, *, slug: str, number: int) -> Proposal:
    """Make an open proposal a draft again, to change it: its author, while nobody has voted."""
    here = here_at(viewer, slug, hold=True)
    proposal = proposal_at(here, number, hold=True)
    authorise(viewer, AllianceRight.OPEN_VOTE, (here, proposal))
    _must_be_open(proposal)
    if proposal.author_id != viewer.me or proposal.matter not in FREE:
        raise ForbiddenError(_("Only its author changes a proposal."))
    if proposal.cast_count:
        raise ConflictError(_("Somebody has voted: what is voted on stays as it is. A change is a new proposal."))
    note(
        here.alliance,
        "proposal-taken-back",
        actor=viewer,
        audience=proposal.audience,
        number=proposal.number,
        **as_facts(proposal),
    )
    session().execute(delete(Voter).where(Voter.proposal_id == proposal.id))
    names = [field.name for field in fields(Wishes)]
    proposal.rules = asdict(Wishes(**_kept(proposal.rules, names)))
    proposal.audience, proposal.state = f"user:{proposal.author_id}", ProposalState.DRAFT.value
    proposal.opened_at = proposal.closes_at = proposal.reminded_at = None
    proposal.roll_size, proposal.roll_hash, proposal.quorum, proposal.seed = 0, "", 0, ""
    proposal.version += 1
    session().flush()
    emit(ProposalWithdrawn(proposal.id, viewer.me))
    return proposal


def step_down(viewer: Viewer, *, slug: str, number: int) -> Proposal:
    """A candidate does not stand, while nobody has voted; without any candidate, the election is withdrawn."""
    here = here_at(viewer, slug, hold=True)
    proposal = proposal_at(here, number, hold=True)
    authorise(viewer, AllianceRight.READ, here)
    _must_be_open(proposal)
    options = session().scalars(select(Option).where(Option.proposal_id == proposal.id)).all()
    mine = [option for option in options if option.user_id == viewer.me]
    if not mine:
        raise ForbiddenError(_("You are no candidate here."))
    if proposal.cast_count:
        raise ConflictError(_("Somebody has voted: the candidates stay as they are."))
    note(
        here.alliance,
        "candidate-stepped-down",
        actor=viewer,
        audience=proposal.audience,
        number=proposal.number,
        candidate=viewer.handle,
    )
    for option in mine:
        session().delete(option)
    proposal.version += 1
    session().flush()
    if not any(option.user_id for option in options if option not in mine):
        take_back(here.alliance, proposal, actor=None, message=_("There is no candidate any more."))
    return proposal


def _must_be_open(proposal: Proposal) -> None:
    if proposal.state != ProposalState.OPEN:
        raise ConflictError(_("No vote is open on this."))
    if proposal.closes_at is not None and now() >= proposal.closes_at:
        raise ConflictError(_("The vote has ended; it is being counted."))


def _kept(rules: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: rules[name] for name in names if name in rules}
