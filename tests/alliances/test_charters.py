"""The charter changes by a vote, every member accepts it again, and rights among members have their registers."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.actions import ip
from alliances.actions.ballots import cast_ballot
from alliances.actions.charters import propose_charter
from alliances.actions.closing import close_due
from alliances.charter_facts import CharterFacts, facts_of
from alliances.charters import charter_hash
from alliances.jobs.life import observe_late
from alliances.models import (
    Alliance,
    CharterState,
    CharterVersion,
    Document,
    DocumentVersion,
    Member,
    Proposal,
    Standing,
    State,
)
from alliances.queries.charters import whole
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.alliances.founders import House, founded, house, sign
from tests.makers import alliances as make
from tests.makers import decisions
from tests.makers.people import person, sign_in


def version(alliance: Alliance, number: int) -> CharterVersion:
    from kernel.db import session

    which = (CharterVersion.alliance_id == alliance.id, CharterVersion.number == number)
    return session().scalars(select(CharterVersion).where(*which)).one()


def changed(alliance: Alliance, **settings: Any) -> CharterFacts:
    """The charter in force with another mission, and what else is given."""
    charter = version(alliance, alliance.charter_number)
    sections = whole(charter.sections)
    sections["mission"] = {**sections["mission"], "zh": "攻克钙钛矿组件二十五年寿命。"}
    return replace(facts_of(sections, charter.settings), **settings)


def propose(one: House, alliance: Alliance, facts: CharterFacts | None = None, **more: Any) -> Proposal:
    with unit_of_work():
        return propose_charter(
            one.viewer,
            facts or changed(alliance),
            slug=alliance.slug,
            base=more.get("base", alliance.charter_number),
            why=more.get("why", "Twenty-five years is what buyers ask for."),
        )


def decide(alliance: Alliance, proposal: Proposal, houses: list[House], stance: str = "yes") -> None:
    for one in houses:
        with unit_of_work():
            cast_ballot(one.viewer, slug=alliance.slug, number=proposal.number, choice={"stance": stance})
    with time_machine.travel(now() + timedelta(days=15)):
        with unit_of_work():
            close_due(proposal.id)
        run_due()


def test_a_vote_brings_the_next_version_into_force(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    proposal = propose(houses[1], made, changed(made, ip_policy="frand"))
    assert version(made, 2).state == CharterState.PROPOSED
    assert made.ip_policy == "joint", "nothing holds before the vote"
    decide(made, proposal, houses)
    database.expire_all()
    assert (version(made, 1).state, version(made, 2).state) == (CharterState.SUPERSEDED, CharterState.IN_FORCE)
    assert (made.charter_number, made.ip_policy) == (2, "frand")
    assert version(made, 2).hash == charter_hash(made, version(made, 2)) != version(made, 1).hash
    page = client.get(f"{made.url}/charter/2/differences/1", headers={"Accept-Language": "en"}).get_data(as_text=True)
    plain = re.sub("<[^>]+>", "", page)
    assert "攻克钙钛矿组件二十五年寿命" in plain
    assert "Fair, reasonable and non-discriminatory" in plain
    assert run_checks(mend=False) == []


def test_a_version_that_is_not_adopted_is_read_by_members_alone(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    decide(made, propose(houses[0], made), houses, "no")
    database.expire_all()
    assert version(made, 2).state == CharterState.REJECTED
    assert made.charter_number == 1
    assert client.get(f"{made.url}/charter/1").status_code == 200
    assert client.get(f"{made.url}/charter/2").status_code == 404
    assert client.get(f"{made.url}/charter/2/differences/1").status_code == 404
    sign_in(client, houses[2].admin)
    assert client.get(f"{made.url}/charter/2").status_code == 200


def test_there_is_one_open_change_at_a_time_and_it_is_written_from_what_holds(database: Session) -> None:
    made, houses = founded()
    with pytest.raises(InvalidError):
        propose(houses[0], made, facts_of(whole(version(made, 1).sections), version(made, 1).settings))
    with pytest.raises(InvalidError):
        propose(houses[0], made, why="  ")
    first = propose(houses[0], made)
    with pytest.raises(ConflictError):
        propose(houses[1], made)
    decide(made, first, houses)
    database.expire_all()
    with pytest.raises(ConflictError):
        propose(houses[1], made, base=1)


def test_every_rule_that_cannot_hold_is_named(database: Session) -> None:
    made, houses = founded()
    wrong = changed(
        made,
        rules={"charter": {"threshold": "1/3", "days": 400}, "expulsion": {"method": "time"}},
        numbers={"proxies": 99},
        ip_policy="mine",
        exclusion_days=-1,
    )
    with pytest.raises(InvalidError) as refused:
        propose(houses[0], made, wrong)
    assert set(refused.value.errors) == {
        "charter_threshold", "charter_days", "expulsion_method", "proxies", "ip_policy", "exclusion_days",
    }  # fmt: skip


def test_a_quorum_of_more_than_a_share_is_chosen_shown_and_counted(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    with pytest.raises(InvalidError) as refused:
        propose(houses[0], made, changed(made, rules={"charter": {"quorum_share": "1/1", "quorum_strict": True}}))
    assert refused.value.errors.keys() == {"charter_quorum_share"}
    sign_in(client, houses[0].admin)
    form = client.get(f"{made.url}/charter/edit", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert '<option value="&gt;1/2">more than 1/2</option>' in form
    decide(made, propose(houses[0], made, changed(made, rules={"general": {"quorum_strict": True}})), houses)
    page = client.get(f"{made.url}/charter/2", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "more than 1/2" in page
    even = make.alliance(members=4)
    assert decisions.proposal(even).quorum == 2
    with unit_of_work():
        even.alliance.rules = version(made, 2).settings["rules"]
    assert decisions.proposal(even).quorum == 3


def test_who_does_not_accept_becomes_an_observer_and_full_again_by_accepting(
    client: FlaskClient, database: Session
) -> None:
    made, houses = founded()
    decide(made, propose(houses[0], made), houses)
    sign(houses[0], made)
    sign_in(client, houses[1].admin)
    assert "The charter has changed" in client.get("/notifications").get_data(as_text=True)
    assert "Charter to accept" in client.get("/alliances").get_data(as_text=True)
    assert f"{made.url}/sign" in client.get(made.url).get_data(as_text=True)
    with time_machine.travel(now() + timedelta(days=50)):
        with unit_of_work():
            observe_late()
        run_due()
    database.expire_all()
    query = select(Member.standing).where(Member.alliance_id == made.id).order_by(Member.id)
    assert database.scalars(query).all() == [Standing.FULL, Standing.OBSERVER, Standing.OBSERVER]
    with pytest.raises(ForbiddenError):
        propose(houses[1], made)
    sign(houses[1], made)
    database.expire_all()
    assert database.scalars(query).all() == [Standing.FULL, Standing.FULL, Standing.OBSERVER]
    assert "Charter to accept" not in client.get("/alliances").get_data(as_text=True)


def test_the_long_form_keeps_what_was_typed(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    sign_in(client, houses[0].admin)
    page = client.get(f"{made.url}/charter/edit").get_data(as_text=True)
    assert page.count("<textarea") == 27
    typed = {"zh_mission": "改过的使命", "charter_days": "400", "note": "Why not", "base": "1"}
    answer = client.post(f"{made.url}/charter", data=typed)
    kept = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "改过的使命" in kept
    assert "A vote lasts 1 to 90 days." in kept
    assert client.post(f"{made.url}/charter", data={**typed, "preview": "1"}).status_code == 200


def test_nobody_but_voices_of_full_members_proposes(database: Session) -> None:
    made, _houses = founded()
    with pytest.raises(ForbiddenError):
        propose(house(), made)


def test_background_is_listed_by_who_acts_for_the_member(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    sign_in(client, houses[1].admin)
    data = {"title": "Slot-die head", "record_number": "2026-17", "terms": "Royalty-free for members."}
    assert client.post(f"{made.url}/ip/backgrounds", data=data).status_code == 303
    assert client.post(f"{made.url}/ip/backgrounds", data={"title": "", "record_number": "x"}).status_code == 422
    page = client.get(f"{made.url}/ip").get_data(as_text=True)
    assert "Slot-die head" in page
    assert "/registry/2026-17" in page
    sign_in(client, houses[0].admin)
    assert client.post(f"{made.url}/ip/backgrounds/1/withdrawal").status_code == 403
    sign_in(client, person())
    assert client.get(f"{made.url}/ip").status_code == 403
    assert client.post(f"{made.url}/ip/backgrounds", data=data).status_code == 403


def test_exclusion_notices_are_taken_until_the_clock_of_the_document_has_run_out(database: Session) -> None:
    made = make.alliance()
    alliance = made.alliance
    with unit_of_work() as work:
        for_all, for_council = (
            Document(alliance_id=alliance.id, title=title, audience=audience, created_by_id=made.people[0].id)
            for title, audience in (("Test method", alliance.everybody), ("Budget", alliance.council))
        )
        work.add_all([for_all, for_council])
        work.flush()
        versions = [
            DocumentVersion(
                document_id=one.id, number=1, hash="0" * 64, created_by_id=made.people[0].id, adopted_at=now(),
                exclusion_until=now() + timedelta(days=45),
            )
            for one in (for_all, for_council)
        ]  # fmt: skip
        work.add_all(versions)
    facts: dict[str, Any] = {"slug": alliance.slug, "member_id": None, "rights": "CN 1234", "reason": "Ours alone."}
    with unit_of_work():
        notice = ip.file_exclusion(made.viewer(2), version_id=versions[0].id, **facts)
    with pytest.raises(NotFoundError), unit_of_work():
        ip.file_exclusion(made.viewer(2), version_id=versions[1].id, **facts)
    with pytest.raises(ForbiddenError), unit_of_work():
        ip.withdraw_exclusion(made.viewer(1), slug=alliance.slug, notice_id=notice.id)
    with time_machine.travel(now() + timedelta(days=46)), pytest.raises(ConflictError), unit_of_work():
        ip.file_exclusion(made.viewer(1), version_id=versions[0].id, **facts)


def test_a_frozen_alliance_takes_no_change_of_its_charter(database: Session) -> None:
    made, houses = founded()
    facts = changed(made)
    with unit_of_work():
        made.state = State.FROZEN.value
    with pytest.raises(ForbiddenError):
        propose(houses[0], made, facts)
