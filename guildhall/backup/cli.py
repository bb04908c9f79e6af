"""Commands for backups: making, restoring, rehearsing, listing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn, TransferSpeedColumn
from rich.progress import Progress as Bar

from guildhall.backup.errors import BackupError
from guildhall.backup.making import Progress
from guildhall.settings import Settings

as_json_option = click.option("--json", "as_json", is_flag=True, help="for programs")
identity_option = click.option(
    "--identity", type=click.Path(path_type=Path), help="file of the age secret key, for an encrypted backup"
)


def _told(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except (BackupError, ValidationError) as fault:
            raise click.ClickException(str(fault)) from fault

    return run


@click.command()
@click.argument("file", required=False)
@click.option(
    "--recipient", "recipients", multiple=True, help="age public key (age1…) that can open it; may be repeated"
)
@click.option("--without-secrets", is_flag=True, help="leave the site's keys and passwords out of FILE")
@as_json_option
@_told
def backup(file: str | None, recipients: tuple[str, ...], *, without_secrets: bool, as_json: bool) -> None:
    """Put the whole site into FILE (a path or s3://bucket/name) while it runs.

    Without FILE it goes where GUILDHALL_BACKUP_TO says, is kept account of, and old ones are removed; secrets of the
    site are then left out unless the backup is encrypted.
    """
    from guildhall.app import create_app
    from guildhall.backup import running
    from guildhall.backup.making import make_backup
    from guildhall.backup.places import place_of, split
    from guildhall.rooms import open_rooms

    settings = Settings()
    if recipients:
        settings = settings.model_copy(update={"backup_recipient": " ".join(recipients)})
    with _bar("Backing up") as progress:
        if file is None:
            if not settings.backup_to:
                raise click.UsageError("Name a FILE, or set GUILDHALL_BACKUP_TO.")
            with create_app(settings).app_context():
                made = running.back_up(settings, progress=progress)
        else:
            open_rooms()
            folder, name = split(file)
            made = make_backup(
                settings,
                place=place_of(folder, settings),
                name=name,
                with_secrets=not without_secrets,
                progress=progress,
            )
    manifest = made.manifest
    if as_json:
        facts = {
            key: manifest[key] for key in ("made_at", "schema", "ledger", "files", "missing", "damaged", "left_out")
        }
        click.echo(json.dumps({"name": made.name, "bytes": made.size, **facts}, ensure_ascii=False))
        return
    rows = sum(table["rows"] for table in manifest["tables"].values())
    click.echo(
        f"{made.name}: {made.size:,} bytes with {rows:,} rows, {manifest['files']['count']:,} files and "
        f"{sum(log['size'] for log in manifest['ledger']):,} entries of the log."
    )
    if manifest["left_out"]:
        click.echo(f"Left out, since it is not encrypted: {', '.join(manifest['left_out'])}.", err=True)
    elif not settings.backup_recipient:
        click.echo("It holds the secrets of the site, unencrypted: keep it as you keep those.", err=True)
    for what in ("missing", "damaged"):
        if manifest[what]:
            click.echo(
                f"Files that are {what} on this site: {len(manifest[what]):,}, first {manifest[what][0]}.", err=True
            )


@click.command()
@click.argument("source", required=False)
@identity_option
@click.option("--replace", is_flag=True, help="put the site that is here aside first")
@click.option("--sign-out", is_flag=True, help="end all sign-ins and API tokens: some may have been revoked since")
@as_json_option
@_told
def restore(source: str | None, identity: Path | None, *, replace: bool, sign_out: bool, as_json: bool) -> None:
    """Bring back a site from SOURCE (a path or s3://bucket/name), else from the newest backup that is kept.

    Everything is unpacked and compared before anything is touched; then `guildhall check` runs.
    """
    from guildhall.app import create_app
    from guildhall.backup import restoring
    from kernel.checks import run_checks
    from kernel.db import db
    from kernel.work import reading

    settings = Settings()
    if restoring.is_half_done(settings):
        restoring.finish(settings)
        click.echo("The restore that was interrupted is finished.")
        return
    with _bar("Restoring") as progress:
        manifest = restoring.restore(settings, _source(settings, source, identity), replace=replace, progress=progress)
    with create_app(settings).app_context():
        if sign_out:
            restoring.end_sign_ins()
        held = restoring.hold_waiting_mail()
        with reading():
            said = [*restoring.about_the_log(manifest), *restoring.about_what_is_left_out(manifest, settings)]
            faults = run_checks(mend=False)
        if held:
            said.append(
                f"{held:,} mails waited at that moment and may have been sent since: the staff's outbox holds them."
            )
        db.engine.dispose()
    if as_json:
        facts = {"made_at": manifest["made_at"], "ok": not faults, "faults": faults, "to_know": said}
        click.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _tell_restored(manifest, said, faults, is_signed_out=sign_out)
    raise SystemExit(1 if faults else 0)


def _tell_restored(manifest: dict[str, Any], said: list[str], faults: list[str], *, is_signed_out: bool) -> None:
    rows = sum(table["rows"] for table in manifest["tables"].values())
    click.echo(
        f"Restored as of {manifest['made_at']}: {rows:,} rows and {manifest['files']['count']:,} files, "
        "each with the hash that it had."
    )
    for sentence in said:
        click.echo(f"- {sentence}")
    if not is_signed_out:
        click.echo("- Sign-ins and API tokens are those of that moment, revoked ones too; --sign-out ends them all.")
    click.echo("- The worker builds the search index when it starts; until then nothing is found.")
    click.echo("- What was set is in settings.env beside the data; what was there before is in before-restore-….")
    click.echo("\n".join(faults) if faults else "guildhall check: everything agrees.")


@click.command()
@click.argument("source", required=False)
@identity_option
@as_json_option
@_told
def rehearse(source: str | None, identity: Path | None, *, as_json: bool) -> None:
    """Restore SOURCE, else the newest backup that is kept, into a scratch place, compare it, and throw it away."""
    from guildhall.app import create_app
    from guildhall.backup import running
    from guildhall.backup.rehearsing import rehearse as try_out
    from guildhall.rooms import open_rooms

    settings = Settings()
    with _bar("Rehearsing") as progress:
        if source is None:
            if not settings.backup_to:
                raise click.UsageError("Name a SOURCE, or set GUILDHALL_BACKUP_TO.")
            with create_app(settings).app_context():
                done = running.rehearse_newest(settings, identity=identity, progress=progress)
        else:
            open_rooms()
            done = try_out(settings, _source(settings, source, identity), progress=progress)
    if as_json:
        click.echo(json.dumps({"ok": not done.faults, **done.facts}, ensure_ascii=False))
    else:
        facts = done.facts
        click.echo(
            f"Restored for trial in {facts['seconds']} s: {facts['rows']:,} rows of {facts['tables']} tables, "
            f"{facts['files']:,} files, {facts['entries']:,} entries of the log, as of {facts['made_at']}."
        )
        click.echo("\n".join(done.faults) if done.faults else "All of it is what was backed up.")
    raise SystemExit(1 if done.faults else 0)


@click.command()
@as_json_option
@_told
def backups(*, as_json: bool) -> None:
    """List the backups that are kept, the newest first."""
    from guildhall.backup import rotation
    from guildhall.backup.places import place_of

    settings = Settings()
    if not settings.backup_to:
        raise click.UsageError("GUILDHALL_BACKUP_TO says where they are kept, and is not set.")
    sizes = {one.name: one.size for one in place_of(settings.backup_to, settings).kept()}
    names = rotation.ours(sizes, base_url=settings.base_url)
    if as_json:
        click.echo(json.dumps([{"name": name, "bytes": sizes[name]} for name in names]))
    else:
        click.echo("\n".join(f"{sizes[name]:>16,}  {name}" for name in names) or "There is none yet.")


@click.command("backup-key")
def backup_key() -> None:
    """Make a pair of age keys: the site gets the public one, and you keep the secret one elsewhere."""
    from guildhall.backup.sealing import make_key

    secret, public = make_key()
    click.echo(f"# public key: {public}\n{secret}")
    click.echo(f"Keep that line in a safe, not on this machine, and set GUILDHALL_BACKUP_RECIPIENT={public}", err=True)


def _source(settings: Settings, source: str | None, identity: Path | None) -> Iterator[bytes]:
    from guildhall.backup.places import place_of, split
    from guildhall.backup.running import newest
    from guildhall.backup.sealing import opened

    if source is None:
        if not settings.backup_to:
            raise click.UsageError("Name a SOURCE, or set GUILDHALL_BACKUP_TO.")
        place = place_of(settings.backup_to, settings)
        name = newest(settings, place)
    else:
        folder, name = split(source)
        place = place_of(folder, settings)
    return opened(place.read(name), identity or settings.backup_identity)


@contextmanager
def _bar(about: str) -> Iterator[Progress]:
    """What is done and how much of it, on a terminal; nothing else reads it."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeElapsedColumn()
    )  # fmt: skip
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(about, total=None)
        yield lambda stage, done, expected: bar.update(
            task, description=f"{about}: {stage}", completed=done, total=expected or None
        )


COMMANDS = [backup, restore, rehearse, backups, backup_key]
