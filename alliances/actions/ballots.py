"""Ballots are cast: under the lock of the proposal, so that the end and the one vote of each voter are exact."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from alliances.counting import Choice, ChoiceError, Fault, Rules, Stance, read_choice, write_choice
from alliances.events import ObjectionRaised
from alliances.here import here_at
from alliances.models import CastBallot, Electorate, Option, Proposal, Proxy, Voter
from alliances.policy import AllianceRight
from alliances.proposal_loading import ALTERNATE, OWN, PROXY, Mandate, mandates_of, proposal_at
from alliances.rules import most_proxies
from alliances.secrecy import write_secret
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, InvalidError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_REASON = 2000
WITH_REASON = (Stance.OBJECTION, Stance.VETO)


@dataclass(frozen=True, slots=True)
class Cast:
    """What became of a ballot. `receipt` is there once, for a secret one, and is kept nowhere."""

    proposal: Proposal
    voter_id: int
    receipt: str | None = None


def cast_ballot(
    viewer: Viewer, *, slug: str, number: int, choice: object, reason: str = "", voter_id: int | None = None
) -> Cast:
    """Vote, for oneself or for whom one may vote (`voter_id`). `choice` is what `counting.read_choice` reads.

    An open ballot may be changed until the end, and the last one counts; a secret one is cast once.
    """
    here = here_at(viewer, slug)
    proposal = proposal_at(here, number, hold=True)
    authorise(viewer, AllianceRight.VOTE, (here, proposal))
    if proposal.closes_at is None or now() >= proposal.closes_at:
        raise ConflictError(_("The vote has ended; it is being counted."))
    mandate = _chosen(mandates_of(here, proposal), voter_id, proposal)
    read, words = _checked(proposal, choice, reason)
    voter = mandate.voter
    if mandate.is_done:
        raise ConflictError(_("The member has voted itself; its own vote stands."))
    if proposal.is_secret:
        return Cast(proposal, voter.id, _cast_in_secret(proposal, voter, read, words))
    if mandate.proxy is not None:
        _within_limit(mandate.proxy, voter, proposal, most_proxies(here.alliance))
    ballot = session().scalar(select(CastBallot).where(CastBallot.voter_id == voter.id))
    if ballot is None:
        ballot = CastBallot(proposal_id=proposal.id, voter_id=voter.id)
        session().add(ballot)
    ballot.choice, ballot.reason, ballot.cast_at = _written(proposal, read), words, now()
    proposal.cast_count += not voter.has_voted
    proposal.version += 1
    voter.has_voted, voter.voted_as, voter.voted_by_id = True, mandate.kind, viewer.me
    voter.proxy_id = mandate.proxy.id if mandate.proxy else None
    session().flush()
    if read in WITH_REASON and not proposal.hides_results:
        emit(ObjectionRaised(proposal.id, voter.id, viewer.me))
    return Cast(proposal, voter.id)


def _cast_in_secret(proposal: Proposal, voter: Voter, choice: Choice, reason: str) -> str:
    """Of the voter nothing is written but that somebody voted, and of the ballot nothing that leads back."""
    if voter.has_voted:
        raise ConflictError(_("This vote was cast already; a secret ballot cannot be changed."))
    receipt = write_secret(proposal, _written(proposal, choice), reason)
    voter.has_voted = True
    proposal.cast_count += 1
    proposal.version += 1
    session().flush()
    return receipt


def _chosen(mandates: list[Mandate], voter_id: int | None, proposal: Proposal) -> Mandate:
    """The vote that is meant: the one that was named, or the only one, or one's own."""
    if voter_id is not None:
        found = [mandate for mandate in mandates if mandate.voter.id == voter_id]
    else:
        found = [mandate for mandate in mandates if mandate.kind in (OWN, ALTERNATE)] or mandates
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidError(_("Say for whom you vote."), errors={"voter": _("Choose for whom you vote.")})
    if proposal.electorate == Electorate.MEMBERS:
        raise ForbiddenError(_("You vote for no member on the roll of this proposal, which was closed at its opening."))
    raise ForbiddenError(_("You are not on the roll of this proposal, which was closed at its opening."))


def _checked(proposal: Proposal, choice: object, reason: str) -> tuple[Choice, str]:
    rules, words = Rules.from_json(proposal.rules), reason.strip()
    options = session().scalars(select(Option.id).where(Option.proposal_id == proposal.id)).all()
    errors = {}
    try:
        read = read_choice(rules, options, choice)
    except ChoiceError as error:
        field = error.field if error.field == "choice" else f"option-{error.field}"
        raise InvalidError(_("Please look at the marked fields."), errors={field: sentence_of(error, rules)}) from None
    if len(words) > LONGEST_REASON:
        errors["reason"] = _("At most %(number)s characters.", number=LONGEST_REASON)
    if read in WITH_REASON and not words:
        errors["reason"] = _("Say why: the others can only meet an objection that they understand.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return read, words


def sentence_of(error: ChoiceError, rules: Rules) -> str:
    """What is wrong with a choice, for whoever made it."""
    return {
        Fault.NO_CHOICE: _("Choose one of the possible answers."),
        Fault.UNKNOWN: _("This is not an option of this proposal."),
        Fault.TWICE: _("An option can have one place only, and a place one option."),
        Fault.RANGE: _("This value is not possible here."),
        Fault.EMPTY: _("Choose at least one option, or abstain."),
        Fault.TOO_MANY: _("You have %(number)s dots in all, and gave more.", number=rules.dots),
    }[error.fault]


def _written(proposal: Proposal, choice: Choice) -> dict[str, Any]:
    return write_choice(Rules.from_json(proposal.rules), choice)


def _within_limit(proxy: Proxy, voter: Voter, proposal: Proposal, most: int) -> None:
    used = select(func.count(Voter.id)).where(
        Voter.proposal_id == proposal.id,
        Voter.id != voter.id,
        Voter.voted_as == PROXY,
        Voter.proxy_id.in_(select(Proxy.id).where(Proxy.to_member_id == proxy.to_member_id)),
    )
    if (session().scalar(used) or 0) >= most:
        raise ConflictError(_("One member votes for at most %(number)s others.", number=most))
