"""Whom the site asks what time it is: `GUILDHALL_TSA_URLS`, `url` or `url|/path/to/chain.pem`, blanks between them.

A blank in a path is written %20, as in an address.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ip_registry.time.chains import delivered_chain, is_root, read_chain


@dataclass(frozen=True, slots=True)
class Authority:
    """One authority. Its `url` is stored and shown, so its name and password are kept out of it."""

    url: str
    chain: Path | None = None
    credentials: str = field(default="", repr=False)

    def chain_for(self, token: bytes) -> bytes:
        """What a token of it is checked against: the chain that was laid down, else the one that it delivers itself."""
        return self.chain.read_bytes() if self.chain is not None else delivered_chain(token)


def parse_authorities(text: str) -> tuple[Authority, ...]:
    """The authorities of the setting; a mistake in it stops the start and says what is wrong."""
    found = [_authority(entry) for entry in re.split(r"[\s;]+", text) if entry]
    if len({authority.url for authority in found}) < len(found):
        raise ValueError("GUILDHALL_TSA_URLS names an authority twice")
    return tuple(found)


def _authority(entry: str) -> Authority:
    address, _, path = entry.partition("|")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"GUILDHALL_TSA_URLS: not an http(s) address: {address.rpartition('@')[2]}")
    chain = Path(unquote(path)) if path else None
    if chain is not None and not any(map(is_root, read_chain(chain.read_bytes()))):
        raise ValueError(f"GUILDHALL_TSA_URLS: {chain} has no root certificate, one that signs itself")
    host = parts.netloc.rpartition("@")[2]
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Authority(parts._replace(netloc=host).geturl(), chain, credentials)
