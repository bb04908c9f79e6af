"""Commands for whoever runs the log: looking at it, checking all of it, handing it out, closing it."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy import select

from ip_registry.checks.ledger import audit_of
from ip_registry.highwater import high_water_path
from ip_registry.logs import begin_log, carry_over, current_log
from ip_registry.models import LedgerLog
from ip_registry.queries.log import latest_checkpoint
from ip_registry.sequencing import NotSigningError, sequence
from ip_registry.storage import SqlArchive
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.work import reading, unit_of_work
from ledger import highwater
from ledger.errors import PublishingError, RefusesToSignError
from ledger.log import LogState
from ledger.publishing import publish


@click.group()
def registry() -> None:
    """The registry's log."""


@registry.command()
@click.option("--log", "label", help="another log than the one that is written now, by its label")
def checkpoint(label: str | None) -> None:
    """Print the newest signed checkpoint, a signed note."""
    with reading():
        try:
            click.echo(latest_checkpoint(label).note, nl=False)
        except NotFoundError as error:
            raise click.ClickException("There is no such log yet.") from error


@registry.command("audit")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def audit_command(*, as_json: bool) -> None:
    """Recompute every hash, tile, root and signature of every log; exit 1 with a list if anything is off."""
    reports = []
    with reading():
        for here in list(session().scalars(select(LedgerLog).order_by(LedgerLog.id))):
            started = time.monotonic()
            with _bar() as bar:
                report = audit_of(here, progress=_shown_in(bar, f"Log {here.label}", here.size))
            reports.append((here, report, time.monotonic() - started))
    faults = [f"log {here.label}: {fault}" for here, report, _seconds in reports for fault in report.faults]
    if as_json:
        facts = [
            {
                "log": here.label,
                "origin": here.origin,
                "size": report.state.size,
                "root": report.state.root.hex(),
                "tiles": report.tiles,
                "checkpoints": report.checkpoints,
                "faults": list(report.faults),
            }
            for here, report, _seconds in reports
        ]
        click.echo(json.dumps({"ok": not faults, "logs": facts}))
    else:
        for here, report, seconds in reports:
            click.echo(
                f"Log {here.label} ({here.origin}): {report.state.size:,} entries, {report.tiles:,} tiles and "
                f"{report.checkpoints:,} checkpoints recomputed in {seconds:.1f} s."
            )
        click.echo("\n".join(faults) if faults else "Everything hashes to what was signed.")
    raise SystemExit(1 if faults else 0)


@registry.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--log", "label", help="another log than the one that is written now, by its label")
def export(directory: Path, label: str | None) -> None:
    """Write the log as static files (tlog-tiles) for a mirror or an archive; again, it adds what is new."""
    with reading():
        try:
            newest = latest_checkpoint(label)
            done = publish(SqlArchive(session(), newest.log_id), directory, note=newest.note)
        except NotFoundError as error:
            raise click.ClickException("There is no such log yet.") from error
        except PublishingError as error:
            raise click.ClickException(str(error)) from error
    size = done.size if done else 0
    click.echo(f"{directory} holds the log {newest.label} with {size:,} entries.")


@registry.command()
def sign() -> None:
    """Give what waits its place now, as the running site does by itself."""
    count = 0
    try:
        while (batch := sequence()) is not None:
            count += len(batch.entries)
    except NotSigningError as error:
        raise click.ClickException(f"{error.__cause__}") from error
    click.echo(f"{count:,} entries placed." if count else "Nothing waits.")


@registry.command()
@click.confirmation_option(prompt="A frozen log never signs again, and a new one is opened. Go on?")
def freeze() -> None:
    """Close the log for good and open a new one: when a lost database or secret cannot be brought back."""
    with unit_of_work() as work:
        here = current_log(work)
        if here is None:
            raise click.ClickException("There is no log yet.")
        here.is_frozen = True
        work.flush()
        fresh = begin_log(work)
        carry_over(work, fresh.id)
    click.echo(f"Log {here.label} is frozen at {here.size:,} entries. New ones go to {fresh.label} ({fresh.origin}).")


@registry.command()
@click.confirmation_option(prompt="Only if you know that this database is the newest there is. Go on?")
def remember() -> None:
    """Write the high-water file anew from the database, when the file was lost and the database was not."""
    with reading() as work:
        here = current_log(work)
        if here is None:
            raise click.ClickException("There is no log yet.")
        state = LogState(here.size, here.root)
        path = high_water_path(here.label)
    try:
        highwater.record(path, state)
    except RefusesToSignError as error:
        raise click.ClickException(f"{path} knows more than this database: {error}.") from error
    click.echo(f"{path} knows {state.size:,} entries.")


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)


def _shown_in(bar: Progress, about: str, total: int) -> Callable[[int, int], None]:
    task = bar.add_task(about, total=total)
    return lambda done, _of: bar.update(task, completed=done)


COMMANDS = [registry]
