"""Sanctions: how they begin, are told, end, are lifted and appealed against."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for, viewer_of_token
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ForbiddenError
from kernel.ids import hash_token
from kernel.mail import Mail
from kernel.mail.outbox import whole
from kernel.work import unit_of_work
from moderation.actions.sanctions import end_due, lift
from moderation.models import Review, SanctionKind
from moderation.reviewables import Outcome
from tests.makers import forum as make
from tests.makers import watch
from tests.makers.people import PASSWORD, api_token, person, sign_in

SIGN_IN = {"password": PASSWORD}


def test_a_silence_ends_by_the_clock_and_the_job_takes_off_the_mark(database: Session) -> None:
    user = person()
    watch.sanction(user, SanctionKind.SILENCE, ends_at=now() + timedelta(hours=1))
    assert viewer_for(user.id).is_silenced
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert not viewer_for(user.id).is_silenced
        with unit_of_work():
            end_due()
        database.expire_all()
        assert database.get_one(User, user.id).silenced_until is None
        assert run_checks(mend=False) == []


def test_a_suspension_ends_at_its_time_without_waiting_for_the_job(client: FlaskClient, database: Session) -> None:
    user = person()
    secret = api_token(user)
    watch.sanction(user, SanctionKind.SUSPENSION, ends_at=now() + timedelta(hours=1))
    assert not viewer_for(user.id).signed_in
    assert viewer_of_token(hash_token(secret)) is None
    with time_machine.travel(now() + timedelta(hours=2), tick=False):
        assert viewer_for(user.id).is_member
        assert viewer_of_token(hash_token(secret)) is not None
        assert client.post("/sign-in", data={**SIGN_IN, "name": user.handle}).status_code == 303


def test_whoever_is_shut_out_reads_why_at_the_door_and_appeals_without_signing_in(
    client: FlaskClient, database: Session
) -> None:
    user, imposer, other = person(), person(staff=True), person(staff=True)
    watch.sanction(user, SanctionKind.SUSPENSION, by=imposer, rule_id=watch.rule().id, reason="Adverts in ten threads.")
    mail = database.scalars(select(Mail).where(Mail.recipient == user.email)).one()
    assert mail.kind == "account"
    assert "Adverts in ten threads." in mail.body
    answer = client.post("/sign-in", data={**SIGN_IN, "name": user.handle})
    assert answer.status_code == 422
    assert "Adverts in ten threads." in answer.text
    assert "Adverts" not in client.post("/sign-in", data={"name": user.handle, "password": "guessed wrongly"}).text
    path = re.search(r'href="(/appeals/[^"]+)"', answer.text)
    assert path is not None
    assert path[1] in whole(mail, mail.body)
    assert path[1] not in mail.body  # the staff read the outbox, and nobody appeals for another
    assert "Adverts in ten threads." in client.get(path[1]).text
    assert client.get(path[1][:-3] + "abc").status_code == 404
    assert client.post(path[1], data={"text": "That was not me; my token was stolen."}).status_code == 303
    waiting = database.scalars(select(Review).where(Review.why == "appeal")).one()
    database.commit()  # a refusal undoes what this session began
    with pytest.raises(ForbiddenError):
        watch.decide(waiting, by=imposer, outcome=Outcome.UPHOLD)
    watch.decide(waiting, by=other, outcome=Outcome.LIFT, reason="We believe you.")
    assert viewer_for(user.id).is_member
    mails = database.scalars(select(Mail).where(Mail.recipient == user.email)).all()
    assert any("We believe you." in mail.body for mail in mails)


def test_who_alone_could_decide_decides_about_an_appeal_against_themselves(database: Session) -> None:
    user, alone = person(), person(staff=True)
    watch.sanction(user, SanctionKind.SUSPENSION, by=alone)
    from moderation.actions.appeals import appeal, case_of
    from moderation.models import Sanction

    given = database.scalars(select(Sanction)).one()
    with unit_of_work():
        appeal(case_of("sanction", given.id, user_id=user.id), text="Please look again.")
    waiting = database.scalars(select(Review).where(Review.why == "appeal")).one()
    watch.decide(waiting, by=alone, outcome=Outcome.UPHOLD, reason="It stands.")
    assert not viewer_for(user.id).signed_in


def test_of_two_suspensions_the_longer_counts_and_lifting_it_leaves_the_other(database: Session) -> None:
    user, staff = person(), person(staff=True)
    day, week = now() + timedelta(days=1), now() + timedelta(days=7)
    watch.sanction(user, SanctionKind.SUSPENSION, ends_at=day)
    longer = watch.sanction(user, SanctionKind.SUSPENSION, ends_at=week)
    assert database.get_one(User, user.id).suspended_until == week
    with unit_of_work():
        lift(viewer_for(staff.id), sanction_id=longer.id, reason="Too long.")
    database.expire_all()
    assert database.get_one(User, user.id).suspended_until == day
    assert run_checks(mend=False) == []


def test_moderators_warn_where_they_moderate_and_never_the_staff(database: Session) -> None:
    home = make.community()
    moderator, user, staff = person(grants=(f"moderator:{home.id}",)), person(), person(staff=True)
    scope = f"moderator:{home.id}"
    watch.sanction(user, SanctionKind.WARNING, by=moderator, scope=scope)
    for whom, kind, where in (
        (user, SanctionKind.SILENCE, scope),
        (user, SanctionKind.SUSPENSION, scope),
        (user, SanctionKind.WARNING, f"moderator:{home.id + 1}"),
        (user, SanctionKind.WARNING, "staff"),
        (staff, SanctionKind.WARNING, scope),
        (moderator, SanctionKind.WARNING, scope),
    ):
        with pytest.raises(ForbiddenError):
            watch.sanction(whom, kind, by=moderator, scope=where)
    with pytest.raises(ForbiddenError):
        watch.sanction(staff, SanctionKind.SUSPENSION, by=staff)


def test_moderators_know_of_sanctions_of_their_scopes_and_of_the_site(client: FlaskClient, database: Session) -> None:
    user, home, other = person(), make.community(), make.community("energy")
    keepers = [person(grants=(f"moderator:{place.id}",)) for place in (home, other)]
    watch.sanction(user, SanctionKind.WARNING, by=keepers[0], scope=f"moderator:{home.id}", reason="zq-home")
    watch.sanction(user, SanctionKind.WARNING, reason="zq-site")
    for who, seen in ((keepers[0], {"zq-home", "zq-site"}), (keepers[1], {"zq-site"}), (person(), set())):
        sign_in(client, who)
        page = client.get(f"/staff/people/{user.handle}")
        assert {word for word in ("zq-home", "zq-site") if word in page.text} == seen


def test_the_page_of_a_person_sanctions_and_lifts(client: FlaskClient, database: Session) -> None:
    user = person()
    sign_in(client, person(staff=True))
    form = {
        "kind": "silence",
        "hours": "24",
        "rule_id": "",
        "reason": "Enough for today.",
        "note": "",
        "scope": "staff",
    }
    assert client.post(f"/staff/people/{user.handle}/sanctions", data={**form, "reason": ""}).status_code == 422
    assert client.post(f"/staff/people/{user.handle}/sanctions", data=form).status_code == 303
    assert viewer_for(user.id).is_silenced
    given = viewer_for(user.id).unseen_sanctions
    assert given == 1
    page = client.get(f"/staff/people/{user.handle}").text
    lifting = re.search(r'action="(/sanctions/\d+/lifting)"', page)
    assert lifting is not None
    assert client.post(lifting[1], data={"reason": "It was somebody else."}).status_code == 303
    assert not viewer_for(user.id).is_silenced


def test_whoever_may_not_know_of_a_sanction_finds_none_to_lift(client: FlaskClient, database: Session) -> None:
    user = person()
    elsewhere = watch.sanction(user, SanctionKind.WARNING, scope="moderator:7")
    private = watch.sanction(user, SanctionKind.WARNING, scope="moderator:alliance:7")
    answers = {}
    for who, grants in {"moderator": ("moderator:8",), "officer": ("moderator:alliance:7",), "nobody": ()}.items():
        sign_in(client, person(grants=grants))
        paths = [f"/sanctions/{number}/lifting" for number in (elsewhere.id, private.id, 10**6)]
        answers[who] = [client.post(path, data={"reason": "It was somebody else."}).status_code for path in paths]
    assert answers == {"moderator": [404] * 3, "officer": [403] * 3, "nobody": [403] * 3}
    sign_in(client, person(grants=("moderator:7",)))
    known = client.post(f"/sanctions/{elsewhere.id}/lifting", data={"reason": "It was somebody else."})
    assert known.status_code == 303


def test_the_check_finds_and_mends_a_mark_without_a_sanction(database: Session) -> None:
    user = person()
    with unit_of_work():
        database.get_one(User, user.id).silenced_until = now() + timedelta(days=3)
    assert any(f"person {user.id} " in fault for fault in run_checks(mend=False))
    with unit_of_work():
        run_checks(mend=True)
    assert run_checks(mend=False) == []


def test_the_staff_appoint_moderators_and_their_team_sees_who_came_and_went(
    client: FlaskClient, database: Session
) -> None:
    home, user, staff = make.community(), person(display_name="Zq Keeper"), person(staff=True)
    path = f"/moderators/{home.id}"
    sign_in(client, person())
    assert client.post(path, data={"handle": user.handle}).status_code == 403
    sign_in(client, staff)
    assert client.post(path, data={"handle": "nobody-of-that-name"}).status_code == 422
    assert client.post(path, data={"handle": f"@{user.handle}"}).status_code == 303
    assert viewer_for(user.id).moderates(home.id)
    sign_in(client, user)
    assert "Zq Keeper" in client.get(path).text
    sign_in(client, staff)
    assert client.post(f"{path}/{user.handle}/dismissal").status_code == 303
    assert not viewer_for(user.id).moderates(home.id)
    assert "Dismissed" in client.get(path).text
    sign_in(client, person())
    assert "Dismissed" not in client.get(path).text
    assert "Zq Keeper" not in client.get("/log").text.split("Appointed")[0]


def test_the_staff_keep_the_rules_and_a_retired_one_is_not_offered(client: FlaskClient, database: Session) -> None:
    rule = watch.rule("place")
    sign_in(client, person(staff=True))
    form = {"title_zh": "说清楚", "text_zh": "说清楚。", "title_en": "Be clear", "text_en": "Say it.", "position": "5"}
    assert client.post("/staff/rules/new", data={**form, "text_zh": ""}).status_code == 422
    assert client.post("/staff/rules/new", data=form).status_code == 303
    assert client.post(f"/staff/rules/{rule.id}/retirement").status_code == 303
    page = client.get("/rules").text
    assert "Be clear" in page
    assert rule.title_en not in page
    sign_in(client, person())
    assert client.get("/staff/rules").status_code == 403
