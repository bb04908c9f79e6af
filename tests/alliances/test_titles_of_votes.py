"""A vote on something of the alliance is called in the reader's language, wherever its title is shown."""

import html
import io
import json
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from accounts.viewers import viewer_for
from alliances.actions import calls, documents
from alliances.actions.admission import apply
from alliances.actions.dissolving import propose_dissolution
from alliances.here import here_at
from alliances.kinds.decisions import PROPOSAL
from alliances.models import Alliance, LogLine, Proposal
from alliances.parties import Party
from alliances.personal.going import efface_names
from alliances.proposal_titles import title_of
from alliances.queries.event_links import linkable
from alliances.queries.proposals import votes_waiting
from kernel.db import session
from kernel.i18n import speaking
from kernel.personal import Leaver
from kernel.refs import Ref, cards
from kernel.work import unit_of_work
from tests.alliances.founders import founded
from tests.alliances.test_charters import propose
from tests.makers import decisions
from tests.makers import rooms as make
from tests.makers.alliances import MadeAlliance, alliance
from tests.makers.api import Program
from tests.makers.people import person, sign_in
from tests.makers.search import index

ZH, EN = "通过“Zqprotocol”第 1 版", "Adopt “Zqprotocol”, version 1"


def speaks(user: User, locale: str) -> None:
    """This person reads in this language from now on."""
    with unit_of_work() as work:
        work.get_one(User, user.id).locale = locale


def on_document(made: MadeAlliance) -> Proposal:
    """A vote that somebody opened who writes Chinese."""
    speaks(made.people[0], "zh_Hans")
    document = make.document(made, title="Zqprotocol")
    with speaking("zh_Hans"), unit_of_work():
        return documents.put_to_adoption(made.viewer(), slug=made.alliance.slug, document_id=document.id, number=1)


@pytest.mark.parametrize(("locale", "said", "not_said"), [("zh_Hans", ZH, EN), ("en", EN, ZH)])
def test_every_outlet_calls_a_vote_on_a_document_in_the_language_of_its_reader(
    app: Flask, client: FlaskClient, database: Session, locale: str, said: str, not_said: str
) -> None:
    made = alliance()
    on = on_document(made)
    again = decisions.proposal(made, title="Zqtyped")
    reader = made.people[1]
    speaks(reader, locale)
    sign_in(client, reader)
    base = f"{made.alliance.url}/proposals"
    for url in (
        base,
        f"{base}/{on.number}",
        f"{base}?show=open",
        f"{base}/{on.number}/roll",
        made.alliance.url,
        f"{made.alliance.url}/log",
    ):
        page = client.get(url).get_data(as_text=True)
        assert said in page, url
        assert not_said not in page, url
    assert client.get(f"{made.alliance.url}/proxies").get_data(as_text=True).count(said) == 1
    make.decide(made, on, decisions.YES)
    for url in (
        f"{base}?show=decided",
        f"{base}/{on.number}",
        f"{base}/{on.number}/ballots",
        f"{made.alliance.url}/resolutions",
    ):
        page = client.get(url).get_data(as_text=True)
        assert said in page, url
        assert not_said not in page, url
    count = json.loads(client.get(f"{base}/{on.number}/count.json").get_data(as_text=True))
    assert count["title"] == said
    bundle = zipfile.ZipFile(io.BytesIO(client.get(f"{made.alliance.url}/archive.zip").data))
    for name in ("decisions.json", "resolutions.json"):
        assert json.loads(bundle.read(name))[0]["title"] == said
    assert said in bundle.read("index.html").decode()
    answer = Program(client, reader).get(f"/alliances/{made.alliance.slug}/proposals/{on.number}").json
    assert (answer["title"], answer["body"]) == (said, "")
    assert answer["subject"].endswith(f"{made.alliance.url}/documents/{on.about['document']}?version=1")
    viewer = viewer_for(reader.id)
    with speaking(locale):
        shown = cards(viewer, [Ref(PROPOSAL, on.id)])[Ref(PROPOSAL, on.id)]
        assert (shown.title, shown.lang) == (said, "zh-Hans" if locale == "zh_Hans" else "en")
        assert [one.title for one in votes_waiting(viewer)] == [again.title]
        hung = [name for _ref, name in linkable(viewer, here_at(viewer, made.alliance.slug), [])]
        assert sum(said in name for name in hung) == 2


def test_a_vote_on_a_document_is_found_by_its_title_in_either_language(
    app: Flask, client: FlaskClient, database: Session
) -> None:
    made = alliance()
    on = on_document(made)
    make.decide(made, on, decisions.YES)
    sign_in(client, made.people[1])
    with index(app):
        for words in ("通过 Zqprotocol", "Adopt Zqprotocol"):
            page = client.get("/search", query_string={"q": words}).get_data(as_text=True)
            assert f"{made.alliance.url}/proposals/{on.number}" in page, words
            assert f"{made.alliance.url}/resolutions/" in page, words


def titles(proposal: Proposal) -> list[str]:
    """In Chinese, then in English."""
    said = []
    for locale in ("zh_Hans", "en"):
        with speaking(locale):
            said.append(title_of(proposal))
    return said


def shown(client: FlaskClient, who: User, on: Proposal, *ways: str) -> None:
    """Its page has the title, and leads to what one reads before one votes."""
    sign_in(client, who)
    url = page_of(on)
    answer = client.get(url)
    assert answer.status_code == 200
    page = html.unescape(answer.get_data(as_text=True))
    assert f">{titles(on)[1]}</h1>" in page
    for way in ways:
        assert f'href="{way}"' in page
        assert client.get(way).status_code == 200, way


def page_of(on: Proposal) -> str:
    made = session().get_one(Alliance, on.alliance_id)
    return f"{made.url}/proposals/{on.number}"


def test_every_matter_has_its_sentence_in_both_languages(client: FlaskClient, database: Session) -> None:
    made = alliance()
    url = made.alliance.url
    slots = ((make.tomorrow(9), make.tomorrow(10)), (make.tomorrow(14), make.tomorrow(16)))
    event = make.event(made, title="Autumn", slots=slots)
    on = database.get_one(Proposal, event.proposal_id)
    assert titles(on) == ["确定时间：Autumn", "When: Autumn"]
    shown(client, made.people[1], on, f"{url}/events/{event.id}")
    call = make.call(made, title="Film")
    bid = make.bid(made, call, made.people[2], team="Lab 3")
    make.evaluate(made, call)
    with unit_of_work():
        on = calls.put_award_to_vote(
            made.viewer(), slug=made.alliance.slug, call_id=call.id, bid_id=bid.id, statement="The best of them."
        )
    assert titles(on) == ["由 Lab 3 揭榜“Film”", "Award “Film” to Lab 3"]
    shown(client, made.people[1], on, f"{url}/calls/{call.id}")
    with unit_of_work():
        propose_dissolution(made.viewer(), slug=made.alliance.slug, reason="It is done.")
    on = database.scalars(select(Proposal).order_by(Proposal.id.desc()).limit(1)).one()
    assert titles(on) == [f"解散：{made.alliance.name}", f"Dissolution: {made.alliance.name_en or made.alliance.name}"]
    shown(client, made.people[1], on)
    living, houses = founded()
    on = propose(houses[1], living)
    assert titles(on) == ["章程第 2 版", "Charter, version 2"]
    shown(client, houses[0].admin, on, f"{living.url}/charter/2", f"{living.url}/charter/2/differences/1")


def test_the_log_keeps_the_names_and_reads_in_the_language_of_the_page(client: FlaskClient, database: Session) -> None:
    made = alliance()
    on = on_document(made)
    line = database.scalars(select(LogLine).where(LogLine.act == "proposal-opened")).one()
    assert json.loads(line.content)["facts"]["about"] == on.about
    assert "title" not in json.loads(line.content)["facts"]
    with unit_of_work() as work:
        documents.set_document(
            made.viewer(), slug=made.alliance.slug, document_id=on.about["document"], title="Other", audience="council"
        )
        work.flush()
    sign_in(client, made.people[2])
    page = client.get(f"{made.alliance.url}/proposals").get_data(as_text=True)
    assert "Zqprotocol" in page, "what is voted on stays as it was when the vote opened"
    assert "Other" not in page, "and nothing is told of what the council calls it now"


def test_whoever_left_for_good_is_in_no_title_any_more(client: FlaskClient, database: Session) -> None:
    made, gone = alliance(admission="vote"), person(display_name="Zqgone Person")
    with unit_of_work():
        made.alliance.template = "experts"
    with unit_of_work():
        apply(
            viewer_for(gone.id), slug=made.alliance.slug, party=Party("person", gone.id), message="I know the matter.",
            accepted="0" * 64,
        )  # fmt: skip
    on = database.scalars(select(Proposal).where(Proposal.matter == "admission")).one()
    assert titles(on)[1] == "Admission: Zqgone Person"
    with unit_of_work():
        leaver = Leaver(viewer_for(gone.id), "gone@example.cn", "former-7", removes=False)
        after: int | None = 0
        while after is not None:
            after = efface_names(leaver, after)
    database.expire_all()
    assert titles(on)[1] == "Admission: former-7"
    sign_in(client, made.people[1])
    for url in (f"{made.alliance.url}/proposals", f"{made.alliance.url}/log"):
        page = client.get(url).get_data(as_text=True)
        assert "Admission: former-7" in page, url
        assert "Admission: Zqgone" not in page, url
