"""Whatever is sent, the answer is a refusal in words: never a failure, and nothing of it stays."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ip_registry.act_forms import FORMS
from ip_registry.envelopes.openings import new_author
from ip_registry.models import LedgerEntry, PendingLeaf, Record, RecordEvent
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import PREFIX, Program
from tests.makers.people import PASSWORD, person, sign_in

DEEP = "[" * 900 + "]" * 900
STRANGE: dict[str, bytes] = {
    "a lone surrogate": b'{"leaf": "{\\"v\\":1}\\ud800"}',
    "NUL in the leaf": b'{"leaf": "{\\"v\\":1,\\u0000}"}',
    "nested deeply": json.dumps({"leaf": DEEP}).encode(),
    "nested outside": ('{"leaf": ' + "[" * 50_000 + "]" * 50_000 + "}").encode(),
    "70 kB": json.dumps({"leaf": "x" * 70_000}).encode(),
    "no UTF-8": b'{"leaf": "\xff\xfe"}',
    "a huge number": b'{"leaf": ' + b"9" * 5_000 + b"}",
    "infinity": b'{"leaf": 1e999}',
    "a key twice": b'{"leaf": "{}", "leaf": "[]"}',
    "not JSON": b"PK\x03\x04",
    "nothing": b"",
    "no object": b"[]",
    "an unknown field": b'{"leaf": "{}", "secret": 1}',
}
LEAVES: dict[str, Any] = {
    "unknown field": lambda leaf: leaf.replace('"v":1', '"v":1,"w":1'),
    "key twice": lambda leaf: leaf.replace('"v":1', '"v":1,"v":1'),
    "number beyond 2^53": lambda leaf: leaf.replace('"v":1', '"v":9007199254740993'),
    "number of 4,000 digits": lambda leaf: leaf.replace('"v":1', '"v":' + "1" * 400),
    "size beyond 2^53": lambda leaf: leaf.replace('"after":"', '"after":"9007199254740993'),
    "size in other digits": lambda leaf: leaf.replace('"after":"', '"after":"٣'),
    "NaN": lambda leaf: leaf.replace('"v":1', '"v":NaN'),
    "spaces": lambda leaf: leaf.replace(":", ": ", 1),
    "escaped letter": lambda leaf: leaf.replace('"register"', '"\\u0072egister"'),
    "escaped surrogate": lambda leaf: leaf.replace('"register"', '"\\ud800"'),
    "end of line": lambda leaf: leaf + "\n",
    "mark of order": lambda leaf: "\ufeff" + leaf,
    "other type": lambda leaf: leaf.replace('"register"', '"anchor"'),
    "signature of another spelling": lambda leaf: leaf.replace('=="', '="'),
    "list": lambda _leaf: "[]",
    "deep": lambda _leaf: "[" * 500 + "]" * 500,
}


def counts(database: Session) -> list[int | None]:
    return [
        database.scalar(select(func.count()).select_from(one))
        for one in (Record, RecordEvent, PendingLeaf, LedgerEntry)
    ]


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_body_is_refused_in_words(client: FlaskClient, database: Session, name: str) -> None:
    owner = person()
    made = make.record(owner)
    before = counts(database)
    headers = {**Program(client, owner).headers, "Content-Type": "application/json"}
    for path in (
        "registrations",
        "registrations:batch",
        *(f"registrations/{made.number}/{one}" for one in ("events", "stamps")),
    ):
        answer = client.post(f"{PREFIX}/{path}", data=STRANGE[name], headers=headers)
        assert answer.status_code in {400, 413, 422}, (path, answer.status_code, answer.text)
        assert answer.json["title"]
    sign_in(client, owner)
    answer = client.post("/registry/seal", data=STRANGE[name], headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 413, 422}, answer.text
    assert counts(database) == before


@pytest.mark.parametrize("name", LEAVES)
def test_a_leaf_that_can_be_read_in_two_ways_is_refused(client: FlaskClient, database: Session, name: str) -> None:
    owner = person()
    one = make.sealed(owner)
    text = LEAVES[name](one.leaf.data.decode())
    assert text != one.leaf.data.decode()
    answer = Program(client, owner).post("/registrations", {"leaf": text})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["leaf"]), answer.json
    assert counts(database) == [0, 0, 0, 0]


@pytest.mark.parametrize("act", sorted(set(FORMS) - {"decline"}))  # which signs nothing
def test_a_form_with_garbage_fails_in_words(client: FlaskClient, database: Session, act: str) -> None:
    owner, author, heir = person(), person(), person()
    made = make.record(owner, others=[new_author(author.display_name, author.handle)])
    acts.assign(made, owner, heir)
    acts.reveal(made, owner)
    before = counts(database)
    who = {"consent": author, "accept": heir, "dispute": heir}.get(act, owner)
    sign_in(client, who)
    for leaf in ("\ud7ff", "{}", "[" * 5_000, "x" * 70_000, "\x00x", '{"t":"reveal"}'):
        sent = {
            "leaf": leaf,
            "details": "[" * 3000,
            "salt": "zz",
            "scope": "person",
            "to": "@\u202e",
            "paths": ["../x", ""],
            "statement": "x",
            "to_name": "y",
            "terms": "z",
            "next_key": "owner+",
            "password": PASSWORD,
            "until": "9999-99-99",
            "number": made.number[::-1],
            "dispute": "x",
            "assign": "x",
            "author": "9" * 40,
            "id_commit": "x",
            "mode": "y",
            "is_understood": "1",
        }
        answer = client.post(f"/registry/{made.number}/acts/{act}", data=sent)
        assert answer.status_code in {403, 404, 422}, (act, answer.status_code, answer.text[:500])
    assert counts(database) == before


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/%00/checkpoint",
        "/ledger/..%2f..%2fetc/checkpoint",
        "/ledger/tile/checkpoint",
        "/ledger/tile/tile/0/000",
        "/ledger/2026/tile/0/x999/x999/x999/x999/x999/999",
        "/ledger/2026/tile/63/000.p/255",
        "/ledger/2026/tile/entries/x999/x999/x999/x999/x999/999.p/1",
        "/ledger/proof/9223372036854775808",
        "/ledger/proof/0?size=999999999999999999",
        "/ledger/proof/0?size=٣",
        "/ledger/proof/-1",
        "/ledger/proof/0?size=0",
        "/registry/2026-999999999999999999",
        "/registry/2026-01",
        "/registry/2026b-0",
        "/registry/2026-0%0a",
        "/registry/٢٠٢٦-0",
        "/v/" + "0" * 64,
        "/v/" + "A" * 64,
        "/v/%00",
        "/registry/log?log=%00",
        "/registry/" + "0" * 64 + "/evidence",
        "/registry/" + "x" * 5000,
        "/api/v1/registrations/2026-999999999999999999",
        "/api/v1/registrations/%00/events",
    ],
)
def test_no_address_breaks_anything(client: FlaskClient, database: Session, path: str) -> None:
    make.record()
    answer = client.get(path)
    assert answer.status_code in {302, 303, 404, 308}, answer.status_code
