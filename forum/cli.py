"""Commands of the forum."""

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.text import Text
from sqlalchemy import select

from accounts.personal.commands import import_person
from forum.importing.running import Progress, import_threads
from forum.models import Board, Community
from forum.models.community import GENERAL
from kernel.db import session
from kernel.work import unit_of_work

INTERRUPTED = 130


class _Rate(ProgressColumn):
    """Posts a second, over the whole run: the figure that the estimate of the remaining time rests on."""

    def render(self, task: Task) -> Text:
        """The rate, once there is one."""
        return Text(f"{task.fields['posts'] / task.elapsed:,.0f} posts/s" if task.elapsed else "")


@click.group("import")
def imports() -> None:
    """Bring in content from elsewhere."""


@imports.command("threads")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--community", required=True, help="the community's slug")
@click.option("--board", default=GENERAL, show_default=True, help="the board's slug")
@click.option("--json", "as_json", is_flag=True, help="one line of JSON at the end, for programs")
def import_threads_command(file: Path, community: str, board: str, *, as_json: bool) -> None:
    """Import threads from FILE, one JSON object a line, compressed with gzip or not.

    Running it again changes nothing. A bad line is named and kept in FILE.rejects.jsonl; the others go in.
    """
    board_id = _board_id(community, board)
    console = Console(stderr=True)
    started = time.monotonic()
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[threads]:,} threads, {task.fields[posts]:,} posts"),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    last = Progress()

    def show(progress: Progress) -> None:
        nonlocal last
        last = progress
        bar.update(
            task,
            total=progress.size,
            completed=progress.position,
            threads=progress.threads,
            posts=progress.posts,
        )

    def name(number: int, reason: str) -> None:
        console.print(f"line {number}: {reason}", markup=False, highlight=False, soft_wrap=True)

    try:
        with bar:
            task = bar.add_task("importing", total=max(file.stat().st_size, 1), threads=0, posts=0)
            last, kept_at = import_threads(file, board_id=board_id, on_progress=show, on_reject=name)
    except KeyboardInterrupt:
        click.echo(f"Stopped. {last.threads} threads are in; the same command goes on from there.", err=True)
        sys.exit(INTERRUPTED)
    except OSError as error:
        raise click.ClickException(f"{file}: {error}") from error
    _close(last, kept_at, seconds=time.monotonic() - started, as_json=as_json)


def _board_id(community: str, board: str) -> int:
    with unit_of_work():
        boards = (
            session()
            .execute(
                select(Board.slug, Board.id)
                .join(Community, Community.id == Board.community_id)
                .where(Community.slug == community)
            )
            .all()
        )
        if not boards:
            slugs = ", ".join(session().scalars(select(Community.slug).order_by(Community.position)))
            raise click.UsageError(
                f"There is no community {community!r}. There are: {slugs or 'none yet; start the site once'}."
            )
    ids: dict[str, int] = {row.slug: row.id for row in boards}
    if board not in ids:
        raise click.UsageError(f"There is no board {board!r} in {community}. There are: {', '.join(sorted(ids))}.")
    return ids[board]


def _close(progress: Progress, kept_at: Path | None, *, seconds: float, as_json: bool) -> None:
    """Say what came of it; exit 1 when a line was refused."""
    rate = progress.posts / seconds if seconds else 0.0
    if as_json:
        click.echo(
            json.dumps(
                {
                    "threads": progress.threads,
                    "posts": progress.posts,
                    "already_in": progress.already_in,
                    "rejected": progress.rejected,
                    "rejects_file": str(kept_at) if kept_at else None,
                    "seconds": round(seconds, 2),
                    "posts_per_second": round(rate, 1),
                },
                ensure_ascii=False,
            )
        )
    else:
        click.echo(
            f"{progress.threads:,} threads with {progress.posts:,} posts imported in {seconds:.1f} s "
            f"({rate:,.0f} posts/s); "
            f"{progress.already_in:,} were in already; {progress.rejected:,} lines refused."
        )
    if kept_at is not None:
        click.echo(f"The refused lines are in {kept_at}.", err=True)
        sys.exit(1)


imports.add_command(import_person)

COMMANDS = [imports]
