"""At the same instant: the last founders sign, one takes its signature back, two change the charter."""

from dataclasses import replace

from flask import Flask
from sqlalchemy import func, select

from alliances.actions.charters import propose_charter
from alliances.actions.founding import found
from alliances.actions.signing import sign_charter, withdraw_signature
from alliances.actions.states import freeze
from alliances.charter_facts import facts_of
from alliances.models import Alliance, CharterVersion, LogLine, Member, MemberState, Office, Proposal, State, Term
from alliances.queries.charters import whole
from kernel.checks import run_checks
from kernel.db import db, session
from kernel.errors import ConflictError, ForbiddenError
from tests.alliances.founders import facts, forming, founded, hash_of, house, sign
from tests.integration.test_moderation_at_once import at_once, site

__all__ = ["site"]


def count(model: type, *where: object) -> int:
    return session().scalar(select(func.count()).select_from(model).where(*where)) or 0  # type: ignore[arg-type]  # conditions


def test_two_last_founders_are_both_members_and_it_is_founded_once(site: Flask) -> None:
    founder, institute, firm, late = house("firm"), house("institute"), house("firm"), house("university")
    made = forming(founder, institute, firm, late)
    signature, slug, number = hash_of(made), made.slug, made.id
    sign(institute, made)
    who = [(one.viewer, one.party) for one in (firm, late)]
    done = at_once(
        site,
        *[
            lambda viewer=viewer, party=party: sign_charter(viewer, slug=slug, party=party, accepted=signature)
            for viewer, party in who
        ],
    )
    assert [type(one).__name__ for one in done] == ["Member", "Member"]
    db.session.remove()
    alliance = session().get_one(Alliance, number)
    assert alliance.state == State.ACTIVE
    assert count(Member, Member.alliance_id == number, Member.state == MemberState.ACTIVE) == 4
    assert alliance.member_count == 4
    assert count(LogLine, LogLine.alliance_id == number, LogLine.act == "activated") == 1
    assert count(Term, Term.alliance_id == number, Term.office == Office.SECRETARY) == 1
    assert run_checks(mend=False) == []


def test_a_signature_taken_back_and_the_last_one_given_leave_one_clear_state(site: Flask) -> None:
    founder, institute, firm = house("firm"), house("institute"), house("firm")
    made = forming(founder, institute, firm)
    signature, slug, number = hash_of(made), made.slug, made.id
    sign(institute, made)
    leaver, signer = institute.viewer, firm.viewer
    left, signed = at_once(
        site,
        lambda: withdraw_signature(leaver, slug=slug, party=institute.party),
        lambda: sign_charter(signer, slug=slug, party=firm.party, accepted=signature),
    )
    db.session.remove()
    alliance = session().get_one(Alliance, number)
    assert isinstance(signed, Member)
    if isinstance(left, ConflictError):
        assert (alliance.state, alliance.member_count) == (State.ACTIVE, 3)
    else:
        assert (alliance.state, alliance.member_count) == (State.FORMING, 2)
    assert run_checks(mend=False) == []


def test_two_changes_of_the_charter_are_one_vote(site: Flask) -> None:
    made, houses = founded()
    slug, number = made.slug, made.id
    charter = session().scalars(select(CharterVersion).where(CharterVersion.alliance_id == number)).one()
    given = facts_of(whole(charter.sections), charter.settings)
    other = replace(given, ip_policy="frand")
    viewers = [one.viewer for one in houses]
    done = at_once(
        site,
        *[
            lambda viewer=viewer: propose_charter(viewer, other, slug=slug, base=1, why="Because.")
            for viewer in viewers
        ],
    )
    assert sorted(type(one).__name__ for one in done) == ["ConflictError", "ConflictError", "Proposal"]
    db.session.remove()
    assert count(Proposal, Proposal.alliance_id == number) == 1
    assert count(CharterVersion, CharterVersion.alliance_id == number) == 2


def test_a_change_and_a_freeze_come_one_after_the_other(site: Flask) -> None:
    made, houses = founded()
    slug, number = made.slug, made.id
    charter = session().scalars(select(CharterVersion).where(CharterVersion.alliance_id == number)).one()
    other = replace(facts_of(whole(charter.sections), charter.settings), ip_policy="frand")
    chair, member = houses[0].viewer, houses[1].viewer
    proposed, frozen = at_once(
        site,
        lambda: propose_charter(member, other, slug=slug, base=1, why="Because."),
        lambda: freeze(chair, slug=slug, reason="Stop."),
    )
    assert isinstance(frozen, Alliance)
    assert isinstance(proposed, Proposal | ForbiddenError)
    db.session.remove()
    assert session().get_one(Alliance, number).state == State.FROZEN
    assert run_checks(mend=False) == []


def test_two_of_one_name_get_addresses_of_their_own(site: Flask) -> None:
    houses = [house() for _ in range(3)]
    who = [(one.viewer, one.party) for one in houses]
    done = at_once(
        site, *[lambda viewer=viewer, party=party: found(viewer, facts(), party=party) for viewer, party in who]
    )
    made = [one for one in done if isinstance(one, Alliance)]
    assert made
    assert all(isinstance(one, Alliance | ConflictError) for one in done)
    assert len({one.slug for one in made}) == len(made)
