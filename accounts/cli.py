"""Commands of operators: the first account, and keys for programs."""

import json
import secrets

import click
from sqlalchemy import select

from accounts.actions.grants import grant_by_rule
from accounts.actions.registration import free_handle
from accounts.actions.tokens import SCOPES, create_token
from accounts.events import PersonConfirmed
from accounts.models import User
from accounts.names import clean_email
from accounts.passwords import fault_of, hash_password
from accounts.viewers import viewer_for
from kernel.clock import now
from kernel.db import session
from kernel.errors import GuildhallError
from kernel.events import emit
from kernel.viewer import STAFF
from kernel.work import unit_of_work


@click.group()
def admin() -> None:
    """People who run the site."""


@admin.command("create")
@click.argument("email")
@click.option("--handle", default="", help="made from the address when empty")
@click.option("--name", default="", help="display name; the handle when empty")
@click.option("--password", default="", help="made and printed when empty")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def admin_create(email: str, handle: str, name: str, password: str, *, as_json: bool) -> None:
    """Make EMAIL a confirmed member of the staff; an account that exists keeps its password unless one is given."""
    address = clean_email(email)
    if address is None:
        raise click.ClickException(f"{email} is not an e-mail address.")
    with unit_of_work() as work:
        user = work.scalar(select(User).where(User.email == address))
        made = password or ("" if user else secrets.token_urlsafe(12))
        if user is None:
            user = User(
                handle=free_handle(handle or address, otherwise="staff"),
                email=address,
                display_name=name,
                password_hash="",
            )
            user.display_name = name or user.handle
            work.add(user)
        if made:
            fault = fault_of(made, handle=user.handle, email=address)
            if fault:
                raise click.ClickException(fault)
            user.password_hash = hash_password(made)
        if user.email_confirmed_at is None:
            user.email_confirmed_at = now()
            work.flush()
            emit(PersonConfirmed(user_id=user.id))
        work.flush()
        grant_by_rule(user_id=user.id, token=STAFF)
        facts = {"id": user.id, "handle": user.handle, "email": address, "password": made or None}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    click.echo(f"Staff: @{facts['handle']} <{address}>")
    click.echo(f"Password: {made}" if made else "The password stays as it was.")


@click.group()
def token() -> None:
    """Keys for programs."""


@token.command("create")
@click.argument("email")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("read",), show_default=True)
@click.option("--name", default="command line", show_default=True)
def token_create(email: str, scopes: tuple[str, ...], name: str) -> None:
    """Print one API token that acts as the member with EMAIL."""
    with unit_of_work():
        user_id = session().scalar(select(User.id).where(User.email == (clean_email(email) or "")))
        if user_id is None:
            raise click.ClickException(f"Nobody here has the address {email}.")
        try:
            secret = create_token(viewer_for(user_id), name=name, scopes=scopes, lifetime=None)
        except GuildhallError as refusal:
            raise click.ClickException(refusal.detail) from refusal
    click.echo(secret)


COMMANDS = [admin, token]
