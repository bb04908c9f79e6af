"""The page of a record, under its number and under the hash of any of its leaves."""

import segno
from flask import current_app, redirect, render_template
from flask.typing import ResponseReturnValue

from ip_registry.addresses import HASH, leaf_url
from ip_registry.forms import KIND_NAMES
from ip_registry.policy import RegistryRight
from ip_registry.queries.bitcoin import first_stamp
from ip_registry.queries.file_stamps import stamps_by_file
from ip_registry.queries.records import RecordView, record_view
from ip_registry.queries.shown_files import shown_files
from ip_registry.queries.times import Interval, proven_intervals
from ip_registry.room import room
from ip_registry.time.configured import configured_authorities
from kernel.errors import NotFoundError
from kernel.web import current_viewer
from ledger.tiles import ENTRIES, WIDTH, tile_path

MOST_FILES = 20


@room.page("/registry/<number>", may=RegistryRight.READ)
def record(number: str) -> ResponseReturnValue:
    """A record, as much of it as the viewer may see: to strangers of a sealed one, what the log shows."""
    view = record_view(current_viewer(), number)
    if number != view.number:
        return redirect(view.url, 302)
    return _page(view)


@room.page("/v/<leaf_hash>", may=RegistryRight.READ)
def leaf(leaf_hash: str) -> ResponseReturnValue:
    """Where certificates lead: to the record that a leaf is a part of, or, until it has a number, its page here."""
    if not HASH.fullmatch(leaf_hash):
        raise NotFoundError
    view = record_view(current_viewer(), leaf_hash)
    return redirect(view.url, 302) if view.number else _page(view)


def _page(view: RecordView) -> str:
    intervals = _intervals(view)
    base = current_app.config["BASE_URL"]
    return render_template(
        "ip_registry/record.html",
        view=view,
        intervals=intervals,
        interval=intervals.get(view.leaf_hash),
        files=shown_files(view, at_most=MOST_FILES),
        stamps=stamps_by_file(view),
        authorities=len(configured_authorities()),
        bitcoin=None if view.index is None else first_stamp(view.log_id, view.index + 1),
        kinds=KIND_NAMES,
        base=base,
        qr=segno.make(f"{base}{leaf_url(bytes.fromhex(view.leaf_hash))}", error="m").svg_data_uri(border=3),
        bundle=_bundle_of(view),
    )


def _intervals(view: RecordView) -> dict[str, Interval]:
    """The proven interval of each event, by its leaf hash."""
    found = {}
    for log_id, events in view.leaves.items():
        times = proven_intervals(log_id, [(one.index, one.after_size) for one in events if one.index is not None])
        found.update({one.leaf_hash: times[one.index] for one in events if one.index in times})
    return found


def _bundle_of(view: RecordView) -> str:
    """The bundle of entries that holds this one, as wide as it is now."""
    if view.index is None:
        return ""
    bundle = view.index // WIDTH
    return tile_path(ENTRIES, bundle, min(WIDTH, view.tree_size - bundle * WIDTH)).removeprefix("tile/")
