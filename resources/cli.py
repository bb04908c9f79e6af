"""Commands of this room."""

import csv
import json
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import click
from flask import current_app
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from sqlalchemy import select

from accounts.models import User
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.i18n import speaking
from kernel.viewer import Viewer
from kernel.work import step_aside, unit_of_work
from resources.importing.catalogues import catalogue_rows
from resources.importing.cells import guarded
from resources.importing.checking import Fate, Report, check_entries, check_table
from resources.importing.tables import TableError, read_table
from resources.importing.writing import prepare, write
from resources.vocabulary import KINDS

NAMED = 20
MOST_ROWS = 1_000_000


@click.group("import")
def imports() -> None:
    """Bring in content from elsewhere."""


@imports.command("listings")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--owner", required=True, help="whose listings they become: an e-mail address or an account name")
@click.option("--kind", type=click.Choice(list(KINDS)), help="the kind of all rows, when the table does not say it")
@click.option("--draft", is_flag=True, help="keep them as drafts")
@click.option("--dry-run", is_flag=True, help="only say what would happen")
@click.option("--json", "as_json", is_flag=True, help="one line of JSON at the end, for programs")
def import_listings(file: Path, owner: str, kind: str | None, *, draft: bool, dry_run: bool, as_json: bool) -> None:
    """Import listings from FILE: a CSV table, or a catalogue of JSON lines (compressed with gzip or not).

    All rows that are taken go in together, or none. Running it again changes nothing. Refused rows are named, and
    kept in FILE.rejects.csv; the exit status is then 1.
    """
    viewer, started = _owner(owner), time.monotonic()
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, disable=not console.is_terminal) as bar:
        reading = bar.add_task("Reading and checking", total=None)
        report = _report(viewer, file, kind)
        bar.update(reading, total=len(report.entries), completed=len(report.entries))
        counts = {fate: report.count(fate) for fate in Fate}
        if not dry_run and report.to_do:
            step_aside()
            cooking = bar.add_task("Preparing", total=len(report.entries))
            prepared = prepare(viewer, report.entries, on_row=lambda: bar.advance(cooking))
            writing = bar.add_task("Writing", total=1)
            with unit_of_work():
                counts = write(viewer, prepared, publish=not draft, host=_host())
            bar.advance(writing)
    _name_refused(report, file)
    figures = {
        **{str(fate): count for fate, count in counts.items() if fate is not Fate.REFUSED},
        "refused": report.refused_rows,
        "seconds": round(time.monotonic() - started, 2),
    }
    if as_json:
        click.echo(json.dumps(figures))
    else:
        click.echo(
            f"{figures['new']} new, {figures['changed']} changed, {figures['same']} as before, "
            f"{figures['refused']} refused, in {figures['seconds']} s." + (" Nothing was written." if dry_run else "")
        )
    sys.exit(1 if report.refused_rows else 0)


def _owner(name: str) -> Viewer:
    """By e-mail address or account name; neither can be taken for the other."""
    name = name.strip().lower()
    column = User.email if "@" in name[1:] else User.handle
    user_id = session().scalar(select(User.id).where(column == name.removeprefix("@")))
    if user_id is None:
        raise click.ClickException(f"Nobody here goes by {name}.")
    return viewer_for(user_id)


def _report(viewer: Viewer, file: Path, kind: str | None) -> Report:
    """What the file would do, in English as all commands speak."""
    with speaking("en"):
        try:
            if ".jsonl" in file.suffixes or ".ndjson" in file.suffixes:
                return check_entries(viewer, catalogue_rows(file))
            table = read_table(file.read_bytes(), most_rows=MOST_ROWS)
            return check_table(viewer, table, kind=KINDS.get(kind or ""), host=_host())
        except TableError as error:
            raise click.ClickException(str(error)) from None


def _name_refused(report: Report, file: Path) -> None:
    for one in report.refusals[:NAMED]:
        click.echo(f"line {one.number}, {one.column or 'row'}: {one.reason}", err=True)
    if len(report.refusals) > NAMED:
        click.echo(f"and {len(report.refusals) - NAMED} more", err=True)
    if report.refusals:
        kept = file.with_name(f"{file.name}.rejects.csv")
        try:
            with kept.open("w", encoding="utf-8-sig", newline="") as out:
                csv.writer(out).writerows(
                    [
                        ("line", "column", "reason"),
                        *((one.number, guarded(one.column), one.reason) for one in report.refusals),
                    ]
                )
        except OSError as error:
            click.echo(f"The refused rows could not be kept in {kept}: {error.strerror}.", err=True)
        else:
            click.echo(f"The refused rows are named in {kept}.", err=True)


def _host() -> str:
    return urlsplit(str(current_app.config["BASE_URL"])).netloc


COMMANDS = [imports]
