"""Many listings at once: a table in, a table out."""

from urllib.parse import urlsplit

from flask import Response, current_app, flash, redirect, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from kernel.errors import InvalidError, NotFoundError, TooLargeError
from kernel.limits import EXPORTING, SMALL_DEEDS, UPLOADING, limiter
from kernel.policy import Door, check_door
from kernel.web import current_viewer
from kernel.work import step_aside
from resources.exporting import csv_lines, kinds_in, own_query, shelf_query, template_lines
from resources.importing import kept
from resources.importing.tables import MOST_BYTES, MOST_ROWS
from resources.policy import ListingRight
from resources.room import room
from resources.views.listings import filters_asked
from resources.vocabulary import KINDS

SHOWN_REFUSALS = 200
SHOWN_ROWS = 20


@room.page("/listings/import", may=ListingRight.IMPORT)
def import_listings() -> ResponseReturnValue:
    """Send a table; templates of each kind to begin with."""
    return _form()


@room.page("/listings/import", may=ListingRight.IMPORT, methods=("POST",), endpoint="send_table")
@limiter.limit(UPLOADING)
def send_table() -> ResponseReturnValue:
    """Look into a table and keep it; nothing is imported yet."""
    viewer, file, kind = current_viewer(), request.files.get("file"), request.form.get("kind", "")
    if file is None or not file.filename:
        return _form(_("Choose a file first."), kind=kind), 422
    step_aside()
    try:
        data = kept.received(file.stream)
        kept.check_kind_of_file(data, kind=kind)
    except (InvalidError, TooLargeError) as refusal:
        return _form(refusal.detail, kind=kind), refusal.status
    made = kept.keep_table(viewer, data=data, name=file.filename, kind=kind, store=blob_store())
    return redirect(f"/listings/imports/{made.id}", 303)


@room.page("/listings/imports/<int:import_id>", may=ListingRight.IMPORT)
def import_report(import_id: int) -> ResponseReturnValue:
    """What a table would do: rows in, rows refused and why; or what it did."""
    viewer = current_viewer()
    table = kept.kept_table(viewer, import_id)
    report = None if table.done_at else kept.report_of(viewer, table, store=blob_store(), host=host())
    return render_template(
        "resources/import_report.html",
        table=table,
        report=report,
        shown_refusals=SHOWN_REFUSALS,
        shown_rows=SHOWN_ROWS,
        kinds=KINDS,
        locale=viewer.locale,
    )


@room.page("/listings/imports/<int:import_id>", may=ListingRight.IMPORT, methods=("POST",), endpoint="import_table")
@limiter.limit(SMALL_DEEDS)
def do_import(import_id: int) -> ResponseReturnValue:
    """Import every row that is not refused, or none."""
    publish = request.form.get("then") != "draft"
    kept.import_table(current_viewer(), import_id=import_id, publish=publish, store=blob_store(), host=host())
    flash(_("The table is imported."), "success")
    return redirect(f"/listings/imports/{import_id}", 303)


@room.page("/listings/export.csv", may=ListingRight.READ)
@limiter.limit(EXPORTING)
def export_listings() -> ResponseReturnValue:
    """The list as it is narrowed now, or all that is mine, as a table."""
    viewer = current_viewer()
    if request.args.get("mine"):
        check_door(viewer, Door.MEMBER)
        query = own_query(viewer)
    else:
        query = shelf_query(viewer, filters_asked())
    lines = csv_lines(query, kinds_in(query), locale=viewer.locale, host=host())
    return _download(Response(stream_with_context(lines)), "listings.csv")


@room.page("/listings/template.csv", may=ListingRight.READ)
def template() -> ResponseReturnValue:
    """The empty table of a kind."""
    kind = KINDS.get(request.args.get("kind", ""))
    if kind is None:
        raise NotFoundError
    lines = template_lines(kind, locale=current_viewer().locale)
    return _download(Response("".join(lines)), f"{kind.code}.csv")


def host() -> str:
    """The name of this site, under which its own listings are known in tables."""
    return urlsplit(str(current_app.config["BASE_URL"])).netloc


def _download(response: Response, name: str) -> Response:
    response.content_type = "text/csv; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _form(error: str = "", *, kind: str = "") -> str:
    return render_template(
        "resources/import.html",
        kinds=list(KINDS.values()),
        error=error,
        kind=kind,
        locale=current_viewer().locale,
        most_rows=MOST_ROWS,
        most_mb=MOST_BYTES // 1_000_000,
    )
