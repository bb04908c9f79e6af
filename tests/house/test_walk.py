"""Every route, walked by everybody over a site with private places: nobody reads more than they may, no GET writes."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from ip_registry.act_forms import FORMS
from kernel.clock import now
from kernel.db import Base
from tests.conftest import Ground, standing
from tests.house.town import PEOPLE, WORDS, Town, build_town
from tests.makers.people import api_token, sign_in
from tests.makers.search import index
from tests.makers.suggestions import offer_everything

# What a GET may be asked beside its address; the walk sends each of them once.
QUERIES = {
    "moderation.queue": ["state=decided", "why=flag&days=1", "cursor=x"],
    "moderation.new_flag": ["kind=forum.post&ref_id=1", "kind=accounts.user&ref_id=1", "kind=x&ref_id=1"],
    "portal.full_moderation_log": ["person=insider&since=2020-01-01", "who=staff&until=x", "cursor=x"],
    "portal.moderation_log_table": ["act=post.delete"],
    "api.list_reviews": ["state=decided", "limit=100"],
    "forum.community": ["view=new", "view=unread", "view=open", "view=top", "lens=experts", "cursor=x"],
    "forum.board": ["view=new", "view=unread", "view=open", "view=top"],
    "forum.thread": ["at=2", "at=99999", "reply_to=1"],
    "forum.history": ["from=1&to=2", "from=0&to=99"],
    "forum.compose": ["place=materials/place-2", "place=materials/place-3&kind=question&lens=experts"],
    "forum.file": ["size=thumb", "size=display"],
    "alliances.alliances": ["state=active&region=33", "sector=materials&seats=open", "cursor=x"],
    "alliances.new_alliance": ["template=experts"],
    "alliances.alliance_log": ["kind=members", "kind=life", "cursor=x"],
    "api.list_alliances": ["limit=100", "state=draft"],
    "api.list_log": ["limit=100"],
    "alliances.documents": ["view=archive", "cursor=x"],
    "alliances.document": ["version=1", "version=9"],
    "alliances.document_diff": ["from=1&to=1"],
    "alliances.events": ["view=past", "cursor=x"],
    "alliances.calls": ["view=over"],
    "alliances.proposals": ["show=open", "show=decided", "show=mine", "group=1", "show=open&cursor=x"],
    "alliances.proposal": ["for=1"],
    "alliances.new_proposal": ["title=A&group=1"],
    "alliances.proxies": ["proposal=1"],
    "alliances.resolutions": ["show=due", "cursor=x"],
    "api.list_proposals": ["state=draft", "state=open&group_id=1"],
    "api.list_alliance_documents": ["limit=100"],
    "api.list_alliance_events": ["past=true"],
    "api.list_alliance_calls": ["over=true"],
    "portal.achievements": [
        "view=awarded",
        "year=2020&level=national&sector=materials",
        "award=A+prize",
        "region=33&trl=5",
        "cooperation=pilot&record=1",
        "cursor=x",
    ],
    "portal.new_achievement": ["record=none&board=materials/place-2", "record=1999-1"],
    "api.list_achievements": ["awarded=true&limit=100", "record=true"],
    "portal.people": ["q=insider", "q=example.cn"],
    "portal.complete_people": ["q=ins", "q=m"],
    "api.threads": ["community=materials", "limit=100"],
    "api.community_threads": ["board=place-2", "limit=100"],
    "search_index.search": [
        "q=title",
        "q=body+shared&order=newest",
        "q=tag:shared&kind=thread",
        "q=zqallia*",
        "q=zqallance",
        "q=zqdoc*",
        "q=zqevent*",
        "q=zqminut*",
        "q=zqcal*",
        "q=zqbi*",
    ],
    "search_index.suggestions": ["q=zq", "q=zqall", "q=zqdoc", "q=zqevent", "q=shared", "q=ins"],
    "search_index.similar_threads": ["title=The+title+of+a+body+that+is+shared"],
    "search_index.search_feed": ["q=title", "q=body"],
    "resources.listings": ["q=title", "q=zqlisting*", "kind=instrument&stale=no", "region=33&access=book", "cursor=x"],
    "resources.my_shelf": ["state=draft", "state=paused"],
    "resources.offer": ["kind=instrument"],
    "resources.template": ["kind=service", "kind=x"],
    "resources.export_listings": ["mine=1", "kind=instrument"],
    "resources.listing_file": ["size=thumb", "size=display"],
    "api.list_listings": ["q=title", "limit=100&kind=instrument"],
    "resources.needs": ["kind=research", "state=all&sector=materials", "region=33", "cursor=x"],
    "resources.new_need": ["title=A+film"],
    "resources.enquiry": ["purpose=quote"],
    "api.list_needs": ["limit=100"],
    "ip_registry.home": ["cursor=x"],
    "ip_registry.my_records": ["view=shown", "cursor=x"],
    "ip_registry.act": ["scope=person", "scope=file"],
    "ip_registry.evidence": ["lang=en"],
    "accounts.organisations": ["kind=firm", "sector=materials&region=33", "asserted=code", "cursor=x"],
    "accounts.new_organisation": ["kind=firm", "kind=x"],
    "accounts.organisation_people": ["cursor=x"],
    "api.list_organisations": ["limit=100", "kind=firm"],
    "api.list_seats": ["state=invited", "state=ended"],
    "api.search": ["q=body&limit=100", "q=zqallia*"],
    "api.search_suggestions": ["q=zq", "q=zqst"],
}
# Rows that a stranger's POST may well make: sessions, accounts that wait for their mail, the mails.
STRANGERS_ROWS = {"user", "email_token", "mail", "job", "user_session", "security_event", "known_device"}


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, _everything) as ground:
        yield ground


def _everything() -> Town:
    town = build_town()
    offer_everything()
    return town


@pytest.fixture
def town(app: Flask, ground: Ground, database: Session) -> Iterator[Town]:
    """All of it, and an index in which everything can be looked for."""
    with index(app, "whoosh"):
        yield replace(ground.built)


def values(town: Town, rule: Rule, name: str) -> list[str]:
    """What the argument of a route is tried with; a new argument has to be added here."""
    place = rule.rule
    named = re.search(rf"any\(([^)]*)\):{name}>", place)
    if name == "number" and "regist" in place:
        return [*(made.number for made in town.records), "1999-1", "x"]
    numbers = {
        "thread_id": [row.id for row in town.threads],
        "post_id": [row.id for row in town.posts],
        "upload_id": [row.id for row in town.uploads],
        "mail_id": [1, 2],
        "session_id": [1],
        "authenticator_id": [1],
        "passkey_id": [1],
        "identity_id": [1],
        "archive_id": [1],
        "token_id": [1],
        "search_id": [1],
        "group_id": [1],
        "listing_id": [row.id for row in town.listings],
        "file_id": [row.id for row in town.listing_files],
        "import_id": [row.id for row in town.tables],
        "need_id": [row.id for row in town.needs],
        "achievement_id": town.achievements,
        "answer_id": [row.id for row in town.answers],
        "conversation_id": [row.conversation_id for row in town.answers],
        "seat_id": [row.id for row in town.seats],
        "vouch_id": [1],
        "number": [1, 2, 3],
        "filing_id": [1],
        "review_id": [1, 2, 3],
        **{
            kind: [1]
            for kind in (
                "proxy_id",
                "application_id",
                "invitation_id",
                "member_id",
                "key_id",
                "other",
                "ally_id",
                "background_id",
                "notice_id",
                "case_id",
                "term_id",
                "flag_id",
                "word_id",
                "change_id",
                "job_id",
                "archive_id",
                "submission_id",
                "rule_id",
                "sanction_id",
                "note_id",
                "community_id",
                "subscription_id",
            )
        },
        **town.rooms,
        "index": [town.records[0].index, 10**6],
    }
    words = {
        "board_slug": ["general", *(row.slug for row in town.boards)],
        "handle": [user.handle for user in town.users.values()],
        "digest": ["0" * 16],
        "token": ["nothing"],
        "place": ["new", f"thread:{town.threads[0].id}", f"thread:{town.threads[2].id}"],
        "path": ["site.css"],
        "kind": ["instrument", "x"],
        "act": [*FORMS, "x"],
        "leaf_hash": [*(made.sealed.leaf.hash for made in town.records), "x"],
        "label": [town.records[0].number.split("-")[0], "1999"],
        "rest": ["0/000.p/1", "entries/000.p/1", "x"],
        "resolution": [f"{now().year}-1", f"{now().year}-2"],
        "item": ["dues"],
        "party": ["organisation:1"],
        "ally": ["nobody"],
        "lang": ["en", "x"],
    }
    if name in numbers:
        return [str(number) for number in numbers[name]]
    if name in words or named:
        return named[1].split(",") if named else words[name]
    if name == "slug" and re.search("alliances|organisations", place):
        return [town.alliance] if "alliances" in place else [row.slug for row in town.organisations]
    if name == "slug":
        communities = ["materials"] if "<board_slug>" in place else ["materials", "bio", "experts", "achievements"]
        return ["x"] if re.search("(threads|needs|listings)/<", place) else communities
    if name == "name":
        return [*town.tags, "shared"] if "tags" in place else ["x.png"] if "files" in place else ["like"]
    raise AssertionError(f"{place} has an argument that the walk does not know: {name}")


def addresses(town: Town, rule: Rule) -> Iterator[str]:
    """The route with every combination of values, and each again with its queries."""
    filled = [re.sub(r"<(?:[^:<>]+:)?(\w+)>", r"<\1>", rule.rule)]
    for name in sorted(rule.arguments):
        filled = [
            url.replace(f"<{name}>", quote(value, safe=":")) for url in filled for value in values(town, rule, name)
        ]
    yield from filled
    for number, query in enumerate(QUERIES.get(rule.endpoint, [])):
        yield from (f"{url}?{query}" for url in filled[number % 3 :: 3] or filled)


@dataclass
class Walker:
    """Somebody with a browser and, if they may have one, an API token."""

    who: str
    client: FlaskClient
    headers: dict[str, str]

    def ask(self, method: str, url: str, **facts: object) -> TestResponse:
        """Send one request and read the whole answer."""
        headers = {**(self.headers if url.startswith("/api/") else {}), "Accept-Language": "en"}
        with self.client.open(url, method=method, headers=headers, **facts) as answer:
            answer.get_data()
            return answer

    def overheard(self, answer: TestResponse, url: str) -> set[str]:
        """The words that stand in the answer; what this person typed themselves is no news."""
        text = f"{answer.headers}\n{answer.get_data().decode('utf-8', 'replace')}"
        typed = {
            form(url.partition("?")[0])
            for form in (str, unquote, quote, lambda path: quote(path, safe=""), html.escape)
        }
        for echo in sorted(typed, key=len, reverse=True):
            if echo != "/":
                text = text.replace(echo, "")
        return {word for word in WORDS if word in text}

    def leaks(self, heard: set[str], url: str) -> list[str]:
        """The words among them that this person should not read."""
        return [f"{url}: {word}" for word in sorted(heard) if self.who not in WORDS[word]]


def walker(app: Flask, client: FlaskClient, town: Town, who: str) -> Walker:
    """The person at a browser of their own."""
    browser = type(client)(app, app.response_class, use_cookies=True)
    headers: dict[str, str] = {}
    if who in town.users:
        sign_in(browser, town.users[who])
        if town.viewer(who).is_member:
            headers["Authorization"] = f"Bearer {api_token(town.users[who])}"
    return Walker(who, browser, headers)


def gets(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]


def writes(app: Flask) -> list[tuple[Rule, str]]:
    return [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
    ]


def rows(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """The whole database."""
    return {
        name: sorted(tuple(map(repr, row)) for row in connection.execute(select(table)))
        for name, table in Base.metadata.tables.items()
    }


# Everybody on one database; on the other, those whose sight ended, is narrow, or wide.
READERS = [("sqlite", who) for who in PEOPLE] + [("postgres", who) for who in ("outsider", "former", "insider")]
STRANGERS = ("outsider", "unconfirmed", "member", "former", "moderator")
WRITERS = [("sqlite", who) for who in STRANGERS] + [("postgres", "former")]


@pytest.mark.parametrize(("app", "who"), READERS, indirect=["app"])
def test_nobody_reads_what_is_not_for_them_and_no_get_writes(
    app: Flask, client: FlaskClient, database: Session, town: Town, who: str
) -> None:
    me = walker(app, client, town, who)
    before = rows(database.connection())
    leaks, broken, found = [], [], set()
    for rule in gets(app):
        for url in addresses(town, rule):
            answer = me.ask("GET", url)
            if answer.status_code >= 500 and rule.endpoint != "portal.healthz":
                broken.append(f"{url}: {answer.status_code}")
            heard = me.overheard(answer, url)
            leaks += me.leaks(heard, url)
            found |= heard
    assert broken == []
    assert leaks == []
    assert found == {word for word, may_read in WORDS.items() if who in may_read}, "a walk through an empty house"
    assert rows(database.connection()) == before


FORM = {
    "title": "A title from outside",
    "body": "Words from outside",
    "kind": "forum.thread",
    "level": "watching",
    "place": "materials/place-2",
    "number": "1",
    "option": "1",
    "reason": "because",
    "numbers": "2",
    "tags": "shared",
}


@pytest.mark.parametrize(("app", "who"), WRITERS, indirect=["app"])
def test_nobody_changes_or_learns_of_what_they_do_not_see(
    app: Flask, client: FlaskClient, database: Session, town: Town, who: str
) -> None:
    private = [thread for thread in town.threads if thread.board_id in {town.boards[2].id, town.boards[3].id}]
    hidden = {thread.id for thread in private}
    town.threads = private
    town.posts = [post for post in town.posts if post.thread_id in hidden]
    town.rooms = {name: numbers[-1:] for name, numbers in town.rooms.items()}
    me = walker(app, client, town, who)
    before = rows(database.connection())
    leaks, broken, done = [], [], []
    for rule, method in writes(app):
        for url in list(addresses(town, rule)):
            if who in town.users:
                sign_in(me.client, town.users[who])
            is_placed = {"thread_id", "post_id"} & rule.arguments or "/alliances/" in rule.rule
            for thread in private[:1] if is_placed else private:
                data = {**FORM, "ref_id": str(thread.id), "target": str(thread.id)}
                sent = {"json": data} if url.startswith("/api/") else {"data": data}
                answer = me.ask(method, url, **sent)
                if answer.status_code >= 500:
                    broken.append(f"{method} {url}: {answer.status_code}")
                if {"thread_id", "post_id"} & rule.arguments and answer.status_code not in (401, 403, 404, 422):
                    done.append(f"{method} {url}: {answer.status_code}")
                leaks += me.leaks(me.overheard(answer, url), url)
    assert broken == []
    assert leaks == []
    assert done == []
    after = rows(database.connection())
    if who == "outsider":
        assert {name for name in before if before[name] != after[name]} <= STRANGERS_ROWS
    for name in ("thread", "post", "post_upload", "reaction", "poll_vote", "poll_option", "thread_tag"):
        assert set(before[name]) <= set(after[name]), name
