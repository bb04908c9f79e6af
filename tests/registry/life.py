"""What the tests of a record's life share."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import User
from activity.models import Notice
from ip_registry.envelopes.openings import new_author
from kernel.checks import run_checks
from kernel.i18n import speaking

FILES = {"a/one.txt": b"one", "a/two.txt": b"two", "three.txt": b"three"}


def told(database: Session, user: User) -> list[str]:
    """The events of the notices that somebody has, the oldest first."""
    return list(database.scalars(select(Notice.event).where(Notice.user_id == user.id).order_by(Notice.id)))


def named(user: User) -> Any:
    return new_author(user.display_name, user.handle)


@pytest.fixture
def holds(database: Session, client: FlaskClient) -> Any:
    """Refusals are read in English; after every test, what the room says must always hold does."""
    with speaking("en"):
        yield
    assert [fault for fault in run_checks(mend=False) if "record" in fault or "event" in fault] == []
