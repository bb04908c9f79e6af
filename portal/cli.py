"""Commands about mail: bringing it in, looking at it, and seeing whether it gets out."""

import json
import os
import sys
from typing import Any

import click
from click.exceptions import Exit
from flask import current_app
from sqlalchemy import func, select

from kernel.clock import now
from kernel.db import session
from kernel.mail import Mail, delivery, inbox
from kernel.mail.addresses import is_nobodys
from kernel.mail.incoming import LARGEST, IncomingMail, receive
from kernel.mail.letters import envelope_sender, letter
from kernel.mail.line import Letter, Line
from kernel.mail.outbox import whole
from kernel.work import reading, unit_of_work


class ForMailServer(click.Command):
    """A command that ends with a status of sysexits.h, whatever happens.

    A mail server takes any other for a no, and sends the mail back. What fails without a verdict on the mail — a wrong
    option or setting, no database, a full disk, a fault of ours — is therefore 75: the server keeps it.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As always, but for what a wrong option ends with."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            raise _later(error.format_message()) from error

    def invoke(self, ctx: click.Context) -> Any:
        """As always, but for what a failure ends with: the making of the application lies in here as well."""
        try:
            return super().invoke(ctx)
        except Exit:
            raise
        except click.ClickException as error:
            raise _later(error.format_message()) from error
        except Exception as error:
            raise _later(f"{type(error).__name__}: {getattr(error, 'orig', error)}") from error
        except SystemExit as end:
            if isinstance(end.code, int):
                raise
            raise _later(str(end.code)) from end


def _later(words: str) -> SystemExit:
    click.echo(f"Try again later: {words}", err=True)
    return SystemExit(os.EX_TEMPFAIL)


@click.group()
def mail() -> None:
    """Mail: what goes out and what comes in."""


@mail.command("receive", cls=ForMailServer)
@click.option("--to", default="", help="the address it was sent to, as the mail server knows it")
def receive_command(to: str) -> None:
    """Take one raw message from the standard input, for a mail server's pipe.

    Its exit status is one of sysexits.h: 0 taken, 65 no message or too large, 67 an address that was never given out,
    75 keep it and try again later.
    """
    if not current_app.config["MAIL_REPLY_ADDRESS"]:
        raise click.ClickException("GUILDHALL_MAIL_REPLY_ADDRESS is not set.")
    if is_nobodys(to):
        click.echo("Nobody has this address.", err=True)
        raise SystemExit(os.EX_NOUSER)
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        with unit_of_work():
            receive(raw, to=to)
    except ValueError as refusal:
        click.echo(str(refusal), err=True)
        raise SystemExit(os.EX_DATAERR) from None


@mail.command("status")
@click.option("--json", "as_json", is_flag=True, help="for programs")
def status_command(*, as_json: bool) -> None:
    """How much mail is in which state, and since when the oldest waits."""
    with reading():
        counted = session().execute(select(Mail.state, func.count()).group_by(Mail.state))
        out = {row.state: row[1] for row in counted}
        oldest = session().scalar(select(func.min(Mail.created_at)).where(Mail.state == "waiting"))
        came = select(IncomingMail.outcome, func.count()).group_by(IncomingMail.outcome)
        into = {outcome or "waiting": count for outcome, count in session().execute(came)}
    waits = int((now() - oldest).total_seconds()) if oldest else 0
    if as_json:
        click.echo(json.dumps({"out": out, "oldest_waits_seconds": waits, "in": into}))
        return
    click.echo("Out: " + (", ".join(f"{count} {state}" for state, count in sorted(out.items())) or "nothing"))
    click.echo("In:  " + (", ".join(f"{count} {outcome}" for outcome, count in sorted(into.items())) or "nothing"))
    if waits:
        click.echo(f"The oldest has waited for {waits} s.")


@mail.command("show")
@click.argument("mail_id", type=int, required=False)
def show_command(mail_id: int | None) -> None:
    """Print a mail of the outbox in whole, with the secrets that its page hides; without MAIL_ID the newest."""
    with reading():
        newest = select(Mail).order_by(Mail.id.desc()).limit(1)
        found = session().scalar(newest if mail_id is None else newest.where(Mail.id == mail_id))
        if found is None:
            raise click.ClickException("There is no mail." if mail_id is None else f"There is no mail {mail_id}.")
        click.echo(f"To: {found.recipient}\nSubject: {found.subject}\nState: {found.state} {found.reason}\n")
        click.echo(whole(found, found.body))


@mail.command("test")
@click.argument("address")
def test_command(address: str) -> None:
    """Send one mail to ADDRESS now, past the queue, and say what the server says."""
    url = current_app.config["MAIL_URL"]
    if not url:
        raise click.ClickException("No mail server is named: set GUILDHALL_MAIL_URL.")
    made = Mail(
        id=0, recipient=address, subject="Guildhall", body="This mail arrived.\n", kind="account", state="waiting",
        created_at=now(), headers={}, place="", reply_ref="", html="", message_key=os.urandom(11).hex(),
    )  # fmt: skip
    message = letter(made)
    with Line(url) as line:
        outcome = line.hand_over(Letter(0, message, envelope_sender(made, message), address))
    click.echo(f"{outcome.became}: {outcome.words}" if outcome.words else "The server took it.")
    if outcome.became != "sent":
        raise SystemExit(1)


@mail.command("deliver")
def deliver_command() -> None:
    """Hand over what waits and look into the mailbox once, as the worker does all the time."""
    with unit_of_work():
        delivery.deliver_due()
    with unit_of_work():
        inbox.look_into_inbox()


COMMANDS = [mail]
