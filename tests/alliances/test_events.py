"""Events: planned or found by a poll, signed up for, moved, held with others, and written down."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from activity.models import Notice
from alliances.actions import attending, event_allies
from alliances.actions import events as actions
from alliances.checks.rooms import places_at_events
from alliances.jobs.rooms import remind_of_events
from alliances.joining import end_membership
from alliances.models import Attendance, Event, EventState, MemberState, Option, Proposal, ProposalState
from alliances.queries.events import next_events
from kernel.db import db, session
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.jobs import run_due
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.integration.test_moderation_at_once import at_once, site
from tests.makers import rooms as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person, sign_in
from tests.queries import queries

__all__ = ["site"]


def url_of(made: MadeAlliance, event: Event) -> str:
    return f"{made.alliance.url}/events/{event.id}"


def sentences(client: FlaskClient) -> str:
    return client.get("/notifications").get_data(as_text=True)


def test_a_time_poll_becomes_the_time_of_the_event(database: Session) -> None:
    made = alliance()
    first, second = (make.tomorrow(9), make.tomorrow(10)), (make.tomorrow(14), make.tomorrow(16))
    event = make.event(made, slots=(second, first), timezone="Asia/Shanghai")
    assert (event.state, event.starts_at) == (EventState.POLLING, None)
    proposal = session().get_one(Proposal, event.proposal_id)
    options = list(session().scalars(select(Option.id).order_by(Option.position)))
    make.decide(made, proposal, {"times": {str(options[0]): "no", str(options[1]): "yes"}})
    assert event.state == EventState.PLANNED
    assert event.starts_at is not None
    assert event.starts_at.hour == second[0].hour - 8
    assert event.sequence == 1


@pytest.mark.parametrize(("locale", "zone"), [("zh_Hans", "中国时间"), ("en", "China Time")])
def test_the_zone_of_an_event_is_named_as_people_call_it(
    client: FlaskClient, database: Session, locale: str, zone: str
) -> None:
    made = alliance()
    event = make.event(made, timezone="Asia/Shanghai", audience="public")
    sign_in(client, person(locale=locale, timezone="Asia/Shanghai"))
    page = client.get(f"{made.alliance.url}/events/{event.id}").text
    assert zone in page
    assert "Asia/Shanghai" not in page


def test_who_sets_the_time_ends_the_poll(database: Session) -> None:
    made = alliance()
    slots = ((make.tomorrow(9), make.tomorrow(10)), (make.tomorrow(14), make.tomorrow(16)))
    event = make.event(made, slots=slots)
    with unit_of_work():
        actions.change_event(
            made.viewer(), slug=made.alliance.slug, event_id=event.id, facts=make.event_facts(title="Meeting")
        )
    assert event.state == EventState.PLANNED
    assert session().get_one(Proposal, event.proposal_id).state == ProposalState.WITHDRAWN


def test_who_waits_moves_up_in_order_when_a_place_is_free(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    event = make.event(made, capacity=1)
    run_due()
    states = []
    for place in range(3):
        with unit_of_work():
            states.append(
                attending.attend(made.viewer(place), slug=made.alliance.slug, event_id=event.id, comes=True).state
            )
    assert states == ["going", "waiting", "waiting"]
    with unit_of_work():
        attending.attend(made.viewer(0), slug=made.alliance.slug, event_id=event.id, comes=False)
    rows = dict(session().execute(select(Attendance.user_id, Attendance.state)).all())
    assert [rows[made.people[place].id] for place in range(3)] == ["declined", "going", "waiting"]
    assert places_at_events(mend=False) == []
    sign_in(client, made.people[1])
    assert "A place has become free" in sentences(client)
    with unit_of_work():
        facts = make.event_facts(capacity=5)
        actions.change_event(made.viewer(), slug=made.alliance.slug, event_id=event.id, facts=facts)
    assert session().get_one(Attendance, (event.id, made.people[2].id)).state == "going"


def test_whoever_leaves_the_alliance_leaves_their_place_to_the_next(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    event, public = make.event(made, capacity=1), make.event(made, capacity=1, audience="public")
    for number in (event.id, public.id):
        for place in (3, 2):
            with unit_of_work():
                attending.attend(made.viewer(place), slug=made.alliance.slug, event_id=number, comes=True)
    with unit_of_work():
        end_membership(made.alliance, made.members[3], state=MemberState.LEFT, actor=None)
    kept = select(Attendance.event_id, Attendance.user_id, Attendance.state)
    states = {(row.event_id, row.user_id): row.state for row in session().execute(kept)}
    left, next_one = made.people[3].id, made.people[2].id
    assert (states[event.id, left], states[event.id, next_one]) == ("declined", "going")
    assert (states[public.id, left], states[public.id, next_one]) == ("going", "waiting")
    assert places_at_events(mend=False) == []


def test_of_two_who_want_the_last_place_one_gets_it(site: Flask) -> None:
    made = alliance(members=4)
    event = make.event(made, capacity=1)
    viewers, slug, number = [made.viewer(place) for place in range(4)], made.alliance.slug, event.id
    at_once(
        site,
        *[lambda who=who: attending.attend(who, slug=slug, event_id=number, comes=True) for who in viewers],
    )
    db.session.remove()
    counts = select(Attendance.state, func.count()).where(Attendance.event_id == number).group_by(Attendance.state)
    assert dict(session().execute(counts).all()) == {"going": 1, "waiting": 3}


def test_the_moved_and_the_cancelled_are_told_to_who_signed_up(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    event = make.event(made)
    run_due()
    with unit_of_work():
        attending.attend(made.viewer(2), slug=made.alliance.slug, event_id=event.id, comes=True)
    for deed in ("moved", "moved", "cancelled"):
        with unit_of_work():
            if deed == "cancelled":
                actions.cancel_event(made.viewer(), slug=made.alliance.slug, event_id=event.id, reason="Storm")
            else:
                facts = make.event_facts(place=f"Room {event.sequence}")
                actions.change_event(made.viewer(), slug=made.alliance.slug, event_id=event.id, facts=facts)
    told = session().execute(select(Notice.user_id, Notice.event).order_by(Notice.id)).all()
    mine = [row.event for row in told if row.user_id == made.people[2].id and row.event.startswith("event.")]
    assert mine == ["event.planned", "event.moved", "event.cancelled"]
    assert event.sequence == 3
    with pytest.raises(ConflictError):
        attending.attend(made.viewer(1), slug=made.alliance.slug, event_id=event.id, comes=True)
    sign_in(client, made.people[2])
    assert "Storm" in client.get(url_of(made, event)).get_data(as_text=True)


def test_a_day_before_those_who_come_are_reminded_once(database: Session) -> None:
    made = alliance()
    event = make.event(made)
    with unit_of_work():
        attending.attend(made.viewer(1), slug=made.alliance.slug, event_id=event.id, comes=True)
        event.starts_at = (event.starts_at or event.created_at) - timedelta(hours=1)
    for _time in range(2):
        with unit_of_work():
            remind_of_events()
    reminded = session().scalars(select(Notice.user_id).where(Notice.event == "event.reminder")).all()
    assert reminded in ([made.people[1].id], [])
    assert event.reminded_at is not None or reminded == []


def test_an_event_of_several_alliances_stands_in_both_calendars(client: FlaskClient, database: Session) -> None:
    host, other, third = alliance(), alliance(), alliance()
    event = make.event(host, title="Zqjoint")
    with unit_of_work():
        event_allies.ask_ally(
            host.viewer(), slug=host.alliance.slug, event_id=event.id, ally=other.alliance.slug, message="Shall we?"
        )
    sign_in(client, other.people[0])
    page = client.get(f"{other.alliance.url}/events").get_data(as_text=True)
    assert "Shall we?" in page
    assert client.get(url_of(other, event)).status_code == 404
    sign_in(client, other.people[2])
    assert "Zqjoint" not in client.get(f"{other.alliance.url}/events").get_data(as_text=True)
    with pytest.raises(ForbiddenError):
        event_allies.answer_ally(
            other.viewer(2), slug=other.alliance.slug, event_id=event.id, accept=True, message="Yes"
        )
    with unit_of_work():
        event_allies.answer_ally(
            other.viewer(0), slug=other.alliance.slug, event_id=event.id, accept=True, message="Gladly"
        )
    assert "Zqjoint" in client.get(f"{other.alliance.url}/events").get_data(as_text=True)
    sent = client.post(f"{url_of(other, event)}/attendance", data={"comes": "1"})
    assert sent.status_code == 303
    assert [row.title for row in next_events(other.viewer(2), other.here(2), 3)] == ["Zqjoint"]
    for path in ("", "/edit"):
        assert client.get(f"{url_of(host, event)}{path}").status_code in (403, 404) or path == ""
    sign_in(client, third.people[0])
    for made in (host, other):
        assert client.get(url_of(made, event)).status_code == 404
        assert "Zqjoint" not in client.get(f"{made.alliance.url}/events").get_data(as_text=True)
    with unit_of_work():
        event_allies.leave_event(other.viewer(0), slug=other.alliance.slug, event_id=event.id)
    sign_in(client, other.people[2])
    assert client.get(url_of(other, event)).status_code == 404


def test_minutes_come_after_the_start_and_are_read_by_who_sees_the_event(
    client: FlaskClient, database: Session
) -> None:
    made = alliance(members=4)
    event, document = make.event(made), make.document(made, title="Zqprotocol")
    with pytest.raises(ConflictError):
        actions.write_minutes(made.viewer(), slug=made.alliance.slug, event_id=event.id, text="Said")
    with unit_of_work():
        attending.attend(made.viewer(3), slug=made.alliance.slug, event_id=event.id, comes=True)
    make.begin(event)
    sign_in(client, made.people[0])
    assert client.post(f"{url_of(made, event)}/minutes", data={"minutes": "Zqminutes **agreed**"}).status_code == 303
    client.post(f"{url_of(made, event)}/presence", data={"present": [str(made.people[3].id), "x"]})
    assert session().get_one(Attendance, (event.id, made.people[3].id), populate_existing=True).was_there
    ref = Ref("alliances.document", document.id)
    assert client.post(f"{url_of(made, event)}/links", data={"ref": str(ref)}).status_code == 303
    assert client.post(f"{url_of(made, event)}/links", data={"ref": "accounts.user:1"}).status_code == 404
    sign_in(client, made.people[3])
    page = client.get(url_of(made, event)).get_data(as_text=True)
    assert "Zqminutes <strong>agreed</strong>" in page
    assert "Zqprotocol" in page
    sign_in(client, person())
    assert client.get(url_of(made, event)).status_code == 404


def test_what_cannot_be_planned_is_said_at_its_field(client: FlaskClient, database: Session) -> None:
    made = alliance(members=4)
    usual = {
        "title": "Meeting",
        "audience": "members",
        "timezone": "Africa/Abidjan",
        "how": "fixed",
        "starts": "2030-05-01T10:00",
        "ends": "2030-05-01T12:00",
    }
    sign_in(client, made.people[0])
    for wrong in (
        {"ends": "2030-05-01T09:00"},
        {"starts": "9999-12-31T23:59", "ends": "9999-12-31T23:59"},
        {"timezone": "Mars/Olympus"},
        {"link": "javascript:alert(1)"},
        {"capacity": "-3"},
        {"audience": "staff"},
        {"how": "poll"},
        {"title": "  "},
        {"ends": "2031-05-01T09:00"},
    ):
        sent = client.post(f"{made.alliance.url}/events", data={**usual, **wrong})
        assert sent.status_code == 422, wrong
        assert 'class="error"' in sent.get_data(as_text=True), wrong
    assert client.post(f"{made.alliance.url}/events", data=usual).status_code == 303
    sign_in(client, made.people[3])
    assert client.post(f"{made.alliance.url}/events", data=usual).status_code == 403


def test_a_member_that_ended_sees_no_event_and_a_public_one_is_seen_by_all(
    client: FlaskClient, database: Session
) -> None:
    made = alliance(members=4)
    inner, public = make.event(made, title="Zqinner"), make.event(made, title="Zqpublic", audience="public")
    with unit_of_work():
        end_membership(made.alliance, made.members[3], state=MemberState.LEFT, actor=None)
    sign_in(client, made.people[3])
    assert client.get(url_of(made, inner)).status_code == 404
    assert client.get(url_of(made, public)).status_code == 200
    listed = client.get(f"{made.alliance.url}/events").get_data(as_text=True)
    assert "Zqpublic" in listed
    assert "Zqinner" not in listed
    with pytest.raises(NotFoundError):
        attending.attend(made.viewer(3), slug=made.alliance.slug, event_id=inner.id, comes=True)


def test_only_what_all_members_see_is_held_with_others_and_stays_so(database: Session) -> None:
    host, other = alliance(), alliance()
    council, event = make.event(host, audience="council"), make.event(host)

    def ask(number: int) -> None:
        with unit_of_work():
            event_allies.ask_ally(
                host.viewer(), slug=host.alliance.slug, event_id=number, ally=other.alliance.slug, message="Shall we?"
            )

    with pytest.raises(ConflictError):
        ask(council.id)
    ask(event.id)
    with pytest.raises(ConflictError):
        ask(event.id)
    facts = make.event_facts(audience="council")
    with pytest.raises(InvalidError):
        actions.change_event(host.viewer(), slug=host.alliance.slug, event_id=event.id, facts=facts)


def test_the_calendar_and_the_page_ask_little(client: FlaskClient, database: Session) -> None:
    made = alliance()
    for _number in range(20):
        event = make.event(made)
    sign_in(client, made.people[0])
    client.get(made.alliance.url)
    with queries(at_most=8):
        client.get(f"{made.alliance.url}/events")
    with queries(at_most=14):
        client.get(url_of(made, event))
    viewer, here = made.viewer(), made.here()
    with queries(at_most=1):
        next_events(viewer, here, 3)
