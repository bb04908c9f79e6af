"""Something is put to the vote: the roll, the rules and the end are fixed, and from then on ballots are cast."""

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from alliances.counting import Method
from alliances.events import ProposalOpened
from alliances.here import Here
from alliances.log import note
from alliances.models import Alliance, Electorate, Matter, Option, Proposal, ProposalState
from alliances.proposal_text import OptionDraft
from alliances.proposal_titles import as_facts
from alliances.rolls import write_roll
from alliances.rules import rule_for
from alliances.wishes import Wishes, method_of, rules_of
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.i18n import guess_lang
from kernel.markup import cook
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

FEWEST_OPTIONS = 2

__all__ = ["OptionDraft", "audience_of", "begin", "next_number", "put_to_vote", "set_options"]


def put_to_vote(
    here: Here,
    *,
    matter: Matter,
    about: Mapping[str, Any],
    body: str = "",
    subject: Ref | None = None,
    options: Sequence[OptionDraft] = (),
    electorate: Electorate = Electorate.MEMBERS,
    group_id: int | None = None,
    method: Method | None = None,
    seats: int = 1,
    is_secret: bool = False,
    hides_results: bool = False,
    days: int | None = None,
    without: Collection[int] = (),
) -> Proposal:
    """Make a proposal and open it at once, by the alliance's rule for the matter. `here` is held and authorised.

    `about` holds the names that its title is made of (`alliances.proposal_titles`).
    `without` are members that do not vote, such as one in its own expulsion. When it is counted, the effect of the
    matter runs (`alliances.effects`), whatever the outcome.
    """
    proposal = Proposal(
        alliance_id=here.alliance.id,
        group_id=group_id,
        number=next_number(here.alliance),
        about=dict(about),
        body=body,
        body_html=cook(body).html if body else "",
        lang=guess_lang(body or str(about.get("title") or about.get("name") or here.alliance.name)),
        audience=audience_of(here.alliance, electorate, group_id),
        matter=matter.value,
        subject_kind=subject.kind if subject else "",
        subject_id=subject.id if subject else None,
        electorate=electorate.value,
        method=(method or method_of(here.alliance, matter)).value,
        rules=Wishes(seats=seats).kept(),
        is_secret=is_secret,
        hides_results=hides_results or is_secret,
        days=rule_for(here.alliance, matter).days if days is None else days,
        author_id=here.viewer.me,
        member_id=next((member.id for member in here.voices), None),
    )
    session().add(proposal)
    session().flush()
    begin(here.alliance, proposal, set_options(proposal, options), actor=here.viewer, without=without)
    return proposal


def begin(
    alliance: Alliance, proposal: Proposal, options: Sequence[Option], *, actor: Viewer, without: Collection[int] = ()
) -> None:
    """Freeze roll, rules, quorum, seed and end of a draft, and open it. The alliance is held."""
    method = Method(proposal.method)
    if method.has_options and len([option for option in options if not option.is_none]) < _fewest(method):
        raise InvalidError(_("Please look at the marked fields."), errors={"options": _("Give at least two options.")})
    seed, at = secrets.token_hex(32), now()
    rules = rules_of(alliance, proposal, options, seed=seed)
    write_roll(alliance, proposal, without=without)
    if not proposal.roll_size:
        raise ConflictError(_("There is nobody who could vote on this."))
    proposal.rules, proposal.seed, proposal.quorum = rules.to_json(), seed, rules.quorum(proposal.roll_size)
    proposal.audience = audience_of(alliance, Electorate(proposal.electorate), proposal.group_id)
    proposal.state, proposal.opened_at = ProposalState.OPEN.value, at
    proposal.closes_at = at + timedelta(days=proposal.days)
    proposal.version += 1
    note(
        alliance,
        "proposal-opened",
        actor=actor,
        audience=proposal.audience,
        number=proposal.number,
        **as_facts(proposal),
        method=proposal.method,
        secret=proposal.is_secret,
        roll=proposal.roll_size,
        roll_hash=proposal.roll_hash,
        quorum=proposal.quorum,
        closes=proposal.closes_at.isoformat(),
    )
    session().flush()
    emit(ProposalOpened(proposal.id))


def set_options(proposal: Proposal, drafts: Sequence[OptionDraft]) -> list[Option]:
    """The options of a proposal that has none yet, in this order, with their numbers."""
    options = [
        Option(
            proposal_id=proposal.id,
            position=position,
            label=draft.label,
            statement=draft.statement,
            user_id=draft.user_id,
            member_id=draft.member_id,
            starts_at=draft.starts_at,
            ends_at=draft.ends_at,
            is_none=draft.is_none,
        )
        for position, draft in enumerate(drafts)
    ]
    session().add_all(options)
    session().flush()
    return options


def next_number(alliance: Alliance) -> int:
    """The number of a new proposal; the alliance is held."""
    last = select(func.max(Proposal.number)).where(Proposal.alliance_id == alliance.id)
    return (session().scalar(last) or 0) + 1


def audience_of(alliance: Alliance, electorate: Electorate, group_id: int | None) -> str:
    """Who reads what this electorate decides: the electorate; what members decide, everybody in the alliance."""
    if electorate is Electorate.COUNCIL:
        return alliance.council
    if electorate is Electorate.GROUP:
        return f"{alliance.everybody}:group{group_id}"
    return alliance.everybody


def _fewest(method: Method) -> int:
    """An uncontested candidate is voted on, too."""
    return 1 if method is Method.ELECTION else FEWEST_OPTIONS
