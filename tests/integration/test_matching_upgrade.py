"""Matches and refusals that an older site holds stay what they were, there and back."""

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Boolean, DateTime, Integer, MetaData, Table, insert, select
from sqlalchemy.types import TypeEngine

from kernel.db import db
from tests.house.test_schema import unborn

__all__ = ["unborn"]

TOLD = datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_an_older_site_keeps_its_matches_and_refusals(unborn: Flask) -> None:
    upgrade(revision="0002")
    for number in (1, 2):
        _put("user", id=number, handle=f"person-{number}", email=f"{number}@example.cn")
    _put("need", id=3, owner_id=1)
    _put("listing", id=4, owner_id=2)
    _put("match", id=7, need_id=3, listing_id=4, score=0.8, found_at=TOLD, need_told_at=None, listing_told_at=TOLD)
    _put("match_refusal", need_id=3, listing_id=4, side="need", user_id=1, reason="far", words="500 km")
    before = _rows("match"), _rows("match_refusal")
    upgrade()
    assert [row["id"] for row in _rows("need_match")] == [7], "notices name a match by its number"
    (match,), (refusal,) = _rows("need_match"), _rows("need_refusal")
    assert (match["kind"], match["ref_id"], match["owner_id"]) == ("resources.listing", 4, 2)
    assert match["need_told_at"] is None
    assert match["owner_told_at"] == before[0][0]["listing_told_at"]
    assert {key: refusal[key] for key in ("need_id", "kind", "ref_id", "side", "user_id", "reason", "words")} == {
        "need_id": 3, "kind": "resources.listing", "ref_id": 4, "side": "need", "user_id": 1, "reason": "far",
        "words": "500 km",
    }  # fmt: skip
    _put("need_match", need_id=3, kind="forum.thread", ref_id=4, owner_id=2, need_told_at=None, owner_told_at=None)
    assert sorted(row["id"] for row in _rows("need_match"))[1] > 7
    _put("need_refusal", need_id=3, kind="forum.thread", ref_id=4, side="need", user_id=1, reason="known")
    downgrade(revision="0002")
    assert (_rows("match"), _rows("match_refusal")) == before


def _put(name: str, **given: Any) -> None:
    """A row with these values; whatever else has to be there is empty."""
    table = Table(name, MetaData(), autoload_with=db.engine)
    usual = {
        column.name: _empty(column.type)
        for column in table.columns
        if not column.nullable and not (column.primary_key and column.name == "id")
    }
    with db.engine.begin() as connection:
        connection.execute(insert(table), {**usual, **given})


def _empty(kind: TypeEngine[Any]) -> Any:
    if isinstance(kind, Boolean):
        return False
    if isinstance(kind, DateTime):
        return TOLD
    if isinstance(kind, Integer):
        return 0
    return [] if "JSON" in str(kind) else "" if "CHAR" in str(kind) or "TEXT" in str(kind) else 0


def _rows(name: str) -> list[dict[str, Any]]:
    table = Table(name, MetaData(), autoload_with=db.engine)
    with db.engine.connect() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]
