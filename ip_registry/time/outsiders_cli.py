"""A command for operators: whether those outside answer, and with what."""

import hashlib
import secrets

import click

from ip_registry.keys import log_of
from ip_registry.logs import current_log
from ip_registry.time.asking import ask
from ip_registry.time.authorities import Authority
from ip_registry.time.configured import configured_authorities
from ip_registry.time.errors import AskingError, TokenError
from ip_registry.time.watching import witness_states
from ip_registry.witnesses import configured_witnesses
from kernel.clock import now
from kernel.work import reading


@click.group()
def registry() -> None:
    """The registry's log."""


@registry.command()
def outsiders() -> None:
    """Ask every time authority for a token about nothing, and every witness how far it is; exit 1 if one fails."""
    authorities, witnesses = configured_authorities(), configured_witnesses()
    if not authorities and not witnesses:
        raise click.ClickException("Neither GUILDHALL_TSA_URLS nor GUILDHALL_WITNESSES names anybody.")
    answers = [_try_authority(authority) for authority in authorities]
    with reading() as work:
        here = current_log(work)
        origin, size = (here.origin, here.size) if here is not None else ("", 0)
    keys = [signer.verifier for signer in log_of(origin).signers] if origin else []
    seen = witness_states(origin, keys, witnesses)
    for name in dict.fromkeys(witness.name for witness in witnesses):
        answers.append(name in seen)
        how_far = f"has seen {seen[name].size} of {size} entries" if name in seen else "does not show this log"
        click.echo(f"{_mark(is_good=name in seen)} {name}: {how_far}")
    raise SystemExit(0 if all(answers) else 1)


def _try_authority(authority: Authority) -> bool:
    asked_at = now()
    try:
        stamp = ask(authority, hashlib.sha256(secrets.token_bytes(32)).digest())
    except (AskingError, TokenError, OSError) as error:
        click.echo(f"{_mark(is_good=False)} {authority.url}: {error}")
        return False
    said = stamp.verified
    off = abs((said.gen_time - asked_at).total_seconds())
    chain = "laid down" if authority.chain is not None else "as the authority delivers it"
    click.echo(
        f"{_mark(is_good=True)} {authority.url}: {said.authority}, {off:.0f} s off our clock, "
        f"chain until {said.expires_at.date().isoformat()}, {chain}"
    )
    return True


def _mark(*, is_good: bool) -> str:
    return "ok  " if is_good else "fail"


COMMANDS = [registry]
