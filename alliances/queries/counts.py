"""What somebody needs to count a vote again without this site: rules, options, roll, ballots, and what we counted."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from alliances.counting import Choice, Rules, read_choice
from alliances.here import Here
from alliances.models import CastBallot, Proposal, ProposalState
from alliances.outcomes import option_names
from alliances.proposal_titles import title_of
from alliances.queries.voters import VoterShown, roll_page, shows_choices
from alliances.rolls import read_roll
from kernel.db import session
from kernel.errors import ConflictError
from kernel.paging import Page, keyset_page
from kernel.words import gettext as _

BOM = "\ufeff"  # without it, Excel takes UTF-8 for the local encoding
LIST = 100
AT_ONCE = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class SecretBallot:
    """A ballot of a secret vote, as it is published after the end."""

    receipt_hash: str
    choice: Choice
    reason: str


def must_be_counted(proposal: Proposal) -> None:
    """Ballots are published when nobody can vote any more; secret ones only of a vote that was counted."""
    ended = (ProposalState.CLOSED,) if proposal.is_secret else (ProposalState.CLOSED, ProposalState.WITHDRAWN)
    if proposal.state not in ended:
        raise ConflictError(_("Ballots are published when the vote has ended."))


def secret_page(
    proposal: Proposal, options: Sequence[int], *, cursor: str | None = None, limit: int = LIST
) -> Page[SecretBallot]:
    """Secret ballots in the order of the hashes of their receipts, which says nothing of who cast them, and when."""
    rules = Rules.from_json(proposal.rules)
    query = select(CastBallot).where(CastBallot.proposal_id == proposal.id)
    page = keyset_page(query, keys=[CastBallot.receipt_hash], limit=limit, cursor=cursor, descending=False)
    found = [row.CastBallot for row in page.items]
    return Page(
        [SecretBallot(one.receipt_hash, read_choice(rules, options, one.choice), one.reason) for one in found],
        page.next,
    )


def recount(here: Here, proposal: Proposal, options: Sequence[Any]) -> dict[str, Any]:
    """Everything in one piece of JSON: open ballots beside their voter, secret ones beside their receipt hash."""
    must_be_counted(proposal)
    names = option_names(options, "UTC")
    return {
        "alliance": here.alliance.slug,
        "proposal": proposal.number,
        "title": title_of(proposal),
        "opened_at": _instant(proposal.opened_at),
        "closed_at": _instant(proposal.closed_at),
        "state": proposal.state,
        "secret": proposal.is_secret,
        "rules": proposal.rules,
        "options": [{"id": option.id, "label": names[option.id]} for option in options],
        "roll": read_roll(proposal.id),
        "roll_hash": proposal.roll_hash,
        "ballots": list(_ballots(here, proposal, [option.id for option in options])),
        "tally": proposal.tally,
        "tally_hash": proposal.tally_hash,
        "statement": proposal.statement,
    }


def roll_lines(here: Here, proposal: Proposal, options: Sequence[int]) -> Iterator[str]:
    """The roll as a table."""
    yield BOM + line(["voter", "name", "voted", "as", "by"])
    for voter in _everybody(here, proposal, options):
        voted = "" if proposal.is_secret else "yes" if voter.has_voted else "no"
        yield line([voter.key, voter.name, voted, voter.voted_as, voter.by.name if voter.by else ""])


def ballot_lines(here: Here, proposal: Proposal, options: Sequence[int]) -> Iterator[str]:
    """The ballots as a table, each choice as the JSON that is counted."""
    must_be_counted(proposal)
    yield BOM + line(["receipt_hash" if proposal.is_secret else "voter", "choice", "reason"])
    for ballot in _ballots(here, proposal, options):
        who = ballot["receipt_hash"] if proposal.is_secret else ballot["voter"]
        yield line([who, json.dumps(ballot["choice"], separators=(",", ":")), ballot["reason"]])


def line(cells: Iterable[str]) -> str:
    """One line of a table; what a spreadsheet would take for a formula is marked as text."""
    buffer = io.StringIO()
    csv.writer(buffer).writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return buffer.getvalue()


def _ballots(here: Here, proposal: Proposal, options: Sequence[int]) -> Iterator[dict[str, Any]]:
    if proposal.is_secret:
        query = select(CastBallot).where(CastBallot.proposal_id == proposal.id).order_by(CastBallot.receipt_hash)
        for ballot in session().scalars(query):
            yield {"receipt_hash": ballot.receipt_hash, "choice": ballot.choice, "reason": ballot.reason}
        return
    yield from open_ballots(here, proposal, options)


def open_ballots(here: Here, proposal: Proposal, options: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Who voted how, as everybody knows who sees the vote."""
    query = select(CastBallot.voter_id, CastBallot.choice).where(CastBallot.proposal_id == proposal.id)
    kept = {row.voter_id: row.choice for row in session().execute(query)}
    for voter in _everybody(here, proposal, options):
        if voter.id in kept and shows_choices(proposal):
            yield {"voter": voter.key, "as": voter.voted_as, "choice": kept[voter.id], "reason": voter.reason}


def _everybody(here: Here, proposal: Proposal, options: Sequence[int]) -> Iterator[VoterShown]:
    cursor = None
    while True:
        page = roll_page(here.viewer, proposal, options, cursor=cursor, limit=AT_ONCE)
        yield from page.items
        if page.next is None:
            return
        cursor = page.next


def _instant(moment: Any) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
