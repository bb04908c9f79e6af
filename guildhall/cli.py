"""The command line, assembled from each room's `cli.py`: a list `COMMANDS` of plain click commands.

Commands in a second list, `WITHOUT_SITE`, run anywhere: no settings are read for them and no application is made.
"""

import gc
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from typing import Any

import click
from flask import has_app_context
from sqlalchemy import inspect
from sqlalchemy.exc import OperationalError, ProgrammingError

from guildhall import serving, upkeep
from guildhall.backup import cli as backup
from guildhall.rooms import ROOMS
from kernel.db import db


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="guildhall")
def main() -> None:
    """Guildhall 会馆: run, fill, look after and check a site."""


def _in_app(function: Callable[..., Any]) -> Callable[..., Any]:
    """Run a command inside the application at hand, else inside the one that the environment's settings describe."""

    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            return function(*args, **kwargs)
        from guildhall.app import create_app  # the application is made only when a command needs it

        with create_app().app_context():
            try:
                return function(*args, **kwargs)
            except (OperationalError, ProgrammingError) as error:
                if inspect(db.engine).has_table("user"):
                    raise
                raise click.ClickException("There is no site here yet: run `guildhall db upgrade` first.") from error

    return run


def _wrap(command: click.Command) -> click.Command:
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _wrap(inner)
    elif command.callback is not None:
        command.callback = _in_app(command.callback)
    return command


def _assemble() -> None:
    groups: dict[str, click.Group] = {}
    commands = [*serving.COMMANDS, *backup.COMMANDS, *(_wrap(command) for command in upkeep.COMMANDS)]
    for room in ROOMS:
        try:
            module = import_module(f"{room}.cli")
        except ModuleNotFoundError as error:
            if error.name != f"{room}.cli":
                raise
            continue
        commands += [_wrap(command) for command in module.COMMANDS]
        commands += getattr(module, "WITHOUT_SITE", [])
    for command in commands:
        if isinstance(command, click.Group) and command.name in groups:  # two rooms may add to one group
            groups[command.name].commands.update(command.commands)
            continue
        if isinstance(command, click.Group) and command.name:
            groups[command.name] = command
        main.add_command(command)


_assemble()
gc.freeze()  # it all stays; else the collector walks over it once more as the command ends
