"""Drafts: what somebody is writing is kept on the server, so that it goes on where it was left off."""

import json
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from forum.cooking import LONGEST_BODY, LONGEST_TITLE
from forum.loading import board_at, post_of, thread_of
from forum.models import Draft
from forum.policy import ForumRight
from kernel.clock import now
from kernel.db import db, session
from kernel.errors import ConflictError, InvalidError, NotFoundError, TooLargeError
from kernel.policy import authorise
from kernel.texts import clean_body, clean_line
from kernel.viewer import Viewer

PLACE = re.compile(
    r"new|achievement|new:(?P<community>[a-z0-9-]+)/(?P<board>[a-z0-9-]+)|(?P<kind>thread|post):(?P<id>[1-9][0-9]{0,17})"
)
LONGEST_PLACE = 80
LONGEST_DRAFT = 2 * LONGEST_BODY  # a text may still be too long for a post while somebody works on it
LONGEST_FIELDS = 16_000
MOST_DRAFTS = 200


class StaleDraftError(ConflictError):
    """The server holds a newer text than the one this device started from; `draft` is that text."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(_("This draft was changed on another device."))
        self.draft = draft


def save(
    viewer: Viewer,
    *,
    place: str,
    title: str = "",
    body: str = "",
    fields: Mapping[str, Any] | None = None,
    version: int = 0,
) -> Draft | None:
    """Keep the draft of `place`; None when there is nothing to keep and what was kept is gone.

    `version` is the one this device saw last (0: none). One statement compares and writes, so that of two
    devices saving at once one learns about the other. The same text again is never a conflict.
    """
    authorise(viewer, ForumRight.DRAFT)
    title, body, kept = clean_line(title)[:LONGEST_TITLE], clean_body(body), _clean_fields(fields or {})
    if len(body) > LONGEST_DRAFT:
        raise TooLargeError(_("The draft is too long to be kept: at most %(count)s characters.", count=LONGEST_DRAFT))
    present = find(viewer, place=place)
    if present is None:
        _check_new(viewer, place)
    elif (present.title, present.body, present.fields) == (title, body, kept):
        return present
    elif version < present.version:
        raise StaleDraftError(present)
    if not title and not body.strip():
        discard(viewer, place)
        return None
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(Draft)
    facts = {"title": title, "body": body, "fields": kept, "updated_at": now()}
    written = (
        session()
        .execute(
            insert.values(user_id=viewer.me, place=place, version=1, **facts)
            .on_conflict_do_update(
                index_elements=["user_id", "place"],
                set_={**facts, "version": Draft.version + 1},
                where=Draft.version <= version,
            )
            .returning(Draft.version)
        )
        .first()
    )
    current = session().get_one(Draft, (viewer.me, place), populate_existing=True)
    if written is None:
        raise StaleDraftError(current)
    return current


def find(viewer: Viewer, *, place: str) -> Draft | None:
    """The viewer's own draft of `place`, as it is now."""
    if len(place) > LONGEST_PLACE or not PLACE.fullmatch(place):
        raise NotFoundError
    return session().get(Draft, (viewer.me, place), populate_existing=True)


def discard(viewer: Viewer, place: str) -> None:
    """Forget the draft of `place`: it was sent, or thrown away. Nothing happens when there is none."""
    session().execute(delete(Draft).where(Draft.user_id == viewer.me, Draft.place == place))


def _check_new(viewer: Viewer, place: str) -> None:
    """A draft begins only where the viewer sees something to write about, and not without end."""
    parts = PLACE.fullmatch(place)
    if parts is None:
        raise NotFoundError
    if parts["community"]:
        board_at(viewer, parts["community"], parts["board"])
    elif parts["kind"] == "thread":
        thread_of(viewer, int(parts["id"]))
    elif parts["kind"] == "post":
        post_of(viewer, int(parts["id"]))
    count = session().scalar(select(func.count()).select_from(Draft).where(Draft.user_id == viewer.me)) or 0
    if count >= MOST_DRAFTS:
        raise InvalidError(_("You have %(count)s drafts already; please discard some first.", count=count))


def _clean_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The other fields of the form: short plain values only, whatever was sent."""
    kept: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            kept[clean_line(name)] = clean_body(value)
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            kept[clean_line(name)] = [clean_body(item) for item in value]
        elif value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
            kept[clean_line(name)] = value
        else:
            raise InvalidError(_("The draft cannot be read."), errors={"fields": _("Only plain values can be kept.")})
    if len(json.dumps(kept)) > LONGEST_FIELDS:
        raise TooLargeError(_("The fields of this draft are too long to be kept."))
    return kept
