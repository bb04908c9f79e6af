"""Commands that fill and check a site."""

import json

import click

from kernel.checks import run_checks
from kernel.work import unit_of_work


@click.group()
def seed() -> None:
    """Fill the site with content."""


@seed.command("demo")
def seed_demo_command() -> None:
    """The demo town: people, communities and discussions, all invented."""
    from seeds import SIGN_INS, ensure_sectors, seed_demo

    ensure_sectors()
    seed_demo()
    click.echo("Sign in as:\n" + "\n".join(f"  {line}" for line in SIGN_INS))


@seed.command("sectors")
def seed_sectors_command() -> None:
    """The communities and boards of the classification; harmless when they are there."""
    from seeds import ensure_sectors

    ensure_sectors()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="for programs")
def check(*, as_json: bool) -> None:
    """Compare every counter and reference with what it is derived from; exit 1 with a list if anything is off."""
    with unit_of_work():
        faults = run_checks(mend=False)
    if as_json:
        click.echo(json.dumps({"ok": not faults, "faults": faults}, ensure_ascii=False))
    else:
        click.echo("\n".join(faults) if faults else "Everything agrees.")
    raise SystemExit(1 if faults else 0)


@click.command()
def recount() -> None:
    """Set every counter to what it is derived from; on a sound site this changes nothing."""
    with unit_of_work():
        faults = run_checks(mend=True)
    click.echo("\n".join(faults) if faults else "Nothing to mend.")


COMMANDS = [seed, check, recount]
