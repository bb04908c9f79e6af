"""Asking an authority for a token."""

import hashlib
import secrets
from dataclasses import dataclass

from asn1crypto import tsp

from ip_registry.time.answers import read_answer
from ip_registry.time.authorities import Authority
from ip_registry.time.errors import N_, AskingError, TokenError
from ip_registry.time.http import SECONDS, exchange
from ip_registry.time.tokens import VerifiedToken, verify_imprint

OK = 200
NONCE_BITS = 63


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token as it was received, the chain that it was verified against, and what it says."""

    token: bytes
    chain_pem: bytes
    verified: VerifiedToken


def request_token(authority: Authority | str, data: bytes, *, seconds: float = SECONDS) -> bytes:
    """The authority's answer about these bytes, unverified but for being an answer to this very question."""
    return request_imprint(authority, hashlib.sha256(data).digest(), seconds=seconds)


def request_imprint(authority: Authority | str, imprint: bytes, *, seconds: float = SECONDS) -> bytes:
    """The same for bytes of which only the SHA-256 is known."""
    whom = Authority(authority) if isinstance(authority, str) else authority
    nonce = secrets.randbits(NONCE_BITS) | 1
    reply = exchange(
        whom.url,
        question(imprint, nonce),
        content_type="application/timestamp-query",
        credentials=whom.credentials,
        seconds=seconds,
    )
    if reply.status != OK:
        raise AskingError(f"the authority answered with status {reply.status}")
    if read_answer(reply.body).nonce != nonce:
        raise TokenError(N_("The answer is not to the question that was asked."))
    return reply.body


def ask(authority: Authority, imprint: bytes) -> Stamp:
    """A verified token about a SHA-256."""
    token = request_imprint(authority, imprint)
    chain_pem = authority.chain_for(token)
    return Stamp(token, chain_pem, verify_imprint(token, imprint, chain_pem))


def question(imprint: bytes, nonce: int) -> bytes:
    """A request for a token with the authority's certificates in it: without them nobody could verify it later."""
    made: bytes = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": imprint},
            "nonce": nonce,
            "cert_req": True,
        }
    ).dump()
    return made
