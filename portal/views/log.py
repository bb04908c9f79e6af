"""The whole log, for the staff: with whom each act concerned, under filters, and as a table."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from forum.queries.acts import act_rows
from kernel.paging import Page
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.web import current_viewer
from moderation.policy import ModerationRight
from moderation.queries.log import FullRow, LogFilter, acts_in_log, full_log, whole_log
from portal.room import room

COLUMNS = ("at", "who", "act", "thing", "concerned", "reason")


@room.page("/staff/log", may=ModerationRight.OVERSEE)
def full_moderation_log() -> ResponseReturnValue:
    """Who did what, to whom, and why."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.OVERSEE)
    wanted = _wanted()
    page = full_log(viewer, wanted, cursor=request.args.get("cursor"))
    sentences = act_rows(viewer, Page([item.row for item in page.items], None))
    return render_template(
        "portal/staff_log.html",
        page=page,
        lines=list(zip(sentences.items, (item.concerned for item in page.items), strict=True)),
        wanted=wanted,
        acts=acts_in_log(),
        csv_url=f"/staff/log.csv?{request.query_string.decode()}",
    )


@room.page("/staff/log.csv", may=ModerationRight.OVERSEE)
def moderation_log_table() -> ResponseReturnValue:
    """The same as a table, however long."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.OVERSEE)
    answer = Response(stream_with_context(_lines(viewer, _wanted())), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="moderation-log.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _wanted() -> LogFilter:
    """What cannot be read is left out."""
    asked = request.args
    return LogFilter(
        who=asked.get("who", "")[:40],
        act=asked.get("act", "")[:40],
        person=asked.get("person", "")[:40],
        since=_day(asked.get("since", "")),
        until=_day(asked.get("until", "")),
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _lines(viewer: Viewer, wanted: LogFilter) -> Iterator[str]:
    yield "\ufeff" + _line(COLUMNS)
    for portion in whole_log(viewer, wanted):
        yield "".join(_line(_cells(item)) for item in portion)


def _cells(item: FullRow) -> tuple[str, ...]:
    entry, card = item.row.entry, item.row.card
    return (
        entry.created_at.isoformat(),
        item.row.actor.handle if item.row.actor else "",
        entry.act,
        card.title if card else f"{entry.kind}:{entry.ref_id}",
        item.concerned.handle if item.concerned else "",
        entry.reason,
    )


def _line(cells: tuple[str, ...]) -> str:
    """No cell begins as a formula does: spreadsheets would run it."""
    out = io.StringIO()
    csv.writer(out).writerow([f"'{cell}" if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells])
    return out.getvalue()
