"""A file of a record is stamped by itself where its owner wishes it."""

import base64
import hashlib
import io
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions import file_stamps
from ip_registry.evidence.bundle import Token, make_bundle, open_bundle
from ip_registry.evidence.gathering import parts_of
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.jobs.time import ask_authorities
from ip_registry.models import LedgerEntry, TimeToken
from ip_registry.sequencing import sequence
from ip_registry.time.tokens import verify_token
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.authorities import Maker, listening
from tests.makers.people import person, sign_in
from tests.registry.evidence import bare, make_kit
from tests.registry.test_pages import read
from tests.registry.test_time_stamping import Asked, asked

__all__ = ["asked"]

FILES = {"draft.txt": b"what I found", "data.csv": b"1,2\n"}


def test_the_owner_gets_a_token_over_the_file_itself(client: FlaskClient, database: Session, asked: Asked) -> None:
    owner, maker = person(), Maker()
    made = make.record(owner, files=FILES)
    program = Program(client, owner)
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        wished = program.post(f"/registrations/{made.number}/stamps", {"path": "draft.txt"})
        assert wished.status_code == 202, wished.json
        assert [one["state"] for one in wished.json["items"]] == ["waiting"]
        again = program.post(f"/registrations/{made.number}/stamps", {"path": "draft.txt"})
        assert again.json == wished.json
        ask_authorities()
    (stamp,) = program.get(f"/registrations/{made.number}/stamps").json["items"]
    assert (stamp["state"], stamp["authority"]) == ("good", "Test authority")
    assert stamp["sha256"] == hashlib.sha256(FILES["draft.txt"]).hexdigest()
    token = base64.b64decode(stamp["token"])
    assert verify_token(token, FILES["draft.txt"], stamp["chain"].encode()).authority == "Test authority"
    sequence()
    leaves = database.scalars(select(LedgerEntry.leaf)).all()
    assert any(hashlib.sha256(token).hexdigest().encode() in leaf for leaf in leaves)
    assert not any(stamp["sha256"].encode() in leaf for leaf in leaves)


def test_two_inventors_of_the_same_file_learn_nothing_of_each_other(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    maker = Maker()
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        for _ in range(2):
            owner = person()
            made = make.record(owner, files=FILES)
            wished = Program(client, owner).post(f"/registrations/{made.number}/stamps", {"path": "draft.txt"})
            assert [one["state"] for one in wished.json["items"]] == ["waiting"]
        ask_authorities()
    rows = database.scalars(select(TimeToken).where(TimeToken.record_id.is_not(None))).all()
    assert [row.state for row in rows] == ["good", "good"]


def test_only_the_owner_may(client: FlaskClient, database: Session, asked: Asked) -> None:
    asked.authority("http://127.0.0.1:9/", Maker())
    made = make.record(files=FILES)
    stranger = Program(client, person())
    assert stranger.post(f"/registrations/{made.number}/stamps", {"path": "draft.txt"}).status_code == 403
    assert stranger.get(f"/registrations/{made.number}/stamps").status_code == 403
    assert Program(client).get(f"/registrations/{made.number}/stamps").status_code == 401
    assert database.scalars(select(TimeToken)).all() == []


def test_what_is_refused(
    app: Flask, client: FlaskClient, database: Session, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = person()
    made, blind = make.record(owner, files=FILES), make.record(owner, blind=True)
    program = Program(client, owner)
    path = f"/registrations/{made.number}/stamps"
    assert program.post(path, {"path": "draft.txt"}).status_code == 409  # nobody to ask
    asked.authority("http://127.0.0.1:9/", Maker())
    assert program.post(path, {"path": "other.txt"}).status_code == 422
    assert program.post(f"/registrations/{blind.number}/stamps", {"path": "draft.txt"}).status_code == 422
    assert program.post(path, {"path": ""}).status_code == 422
    monkeypatch.setattr(file_stamps, "MOST", 1)
    assert program.post(path, {"path": "draft.txt"}).status_code == 202
    assert program.post(path, {"path": "data.csv"}).status_code == 409


def test_the_owner_asks_on_the_page_and_takes_the_token_home(
    client: FlaskClient, database: Session, asked: Asked
) -> None:
    owner, maker = person(), Maker()
    made = make.record(owner, files=FILES)
    sign_in(client, owner)
    address = f"/registry/{made.number}"
    assert "/stamps" not in read(client, address)  # nobody could be asked
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        assert read(client, address).count(f'action="{address}/stamps"') == len(FILES)
        done = client.post(f"{address}/stamps", data={"path": "draft.txt"})
        assert done.headers["Location"] == f"{address}#files"
        waiting = read(client, address)
        assert waiting.count("asked about the file itself") == 1
        assert waiting.count(f'action="{address}/stamps"') == len(FILES) - 1
        ask_authorities()
    assert "the file itself is stamped" in read(client, address)
    sequence()
    data = make_bundle(parts_of(viewer_for(owner.id), made.number, locale="en", site="https://guild.test"))
    (name,) = [name for name in open_bundle(data) if name.startswith("tsa/files/") and name.endswith(".tsr")]
    assert name.split("/")[2] == "2"  # data.csv is the first
    copy = ("draft.txt", io.BytesIO(FILES["draft.txt"]))
    verdict = verify_bundle(data, [copy])
    assert verdict.proven, verdict.failures
    assert any("saw the hash of “draft.txt” itself" in line.text for line in verdict.lines)


def test_nobody_else_sees_that_a_file_was_stamped(client: FlaskClient, database: Session, asked: Asked) -> None:
    owner, reader, maker = person(), person(), Maker()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    with listening(maker.answer) as url:
        asked.authority(url, maker)
        sign_in(client, owner)
        assert client.post(f"/registry/{made.number}/stamps", data={"path": "draft.txt"}).status_code == 303
        ask_authorities()
    sign_in(client, reader)
    page = read(client, f"/registry/{made.number}")
    assert "draft.txt" in page
    assert "the file itself" not in page
    assert "/stamps" not in page
    assert client.post(f"/registry/{made.number}/stamps", data={"path": "data.csv"}).status_code == 403
    theirs = parts_of(viewer_for(reader.id), made.number, locale="en", site="https://guild.test")
    assert theirs.manifest is not None
    assert theirs.file_tokens == {}


def test_a_token_of_a_file_has_to_be_over_that_file() -> None:
    kit, maker = make_kit(files=FILES), Maker()
    tokens = {
        n: Token("test", maker.token(bytes.fromhex(one.sha256)), maker.chain)
        for n, one in enumerate(kit.sealed.manifest.records, 1)
    }
    good = make_bundle(replace(kit.parts, file_tokens={1: [tokens[1]], 2: [tokens[2]]}))
    verdict = verify_bundle(good)
    assert verdict.proven, verdict.failures
    assert sum("saw the hash of" in line.text for line in verdict.lines) == 2
    assert verdict.interval == verify_bundle(make_bundle(kit.parts)).interval  # it dates the file and not the leaf
    for wrong in ({1: [tokens[2]]}, {3: [tokens[1]]}, {0: [tokens[1]]}):
        assert not verify_bundle(make_bundle(replace(kit.parts, file_tokens=wrong))).proven
    without = verify_bundle(make_bundle(replace(bare(kit.parts), file_tokens={1: [tokens[1]]})))
    assert without.proven
    assert any("no list of files that holds" in line.text for line in without.lines)
