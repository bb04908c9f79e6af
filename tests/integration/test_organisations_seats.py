"""Seats: asking, inviting, joining, leaving; who may decide, and what both sides hear of it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions import seats
from accounts.actions.grants import shut_out
from accounts.actions.vouching import document_of_person, vouch_for
from accounts.assertions import asserted
from accounts.models import Grant, OrganisationSeat, User, Vouch
from accounts.organisations import people_of
from accounts.viewers import viewer_for
from activity.models import Notice
from kernel.checks import run_checks
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import organisations as make
from tests.makers.people import person, sign_in


def events(user: User, database: Session) -> list[str]:
    return list(database.scalars(select(Notice.event).where(Notice.user_id == user.id).order_by(Notice.id)))


def tokens(user: User, database: Session) -> set[str]:
    return set(database.scalars(select(Grant.token).where(Grant.user_id == user.id)))


def browser(client: FlaskClient) -> FlaskClient:
    """Somebody else's, who is not signed in."""
    return type(client)(client.application, client.application.response_class, use_cookies=True)


def test_a_colleague_edits_the_page_and_a_stranger_cannot(client: FlaskClient, database: Session) -> None:
    founder, colleague, stranger = person(), person(), person()
    made = make.organisation(admin=founder, name="海岳新材")
    sign_in(client, founder)
    form = {"handle": f"@{colleague.handle}", "role": "editor", "title": "工艺主管", "message": "Welcome"}
    assert client.post(f"/organisations/{made.slug}/invitations", data=form).status_code == 303
    sign_in(client, colleague)
    page = client.get(f"/organisations/{made.slug}").text
    assert "You are invited as: Editor." in page
    assert "Welcome" in page
    assert client.get(f"/organisations/{made.slug}/edit").status_code == 403
    assert client.post(f"/organisations/{made.slug}/invitation", data={"decision": "accept"}).status_code == 303
    about = {"name": "海岳新材", "about": "What we coat."}
    assert client.post(f"/organisations/{made.slug}/edit", data=about).status_code == 303
    sign_in(client, stranger)
    assert "What we coat." in client.get(f"/organisations/{made.slug}").text
    assert client.post(f"/organisations/{made.slug}/edit", data=about).status_code == 403
    assert events(colleague, database) == ["seat.invited"]
    assert events(founder, database) == ["seat.took"]
    assert "海岳新材" in client.get(f"/people/{colleague.handle}").text


def test_whoever_asks_is_accepted_in_a_role_and_told(client: FlaskClient, database: Session) -> None:
    founder, asker = person(), person()
    made = make.organisation(admin=founder)
    sign_in(client, asker)
    form = {"message": "I measure creep there.", "title": "Engineer"}
    assert client.post(f"/organisations/{made.slug}/seats", data=form).status_code == 303
    assert "its admins decide" in client.get(f"/organisations/{made.slug}").text
    assert "I measure creep" not in client.get(f"/organisations/{made.slug}/people").text
    assert client.post(f"/organisations/{made.slug}/seats", data=form).status_code == 422
    seat = database.scalars(select(OrganisationSeat).where(OrganisationSeat.user_id == asker.id)).one()
    sign_in(client, founder)
    assert "I measure creep there." in client.get(f"/organisations/{made.slug}/people").text
    assert "asks for a seat" in client.get("/notifications").text
    decision = {"decision": "accept", "role": "admin"}
    assert client.post(f"/organisations/{made.slug}/seats/{seat.id}/decision", data=decision).status_code == 303
    assert events(asker, database) == ["seat.accepted"]
    assert events(founder, database) == []
    assert tokens(asker, database) == {f"organisation:{made.id}{end}" for end in ("", ":editor", ":admin")}
    assert client.post(f"/organisations/{made.slug}/seats/{seat.id}/decision", data=decision).status_code == 409
    assert run_checks(mend=False) == []


def test_a_refusal_needs_words_which_the_refused_reads_and_may_ask_again(
    client: FlaskClient, database: Session
) -> None:
    founder, asker = person(), person()
    made = make.organisation(admin=founder)
    seat = make.asked(made, by=asker)
    sign_in(client, founder)
    address = f"/organisations/{made.slug}/seats/{seat.id}/decision"
    answer = client.post(address, data={"decision": "refuse", "message": " "})
    assert answer.status_code == 422
    assert "Please say why" in answer.text
    assert client.post(address, data={"decision": "refuse", "message": "Nobody here knows you."}).status_code == 303
    sign_in(client, asker)
    assert "Nobody here knows you." in client.get(f"/organisations/{made.slug}").text
    assert events(asker, database) == ["seat.refused"]
    assert make.asked(made, by=asker).id != seat.id
    history = select(OrganisationSeat.outcome).where(OrganisationSeat.user_id == asker.id)
    assert database.scalars(history.order_by(OrganisationSeat.id)).all() == ["refused", ""]
    assert "Nobody here knows you." not in client.get(f"/organisations/{made.slug}/people").text
    sign_in(client, founder)
    assert "Nobody here knows you." in client.get(f"/organisations/{made.slug}/people").text


def test_an_address_at_the_proven_domain_lets_in_at_once(client: FlaskClient, database: Session) -> None:
    founder, colleague = person(email="lin@hy.example.cn"), person(email="he@hy.example.cn")
    made = make.organisation(admin=founder, domain=True)
    sign_in(client, colleague)
    assert "Your address is at hy.example.cn" in client.get(f"/organisations/{made.slug}").text
    assert client.post(f"/organisations/{made.slug}/seats", data={"title": "Chemist"}).status_code == 303
    assert tokens(colleague, database) == {f"organisation:{made.id}"}
    assert events(founder, database) == ["seat.joined"]
    sign_in(client, person(email="ma@sub.hy.example.cn"))
    assert "Join now" not in client.get(f"/organisations/{made.slug}").text


def test_an_address_that_nobody_confirmed_proves_nothing(client: FlaskClient, database: Session) -> None:
    made = make.organisation(admin=person(email="lin@hy.example.cn"), domain=True)
    pretender = person(email="he@hy.example.cn", confirmed=False)
    sign_in(client, pretender)
    assert client.post(f"/organisations/{made.slug}/seats", data={}).status_code == 403
    with pytest.raises(ForbiddenError), unit_of_work():
        seats.ask_for_seat(viewer_for(pretender.id), slug=made.slug)
    assert tokens(pretender, database) == set()


def test_whom_the_admins_removed_does_not_walk_in_again(database: Session) -> None:
    founder, colleague = person(email="lin@hy.example.cn"), person(email="he@hy.example.cn")
    made = make.organisation(admin=founder, domain=True)
    with unit_of_work():
        seat = seats.ask_for_seat(viewer_for(colleague.id), slug=made.slug)
    assert seat.state == "active"
    with unit_of_work():
        seats.remove(viewer_for(founder.id), slug=made.slug, seat_id=seat.id, message="Works elsewhere now.")
    assert tokens(colleague, database) == set()
    assert make.asked(made, by=colleague).state == "asked"


def test_an_editor_adds_a_colleague_by_their_proven_address_alone(database: Session) -> None:
    founder, editor = person(email="lin@hy.example.cn"), person()
    colleague, other = person(email="he@hy.example.cn"), person()
    made = make.organisation(admin=founder, domain=True)
    make.seat(made, by=viewer_for(founder.id), holder=editor, role="editor")
    with unit_of_work():
        seats.add_colleague(viewer_for(editor.id), slug=made.slug, handle=colleague.handle, title="Chemist")
    assert tokens(colleague, database) == {f"organisation:{made.id}"}
    assert events(colleague, database) == ["seat.added"]
    with pytest.raises(InvalidError), unit_of_work():
        seats.add_colleague(viewer_for(editor.id), slug=made.slug, handle=other.handle)
    with unit_of_work():
        seats.leave(viewer_for(colleague.id), slug=made.slug)
    with pytest.raises(InvalidError), unit_of_work():
        seats.add_colleague(viewer_for(editor.id), slug=made.slug, handle=colleague.handle)


def test_members_and_editors_decide_on_nobody(database: Session) -> None:
    founder, editor = person(), person()
    made = make.organisation(admin=founder)
    make.seat(made, by=viewer_for(founder.id), holder=editor, role="editor")
    asked, viewer = make.asked(made), viewer_for(editor.id)
    for deed in (
        lambda: seats.decide_seat(viewer, slug=made.slug, seat_id=asked.id, accept=True),
        lambda: seats.invite(viewer, slug=made.slug, handle=person().handle),
        lambda: seats.withdraw_seat(viewer, slug=made.slug, seat_id=asked.id),
        lambda: seats.change_seat(viewer, slug=made.slug, seat_id=asked.id, role="admin"),
        lambda: seats.remove(viewer, slug=made.slug, seat_id=asked.id, message="No"),
    ):
        with pytest.raises(ForbiddenError), unit_of_work():
            deed()


def test_the_seat_of_another_organisation_is_not_found(database: Session) -> None:
    founder = person()
    made, asked = make.organisation(admin=founder), make.asked(make.organisation())
    with pytest.raises(NotFoundError), unit_of_work():
        seats.decide_seat(viewer_for(founder.id), slug=made.slug, seat_id=asked.id, accept=True)


def test_nobody_changes_their_own_role_and_anybody_their_own_position(client: FlaskClient, database: Session) -> None:
    founder, member = person(), person()
    made = make.organisation(admin=founder)
    seat = make.seat(made, by=viewer_for(founder.id), holder=member)
    own = database.scalars(select(OrganisationSeat).where(OrganisationSeat.user_id == founder.id)).one()
    sign_in(client, founder)
    address = f"/organisations/{made.slug}/seats"
    assert client.post(f"{address}/{own.id}", data={"role": "member"}).status_code == 403
    assert client.post(f"{address}/{seat.id}", data={"role": "admin", "title": "CTO"}).status_code == 303
    assert events(member, database) == ["seat.invited", "seat.role"]
    sign_in(client, member)
    assert client.post(f"{address}/{seat.id}", data={"title": "Head of research"}).status_code == 303
    assert "Head of research" in client.get(f"/organisations/{made.slug}").text
    assert client.post(f"{address}/{own.id}", data={"role": "member"}).status_code == 303
    assert tokens(founder, database) == {f"organisation:{made.id}"}


def test_the_last_admin_names_another_before_leaving(client: FlaskClient, database: Session) -> None:
    founder, heir = person(), person()
    made = make.organisation(admin=founder)
    seat = make.seat(made, by=viewer_for(founder.id), holder=heir)
    sign_in(client, founder)
    answer = client.post(f"/organisations/{made.slug}/leaving")
    assert answer.status_code == 409
    assert "last admin" in answer.text
    with unit_of_work():
        seats.change_seat(viewer_for(founder.id), slug=made.slug, seat_id=seat.id, role="admin")
    assert client.post(f"/organisations/{made.slug}/leaving").status_code == 303
    assert tokens(founder, database) == set()
    assert events(heir, database)[-1] == "seat.left"


def test_a_suspended_admin_does_not_count_as_one_and_is_not_shown(database: Session) -> None:
    founder, other = person(), person()
    made = make.organisation(admin=founder)
    make.seat(made, by=viewer_for(founder.id), holder=other, role="admin")
    with unit_of_work():
        shut_out(other.id)
    with pytest.raises(ConflictError), unit_of_work():
        seats.leave(viewer_for(founder.id), slug=made.slug)
    assert [row.person.id for row in people_of(Viewer(), made.id).items] == [founder.id]
    with pytest.raises(InvalidError), unit_of_work():
        seats.invite(viewer_for(founder.id), slug=made.slug, handle=other.handle)


def test_the_staff_cannot_hand_out_seats_as_tokens(database: Session) -> None:
    from accounts.actions.grants import grant

    made, keeper = make.organisation(), viewer_for(person(staff=True).id)
    for token in (f"organisation:{made.id}", f"organisation:{made.id}:admin"):
        with pytest.raises(InvalidError), unit_of_work():
            grant(keeper, user_id=person().id, token=token)


def test_a_vouch_is_dated_named_and_ends_with_the_seat(client: FlaskClient, database: Session) -> None:
    founder, colleague = person(display_name="Lin Wei"), person()
    made = make.organisation(admin=founder, name="Haiyue")
    seat = make.seat(made, by=viewer_for(founder.id), holder=colleague, title="Chemist")
    sign_in(client, founder)
    assert client.post(f"/organisations/{made.slug}/seats/{seat.id}/vouch").status_code == 303
    stranger = browser(client)
    page = stranger.get(f"/people/{colleague.handle}", headers={"Accept-Language": "en"}).text
    assert "Works at Haiyue as Chemist" in page
    assert "Said on its behalf by Lin Wei" in page
    assert colleague.handle in stranger.get("/people?verified=vouch").text
    assert events(colleague, database) == ["seat.invited", "person.vouched"]
    with unit_of_work():
        seats.leave(viewer_for(colleague.id), slug=made.slug)
    assert [one.kind for one in asserted(database.get_one(User, colleague.id))] == [""]
    assert database.scalars(select(Vouch)).one().withdrawn_at is not None
    assert colleague.handle not in stranger.get("/people?verified=vouch").text


def test_nobody_vouches_for_themselves_or_for_whom_has_no_seat(database: Session) -> None:
    founder = person()
    made = make.organisation(admin=founder)
    own = database.scalars(select(OrganisationSeat.id)).one()
    asked = make.asked(made)
    with pytest.raises(ForbiddenError), unit_of_work():
        vouch_for(viewer_for(founder.id), made, seat_id=own)
    with pytest.raises(NotFoundError), unit_of_work():
        vouch_for(viewer_for(founder.id), made, seat_id=asked.id)


def test_what_the_staff_saw_of_somebody_stands_dated_on_the_profile(client: FlaskClient, database: Session) -> None:
    expert, keeper = person(), person(staff=True, display_name="Zhou")
    sign_in(client, keeper)
    address = f"/people/{expert.handle}/documents"
    assert client.post(address, data={"what": ""}).status_code == 422
    assert client.post(address, data={"what": "Doctoral diploma, original", "on": "2021-02-03"}).status_code == 303
    page = client.get(f"/people/{expert.handle}").text
    assert "Document seen: Doctoral diploma, original" in page
    assert events(expert, database) == ["person.document"]
    assert "Doctoral diploma" in client.get("/log").text
    with pytest.raises(ForbiddenError), unit_of_work():
        document_of_person(viewer_for(keeper.id), keeper, what="My own")
    sign_in(client, person())
    assert client.get(address).status_code == 403


def test_an_orcid_is_named_and_nothing_more_is_said_of_it(client: FlaskClient, database: Session) -> None:
    expert = person()
    sign_in(client, expert)
    form = {"display_name": "Expert", "orcid": "0000-0002-1825-0097"}
    assert client.post("/settings", data=form).status_code == 303
    page = client.get(f"/people/{expert.handle}").text
    assert "Names the ORCID iD 0000-0002-1825-0097: its check digit is right" in page
    assert "whose it is was not asked" in page
    assert expert.handle in client.get("/people?verified=orcid").text
    client.post("/settings", data=form | {"orcid": ""})
    assert "Names the ORCID" not in client.get(f"/people/{expert.handle}").text
    assert run_checks(mend=False) == []


def test_the_check_finds_and_mends_tokens_that_no_seat_gives(database: Session) -> None:
    founder, stranger = person(), person()
    made = make.organisation(admin=founder)
    with unit_of_work() as work:
        work.add(Grant(user_id=stranger.id, token=f"organisation:{made.id}:admin"))
        work.delete(work.get_one(Grant, (founder.id, f"organisation:{made.id}")))
    assert len(run_checks(mend=True)) == 2
    assert run_checks(mend=False) == []
    assert tokens(stranger, database) == set()
    assert f"organisation:{made.id}" in tokens(founder, database)
