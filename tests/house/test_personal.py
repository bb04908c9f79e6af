"""What the privacy page says: every column that names a person is told of, once, and becomes what it says."""

import html
from collections import Counter

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column

from kernel.db import Base
from kernel.i18n import speaking
from kernel.personal import Fate, all_kept

# Not people's: whose row it is stands in the row that it belongs to, or it names no account of ours.
ELSEWHERE: set[tuple[str, str]] = set()


def _names_a_person(column: Column[object]) -> bool:
    leads_there = any(key.target_fullname == "user.id" for key in column.foreign_keys)
    return leads_there or column.name == "user_id" or (column.table.name, column.name) == ("user", "id")


def _declared() -> Counter[tuple[str, str]]:
    return Counter(
        (column.class_.__tablename__, column.property.columns[0].name) for one in all_kept() for column in one.columns
    )


def test_every_column_that_names_a_person_is_on_the_privacy_page(app: Flask) -> None:
    named = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if _names_a_person(column)
    }
    declared = _declared()
    assert named - set(declared) - ELSEWHERE == set(), "say in the room's personal.py what is kept there, and why"
    assert set(declared) - named == set()
    assert [column for column, count in declared.items() if count > 1] == []


def test_what_is_cleared_may_be_empty(app: Flask) -> None:
    cleared = [column for one in all_kept() if one.fate is Fate.CLEARED for column in one.columns]
    assert all(column.property.columns[0].nullable for column in cleared)


def test_the_page_says_all_of_it(client: FlaskClient) -> None:
    page = html.unescape(client.get("/privacy", headers={"Accept-Language": "en"}).get_data(as_text=True))
    with speaking("en"):
        missing = [str(said) for one in all_kept() for said in (one.what, one.why, one.until) if str(said) not in page]
    assert missing == []
