"""Every address, asked by everybody, over an alliance in which each private thing bears a word of its own."""

import html
import io
import re
import zipfile
from collections.abc import Iterator
from urllib.parse import quote, quote_plus, unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from kernel.clock import now
from kernel.mail import Mail
from tests.alliances.private_words import EVERYBODY, WORDS, House, build_house
from tests.conftest import Ground, standing
from tests.house.test_walk import gets
from tests.makers.people import api_token, sign_in
from tests.makers.search import index
from tests.makers.suggestions import offer_everything

# Arguments of routes in other rooms, which tests/house/test_walk.py walks.
ELSEWHERE = {
    *("listing_id", "file_id", "import_id", "achievement_id", "answer_id", "conversation_id", "upload_id"),
    *("leaf_hash", "label", "rest", "index", "filing_id", "search_id", "mail_id", "path", "act", "kind", "digest"),
    *("place", "resolution_id", "vouch_id", "seat_id", "review_id", "submission_id", "archive_id"),
    *("community_id", "rule_id", "token", "lang"),
}
SEARCHES = ("zqboard*", "zqdoc*", "zqcontent*", "zqvote*", "zqevent*", "zqminutes*", "zqcall*", "zqneed*", "zqdraft*")
QUERIES = {
    "search_index.search": [f"q={words}" for words in SEARCHES],
    "search_index.suggestions": ["q=zqboard", "q=zqdoc", "q=zqvote", "q=zqevent", "q=zqcall", "q=zqneed", "q=zqdraft"],
    "search_index.similar_threads": ["title=zqboardmembers+title"],
    "search_index.search_feed": ["q=zqboard*", "q=zqdoc*"],
    "api.search": [f"q={words}&limit=100" for words in SEARCHES],
    "api.search_suggestions": ["q=zq", "q=zqdoc"],
    "alliances.documents": ["view=archive", "group=1"],
    "alliances.document": ["version=1"],
    "alliances.document_diff": ["from=1&to=2"],
    "alliances.events": ["view=past"],
    "alliances.proposals": ["show=open", "show=decided", "group=1"],
    "api.list_alliance_events": ["past=true"],
    "api.list_proposals": ["state=open", "state=closed"],
    "resources.needs": ["state=all"],
    "portal.people": ["q=the"],
}


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, _everything) as ground:
        yield ground


def _everything() -> House:
    house = build_house()
    offer_everything()
    return house


def _values(house: House, rule: Rule, name: str, who: str) -> list[str]:
    found: dict[str, list[str]] = {
        **{key: [str(one) for one in numbers] for key, numbers in house.numbers.items()},
        **{key: ["1"] for key in ("term_id", "background_id", "milestone_id", "ally_id", "key_id", "session_id")},
        "other": ["2"],
        "party": ["organisation:1"],
        **{key: ["1"] for key in ("token_id", "authenticator_id", "passkey_id", "identity_id")},
        "handle": [user.handle for user in house.stage.users.values()],
        "resolution": [f"{now().year}-{number}" for number in (1, 2, 3)],
        "token": [house.keys.get(who, house.keys["former"])],
        "board_slug": ["general", *house.boards],
        "slug": ["materials"],
        "name": ["zqboardmembers-tag", "zqboardcouncil-tag"],
    }
    if name == "slug" and re.search("alliances", rule.rule):
        return house.slugs
    if name == "slug" and re.search("organisations", rule.rule):
        return [house.stage.made.organisations[0].slug]
    if name == "slug" and re.search("(threads|needs)/<", rule.rule):
        return ["x"]
    if name == "number" and "charter" in rule.rule:
        return ["1", "2"]
    if name == "number" and "versions" in rule.rule:
        return ["1"]
    assert name in found, f"{rule.rule} has an argument that the crawl does not know: {name}"
    return found[name]


def _addresses(house: House, rule: Rule, who: str) -> Iterator[str]:
    """The route with everything that is there; under the address of another alliance, with a little of it."""
    if rule.arguments & ELSEWHERE or re.search("registrations|registry|openapi", rule.rule):
        return
    filled = [re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"<\1>", rule.rule)]
    for name in sorted(rule.arguments, reverse=True):
        filled = [
            url.replace(f"<{name}>", one)
            for url in filled
            for one in _values(house, rule, name, who)[
                : 2 if any(f"/{slug}/" in url for slug in house.others) else None
            ]
        ]
    yield from filled
    for query in QUERIES.get(rule.endpoint, []):
        yield from (f"{url}?{query}" for url in filled)


def _heard(answer: TestResponse, url: str) -> set[str]:
    """The words in an answer, in the files of an archive too; what one typed oneself is no news."""
    data = answer.get_data()
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"\n".join(name.encode() + archive.read(name) for name in archive.namelist())
    text = f"{answer.headers}\n{data.decode('utf-8', 'replace')}"
    typed = {form(url.partition("=")[2] or url) for form in (str, unquote, quote, quote_plus, html.escape)}
    for echo in sorted(typed, key=len, reverse=True):
        text = text.replace(echo, "")
    return {word for word in WORDS if word in text}


# Everybody on one database; on the other, those whose sight ended, is narrow, or wide.
WALKS = [("sqlite", who) for who in sorted(EVERYBODY)] + [("postgres", who) for who in ("former", "expert", "member")]


@pytest.mark.parametrize(("app", "who"), WALKS, indirect=["app"])
def test_everybody_reads_what_is_for_them_and_nothing_else(
    app: Flask, client: FlaskClient, database: Session, ground: Ground, who: str
) -> None:
    house: House = ground.built
    headers = {"Accept-Language": "en"}
    if who in house.stage.users:
        sign_in(client, house.stage.users[who])
        headers["Authorization"] = f"Bearer {api_token(house.stage.users[who])}"
    leaks, broken, found = [], [], set()
    with index(app, "whoosh"):
        for rule in gets(app):
            for url in _addresses(house, rule, who):
                with client.get(
                    url, headers=headers if url.startswith("/api/") else {"Accept-Language": "en"}
                ) as answer:
                    heard = _heard(answer, url)
                if answer.status_code >= 500 and rule.endpoint != "portal.healthz":
                    broken.append(f"{url}: {answer.status_code}")
                if who == "outsider" and "/calendars/" in url:
                    continue  # whoever has somebody's secret address sees what that one sees
                leaks += [f"{url}: {word}" for word in heard if who not in WORDS[word]]
                found |= heard
    assert "\n".join(broken) == ""
    assert "\n".join(leaks) == ""
    assert found == {word for word, readers in WORDS.items() if who in readers}, "a crawl through an empty house"


def test_no_mail_tells_anybody_what_they_may_not_read(database: Session, ground: Ground) -> None:
    """Whoever has left was told what was theirs to read at the time, and is left out."""
    house: House = ground.built
    by_address = {user.email: role for role, user in house.stage.users.items() if role != "former"}
    told = [
        f"{by_address[mail.recipient]}: {word}"
        for mail in database.scalars(select(Mail))
        for word in WORDS
        if mail.recipient in by_address
        and word in mail.subject + mail.body
        and by_address[mail.recipient] not in WORDS[word]
    ]
    assert told == []
