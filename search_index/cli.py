"""Commands of search: asking the index as a stranger would, and building it anew beside a live site."""

import json
import time

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from sqlalchemy.exc import SQLAlchemyError

from kernel.viewer import Viewer
from kernel.work import reading
from search_index import query, searching
from search_index.documents import every_key
from search_index.engine import EngineError
from search_index.indexing import choosing, locking, places
from search_index.indexing.building import Progress, build
from search_index.indexing.housekeeping import sweep
from search_index.synonyms import synonyms


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100))
@click.option("--json", "as_json", is_flag=True, help="for programs")
def search(words: tuple[str, ...], *, limit: int, as_json: bool) -> None:
    """Search as somebody would who is not signed in."""
    with reading():
        parsed = query.parse(" ".join(words), synonyms=synonyms())
        found = searching.find(Viewer(locale="en"), parsed.query, limit=limit)
    if as_json:
        hits = [
            {
                "key": find.hit.key,
                "score": round(find.hit.score, 4),
                "title": find.shown.title,
                "url": find.shown.url,
                "at": find.shown.at.isoformat(),
            }
            for find in found.finds
        ]
        facts = {"total": found.total, "is_building": found.is_building, "hits": hits}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    if found.is_building:
        raise click.ClickException("The index is being built; `guildhall worker` does it, or `guildhall reindex` now.")
    for find in found.finds:
        click.echo(f"{find.shown.title}\n  {find.shown.url}  {find.shown.at:%Y-%m-%d}")
    click.echo(f"{found.total:,} found.")


@click.command()
@click.option("--engine", type=click.Choice(choosing.ENGINES), help="instead of the one that the settings name")
def reindex(engine: str | None) -> None:
    """Build the search index anew, beside the one that answers, and swap them; a running site goes on meanwhile."""
    with reading():
        here = places.pointer()
        chosen = engine or choosing.wanted_engine(sum(1 for _key in every_key()), serving=here.engine if here else "")
    if (chosen == "postgres") != choosing.is_shared():
        raise click.UsageError("Set GUILDHALL_SEARCH_ENGINE for that: where the index lies changes with it.")
    with locking.lock("builder") as held:
        if held is None:
            raise click.ClickException(f"An index is being built already, by {locking.owner_of('builder')}.")
        started = time.monotonic()
        done = _build(chosen)
        new = places.pointer()
    seconds = time.monotonic() - started
    click.echo(
        f"{done:,} documents indexed by {chosen} in {seconds:.1f} s ({done / max(seconds, 0.001):,.0f} a second)."
    )
    with locking.lock("writer") as alone:
        if alone is not None and new is not None:
            sweep(new, grace=0.0)


def _build(engine: str) -> int:
    console = Console(stderr=True)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    last = Progress(0, 0)

    def show(progress: Progress) -> None:
        nonlocal last
        last = progress
        bar.update(task, completed=progress.done, total=progress.expected)

    try:
        with bar:
            task = bar.add_task(f"indexing with {engine}", total=None)
            build(engine, on_progress=show)
    except (EngineError, OSError, SQLAlchemyError) as error:
        raise click.ClickException(f"Not built, and nothing changed: {error}") from error
    return last.done


COMMANDS = [search, reindex]
