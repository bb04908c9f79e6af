"""The keys of the log: one secret in a file beside the data, from which every log derives its own by its origin."""

from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from ip_registry.envelopes.keys import OwnerKey
from kernel.secrets import kept_secret
from ledger.keys import Kind, Signer
from ledger.log import Log

SEED = 32


class KeyMissingError(RuntimeError):
    """A log that has signed before has lost its secret."""


def log_of(origin: str) -> Log:
    """The log of this name with what signs for it: Ed25519, and ML-DSA-44 for the day when Ed25519 is broken."""
    return Log(origin, _signers(_secret(), origin))


def registry_key(origin: str) -> OwnerKey:
    """The key with which the registry itself signs leaves: that it got a token, that a token was renewed."""
    return OwnerKey.from_seed(_seed(_secret(), origin, "leaves"), name=origin)


def make_secret() -> None:
    """Make the secret, for the first log of a site."""
    kept_secret(secret_path())


def secret_path() -> Path:
    """Where the secret lies. Whoever has it can sign for the log: keep a copy of it in a safe."""
    settings = current_app.config["SETTINGS"]
    path: Path = settings.ledger_key or settings.data / "ledger.key"
    return path


def _secret() -> str:
    path = secret_path()
    try:
        there = path.stat()
    except FileNotFoundError:
        raise KeyMissingError(
            f"{path} is missing: without the log's secret nothing can be signed. Bring it back from its safe copy, "
            "or freeze the log (guildhall registry freeze) and open a new one."
        ) from None
    return _read(path, (there.st_ino, there.st_mtime_ns, there.st_size))


@lru_cache(maxsize=8)
def _read(path: Path, _version: tuple[int, int, int]) -> str:
    """The secret as long as its file is the same one, unchanged: it is asked for at every signature."""
    return kept_secret(path)


@lru_cache(maxsize=8)
def _signers(secret: str, origin: str) -> tuple[Signer, ...]:
    return (
        Signer(origin, Kind.ED25519, _seed(secret, origin, "ed25519")),
        Signer(origin, Kind.ML_DSA_44, _seed(secret, origin, "ml-dsa-44")),
    )


@lru_cache(maxsize=32)
def _seed(secret: str, origin: str, use: str) -> bytes:
    about = f"guildhall-log/v1\n{origin}\n{use}".encode()
    return HKDF(algorithm=SHA256(), length=SEED, salt=None, info=about).derive(secret.encode())
