"""The registry's front page, one's own records, and the feed of what happens in public."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from ip_registry.forms import KIND_NAMES
from ip_registry.logs import current_log
from ip_registry.policy import RegistryRight
from ip_registry.queries import lists
from ip_registry.queries.figures import growth
from ip_registry.queries.lists import RecordRow
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.times import Interval, proven_intervals
from ip_registry.room import room
from ip_registry.timeline import lines_of
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page
from kernel.web import current_viewer

SOME = 6
TIMELINE = 40


@room.page("/registry", may=RegistryRight.READ)
def home() -> ResponseReturnValue:
    """What the registry is, what of it is mine or waits for me, and the public timeline."""
    viewer, here = current_viewer(), current_log(session())
    public = lists.public_timeline(cursor=request.args.get("cursor"), limit=TIMELINE)
    intervals = _intervals(public.items)
    return render_template(
        "ip_registry/home.html",
        mine=lists.my_records(viewer, limit=SOME) if viewer.signed_in else Page([], None),
        waiting=lists.waiting_for_me(viewer) if viewer.signed_in else [],
        public=public,
        lines=lines_of(public.items, intervals, timezone=viewer.timezone),
        intervals=intervals,
        growth=growth(here.id if here else None),
        kinds=KIND_NAMES,
    )


@room.page("/registry/mine", may=RegistryRight.REGISTER)
def my_records() -> ResponseReturnValue:
    """All my records, and those of others that I was shown."""
    viewer = current_viewer()
    is_shown = request.args.get("view") == "shown"
    chosen = lists.shown_to_me if is_shown else lists.my_records
    return render_template(
        "ip_registry/mine.html",
        page=chosen(viewer, cursor=request.args.get("cursor")),
        is_shown=is_shown,
        kinds=KIND_NAMES,
    )


@room.page("/feeds/registry.atom", may=RegistryRight.READ)
def feed() -> Response:
    """The public timeline for feed readers: sealed works as number and hash, disclosed ones with their titles."""
    rows = lists.public_timeline().items
    body = render_template(
        "ip_registry/feed.atom",
        base=current_app.config["BASE_URL"],
        rows=rows,
        intervals=_intervals(rows),
        updated=_signed_at(),
        kinds=KIND_NAMES,
    )
    response = make_response(body)
    response.content_type = "application/atom+xml; charset=utf-8"
    response.add_etag()
    return response


def _signed_at() -> datetime:
    """When the log was last signed, by our own clock."""
    try:
        return latest_checkpoint().signed_at
    except NotFoundError:
        return now()


def _intervals(rows: Sequence[RecordRow]) -> dict[tuple[int, int], Interval]:
    """The proven interval of each row that has its place, by log and index."""
    found = {}
    for log_id in {row.log_id for row in rows}:
        facts = [(row.index, row.after_size) for row in rows if row.log_id == log_id and row.index is not None]
        found.update({(log_id, index): one for index, one in proven_intervals(log_id, facts).items()})
    return found
