"""The staff look at the site as a member does: reading only, in public places, for a reason, and in the open."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions.grants import revoke
from accounts.actions.signing import revoke_all_sessions
from accounts.models import User, UserSession
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from kernel.clock import now
from kernel.mail import Mail
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers import gate
from tests.makers.people import another, person, sign_in

REASON = {"deed": "look", "reason": "They cannot find the button to answer"}
CLOSED = ("/notifications", "/conversations", "/drafts", "/bookmarks", "/searches", "/settings", "/settings/security")
OWN_FORMS = ("/files", "/achievements/new", "/feedback/new")


def look_as(client: FlaskClient, who: User) -> User:
    """Somebody of the staff, whose browser now shows the site as `who` sees it."""
    staff = person(staff=True)
    sign_in(client, staff)
    answer = client.post(f"/people/{who.handle}/help", data=REASON)
    assert (answer.status_code, answer.location) == (303, "/")
    return staff


def test_the_person_is_told_at_once_and_the_log_of_the_staff_says_why(client: FlaskClient, database: Session) -> None:
    who = person(display_name="Zhao Min")
    staff = look_as(client, who)
    assert REASON["reason"] in database.scalars(select(Mail.body).where(Mail.recipient == who.email)).one()
    notice = database.scalars(select(Notice).where(Notice.user_id == who.id)).one()
    assert (notice.event, notice.actor_id) == ("person.impersonate", staff.id)
    entry = database.scalars(select(LogEntry).where(LogEntry.act == "person.impersonate")).one()
    assert (entry.audience, entry.reason, entry.actor_id) == ("staff", REASON["reason"], staff.id)
    own = another(client)
    sign_in(own, who)
    page = own.get("/settings/sessions").text
    assert REASON["reason"] in page
    assert "of the staff looked at the site as you" in own.get("/notifications").text
    with time_machine.travel(now() + timedelta(days=300)):
        sign_in(own, who)
        assert REASON["reason"] in own.get("/settings/sessions").text


def test_every_page_says_so_and_stopping_leads_back(client: FlaskClient, database: Session) -> None:
    who = person(display_name="Zhao Min")
    staff = look_as(client, who)
    for path in ("/", "/communities", "/people", f"/people/{who.handle}"):
        assert "You look at the site as Zhao Min" in client.get(path).text, path
    stopped = client.post("/impersonation/stop")
    assert stopped.status_code == 303
    page = client.get("/staff")
    assert page.status_code == 200
    assert "You look at the site as" not in page.text
    assert f"@{staff.handle}" in page.text
    assert database.scalar(select(UserSession).where(UserSession.impersonator_id == staff.id)) is None


def test_nothing_can_be_written(client: FlaskClient) -> None:
    board = make.board()
    thread = make.thread(board=board)
    look_as(client, person())
    for path in (f"/threads/{thread.id}/posts", "/settings", "/language", "/settings/sessions/revoke-others", "/staff"):
        assert client.post(path, data={"body": "Hello", "lang": "en"}).status_code == 403, path


@pytest.mark.parametrize(
    "path", [*CLOSED, *OWN_FORMS, "/alliances", "/registry", "/listings", "/needs", "/staff", "/new"]
)
def test_what_is_the_persons_own_stays_closed(client: FlaskClient, path: str) -> None:
    look_as(client, person(staff=False))
    assert client.get(path).status_code == 403


def test_rooms_of_alliances_stay_out_of_sight(client: FlaskClient) -> None:
    who = person(grants=("alliance:1",))
    thread = make.thread(author=who, board=make.board(audience="alliance:1"))
    public = make.thread(author=who, board=make.board())
    look_as(client, who)
    assert client.get(f"/threads/{thread.id}", follow_redirects=True).status_code == 404
    assert client.get(f"/threads/{public.id}", follow_redirects=True).status_code == 200
    assert client.get("/api/v1/me").status_code == 401


def test_what_the_person_keeps_to_themselves_on_public_pages_is_not_shown(client: FlaskClient) -> None:
    who, public = person(trust_level=0), make.thread()
    gate.waiting(thread=public, author=who, body="Mine is not approved yet.")
    own = another(client)
    sign_in(own, who)
    draft = {"version": 0, "body": "Only a thought so far."}
    assert own.put(f"/drafts/thread:{public.id}", json=draft).status_code < 300
    sent = own.post(
        "/files", data={"file": (BytesIO(b"a,b\n1,2\n"), "kept.csv")}, headers={"Accept": "application/json"}
    )
    files = re.findall(r"/files/\d+/kept\.csv", sent.text)
    paths = (f"/threads/{public.id}", files[0])
    said = "".join(own.get(path, follow_redirects=True).text for path in paths)
    for words in ("Mine is not approved yet.", "Only a thought so far.", "1,2"):
        assert words in said
    look_as(client, who)
    shown = client.get(paths[0], follow_redirects=True)
    assert shown.status_code == 200
    assert "Mine is not approved yet." not in shown.text
    assert "Only a thought so far." not in shown.text
    assert client.get(paths[1]).status_code == 404


def test_it_takes_staff_a_reason_and_a_fresh_proof(client: FlaskClient) -> None:
    who, colleague, staff = person(), person(staff=True), person(staff=True)
    sign_in(client, person())
    assert client.post(f"/people/{who.handle}/help", data=REASON).status_code == 403
    row = sign_in(client, staff)
    assert client.post(f"/people/{who.handle}/help", data=REASON | {"reason": "why not"}).status_code == 422
    assert client.post(f"/people/{colleague.handle}/help", data=REASON).status_code == 403
    assert client.post(f"/people/{staff.handle}/help", data=REASON).status_code == 403
    with unit_of_work() as work:
        work.merge(row).proved_at = None
    asked = client.post(f"/people/{who.handle}/help", data=REASON)
    assert asked.status_code == 403
    assert 'name="proof_then"' in asked.text


def test_after_half_an_hour_the_staff_are_themselves_again(client: FlaskClient) -> None:
    staff = look_as(client, person())
    with time_machine.travel(now() + timedelta(minutes=31)):
        back = client.get("/communities")
        assert (back.status_code, back.location) == (303, "/staff")
        assert f"@{staff.handle}" in client.get("/staff").text


def test_who_leaves_the_staff_looks_as_nobody_any_more(client: FlaskClient) -> None:
    staff = look_as(client, person(display_name="Zhao Min"))
    assert "Zhao Min" in client.get("/communities").text
    chief = person(staff=True)
    with unit_of_work():
        revoke(viewer_for(chief.id), user_id=staff.id, token="staff")
    assert "Zhao Min" not in client.get("/communities", follow_redirects=True).text


def test_who_is_shut_out_looks_as_nobody_any_more(client: FlaskClient) -> None:
    staff = look_as(client, person(display_name="Zhao Min"))
    with unit_of_work():
        revoke_all_sessions(staff.id)  # as suspending does
    assert "Zhao Min" not in client.get("/communities", follow_redirects=True).text
