"""Calendars for programs: correct iCalendar, showing at every moment exactly what their owner may see."""

from datetime import timedelta

import icalendar
import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from accounts.models import User
from alliances.actions import event_allies
from alliances.actions import events as actions
from alliances.actions.groups import add_to_group, open_group
from alliances.joining import end_membership
from alliances.models import MemberState
from kernel.clock import now
from kernel.work import unit_of_work
from tests.makers import rooms as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.people import person, sign_in


def read(client: FlaskClient, address: str) -> dict[str, icalendar.Event]:
    """The entries of a calendar by their titles, as a calendar program reads it."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.get_data().split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(answer.get_data())
    return {str(entry["SUMMARY"]): entry for entry in calendar.walk("VEVENT")}


def secret_address(client: FlaskClient, who: User) -> str:
    """A new secret address of somebody, as their page shows it once."""
    sign_in(client, who)
    page = client.post("/calendars").get_data(as_text=True)
    address = page.partition("/calendars/")[2].partition('"')[0]
    assert address not in client.get("/calendars").get_data(as_text=True)
    client.delete_cookie("guildhall", domain="localhost")
    return f"/calendars/{address}"


def test_an_event_is_a_correct_entry(client: FlaskClient, database: Session) -> None:
    made = alliance(name="钙钛矿联盟")
    title = "Kick-off; coating, drying\\curing 钙钛矿 " * 4
    event = make.event(
        made, title=title, place="Hall 3, 杭州", body="First\n\nSecond, with *stress*", audience="public"
    )
    entry = read(client, f"{made.alliance.url}/events/{event.id}.ics")[title.strip()]
    assert event.starts_at is not None
    assert entry["UID"] == event.uid
    assert entry.decoded("DTSTART") == event.starts_at.replace(microsecond=0)
    assert entry.decoded("DTSTART").utcoffset() == timedelta()
    assert entry.decoded("DTEND") > entry.decoded("DTSTART")
    assert (entry["SEQUENCE"], entry["STATUS"]) == (0, "CONFIRMED")
    assert entry["LOCATION"] == "Hall 3, 杭州"
    assert str(entry["URL"]).endswith(f"{made.alliance.url}/events/{event.id}")
    assert "Second, with stress" in entry["DESCRIPTION"]
    assert entry.decoded("LAST-MODIFIED") <= now()
    assert entry.decoded("DTSTAMP")


def test_a_move_keeps_the_uid_and_a_cancelled_event_stays_as_cancelled(client: FlaskClient, database: Session) -> None:
    made = alliance()
    event = make.event(made, title="Meeting", audience="public")
    before = read(client, f"{made.alliance.url}/events.ics")["Meeting"]
    with unit_of_work():
        facts = make.event_facts(title="Meeting", audience="public", starts=make.tomorrow(14), ends=make.tomorrow(15))
        actions.change_event(made.viewer(), slug=made.alliance.slug, event_id=event.id, facts=facts)
    with unit_of_work():
        actions.cancel_event(made.viewer(), slug=made.alliance.slug, event_id=event.id, reason="Storm")
    after = read(client, f"{made.alliance.url}/events.ics")["Meeting"]
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == 2
    assert after["STATUS"] == "CANCELLED"
    assert after.decoded("DTSTART") > before.decoded("DTSTART")


def world() -> tuple[MadeAlliance, MadeAlliance]:
    """Two alliances with an event for each circle of readers."""
    mine, other = alliance(members=4), alliance()
    make.event(mine, title="public", audience="public")
    make.event(mine, title="members")
    make.event(mine, title="council", audience="council")
    make.event(other, title="other")
    joint = make.event(other, title="joint")
    with unit_of_work():
        event_allies.ask_ally(
            other.viewer(), slug=other.alliance.slug, event_id=joint.id, ally=mine.alliance.slug, message="Shall we?"
        )
    with unit_of_work():
        event_allies.answer_ally(
            mine.viewer(), slug=mine.alliance.slug, event_id=joint.id, accept=True, message="Gladly"
        )
    return mine, other


def test_a_secret_address_shows_what_its_owner_may_see(client: FlaskClient, database: Session) -> None:
    mine, _other = world()
    assert set(read(client, secret_address(client, mine.people[0]))) == {"public", "members", "council", "joint"}
    assert set(read(client, secret_address(client, mine.people[3]))) == {"public", "members", "joint"}
    assert set(read(client, secret_address(client, person()))) == set()
    assert set(read(client, f"{mine.alliance.url}/events.ics")) == {"public"}


def test_an_expert_of_a_working_group_has_its_events_and_no_others(client: FlaskClient, database: Session) -> None:
    made, expert = alliance(), person()
    with unit_of_work():
        group = open_group(made.viewer(), slug=made.alliance.slug, name="工艺组")
    with unit_of_work():
        add_to_group(made.viewer(), slug=made.alliance.slug, group_id=group.id, handle=expert.handle)
    make.event(made, title="ours", audience="group", group_id=group.id)
    make.event(made, title="members")
    assert set(read(client, secret_address(client, expert))) == {"ours"}


def test_who_left_or_was_shut_out_sees_nothing_by_the_same_address(client: FlaskClient, database: Session) -> None:
    mine, _other = world()
    leaver, barred = mine.people[3], mine.people[2]
    left, shut = secret_address(client, leaver), secret_address(client, barred)
    with unit_of_work():
        end_membership(mine.alliance, mine.members[3], state=MemberState.LEFT, actor=None)
        barred.suspended_at = now()
    assert set(read(client, left)) == set()
    assert client.get(shut).status_code == 404


def test_a_revoked_address_and_a_guessed_one_are_not_found(client: FlaskClient, database: Session) -> None:
    mine = alliance()
    address = secret_address(client, mine.people[0])
    assert client.get(address).status_code == 200
    sign_in(client, mine.people[1])
    assert client.post("/calendars/1/revocation").status_code in (404, 303)
    sign_in(client, mine.people[0])
    page = client.get("/calendars").get_data(as_text=True)
    number = page.partition("/calendars/")[2].partition("/revocation")[0]
    assert client.post(f"/calendars/{number}/revocation").status_code == 303
    for path in (address, "/calendars/AAAAAAAAAAAAAAAAAAAAAA.ics", "/calendars/x.ics"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("title", ["\x00\x01 bell\x07", "line\u2028separator", "BEGIN:VEVENT\r\nSUMMARY:evil"])
def test_no_title_breaks_out_of_its_line(client: FlaskClient, database: Session, title: str) -> None:
    made = alliance()
    make.event(made, title=title, audience="public", body=f"{title}\n\n{title}", place=title)
    assert len(read(client, f"{made.alliance.url}/events.ics")) == 1
