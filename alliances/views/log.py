"""The log of an alliance: to read, to narrow by kind of act, and to take along with its hashes."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from alliances.here import Here, here_at
from alliances.log import START
from alliances.log_words import kinds, sentence_of
from alliances.policy import AllianceRight
from alliances.queries.log import LineRow, called, log_page, whole_log
from alliances.room import room
from alliances.views.frame import alliance_page
from kernel.policy import authorise
from kernel.web import current_viewer

# In the export, and in docs/alliances.md: how anybody checks the chain with SHA-256 alone.
HOW = (
    "digest = SHA-256(content) in lower-case hex, content being the exact UTF-8 text; "
    "hash = SHA-256(hash of the line before + digest), both in hex as ASCII, and the first line follows `start`. "
    "A line without content was withheld: its digest still takes part in the chain. "
    "The hash of the last line is `head`."
)
COLUMNS = ("number", "at", "act", "by", "content", "digest", "hash")


@room.page("/alliances/<slug>/log", may=AllianceRight.READ_INSIDE)
def alliance_log(slug: str) -> ResponseReturnValue:
    """The newest lines first."""
    here = _inside(slug)
    kind = request.args.get("kind", "")
    kind = kind if kind in kinds() else ""
    page = log_page(here, kind=kind, cursor=request.args.get("cursor"))
    names = called(page.items)
    return alliance_page(
        "alliances/log.html",
        here,
        tab="log",
        page=page,
        kinds=kinds(),
        kind=kind,
        sentence=lambda line: sentence_of(line.act, line.facts or {}, here.viewer.locale, names),
    )


@room.page("/alliances/<slug>/log.json", may=AllianceRight.READ_INSIDE)
def alliance_log_json(slug: str) -> ResponseReturnValue:
    """All of it, with how to verify it."""
    here = _inside(slug)
    head = {
        "alliance": here.alliance.slug,
        "how_to_verify": HOW,
        "start": START,
        "head": here.alliance.log_head,
        "length": here.alliance.log_length,
    }
    body = json.dumps(head | {"lines": [_as_json(line) for line in whole_log(here)]}, ensure_ascii=False, indent=1)
    return _file(body, here, "json", "application/json")


@room.page("/alliances/<slug>/log.csv", may=AllianceRight.READ_INSIDE)
def alliance_log_csv(slug: str) -> ResponseReturnValue:
    """The same as a table."""
    here = _inside(slug)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows(_cells(whole_log(here)))
    return _file("\ufeff" + text.getvalue(), here, "csv", "text/csv; charset=utf-8")


def _inside(slug: str) -> Here:
    here = here_at(current_viewer(), slug)
    authorise(current_viewer(), AllianceRight.READ_INSIDE, here)
    return here


def _as_json(line: LineRow) -> dict[str, Any]:
    chained = {"number": line.number, "digest": line.digest, "hash": line.hash}
    return {**chained, "content": line.content} if line.content else chained


def _cells(lines: Iterator[LineRow]) -> Iterator[tuple[object, ...]]:
    for line in lines:
        at = line.at.isoformat() if line.at else ""
        yield line.number, at, line.act, line.by, line.content, line.digest, line.hash


def _file(body: str, here: Here, ending: str, media_type: str) -> Response:
    response = Response(body, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{here.alliance.slug}-log.{ending}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
