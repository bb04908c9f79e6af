"""The witnesses that watch the log, as the operator configured them."""

from functools import lru_cache

from flask import current_app

from ledger.keys import parse_vkey
from ledger.policies import KnownWitness


def configured_witnesses() -> tuple[KnownWitness, ...]:
    """Every witness of GUILDHALL_WITNESSES: its verifier key, a blank, its address; a semicolon between two."""
    return _parse(current_app.config["SETTINGS"].witnesses)


@lru_cache(maxsize=8)
def _parse(text: str) -> tuple[KnownWitness, ...]:
    found = []
    for one in text.split(";"):
        if one.strip():
            vkey, _, url = one.strip().partition(" ")
            verifier = parse_vkey(vkey)
            found.append(KnownWitness(verifier.name, verifier, url.strip()))
    return tuple(found)
