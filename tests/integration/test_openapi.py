"""The description and the answers agree: every operation, with made-up and with mutilated requests."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema_rs import validator_for
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy.orm import Session

from forum.actions.threads import PollDraft
from forum.models.thread import ThreadKind
from guildhall.rooms import open_rooms
from kernel.api.endpoints import ENDPOINTS
from kernel.db import db
from kernel.policy import DOORS, Door
from kernel.refs import Ref
from tests.conftest import Ground, standing
from tests.makers import alliances as make_alliance
from tests.makers import rooms as make_room
from tests.makers import watch
from tests.makers.achievements import achievement, card_of
from tests.makers.api import PREFIX, Program
from tests.makers.forum import board, post, thread
from tests.makers.needs import answer as answer_to
from tests.makers.needs import listing, need
from tests.makers.organisations import asked as asked_for_seat
from tests.makers.organisations import organisation
from tests.makers.people import api_token, person

open_rooms()

EXAMPLES, SOME, FEW = 10, 4, 2  # a stranger's write is refused whatever it says
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
]
WITHOUT_SURPRISES = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="session")
def described(app: Flask) -> Any:
    """The site as schemathesis reads it from its own description; every request in a context of its own."""

    def site(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with app.app_context():
            return app(environ, start_response)

    plain = ProjectConfig(generation=GenerationConfig(with_security_parameters=False))
    config = SchemathesisConfig(projects=ProjectsConfig(default=plain))
    return schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", site, config=config)


@pytest.fixture(scope="module")
def ground(app: Flask) -> Iterator[Ground]:
    with standing(app, _build) as ground:
        yield ground


@pytest.fixture
def names(ground: Ground, database: Session) -> dict[str, list[Any]]:
    """What there is to be found, by the name of the parameter in the path."""
    names: dict[str, list[Any]] = ground.built
    return names


def _build() -> dict[str, list[Any]]:
    author = person(handle="lin-wei", staff=True)
    asked = thread(author=author, kind=ThreadKind.QUESTION, tags=("raman",), poll=PollDraft("Which?", ["a", "b"]))
    private = thread(author=author, board=board(audience="staff", slug="hidden"))
    answers = [post(thread=asked), post(thread=asked, author=author), post(thread=private, author=author)]
    needs = [need(owner=author), need()]
    house = organisation(admin=author)
    allied = make_alliance.alliance()
    make_alliance.add_member(allied, admin=author)
    flags = [watch.flag(Ref("forum.post", answers[0].id), by=by) for by in (author, person())]
    return {
        "thread_id": [asked.id, private.id],
        "post_id": [answer.id for answer in answers],
        "number": [1, 2, 3],
        "slug": ["materials", house.slug, allied.alliance.slug],
        "document_id": [make_room.document(allied).id],
        "event_id": [make_room.event(allied).id],
        "call_id": [make_room.call(allied).id],
        "member_id": [member.id for member in allied.members],
        **{
            key: [1]
            for key in (
                *("application_id", "invitation_id", "proxy_id", "case_id", "background_id", "notice_id"),
                *("term_id", "group_id", "bid_id", "milestone_id", "key_id"),
            )
        },
        "item": ["dues", "open"],
        "kind": ["documents", "proposals"],
        "role": ["people", "leads"],
        "answer": ["accepted", "refused"],
        "ally": [allied.alliance.slug],
        "party": [f"organisation:{house.id}"],
        "resolution": ["2026-1"],
        "seat_id": [asked_for_seat(house).id, asked_for_seat(house).id],
        "name": ["raman", "like"],
        "handle": ["lin-wei"],
        "place": ["new", f"thread:{asked.id}"],
        "upload_id": [1],
        "flag_id": [flag.id for flag in flags],
        "review_id": [flags[0].review_id],
        "submission_id": [1],
        "search_id": [1],
        "listing_id": [listing(owner=author).id, listing().id],
        "achievement_id": [card_of(achievement(author).thread.id).id],
        "need_id": [wanted.id for wanted in needs],
        "state": ["accepted", "declined", "refused", "withdrawn"],
        "answer_id": [answer_to(need=needs[0]).id, answer_to(need=needs[1], author=author).id],
        "author": [author],
    }


def _check(described: Any, endpoint: str, names: dict[str, list[Any]], *, token: str | None) -> None:
    operation = described.find_operation_by_id(endpoint)
    is_write = ENDPOINTS[endpoint].is_write
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    checks = CHECKS if is_write else [*CHECKS, positive_data_acceptance]
    count = EXAMPLES if token else FEW if is_write else SOME
    if db.engine.dialect.name == "postgresql":  # the shapes are the same there: the second database is asked for less
        count = max(FEW, count // 3)

    @given(data=st.data())
    @settings(WITHOUT_SURPRISES, max_examples=count)
    def run(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if mode is GenerationMode.POSITIVE:
            for name in case.path_parameters or {}:
                if data.draw(st.integers(0, 3)):
                    case.path_parameters[name] = data.draw(st.sampled_from(names[name]))
            (case.query or {}).pop("cursor", None)
            (case.headers or {}).pop("Idempotency-Key", None)
        case.call_and_validate(headers=headers, checks=checks)

    run()


@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_answers_are_as_described_for_whoever_holds_a_token(
    described: Any, endpoint: str, names: dict[str, list[Any]]
) -> None:
    _check(described, endpoint, names, token=api_token(names["author"][0]))


@pytest.mark.parametrize("app", ["sqlite"], indirect=True)  # doors and shapes are the same on both databases
@pytest.mark.parametrize("endpoint", sorted(ENDPOINTS))
def test_answers_are_as_described_for_strangers(described: Any, endpoint: str, names: dict[str, list[Any]]) -> None:
    _check(described, endpoint, names, token=None)


def test_every_route_of_the_api_is_described(client: FlaskClient, app: Flask) -> None:
    answer = Program(client).get("/openapi.json")
    document = answer.json
    assert document["openapi"].startswith("3.1")
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(PREFIX)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {(about.method, PREFIX + about.rule) for about in ENDPOINTS.values()}
    described = {
        (method.upper(), operation["operationId"])
        for path in document["paths"].values()
        for method, operation in path.items()
    }
    assert described == {(about.method, about.name) for about in ENDPOINTS.values()}
    assert all(operation["summary"] for path in document["paths"].values() for operation in path.values())


def test_the_description_is_valid_json_schema_throughout(client: FlaskClient) -> None:
    document = Program(client).get("/openapi.json").json
    for schema in document["components"]["schemas"].values():
        validator_for({**schema, "components": document["components"]})
    for path in document["paths"].values():
        for operation in path.values():
            door = ENDPOINTS[operation["operationId"]].may
            is_open = (door if isinstance(door, Door) else DOORS[door]) is Door.ANYONE
            assert ({} in operation["security"]) is is_open
            for parameter in operation["parameters"]:
                validator_for(parameter["schema"])
