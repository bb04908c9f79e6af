"""The log of an alliance: readable, narrowed by kind, and a chain that anybody can check with SHA-256 alone."""

import csv
import hashlib
import io
import json
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from alliances.log import note
from alliances.log_words import sentence_of
from alliances.models import LogLine
from kernel.checks import run_checks
from kernel.work import unit_of_work
from tests.alliances.founders import founded
from tests.makers import alliances as make
from tests.makers.people import person, sign_in


def verified(export: dict[str, Any]) -> bool:
    """What the export says about itself, done with nothing but hashlib."""
    head = export["start"]
    for place, line in enumerate(export["lines"], 1):
        if line["number"] != place:
            return False
        if "content" in line and hashlib.sha256(line["content"].encode()).hexdigest() != line["digest"]:
            return False
        head = hashlib.sha256((head + line["digest"]).encode()).hexdigest()
        if head != line["hash"]:
            return False
    return bool(head == export["head"] and len(export["lines"]) == export["length"])


def test_a_member_checks_the_whole_chain_and_reads_what_is_for_them(client: FlaskClient, database: Session) -> None:
    made = make.alliance()
    with unit_of_work():
        note(
            made.alliance, "case-opened", actor=made.viewer(0), audience=made.alliance.council, member="zqsecretmember"
        )
        note(made.alliance, "edited", actor=made.viewer(0), what=["name"])
    sign_in(client, made.people[2])
    export = json.loads(client.get(f"{made.alliance.url}/log.json").get_data())
    assert verified(export)
    withheld = [line for line in export["lines"] if "content" not in line]
    assert [set(line) for line in withheld] == [{"number", "digest", "hash"}]
    assert "zqsecretmember" not in json.dumps(export)
    export["lines"][0]["content"] = export["lines"][0]["content"].replace("member-joined", "member-bought")
    assert not verified(export)
    sign_in(client, made.people[0])
    export = json.loads(client.get(f"{made.alliance.url}/log.json").get_data())
    assert verified(export)
    assert all("content" in line for line in export["lines"])


def test_a_table_has_the_same_lines(client: FlaskClient, database: Session) -> None:
    made, houses = founded()
    sign_in(client, houses[0].admin)
    text = client.get(f"{made.url}/log.csv").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [int(row["number"]) for row in rows] == list(range(1, made.log_length + 1))
    assert rows[-1]["hash"] == made.log_head


def test_lines_read_as_sentences_and_a_kind_never_tells_of_what_is_withheld(
    client: FlaskClient, database: Session
) -> None:
    made = make.alliance()
    with unit_of_work():
        note(made.alliance, "case-opened", actor=made.viewer(0), audience=made.alliance.council, member="zqsecret")
    sign_in(client, made.people[2])
    page = client.get(f"{made.alliance.url}/log").get_data(as_text=True)
    assert "For others in this alliance" in page
    assert "holds an office: Chair" in page
    members = client.get(f"{made.alliance.url}/log?kind=members").get_data(as_text=True)
    assert "joined as: Full member" in members
    assert "For others in this alliance" not in members
    assert "holds an office" not in members
    life = client.get(f"{made.alliance.url}/log?kind=life").get_data(as_text=True)
    assert "joined as" not in life
    sign_in(client, person())
    assert client.get(f"{made.alliance.url}/log").status_code == 403
    assert client.get(f"{made.alliance.url}/log.json").status_code == 403


def test_an_act_without_words_is_shown_as_it_is() -> None:
    assert sentence_of("moon-landed", {"who": "us", "when": 3}, "en", {}) == "moon-landed: us · 3"


def test_an_event_whose_time_is_sought_is_planned_without_one(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        dated = sentence_of("event-planned", {"title": "Spring", "starts": "2026-12-11T09:00:00+00:00"}, "en", {})
        sought = sentence_of("event-planned", {"title": "Spring", "starts": None}, "en", {})
    assert dated == "Planned “Spring” for 2026-12-11"
    assert sought == "Planned “Spring”, at a time yet to be found"


def test_the_check_finds_a_line_that_was_changed(database: Session) -> None:
    made = make.alliance()
    line = database.scalars(select(LogLine).where(LogLine.alliance_id == made.alliance.id).limit(1)).one()
    with unit_of_work():
        line.content = line.content.replace("member", "friend")
    faults = [fault for fault in run_checks(mend=False) if "log" in fault]
    assert faults == [f"the log of alliance {made.alliance.id} breaks at line {line.number}"]
