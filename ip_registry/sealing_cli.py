"""`guildhall seal` and `guildhall verify`: on the inventor's own machine, with no site of one's own."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.openings import KINDS, new_author
from ip_registry.evidence.bundle import BundleError
from ip_registry.evidence.verdicts import Check, Line, State, Verdict, shown
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.inventor.registering import About, Outcome, register_works
from ip_registry.inventor.site import Site, SiteError
from ip_registry.inventor.works import works_of

MANY = 50
HERE = "http://127.0.0.1:8000"
MARKS = {State.PROVEN: "ok   ", State.FAILED: "FAIL ", State.UNPROVEN: "--   "}
UNUSABLE = 2

existing = click.Path(exists=True, path_type=Path)
a_file = click.Path(exists=True, dir_okay=False, path_type=Path)
a_folder = click.Path(exists=True, file_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=existing)
@click.option("--author", "authors", multiple=True, required=True, metavar="NAME[=HANDLE]", help="who made it; repeat")
@click.option("--title", help="what it is called; the file's name when left out")
@click.option("--abstract", default="", help="what it is, in a few sentences")
@click.option("--kind", type=click.Choice(KINDS), default="other", show_default=True)
@click.option("--terms", default="", help="under which terms others may use it")
@click.option("--embargo", type=click.DateTime(["%Y-%m-%d"]), help="the day after which it may be disclosed")
@click.option("--folder", "as_folder", is_flag=True, help="seal a folder as one work")
@click.option("--version-of", type=a_file, metavar="BUNDLE", help="seal as a new version of the work in this evidence")
@click.option("--no-deposit", is_flag=True, help="send the leaf alone: the site then knows nothing of the work")
@click.option("--batch", "as_batch", is_flag=True, help=f"register all with few requests; from {MANY} files on anyway")
@click.option("--out", type=a_folder, help="where the evidence goes; beside the file when left out")
@click.option("--policy", type=a_file, help="whose signatures count (tlog-policy); the site's own when left out")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", show_default=True, help="of the papers")
def seal(  # noqa: PLR0913 - the facts of a record
    paths: tuple[Path, ...],
    *,
    authors: Sequence[str],
    title: str | None,
    abstract: str,
    kind: str,
    terms: str,
    embargo: datetime | None,
    as_folder: bool,
    version_of: Path | None,
    no_deposit: bool,
    as_batch: bool,
    out: Path | None,
    policy: Path | None,
    lang: str,
) -> None:
    """Register each FILE at the site of GUILDHALL_BASE_URL, with the token in GUILDHALL_TOKEN.

    Files are hashed here and never sent. The evidence, with the owner's private key inside, is written beside each as
    FILE.guildhall.zip: keep it safe. What was signed is kept until the site has confirmed it, so that the same command
    can be run again after any failure; run later, it brings the evidence up to date.
    """
    try:
        site = Site(os.environ.get("GUILDHALL_BASE_URL", HERE), os.environ.get("GUILDHALL_TOKEN", ""))
        works = works_of(paths, as_folder=as_folder, out=out, is_version=version_of is not None)
        about = About(
            authors=[_author(one) for one in authors],
            title=title,
            abstract=abstract,
            kind=kind,
            terms=terms,
            embargo=embargo.date() if embargo else None,
            with_deposit=not no_deposit,
            lang=lang,
            version_of=version_of,
        )
    except (EnvelopeError, SiteError) as error:
        raise click.ClickException(str(error)) from None
    if not site.token:
        raise click.ClickException("Set GUILDHALL_TOKEN to an API token of your account that may write.")
    if not works:
        raise click.ClickException("There is nothing to seal: these files are evidence themselves.")
    if title and len(works) > 1:
        raise click.ClickException("One title cannot be that of several works: leave it out, or use --folder.")
    if version_of and len(works) > 1:
        raise click.ClickException("Several works cannot be the next version of one.")
    with _bar("Hashing", sum(work.size for work in works)) as progress:
        outcome = register_works(
            site,
            works,
            about,
            policy=policy.read_text(encoding="utf-8") if policy else None,
            as_batch=as_batch or len(works) >= MANY,
            progress=progress,
        )
    _tell(outcome)
    sys.exit(1 if outcome.failed else 0)


@click.command()
@click.argument("bundle", type=a_file)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--policy", type=a_file, help="whose signatures count (tlog-policy), instead of the one in the bundle")
@click.option("--tsa-roots", type=a_file, help="root certificates (PEM) of the time authorities that you trust")
@click.option("--require-time", is_flag=True, help="not proven unless somebody outside has vouched for a time")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def verify(
    bundle: Path,
    files: tuple[Path, ...],
    *,
    policy: Path | None,
    tsa_roots: Path | None,
    require_time: bool,
    as_json: bool,
) -> None:
    """Check the evidence in BUNDLE, offline, and whether each FILE is one that was sealed.

    Exit status: 0 proven, 1 not proven, 2 when BUNDLE is no evidence bundle.
    """
    try:
        with _bar("Hashing", None if files else 0) as progress:
            verdict = verify_bundle(
                bundle,
                files,
                policy.read_bytes() if policy else None,
                roots=tsa_roots.read_bytes() if tsa_roots else None,
                progress=progress,
            )
    except BundleError as error:
        if as_json:
            click.echo(json.dumps({"proven": False, "error": str(error)}, ensure_ascii=False))
        else:
            click.echo(f"{bundle}: {error}", err=True)
        sys.exit(UNUSABLE)
    holds = verdict.proven and not (require_time and verdict.interval.not_after is None)
    if as_json:
        click.echo(json.dumps({**verdict.as_json(), "proven": holds}, ensure_ascii=False))
    else:
        click.echo("\n".join([*(_line(line) for line in verdict.lines), "", _conclusion(verdict, holds=holds)]))
    sys.exit(0 if holds else 1)


def _author(text: str) -> tuple[str, str | None]:
    name, _, handle = text.partition("=")
    author = new_author(name.strip(), handle.strip().removeprefix("@") or None)
    return author.name, author.handle


def _tell(outcome: Outcome) -> None:
    for work, answer in outcome.done:
        click.echo(f"{work.name}: {answer.number}  {answer.url}\n  evidence, with your private key: {work.bundle}")
    if outcome.done:
        click.echo("Run the same command again tomorrow: it adds what outside witnesses have said of the time by then.")
    for work in outcome.renewed:
        click.echo(f"{work.name}: was sealed before; its evidence is up to date: {work.bundle}")
    for work, reason in outcome.failed:
        click.echo(f"{work.name}: {reason}", err=True)


def _line(line: Line) -> str:
    text = "".join(sign if sign.isprintable() else "�" for sign in line.text)  # a title may not steer a terminal
    if line.check is Check.COPY and line.state is not State.UNPROVEN:
        return MARKS[line.state] + ("一致 " if line.state is State.PROVEN else "不一致 ") + text
    return MARKS[line.state] + text


def _conclusion(verdict: Verdict, *, holds: bool) -> str:
    interval = verdict.interval
    if not verdict.proven:
        return "NOT PROVEN 未获证明: something above does not hold."
    if not holds:
        return "NOT PROVEN 未获证明: nobody outside has vouched for a time yet."
    earliest = f"no earlier than {shown(interval.not_before)} and " if interval.not_before else ""
    if interval.not_after is None:
        return "PROVEN 已获证明: the log holds it. Nobody outside has vouched for a time yet."
    return f"PROVEN 已获证明: made {earliest}no later than {shown(interval.not_after)}."


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], object]]:
    """A bar of bytes, where there is a terminal to show it on."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda length: bar.advance(task, length)


COMMANDS = [seal, verify]
