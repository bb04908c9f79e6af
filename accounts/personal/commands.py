"""Taking in what somebody brings, for those whose archive is too large for a page."""

import json
from pathlib import Path
from typing import Any

import click

from accounts.personal import keeping, working
from accounts.personal.opening import check_shape
from accounts.queries import person_by_handle
from accounts.viewers import viewer_for
from kernel.db import session
from kernel.errors import GuildhallError
from kernel.i18n import speaking
from kernel.work import reading, unit_of_work


@click.command("person")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "handle", required=True, help="the member whose all of it becomes")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def import_person(file: Path, handle: str, *, as_json: bool) -> None:
    """Take FILE, an archive that somebody packed at another Guildhall, in for a member; posts are let in at once.

    Nobody asks whether the archive is theirs: whoever runs the command has done so.
    """
    with speaking("en"):
        try:
            with reading():
                viewer = viewer_for(person_by_handle(handle.lstrip("@")).id)
            with file.open("rb") as content:
                check_shape(content)
                with unit_of_work():
                    kept = keeping.bring_archive(viewer, file=content, name=file.name, may_post=True)
        except GuildhallError as refusal:
            raise click.ClickException(refusal.detail or f"There is nobody called {handle} here.") from refusal
    report = _taken_in(kept.id)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    for word in ("taken", "known"):
        counts = ", ".join(f"{count} {what}" for what, count in report.get(word, {}).items())
        click.echo(f"{'Taken' if word == 'taken' else 'Here already'}: {counts or 'nothing'}")
    for what, why in report.get("skipped", []):
        click.echo(f"Left out: {what}: {why}")


def _taken_in(archive_id: int) -> dict[str, Any]:
    """The report, once this archive is through; a worker may be at it as well, and then is waited for."""
    with click.progressbar(length=1000, label="Taking in", show_pos=False) as bar:
        shown = 0
        while (archive := keeping.archive_now(archive_id)).state == "waiting":
            if not working.advance(only=archive_id):
                raise click.ClickException("Another process is at this archive; its report is on the member’s page.")
            reached = archive.done * 1000 // archive.total if archive.total else 0
            bar.update(reached - shown)
            shown = reached
        bar.update(1000 - shown)
    session().close()
    if refused := archive.report.get("refused"):
        raise click.ClickException(refused)
    if archive.state == "failed":
        raise click.ClickException("It failed three times; the log says why. What is in already stays.")
    return archive.report
