"""Commands of outsiders: a witness for a partner institution, and the demo authority. They need no site."""

import secrets
from collections.abc import Sequence
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import click

from ip_registry.time import demo
from kernel.clock import now
from ledger.errors import LedgerError
from ledger.keys import SEED_SIZE, Kind, Signer, parse_signer, parse_vkey
from ledger.policies import policy_of
from ledger.witnesses import Witness, create_memory, serve_witness

LOCAL = "127.0.0.1"
KINDS = (Kind.ED25519_COSIGNATURE, Kind.ML_DSA_44)


@click.command()
@click.option("--listen", required=True, metavar="HOST:PORT", help="where it listens; put a proxy with https before it")
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="its key and its memory")
@click.option("--log", "vkeys", required=True, multiple=True, metavar="VKEY", help="a key of a log that it watches")
@click.option("--name", help="its name, as a host name; asked for once, when its key is made")
def witness(listen: str, folder: Path, vkeys: tuple[str, ...], name: str | None) -> None:
    """Watch a log for others: cosign each of its checkpoints that continues the one before.

    Give the printed keys to whoever runs the log. Keep its memory: a witness that forgets is none.
    """
    host, port = _address(listen)
    try:
        signers = _witness_keys(folder, name)
        policy = policy_of(log=[parse_vkey(vkey) for vkey in vkeys], witnesses={}, threshold=0)
        seeing = Witness(_memory(folder), policy=policy, signers=signers, clock=lambda: int(now().timestamp()))
    except LedgerError as error:
        raise click.ClickException(str(error)) from error
    for signer in signers:
        click.echo(str(signer.verifier))
    server = serve_witness(seeing, host=host, port=port)
    click.echo(f"It listens at http://{host}:{server.server_port}")
    _run(server)


@click.command()
@click.option("--listen", default=f"{LOCAL}:8318", show_default=True, metavar="HOST:PORT")
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path), help="its keys")
def tsa(listen: str, folder: Path) -> None:
    """Run a demo authority for trying out time stamps. It proves nothing to anybody, and its tokens say so."""
    if not demo.is_possible():
        raise click.ClickException("The demo authority needs openssl, which was not found.")
    host, port = _address(listen)
    server = demo.serve_demo(folder, host=host, port=port)
    click.echo(f"GUILDHALL_TSA_URLS=http://{host}:{server.server_port}/|{quote(str(folder.resolve() / demo.CHAIN))}")
    _run(server)


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise click.ClickException("--listen is a host and a port, as in 127.0.0.1:8400")
    return host.strip("[]"), int(port)


def _witness_keys(folder: Path, name: str | None) -> Sequence[Signer]:
    """The keys in the folder, of both types; made when there are none, and with them the empty memory."""
    path = folder / "witness.keys"
    if not path.exists():
        if not name:
            raise click.ClickException("A new witness needs a --name, as a host name: witness.example.org")
        folder.mkdir(parents=True, exist_ok=True)
        made = [
            Signer(name, kind, secrets.token_bytes(SEED_SIZE)) for kind in (Kind.ED25519_COSIGNATURE, Kind.ML_DSA_44)
        ]
        create_memory(_memory(folder))
        path.touch(mode=0o600)
        path.write_text("".join(f"{signer.secret}\n" for signer in made))
    return [parse_signer(line) for line in path.read_text().splitlines()]


def _memory(folder: Path) -> Path:
    return folder / "witness.sqlite"


def _run(server: ThreadingHTTPServer) -> None:
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Stopped.")
    finally:
        server.server_close()


COMMANDS = [witness, tsa]
