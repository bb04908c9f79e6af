"""A leaf is registered: once, by its owner, and the answer is a proof."""

import base64
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from ip_registry.envelopes.canonical import canonical
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.leaves import LEAF, make_leaf
from ip_registry.envelopes.openings import new_author
from ip_registry.envelopes.sealing import Sealed
from ip_registry.models import Deposit, LedgerCheckpoint, LedgerEntry, PendingLeaf, Record, RecordParty
from kernel.clock import now
from ledger.encoding import hash_from_base64
from ledger.policies import parse_policy
from ledger.proofs import format_proof, verify_proof
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person


def as_sent(one: Sealed) -> dict[str, Any]:
    return {
        "leaf": one.leaf.data.decode(),
        "opening": {
            "opening": one.opening_text,
            "salt": one.salt.hex(),
            "authors": [author.fields for author in one.authors],
            "manifest": one.manifest.texts,
        },
    }


def test_the_answer_is_a_proof_that_holds_without_the_site(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner)
    made = Program(client, owner).post("/registrations", as_sent(one))
    assert made.status_code == 201, made.json
    policy = parse_policy(client.get("/ledger/policy").text)
    proven = verify_proof(made.json["proof"], one.leaf.data, policy)
    assert proven.index == made.json["index"]
    assert made.json["number"] == f"{now().year}-{proven.index}"
    assert made.json["leaf_hash"] == one.leaf.hash
    assert made.headers["Location"] == f"/api/v1/registrations/{made.json['number']}"
    assert not database.scalars(select(PendingLeaf)).all()
    kept = database.scalars(select(Deposit)).one()
    assert (kept.opening, kept.salt) == (one.opening_text, one.salt.hex())


def test_the_same_leaf_again_is_the_same_record(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner)
    program = Program(client, owner)
    first = program.post("/registrations", as_sent(one), key="k")
    again = program.post("/registrations", as_sent(one), key="k")
    without_key = program.post("/registrations", as_sent(one))
    assert first.status_code == again.status_code == without_key.status_code == 201
    assert first.json == again.json == without_key.json
    assert database.scalar(select(func.count()).select_from(Record)) == 1
    assert database.scalar(select(func.count()).select_from(LedgerEntry)) == 1


def test_without_an_opening_the_site_knows_the_leaf_only(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner, title="Nobody reads this")
    made = Program(client, owner).post("/registrations", {"leaf": one.leaf.data.decode()})
    assert made.status_code == 201
    assert not database.scalars(select(Deposit)).all()
    assert not database.scalars(select(RecordParty)).all()
    record = database.scalars(select(Record)).one()
    assert (record.title, record.kind) == ("", "")
    assert "Nobody reads this" not in Program(client).get(f"/registrations/{made.json['number']}").text


def test_what_another_registered_is_refused(client: FlaskClient, database: Session) -> None:
    owner, thief = person(), person()
    one = make.sealed(owner)
    assert Program(client, owner).post("/registrations", as_sent(one)).status_code == 201
    stolen = Program(client, thief).post("/registrations", as_sent(one))
    assert stolen.status_code == 409
    key = OwnerKey.generate()
    copied = make_leaf(key=key, type="register", c=one.leaf.c, after=make.after())
    taken = Program(client, thief).post("/registrations", {"leaf": copied.data.decode()})
    assert taken.status_code == 409
    assert "registered before" in taken.json["detail"]


def unsigned(one: Sealed, **changed: Any) -> dict[str, Any]:
    fields = {name: value for name, value in json.loads(one.leaf.data).items() if name != "s"}
    return {**fields, **changed}


def signed(one: Sealed, fields: dict[str, Any]) -> str:
    signature = base64.b64encode(one.key.sign(LEAF + canonical(fields))).decode()
    return canonical({**fields, "s": signature}).decode()


REFUSALS = {
    "a field that nobody knows": lambda one: signed(one, unsigned(one, title="x")),
    "a number beyond 2^53": lambda one: signed(one, unsigned(one)).replace('"v":1', '"v":9007199254740993'),
    "a key twice": lambda one: one.leaf.data.decode()[:-1] + ',"v":1}',
    "spaces": lambda one: json.dumps(json.loads(one.leaf.data)),
    "a signature of somebody else": lambda one: canonical(
        {**unsigned(one), "s": base64.b64encode(OwnerKey.generate().sign(b"x")).decode()}
    ).decode(),
    "70 kB": lambda one: one.leaf.data.decode() + " " * 70_000,
    "an event": lambda one: signed(one, unsigned(one, t="reveal", prev="0" * 64)),
    "a leaf of the registry": lambda one: signed(one, unsigned(one, t="anchor")),
    "not JSON": lambda one: "}{" + one.leaf.hash,
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_leaf_that_is_not_right_is_refused(client: FlaskClient, database: Session, name: str) -> None:
    owner = person()
    refused = Program(client, owner).post("/registrations", {"leaf": REFUSALS[name](make.sealed(owner))})
    assert refused.status_code == 422
    assert refused.json["errors"]["leaf"]
    assert not database.scalars(select(PendingLeaf)).all()


def test_a_checkpoint_that_the_log_never_signed_is_refused(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner)
    for after in (f"5:{base64.b64encode(bytes(32)).decode()}", f"99:{base64.b64encode(b'r' * 32).decode()}"):
        refused = Program(client, owner).post("/registrations", {"leaf": signed(one, unsigned(one, after=after))})
        assert refused.status_code == 409
        assert "/ledger/checkpoint" in refused.json["detail"]


@pytest.mark.parametrize("field", ["opening", "salt", "authors", "manifest"])
def test_an_opening_that_does_not_open_is_refused(client: FlaskClient, database: Session, field: str) -> None:
    owner = person()
    one, other = make.sealed(owner), make.sealed(owner, files={"other.txt": b"!"}, title="Another")
    sent = as_sent(one)
    sent["opening"][field] = as_sent(other)["opening"][field]
    refused = Program(client, owner).post("/registrations", sent)
    assert refused.status_code == 422
    assert refused.json["errors"]["opening"]


@pytest.mark.parametrize("path", ["/registrations", "/registrations:batch"])
def test_nobody_is_named_by_an_account_that_does_not_exist(client: FlaskClient, database: Session, path: str) -> None:
    owner = person()
    one = make.sealed(owner, others=[new_author("Chen Yu", "nobody-of-this-name")])
    refused = Program(client, owner).post(path, {"items": [as_sent(one)]} if path.endswith("batch") else as_sent(one))
    assert refused.status_code == 422
    assert "@nobody-of-this-name" in refused.json["errors"]["authors"]
    assert not database.scalars(select(Record)).all()


def test_strangers_and_unconfirmed_people_cannot_register(client: FlaskClient, database: Session) -> None:
    one = make.sealed(person())
    assert Program(client).post("/registrations", as_sent(one)).status_code == 401
    assert Program(client, person(confirmed=False)).post("/registrations", as_sent(one)).status_code == 403


def test_a_batch_shares_one_checkpoint(client: FlaskClient, database: Session) -> None:
    owner = person()
    many = [make.sealed(owner) for _ in range(300)]
    made = Program(client, owner).post(
        "/registrations:batch", {"items": [{"leaf": one.leaf.data.decode()} for one in many]}
    )
    assert made.status_code == 201
    policy = parse_policy(client.get("/ledger/policy").text)
    for one, item in zip(many, made.json["items"], strict=True):
        path = [hash_from_base64(line) for line in item["path"]]
        proof = format_proof(item["index"], path, made.json["checkpoint"])
        assert verify_proof(proof, one.leaf.data, policy).index == item["index"]
    assert sorted(item["index"] for item in made.json["items"]) == list(range(300))


def test_a_batch_with_one_bad_leaf_registers_nothing(client: FlaskClient, database: Session) -> None:
    owner = person()
    good = make.sealed(owner)
    sent = {"items": [{"leaf": good.leaf.data.decode()}, {"leaf": "{}"}]}
    assert Program(client, owner).post("/registrations:batch", sent).status_code == 422
    assert not database.scalars(select(Record)).all()


def test_the_database_itself_refuses_to_change_what_was_signed(client: FlaskClient, database: Session) -> None:
    make.record()
    for deed in (
        "DELETE FROM ledger_entry",
        "UPDATE ledger_entry SET log_id = 7",
        "DELETE FROM ledger_checkpoint",
        "UPDATE ledger_checkpoint SET log_id = 7",
    ):
        with pytest.raises(DatabaseError, match="append-only"), database.begin_nested():
            database.execute(text(deed))


def test_the_log_is_read_as_tiles(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = [make.record(owner) for _ in range(3)]
    newest = client.get("/ledger/checkpoint")
    assert newest.text.split("\n")[1] == "3"
    assert newest.headers["Cache-Control"] == "public, no-cache"
    assert client.get("/ledger/tile/0/000.p/3").data == b"".join(one.record.leaf_hash for one in made)
    assert client.get("/ledger/tile/0/000.p/2").data == b"".join(one.record.leaf_hash for one in made[:2])
    bundle = client.get("/ledger/tile/entries/000.p/1")
    assert bundle.data[2:] == made[0].sealed.leaf.data
    assert "immutable" in bundle.headers["Cache-Control"]
    for absent in ("0/000", "0/000.p/4", "0/000.p/0", "entries/000.p/4", "0/001.p/1", "x/000", "0/../000"):
        assert client.get(f"/ledger/tile/{absent}").status_code == 404
    label = made[0].number.split("-")[0]
    assert client.get(f"/ledger/{label}/checkpoint").text == newest.text
    assert client.get("/ledger/1999/checkpoint").status_code == 404
    older = client.get(f"/ledger/proof/{made[0].index}", query_string={"size": "2"})
    assert older.text.split("\n\n")[1].split("\n")[1] == "2"
    assert client.get("/ledger/proof/3").status_code == 404


def test_every_size_that_was_signed_keeps_its_checkpoint(client: FlaskClient, database: Session) -> None:
    for _ in range(3):
        make.record()
    assert [row.size for row in database.scalars(select(LedgerCheckpoint).order_by(LedgerCheckpoint.size))] == [
        0,
        1,
        2,
        3,
    ]
