"""How an alliance of the demo town decides."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from accounts.models import User
from alliances.actions import ballots, charters, proposals, proxies
from alliances.charter_facts import facts_of
from alliances.charters import charter_of
from alliances.models import Member, Option, Proposal, Voter
from alliances.proposal_text import Candidate, ProposalFacts
from alliances.wishes import Wishes
from kernel.clock import now
from kernel.db import session
from seeds.alliance_scenes import Scene, group_named, member_named, proposal_about


def _propose(
    scene: Scene,
    *,
    candidates: list[dict[str, str]] | None = None,
    seats_wanted: int = 1,
    group: str = "",
    **facts: Any,
) -> None:
    """Written and opened at once; lists become tuples, and a day is so many days from then."""
    facts = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
    if "review_in" in facts:
        facts["review_on"] = (now() + timedelta(days=facts.pop("review_in"))).date()
    made = proposals.draft_proposal(
        scene.viewer,
        ProposalFacts(
            candidates=tuple(Candidate(**one) for one in candidates or ()),
            wishes=Wishes(seats=seats_wanted),
            group_id=group_named(scene, group) if group else None,
            **facts,
        ),
        slug=scene.slug,
    )
    proposals.open_proposal(scene.viewer, slug=scene.slug, number=made.number)


def _amend(scene: Scene, *, section: str, zh: str, en: str, why: str) -> None:
    charter = charter_of(scene.alliance)
    if charter is None:
        raise LookupError("there is no charter to amend")
    facts = facts_of(charter.sections, charter.settings)
    sections = {**facts.sections, section: {"zh": zh, "en": en}}
    charters.propose_charter(
        scene.viewer, replace(facts, sections=sections), slug=scene.slug, base=charter.number, why=why
    )


def _vote(
    scene: Scene,
    *,
    on: str,
    stance: str = "",
    ranking: list[str] | None = None,
    reason: str = "",
    party: str = "",
    **said: Any,
) -> None:
    """By a stance, or by labels or handles in their order; `scores`, `dots` and `approved` name them, too."""
    proposal = proposal_about(scene, on)
    query = (
        select(Option.id, Option.label, User.handle)
        .select_from(Option)
        .outerjoin(User, User.id == Option.user_id)
        .where(Option.proposal_id == proposal.id)
        .order_by(Option.position)
    )
    rows = session().execute(query).all()
    numbers = {row.handle or row.label: row.id for row in rows}
    choice: dict[str, Any]
    if stance:
        choice = {"stance": stance}
    elif ranking is not None:
        choice = {"ranking": [numbers[label] for label in ranking]}
    elif "times" in said:
        choice = {"times": {str(row.id): answer for row, answer in zip(rows, said["times"], strict=True)}}
    elif "approved" in said:
        choice = {"approved": [numbers[label] for label in said["approved"]]}
    else:
        name = next(name for name in ("scores", "dots") if name in said)
        choice = {name: {str(numbers[label]): value for label, value in said[name].items()}}
    ballots.cast_ballot(
        scene.viewer,
        slug=scene.slug,
        number=proposal.number,
        choice=choice,
        reason=reason,
        voter_id=_voter(proposal, member_named(scene, party)) if party else None,
    )


def _voter(proposal: Proposal, member: Member) -> int:
    query = select(Voter.id).where(Voter.proposal_id == proposal.id, Voter.member_id == member.id)
    return session().scalars(query).one()


def _proxy(scene: Scene, *, of: str, to: str, instructions: str = "", days: int = 60) -> None:
    proxies.give_proxy(
        scene.viewer,
        slug=scene.slug,
        from_member_id=member_named(scene, of).id,
        to_member_id=member_named(scene, to).id,
        starts_at=now(),
        ends_at=now() + timedelta(days=days),
        instructions=instructions,
    )


VOTES: dict[str, Callable[..., None]] = {
    "propose": _propose,
    "amend": _amend,
    "vote": _vote,
    "proxy": _proxy,
}
