"""The sealing page without its script, what its script talks to, and what a copy may be compared with."""

import io
import json
from hashlib import sha256
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions import consents
from ip_registry.actions.custody import unlock
from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.envelopes.manifests import Manifest, verify_file
from ip_registry.envelopes.openings import commitment, new_author, parse_opening
from ip_registry.models import Deposit, LedgerEntry, Record, RecordParty
from kernel.work import unit_of_work
from ledger.policies import parse_policy
from ledger.proofs import verify_proof
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person, sign_in
from tests.makers.registry import Made
from tests.queries import queries

FILES = {"a/one.txt": b"one", "a/two.txt": b"two", "three.txt": b"three"}
SECRET = b"nobody but the inventor has read this"


def send(client: FlaskClient, *, files: dict[str, bytes] | None = None, query: str = "", **typed: str) -> Any:
    """Fill in the form as a browser without script does."""
    sent = [(io.BytesIO(content), path) for path, content in (files or {}).items()]
    work = {"title": "A title", "kind": "invention", "authors": "林薇\r\nHanna Åberg 40 %", **typed}
    return client.post(f"/registry/seal{query}", data={**work, "files": sent}, content_type="multipart/form-data")


def posted(client: FlaskClient, body: dict[str, Any]) -> Any:
    """What the script sends, and how it is answered."""
    return client.post("/registry/seal", json=body, headers={"Accept": "application/json"})


def facts(client: FlaskClient, made: Made) -> dict[str, Any]:
    """What a script is told that compares a copy."""
    answer = client.get(f"/registry/{made.number}/copy")
    assert answer.status_code == 200
    said: dict[str, Any] = json.loads(answer.text)
    return said


def test_sent_files_are_hashed_and_forgotten(client: FlaskClient, database: Session) -> None:
    owner = person(handle="lin-wei")
    sign_in(client, owner)
    answer = send(client, files={"图纸/总图.txt": SECRET, "b.txt": b""}, authors="林薇 @Lin-Wei 60%\nHanna Åberg")
    assert answer.status_code == 303
    record, kept = database.scalars(select(Record)).one(), database.scalars(select(Deposit)).one()
    assert answer.headers["Location"].startswith("/registry/")
    assert database.scalar(select(LedgerEntry.leaf)) is not None
    manifest = Manifest.parse(kept.manifest or [])
    assert {one.path: one.sha256 for one in manifest.records} == {
        "b.txt": sha256(b"").hexdigest(),
        "图纸/总图.txt": sha256(SECRET).hexdigest(),
    }
    opening = parse_opening(kept.opening or "")
    assert [(one.share, one.key == record.owner_key) for one in opening.authors] == [("60%", True), (None, False)]
    assert SECRET not in (kept.opening or "").encode() + json.dumps(kept.manifest).encode()


def test_an_account_that_does_not_exist_is_refused_at_its_field(client: FlaskClient, database: Session) -> None:
    sign_in(client, person(handle="lin-wei"))
    answer = send(client, files={"b.txt": b"b"}, authors="林薇 @lin-wei\nChen Yu @lin-wej")
    assert answer.status_code == 422
    assert "Nobody here is called @lin-wej" in answer.text
    assert 'id="authors-error"' in answer.text
    assert not database.scalars(select(Record)).all()


@pytest.mark.parametrize("typed", ["林薇@Lin-Wei 60%", "林薇　＠lin-wei　60％", "@lin-wei 60 %"])
def test_an_account_is_read_however_its_line_is_typed(client: FlaskClient, database: Session, typed: str) -> None:
    owner = person(handle="lin-wei")
    sign_in(client, owner)
    assert send(client, files={"b.txt": b"b"}, authors=f"{typed}\npost@example.org").status_code == 303
    opening = parse_opening(database.scalars(select(Deposit.opening)).one() or "")
    assert [author.key is not None for author in opening.authors] == [True, False]
    assert [author.share is not None for author in opening.authors] == [True, False]


def test_its_key_is_kept_encrypted_and_signs(client: FlaskClient, database: Session) -> None:
    owner = person()
    sign_in(client, owner)
    assert send(client, files={"a.txt": b"a"}).status_code == 303
    record, kept = database.scalars(select(Record)).one(), database.scalars(select(Deposit)).one()
    key = unlock(kept.custody or b"", client.application.config["SECRET_KEY"])
    assert key.vkey == record.owner_key
    assert key.seed not in (kept.custody or b"")


def test_a_new_version_is_signed_by_the_key_that_is_kept(client: FlaskClient, database: Session) -> None:
    owner = person()
    sign_in(client, owner)
    send(client, files={"a.txt": b"a"})
    first = database.scalars(select(Record)).one()
    answer = send(client, files={"a.txt": b"b"}, query=f"?parent={first.leaf_hash.hex()}")
    assert answer.status_code == 303
    second = database.scalars(select(Record).where(Record.id != first.id)).one()
    assert (second.parent_id, second.owner_key) == (first.id, first.owner_key)


def test_a_version_of_a_record_whose_key_is_elsewhere_is_not_sealed_here(client: FlaskClient) -> None:
    owner = person()
    made = make.record(owner)
    sign_in(client, owner)
    answer = send(client, files={"a.txt": b"b"}, query=f"?parent={made.number}")
    assert answer.status_code == 422
    assert "is not kept here" in answer.text


def test_nobody_else_seals_a_version(client: FlaskClient) -> None:
    made = make.record(person())
    sign_in(client, person())
    assert send(client, files={"a.txt": b"b"}, query=f"?parent={made.number}").status_code == 403
    assert client.get(f"/registry/seal?parent={made.number}").status_code == 403
    assert client.get("/registry/seal?parent=2026-999").status_code == 404


@pytest.mark.parametrize(
    ("files", "typed", "sentence"),
    [
        ({}, {}, "Choose at least one file."),
        ({"../../etc/passwd": b"x"}, {}, "has an empty part"),
        ({"a\x07b": b"x"}, {}, "control characters"),
        ({"a.txt": b"x"}, {"title": ""}, "Please fill this in."),
        ({"a.txt": b"x"}, {"authors": " \n "}, "Name at least one person."),
        ({"a.txt": b"x"}, {"authors": "x" * 300}, "200 characters"),
        ({"a.txt": b"x"}, {"kind": "spell"}, "Not a valid choice"),
        ({"a.txt": b"x"}, {"embargo": "soon"}, "Not a valid date"),
    ],
)
def test_what_is_wrong_is_said_beside_the_form_and_nothing_is_sealed(
    client: FlaskClient, database: Session, files: dict[str, bytes], typed: dict[str, str], sentence: str
) -> None:
    sign_in(client, person())
    answer = send(client, files=files, abstract="Typed at length.", **typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Typed at length." in answer.text
    assert database.scalar(select(func.count()).select_from(Record)) == 0


def test_a_script_gets_the_proof_of_what_it_signed(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner)
    sign_in(client, owner)
    sent = {"leaf": one.leaf.data.decode(), "opening": None}
    first, again = posted(client, sent), posted(client, sent)
    assert first.status_code == again.status_code == 200
    assert first.json == again.json
    assert database.scalar(select(func.count()).select_from(Record)) == 1
    proven = verify_proof(first.json["proof"], one.leaf.data, parse_policy(client.get("/ledger/policy").text))
    assert proven.index == first.json["index"]
    assert client.get(first.json["url"]).status_code == 200
    assert client.get(first.json["evidence_url"]).mimetype == "application/zip"


@pytest.mark.parametrize("body", [{}, {"leaf": 1}, {"leaf": "{}", "opening": {"opening": "x"}}, {"leaf": "{}"}])
def test_what_is_no_registration_is_refused_with_a_reason(client: FlaskClient, body: dict[str, Any]) -> None:
    sign_in(client, person())
    answer = posted(client, body)
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert answer.json["errors"]


def test_strangers_are_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/registry/seal").headers["Location"].startswith("/sign-in")
    assert client.post("/registry/seal", json={}).status_code == 401


# What a copy may be compared with


def test_an_owner_compares_with_everything(client: FlaskClient) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    sign_in(client, owner)
    known = facts(client, made)
    leaf = parse_leaf(known["leaf"].encode())
    assert leaf.hash == made.sealed.leaf.hash
    assert commitment(bytes.fromhex(known["salt"]), known["opening"]) == leaf.c
    assert Manifest.parse(known["manifest"]).root == parse_opening(known["opening"]).manifest_root


def test_a_stranger_of_a_sealed_record_learns_the_leaf_and_no_more(client: FlaskClient) -> None:
    kept, blind = make.record(person(), files=FILES), make.record(person(), blind=True)
    with queries(at_most=9) as first:
        said = facts(client, kept)
    with queries(at_most=9) as second:
        other = facts(client, blind)
    assert len(first) == len(second)
    nothing: dict[str, Any] = {"opening": None, "salt": None, "manifest": None, "root": None, "count": 0, "files": []}
    assert said == {"leaf": kept.sealed.leaf.data.decode(), **nothing}
    assert other == {"leaf": blind.sealed.leaf.data.decode(), **nothing}


def test_of_a_disclosed_record_everybody_compares_with_everything(client: FlaskClient) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    acts.reveal(made, owner)
    assert facts(client, made)["manifest"] == made.sealed.manifest.texts


def test_of_single_files_only_those_are_shown_and_belong_to_the_root(client: FlaskClient) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="file", paths=["three.txt"], to=None)
    known = facts(client, made)
    assert (known["manifest"], known["opening"], known["count"]) == (None, None, 3)
    assert known["root"] == made.sealed.manifest.root
    assert [json.loads(file["text"])["path"] for file in known["files"]] == ["three.txt"]
    file = known["files"][0]
    assert verify_file(file["text"], file["index"], 3, file["proof"], known["root"]).path == "three.txt"


def test_a_reader_compares_with_what_they_were_shown(client: FlaskClient) -> None:
    owner, reader = person(), person()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="person", paths=["a/one.txt"], to=reader.handle)
    sign_in(client, reader)
    assert [json.loads(file["text"])["path"] for file in facts(client, made)["files"]] == ["a/one.txt"]


def test_who_declined_compares_with_nothing(client: FlaskClient, database: Session) -> None:
    named = person()
    made = make.record(person(), files=FILES, others=[new_author(named.display_name, named.handle)])
    sign_in(client, named)
    assert facts(client, made)["manifest"] is not None
    with unit_of_work():
        consents.decline(viewer_for(named.id), record=made.record, message="")
    assert database.scalars(select(RecordParty).where(RecordParty.user_id == named.id)).one().state == "declined"
    assert facts(client, made)["manifest"] is None


def test_the_offline_page_is_saved_and_not_shown(client: FlaskClient) -> None:
    answer = client.get("/registry/verify.html")
    assert answer.headers["Content-Disposition"] == "attachment; filename=verify.html"
    assert b"<!doctype html>" in answer.data


def test_only_the_hashing_worker_may_run_web_assembly(client: FlaskClient) -> None:
    worker = client.get("/static/js/registry/hashing_worker.js").headers["Content-Security-Policy"]
    page = client.get("/static/js/registry/digests.js").headers["Content-Security-Policy"]
    assert "'wasm-unsafe-eval'" in worker
    assert "wasm" not in page
    assert worker.replace("'wasm-unsafe-eval' ", "") == page
