"""What a stranger, and whoever lost sight of a record, learns at its back doors: nothing that the log does not say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from ip_registry.actions import consents, disclosing
from ip_registry.actions.erasing import erase
from ip_registry.envelopes.keys import OwnerKey
from ip_registry.envelopes.openings import new_author
from ip_registry.models import Record, RecordParty
from ip_registry.queries.copies import comparable
from ip_registry.queries.records import record_files, record_view
from ip_registry.time.authorities import Authority
from kernel.db import Base, db
from kernel.idempotency import IdempotencyKey
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.people import person, sign_in

FILES = {"a/secret-name.txt": b"one", "b.txt": b"two"}


def copy_of(client: FlaskClient, number: str) -> Any:
    return client.get(f"/registry/{number}/copy").json


def bare(made: make.Made) -> Any:
    """What everybody may compare with: the leaf."""
    leaf = made.sealed.leaf.data.decode()
    return {"leaf": leaf, "opening": None, "salt": None, "manifest": None, "root": None, "count": 0, "files": []}


def test_nobody_is_taken_for_an_author_without_account(client: FlaskClient, database: Session) -> None:
    made = make.record(others=[new_author("Somebody Without Account")], files=FILES)
    assert copy_of(client, made.number) == bare(made)
    sign_in(client, person())
    assert copy_of(client, made.number) == bare(made)


def test_who_lost_sight_of_a_record_has_nothing_to_compare_with(client: FlaskClient, database: Session) -> None:
    owner, author, reader = person(), person(), person()
    made = make.record(owner, others=[new_author(author.display_name, author.handle)], files=FILES)
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    assert comparable(viewer_for(author.id), made.number).opening == made.sealed.opening_text
    assert comparable(viewer_for(reader.id), made.number).opening == made.sealed.opening_text
    party = database.scalars(select(RecordParty).where(RecordParty.user_id == reader.id)).one()
    with unit_of_work():
        consents.decline(viewer_for(author.id), record=acts.record_now(made), message="")
        disclosing.end_showing(viewer_for(owner.id), record=acts.record_now(made), party_id=party.id)
    for gone in (author, reader):
        sign_in(client, gone)
        assert copy_of(client, made.number) == bare(made)
        for path in ("evidence", "certificate.pdf"):
            content = client.get(f"/registry/{made.number}/{path}").data
            assert made.sealed.opening_text.encode() not in content
        shown = Program(client, gone).get(f"/registrations/{made.number}/events").text
        assert "secret-name" not in client.get(f"/registry/{made.number}").text + shown


def test_what_is_not_for_the_viewer_is_not_even_read(client: FlaskClient, database: Session) -> None:
    """A manifest of 60,000 files takes a second to read: whoever may not see it would see that."""
    made = make.record(files={f"{at}.txt": b"" for at in range(300)})
    read: list[int] = []

    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any) -> None:
        if "record_deposit.manifest" in statement:
            read.append(len(context.cursor.fetchall()) if "record_deposit.manifest" in statement else 0)

    event.listen(db.engine, "after_cursor_execute", note)
    try:
        assert copy_of(client, made.number) == bare(made)
        assert client.get(f"/registry/{made.number}").status_code == 200
    finally:
        event.remove(db.engine, "after_cursor_execute", note)
    assert read in ([], [0])


def test_single_files_that_everybody_saw_leave_sight_with_a_withdrawn_record(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    made = make.record(owner, files=FILES)
    acts.act(made, owner, "reveal", scope="file", paths=["a/secret-name.txt"], to=None)
    assert "secret-name" in client.get(f"/registry/{made.number}").text
    acts.act(made, owner, "withdraw", reason="")
    assert "secret-name" not in client.get(f"/registry/{made.number}").text
    assert copy_of(client, made.number) == bare(made)
    assert record_files(Viewer(), made.record.id) is None
    view = record_view(viewer_for(owner.id), made.number)
    assert [one.details and one.details.get("paths") for one in view.events if one.type == "reveal"] == [
        ["a/secret-name.txt"]
    ]


def test_the_hash_of_a_file_is_in_no_answer_that_is_kept(app: Flask, client: FlaskClient, database: Session) -> None:
    """An answer under an idempotency key is kept for a week, and an erasure does not find it."""
    owner = person()
    made = make.record(owner)
    digest = json.loads(made.sealed.manifest.texts[0])["sha256"]
    usual = app.config["TIME_AUTHORITIES"]
    try:
        app.config["TIME_AUTHORITIES"] = (Authority("http://127.0.0.1:9/"),)
        program = Program(client, owner)
        for _again in range(2):
            sent = program.post(f"/registrations/{made.number}/stamps", {"path": "draft.txt"}, key="once")
            assert (sent.status_code, len(sent.json["items"])) == (202, 1)
            assert sent.json["items"][0]["sha256"] == digest
    finally:
        app.config["TIME_AUTHORITIES"] = usual
    with unit_of_work():
        erase(viewer_for(owner.id), record=acts.record_now(made))
    kept = database.scalars(select(IdempotencyKey.result)).all()
    assert kept
    assert not [one for one in kept if digest in (one or "")]


def test_no_table_remembers_what_was_erased(app: Flask, client: FlaskClient, database: Session) -> None:
    """Every row of every table is read for every word of the record, whatever happened to it before."""
    owner, author, reader, rival = person(), person(), person(), person()
    program = Program(client, owner)
    words = ["Erasable title", "Erasable abstract", "erasable-path.txt", "Erasable Person", "Erasable terms"]
    one = make.sealed(
        owner,
        files={"erasable-path.txt": b"1", "b.txt": b"2"},
        others=[new_author(author.display_name, author.handle), new_author("Erasable Person")],
        title="Erasable title",
        abstract="Erasable abstract",
        ip_terms="Erasable terms",
    )
    given = make.deposit(one)
    opening = {"opening": given.opening, "salt": given.salt, "authors": given.authors, "manifest": given.manifest}
    sent = program.post("/registrations", {"leaf": one.leaf.data.decode(), "opening": opening}, key="r")
    assert sent.status_code == 201
    record = database.scalars(select(Record).where(Record.leaf_hash == bytes.fromhex(one.leaf.hash))).one()
    made = make.Made(record, one, sent.json["index"], sent.json["number"])
    said = {
        "licence": {"to_name": "Erasable licensee", "terms": "Erasable licence", "exclusive": False, "until": None},
        "reveal": {"scope": "person", "paths": ["erasable-path.txt"], "to": reader.handle},
    }
    for kind, details in said.items():
        body = acts.signed(made, kind, **details).body
        assert program.post(f"/registrations/{made.number}/events", body, key=kind).status_code == 201
    embargo = acts.signed(made, "embargo", until="2031-05-06", mode="reveal")
    then = acts.signed(made, "reveal", prev=embargo.leaf.hash, **acts.REVEAL)
    answer = program.post(f"/registrations/{made.number}/events", {**embargo.body, "then": then.body}, key="embargo")
    assert answer.status_code == 201
    with unit_of_work():
        consents.decline(viewer_for(author.id), record=acts.record_now(made), message="Erasable refusal")
    acts.reveal(made, owner)
    key = OwnerKey.generate()
    acts.act(made, rival, "dispute", key=key, statement="Erasable dispute", own_record=None)
    disputed = record_view(viewer_for(owner.id), made.number).events[-1].leaf_hash
    acts.act(made, owner, "answer", dispute=disputed, statement="Erasable answer")
    usual = app.config["TIME_AUTHORITIES"]
    try:
        app.config["TIME_AUTHORITIES"] = (Authority("http://127.0.0.1:9/"),)
        program.post(f"/registrations/{made.number}/stamps", {"path": "erasable-path.txt"}, key="stamp")
    finally:
        app.config["TIME_AUTHORITIES"] = usual
    words += ["Erasable", one.salt.hex(), embargo.salt.hex(), then.salt.hex()]
    words += [json.loads(text)[name] for text in one.manifest.texts for name in ("sha256", "salt")]
    words += [one.fields["salt"] for one in one.authors]
    assert len(_tables_with(database, words)) > 3
    assert program.delete(f"/registrations/{made.number}/deposit", key="gone").status_code == 200
    assert _tables_with(database, words) == {}


def _tables_with(database: Session, words: list[str]) -> dict[str, list[str]]:
    """Where any of these words stands, in any column of any row."""
    database.expire_all()
    found: dict[str, list[str]] = {}
    for table in Base.metadata.sorted_tables:
        for row in database.execute(select(table)):
            text = repr([bytes(one) if isinstance(one, memoryview) else one for one in row])
            hits = [word for word in words if word in text]
            if hits:
                found.setdefault(table.name, []).extend(hits)
    return found


def test_the_file_of_the_database_forgets_too(lasting: Callable[[str], Flask]) -> None:
    """SQLite marks what is deleted as free and leaves the bytes where they are, unless it is told to overwrite them."""
    app = lasting("sqlite")
    with app.app_context():
        owner = person()
        abstract = "unforgettable " * 250
        made = make.record(owner, abstract=abstract, title="Unforgettable title")
        mine = viewer_for(owner.id)
        file = Path(str(db.engine.url.database))
        assert b"unforgettable unforgettable" in _written(file)
        with unit_of_work() as work:
            work.connection().exec_driver_sql("PRAGMA secure_delete=OFF")  # as SQLite is built by most
            erase(mine, record=acts.record_now(made))
        left = _written(file)
        assert b"unforgettable unforgettable" not in left
        assert made.sealed.salt.hex().encode() not in left


def _written(file: Path) -> bytes:
    """The bytes of the database, with all that its log had."""
    db.session.remove()
    with db.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return file.read_bytes()
