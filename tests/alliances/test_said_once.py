"""What pages of alliances say: once, by name, in words where there are no numbers yet, and with the zone of a time."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from activity.models import Notice
from alliances.actions.dissolving import tick
from alliances.actions.founding import open_for_signatures
from alliances.actions.invitations import invite
from alliances.actions.offices import appoint
from alliances.models import Dissolution, Option, State
from alliances.outcomes import option_names
from kernel.work import unit_of_work
from tests.alliances.founders import draft, house, sign
from tests.makers import decisions as make
from tests.makers.alliances import alliance
from tests.makers.people import sign_in

EN = {"Accept-Language": "en"}


def page(client: FlaskClient, who: User, url: str) -> str:
    sign_in(client, who)
    return client.get(url, headers=EN).get_data(as_text=True)


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_vote_that_nobody_has_cast_says_what_is_needed_and_not_two_thirds_of_nought(
    client: FlaskClient, database: Session
) -> None:
    made = alliance()
    on = make.proposal(made, method="special")
    shown = page(client, made.people[1], f"{made.alliance.url}/proposals/{on.number}")
    assert "Nobody has taken a side yet. 2/3 of those who took a side are needed." in shown
    assert "(0)" not in shown
    make.vote(made, on, 0)
    shown = page(client, made.people[1], f"{made.alliance.url}/proposals/{on.number}")
    assert "Nobody has taken a side yet" not in shown
    assert "2/3 of those who took a side (1)" in shown


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_result_says_its_outcome_once(client: FlaskClient, database: Session) -> None:
    made = alliance()
    on = make.proposal(made, title="Buy a tester")
    for who in range(3):
        make.vote(made, on, who)
    make.end(on)
    shown = page(client, made.people[1], f"{made.alliance.url}/proposals/{on.number}")
    article = shown.partition("<article")[2].partition("</article>")[0]
    assert article.count("Passed") == 1
    assert "Passed: 3 yes, 0 no, 0 abstained." in article


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_people_are_called_by_their_names_in_the_log_and_in_the_archive(client: FlaskClient, database: Session) -> None:
    made = alliance()
    chair, other = made.people[0], made.people[2]
    with unit_of_work():
        appoint(made.viewer(), slug=made.alliance.slug, office="treasurer", handle=other.handle)
    for url in (f"{made.alliance.url}/log", "index.html"):
        if url == "index.html":
            bundle = zipfile.ZipFile(io.BytesIO(client.get(f"{made.alliance.url}/archive.zip", headers=EN).data))
            shown = bundle.read(url).decode()
        else:
            shown = page(client, made.people[1], url)
        assert f"{other.display_name} holds an office: Treasurer" in shown
        assert f"@{other.handle} holds" not in shown
        assert f">@{chair.handle}" not in shown


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_whoever_settled_a_point_of_the_checklist_is_called_by_their_name(
    client: FlaskClient, database: Session
) -> None:
    made = alliance()
    with unit_of_work() as work:
        made.alliance.state = State.DISSOLVING.value
        work.add(Dissolution(alliance_id=made.alliance.id, reason="It is done.", started_by_id=made.people[0].id))
    with unit_of_work():
        tick(made.viewer(), slug=made.alliance.slug, item="dues", words="Paid back.")
    shown = page(client, made.people[1], f"{made.alliance.url}/archive")
    assert f'<a href="/people/{made.people[0].handle}">{made.people[0].display_name}</a>' in shown
    assert f"@{made.people[0].handle}" not in shown


@pytest.mark.parametrize(
    ("timezone", "said"),
    [
        ("Asia/Shanghai", "2026-12-01 18:00–20:00 UTC+8"),
        ("Asia/Kolkata", "2026-12-01 15:30–17:30 UTC+5:30"),
        ("America/New_York", "2026-12-01 05:00–07:00 UTC−5"),
        ("UTC", "2026-12-01 10:00–12:00 UTC"),
    ],
)
def test_a_time_that_can_be_chosen_says_in_which_zone_it_is(timezone: str, said: str) -> None:
    start = datetime(2026, 12, 1, 10, tzinfo=UTC)
    option = Option(id=1, label="", starts_at=start, ends_at=start + timedelta(hours=2))
    assert option_names([option], timezone) == {1: said}


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_a_signature_is_told_of_once_and_the_words_of_the_invitation_are_read_before_it(
    client: FlaskClient, database: Session
) -> None:
    founder, asked = house("firm"), house("institute")
    made = draft(founder)
    with unit_of_work():
        invite(
            founder.viewer,
            slug=made.slug,
            kind="organisation",
            name=asked.organisation.slug,
            message="Your furnaces are what we lack.",
        )
    with unit_of_work():
        open_for_signatures(founder.viewer, slug=made.slug)
    for url in (made.url, f"{made.url}/sign"):
        assert "Your furnaces are what we lack." in page(client, asked.admin, url), url
        assert "Your furnaces are what we lack." not in page(client, house().admin, url), url
    sign(asked, made)
    told = database.scalars(select(Notice.event).where(Notice.user_id == founder.admin.id)).all()
    assert [event for event in told if event in ("invitation.accepted", "member.joined")] == ["invitation.accepted"]


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)
def test_the_archive_holds_open_ballots_and_of_secret_votes_the_count_alone(
    client: FlaskClient, database: Session
) -> None:
    made = alliance()
    named, secret = make.proposal(made, title="Named"), make.proposal(made, title="Secret", is_secret=True)
    for on in (named, secret):
        for who in range(3):
            make.vote(made, on, who, make.YES if who else make.NO, reason="zqreason")
        make.end(on)
    still = make.proposal(made, title="Still open")
    make.vote(made, still, 0)
    sign_in(client, made.people[2])
    bundle = zipfile.ZipFile(io.BytesIO(client.get(f"{made.alliance.url}/archive.zip").data))
    kept = {row["title"]: row for row in json.loads(bundle.read("decisions.json"))}
    ballots = kept["Named"]["ballots"]
    assert sorted(ballot["choice"]["stance"] for ballot in ballots) == ["no", "yes", "yes"]
    assert {ballot["voter"] for ballot in ballots} == {
        f"{member.party_kind}:{member.party_id}" for member in made.members
    }
    assert kept["Secret"]["ballots"] is None
    assert "zqreason" not in json.dumps(kept["Secret"])
    assert kept["Secret"]["tally"]["outcome"] == "passed"
    assert kept["Still open"]["ballots"] is None
