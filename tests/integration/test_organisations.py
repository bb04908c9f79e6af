"""Organisations: founding one, its page and its directory, what is refused, and what the staff do."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.actions import keeping
from accounts.actions.grants import shut_out
from accounts.actions.organisations import change_organisation, claim_domain, facts_of
from accounts.actions.vouching import document_of_organisation, withdraw_vouch
from accounts.assertions import asserted_of_organisations
from accounts.models import Organisation, OrganisationSector, Vouch
from accounts.organisations import led_by, organisation_at, organisations_led_by, organisations_of
from accounts.viewers import viewer_for
from activity.models import LogEntry, Notice
from kernel.checks import run_checks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.mail import Mail
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import needs as make_need
from tests.makers import organisations as make
from tests.makers.achievements import achievement
from tests.makers.forum import board
from tests.makers.people import person, sign_in
from tests.queries import queries

FORM = {
    "kind": "firm",
    "name": "海岳新材有限公司",
    "name_en": "Haiyue Materials",
    "sub_kinds": ["high-tech-firm", "patent-holder"],
    "region": "杭州",
    "sectors": ["materials", "energy"],
    "about": "Films that keep **water** out.",
    "website": "https://hy-materials.example.cn",
}


def browser(client: FlaskClient) -> FlaskClient:
    """Somebody else's, who is not signed in."""
    return type(client)(client.application, client.application.response_class, use_cookies=True)


def test_an_organisation_is_founded_and_read_by_everybody(client: FlaskClient, database: Session) -> None:
    founder = person(display_name="Lin Wei")
    sign_in(client, founder)
    assert "High-tech enterprise" in client.get("/organisations/new").text
    code = make.code(7)
    spaced = f"{code[:2].lower()} {code[2:8]} {code[8:]}".lower()
    answer = client.post("/organisations/new", data=FORM | {"code": spaced})
    assert answer.status_code == 303
    made = database.scalars(select(Organisation)).one()
    assert (made.slug, made.code, made.region) == ("haiyue-materials", code, "3301")
    assert made.sub_kinds == ["high-tech-firm", "patent-holder"]
    stranger = browser(client)
    page = stranger.get(answer.location, headers={"Accept-Language": "en"})
    assert page.status_code == 200
    names = ("Haiyue Materials", "海岳新材有限公司", "Hangzhou", code, "Lin Wei")
    for said in (*names, "<strong>water</strong>", "check digit is right"):
        assert said in page.text, said
    assert "Haiyue Materials" in stranger.get("/organisations", headers={"Accept-Language": "en"}).text
    assert run_checks(mend=False) == []


def test_the_founder_acts_for_it_and_nobody_else(database: Session) -> None:
    founder, other = person(), person()
    made = make.organisation(admin=founder)
    viewer = viewer_for(founder.id)
    assert f"organisation:{made.id}:admin" in viewer.audience
    assert led_by(viewer) == {made.id}
    assert [one.id for one in organisations_led_by(viewer)] == [made.id] == [one.id for one in organisations_of(viewer)]
    with unit_of_work(), pytest.raises(ForbiddenError):
        change_organisation(viewer_for(other.id), made, facts_of(made))


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("code", "91330100MA2XXXXX1A"),
        ("code", "123"),
        ("region", "Atlantis"),
        ("sub_kinds", ["testing-body"]),
        ("sectors", ["alchemy"]),
        ("website", "javascript:alert(1)"),
        ("name", ""),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(
    client: FlaskClient, database: Session, field: str, typed: object
) -> None:
    sign_in(client, person())
    answer = client.post("/organisations/new", data=FORM | {field: typed})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert "Films that keep **water** out." in answer.text
    assert database.scalars(select(Organisation)).all() == []


def test_the_code_of_another_is_refused_and_leads_to_its_page(client: FlaskClient, database: Session) -> None:
    made = make.organisation(name="Chengguang Modules", code=make.code(11))
    sign_in(client, person())
    answer = client.post("/organisations/new", data=FORM | {"code": made.code})
    assert answer.status_code == 422
    assert 'id="code-error"' in answer.text
    assert f'href="/organisations/{made.slug}"' in answer.text
    assert database.query(Organisation).count() == 1


def test_those_of_the_same_name_are_shown_before_another_is_made(client: FlaskClient, database: Session) -> None:
    make.organisation(name="海岳新材股份有限公司")
    sign_in(client, person())
    answer = client.post("/organisations/new", data=FORM)
    assert answer.status_code == 422
    assert "海岳新材股份有限公司" in answer.text
    assert database.query(Organisation).count() == 1
    assert client.post("/organisations/new", data=FORM | {"is_other": "1"}).status_code == 303
    assert database.query(Organisation).count() == 2


def test_two_of_one_name_get_addresses_of_their_own(database: Session) -> None:
    slugs = {make.organisation(name="New", name_en="New").slug for _ in range(2)}
    assert slugs == {"organisation", "organisation-2"}


def test_whoever_has_not_confirmed_an_address_founds_nothing(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(confirmed=False))
    assert client.post("/organisations/new", data=FORM).status_code == 403
    assert database.query(Organisation).count() == 0


def test_editors_write_the_page_and_admins_alone_say_who_it_is(client: FlaskClient, database: Session) -> None:
    founder, editor = person(), person()
    made = make.organisation(admin=founder, name="Alpha", about="Old words")
    make.seat(made, by=viewer_for(founder.id), holder=editor, role="editor")
    sign_in(client, editor)
    form = {"name": "Alpha", "about": "New words", "region": "", "sectors": ["bio"]}
    assert client.post(f"/organisations/{made.slug}/edit", data=form).status_code == 303
    database.refresh(made)
    assert made.about == "New words"
    assert database.scalars(select(OrganisationSector.sector)).all() == ["bio"]
    answer = client.post(f"/organisations/{made.slug}/edit", data=form | {"name": "Beta"})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    database.refresh(made)
    assert made.name == "Alpha"
    sign_in(client, person())
    assert client.post(f"/organisations/{made.slug}/edit", data=form).status_code == 403


def test_what_was_seen_falls_with_the_name_under_which_it_was_seen(database: Session) -> None:
    founder, keeper = person(), person(staff=True)
    made = make.organisation(admin=founder, code=make.code(21))
    with unit_of_work():
        document_of_organisation(viewer_for(keeper.id), made, what="Business licence")
    assert {one.kind for one in asserted_of_organisations([made.id])[made.id]} == {"code", "document"}
    with unit_of_work():
        change_organisation(viewer_for(founder.id), made, make.facts(name="Somebody Else", code=make.code(22)))
    said = asserted_of_organisations([made.id])[made.id]
    assert [one.kind for one in said] == ["code"]
    assert make.code(22) in said[0].what
    assert run_checks(mend=False) == []


def test_a_domain_is_claimed_by_whoever_reads_mail_there(database: Session) -> None:
    founder = person(email="lin@hy-materials.example.cn")
    made = make.organisation(admin=founder, domain=True)
    assert made.mail_domain == "hy-materials.example.cn"
    said = asserted_of_organisations([made.id])[made.id]
    assert [one.kind for one in said] == ["mail-domain"]
    assert founder.display_name in said[0].what
    again = make.organisation(admin=person(email="other@hy-materials.example.cn"))
    with unit_of_work(), pytest.raises(ConflictError):
        claim_domain(viewer_for(again.created_by_id or 0), again)
    assert run_checks(mend=False) == []


def test_a_domain_where_anybody_gets_an_address_is_nobodys(client: FlaskClient, database: Session) -> None:
    founder = person(email="somebody@qq.com")
    made = make.organisation(admin=founder)
    with unit_of_work(), pytest.raises(InvalidError):
        claim_domain(viewer_for(founder.id), made)
    sign_in(client, founder)
    assert client.post(f"/organisations/{made.slug}/domain").status_code == 303
    assert "it cannot be an organisation’s" in client.get(f"/organisations/{made.slug}/people").text


def test_the_staff_convert_a_wrong_kind_and_its_admins_read_why(client: FlaskClient, database: Session) -> None:
    founder, keeper = person(), person(staff=True)
    made = make.organisation(admin=founder, kind="firm", sub_kinds=("high-tech-firm", "engineering-centre"))
    sign_in(client, keeper)
    form = {"deed": "kind", "kind": "institute", "note": "It is registered as an institute."}
    assert client.post(f"/organisations/{made.slug}/staff", data=form | {"note": ""}).status_code == 422
    assert client.post(f"/organisations/{made.slug}/staff", data=form).status_code == 303
    database.refresh(made)
    assert (made.kind, made.sub_kinds) == ("institute", ["engineering-centre"])
    entry = database.scalars(select(LogEntry)).one()
    assert (entry.act, entry.reason, entry.actor_id) == ("organisation.convert", form["note"], keeper.id)
    assert database.scalars(select(Notice.event).where(Notice.user_id == founder.id)).all() == ["organisation.convert"]
    sign_in(client, founder)
    assert client.post(f"/organisations/{made.slug}/staff", data=form | {"kind": "firm"}).status_code == 403
    assert form["note"] in client.get("/log").text


def test_a_document_is_dated_and_withdrawn_with_a_reason(client: FlaskClient, database: Session) -> None:
    made, keeper = make.organisation(), person(staff=True, display_name="Zhou")
    sign_in(client, keeper)
    address = f"/organisations/{made.slug}/staff"
    form = {"deed": "document", "what": "Business licence, original", "on": "2020-05-04"}
    assert client.post(address, data=form | {"on": f"{now() + timedelta(days=3):%Y-%m-%d}"}).status_code == 422
    assert client.post(address, data=form).status_code == 303
    page = client.get(f"/organisations/{made.slug}").text
    assert "Document seen: Business licence, original" in page
    assert "Seen by Zhou of the staff" in page
    assert "2020" in page
    vouch = database.scalars(select(Vouch)).one()
    assert client.post(f"/vouches/{vouch.id}/withdrawal", data={"reason": "It was a copy."}).status_code == 303
    assert "Business licence" not in client.get(f"/organisations/{made.slug}").text
    acts = database.scalars(select(LogEntry.act).order_by(LogEntry.id)).all()
    assert acts == ["organisation.document", "organisation.withdraw-assertion"]


def test_a_code_or_orcid_of_somebody_else_is_taken_off_the_page(database: Session) -> None:
    founder, keeper = person(), person(staff=True)
    made = make.organisation(admin=founder, code=make.code(61))
    said = database.scalars(select(Vouch)).one()
    with unit_of_work():
        withdraw_vouch(viewer_for(keeper.id), vouch_id=said.id, reason="It is the code of another.")
    database.refresh(made)
    assert made.code is None
    assert make.organisation(code=make.code(61)).code == make.code(61)
    assert run_checks(mend=False) == []


def test_nobody_but_whoever_spoke_and_the_staff_withdraws(database: Session) -> None:
    founder, keeper = person(), person(staff=True)
    made = make.organisation(admin=founder)
    with unit_of_work():
        vouch = document_of_organisation(viewer_for(keeper.id), made, what="Licence")
    for who in (founder, person()):
        with pytest.raises(NotFoundError), unit_of_work():
            withdraw_vouch(viewer_for(who.id), vouch_id=vouch.id)


def test_a_closed_page_is_out_of_sight_and_frees_code_and_domain(client: FlaskClient, database: Session) -> None:
    founder, keeper = person(email="lin@closed.example.cn"), person(staff=True)
    made = make.organisation(admin=founder, domain=True, code=make.code(31))
    sign_in(client, keeper)
    form = {"deed": "closing", "reason": "It is there twice."}
    assert client.post(f"/organisations/{made.slug}/staff", data=form).status_code == 303
    sign_in(client, person())
    assert client.get(f"/organisations/{made.slug}").status_code == 404
    assert made.name not in client.get("/organisations").text
    assert organisations_of(viewer_for(founder.id)) == []
    assert not any(token.startswith("organisation:") for token in viewer_for(founder.id).audience)
    assert "It is there twice." in database.scalars(select(Mail.body)).one()
    sign_in(client, founder)
    assert "Closed on" in client.get(f"/organisations/{made.slug}").text
    again = make.organisation(admin=founder, domain=True, code=make.code(31))
    assert again.mail_domain == "closed.example.cn"
    assert run_checks(mend=False) == []


def test_the_staff_appoint_an_admin_only_where_none_is_left(database: Session) -> None:
    founder, heir, keeper = person(), person(), person(staff=True)
    made = make.organisation(admin=founder)
    with pytest.raises(ConflictError), unit_of_work():
        keeping.appoint_admin(viewer_for(keeper.id), slug=made.slug, handle=heir.handle, reason="Asked by post.")
    with unit_of_work():
        shut_out(founder.id)
    with unit_of_work():
        keeping.appoint_admin(viewer_for(keeper.id), slug=made.slug, handle=heir.handle, reason="Asked by post.")
    assert led_by(viewer_for(heir.id)) == {made.id}


def test_facets_narrow_the_directory_and_count_what_one_would_get(client: FlaskClient, database: Session) -> None:
    make.organisation(name="Alpha", kind="firm", sub_kinds=("high-tech-firm",), region="3301", code=make.code(41))
    make.organisation(name="Beta", kind="firm", region="50", sectors=("bio", "materials"))
    make.organisation(name="Gamma", kind="university", region="33", sectors=("bio",))
    for query, found in {
        "kind=firm": {"Alpha", "Beta"},
        "sub_kind=high-tech-firm": {"Alpha"},
        "sector=bio": {"Beta", "Gamma"},
        "sector=bio&region=33": {"Gamma"},
        "asserted=code": {"Alpha"},
        "kind=alchemist": {"Alpha", "Beta", "Gamma"},
    }.items():
        page = client.get(f"/organisations?{query}", headers={"Accept-Language": "en"}).text
        assert set(re.findall("Alpha|Beta|Gamma", page)) == found, query
    page = client.get("/organisations?sector=bio", headers={"Accept-Language": "en"}).text
    assert "Firm (1)" in page
    assert "University (1)" in page


def test_the_pages_cost_the_same_for_many(client: FlaskClient, database: Session) -> None:
    founder = person()
    made = make.organisation(admin=founder, code=make.code(51))
    for _ in range(3):
        make.organisation()
        make.seat(made, by=viewer_for(founder.id))
    sign_in(client, person())
    client.get("/organisations")
    with queries(at_most=5):
        assert client.get("/organisations").status_code == 200
    with queries(at_most=10):
        assert client.get(f"/organisations/{made.slug}").status_code == 200
    sign_in(client, founder)
    with queries(at_most=12):
        assert client.get(f"/organisations/{made.slug}/people").status_code == 200


def test_the_page_shows_what_its_people_offer_and_achieved_as_far_as_everybody_sees_it(
    client: FlaskClient, database: Session
) -> None:
    founder = person()
    made = make.organisation(admin=founder)
    make_need.listing(owner=founder, title="Coating line by the hour")
    make_need.listing(owner=founder, title="Hidden line", audience="alliance:1")
    make_need.listing(title="Somebody else’s line")
    achievement(founder, title="A film that lasts")
    achievement(founder, title="A hidden film", board=board(audience="members"))
    page = browser(client).get(f"/organisations/{made.slug}").text
    assert "Coating line by the hour" in page
    assert "A film that lasts" in page
    for hidden in ("Hidden line", "Somebody else’s line", "A hidden film"):
        assert hidden not in page, hidden


def test_an_outsider_sees_what_is_public(database: Session) -> None:
    made = make.organisation()
    assert organisation_at(Viewer(), made.slug).id == made.id
    with pytest.raises(NotFoundError):
        organisation_at(Viewer(), "nobody")
