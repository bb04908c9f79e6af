"""RFC 3161 tokens: what they prove, checked at the time that they state and against roots that somebody chose."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from cryptography.x509.oid import NameOID
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from ip_registry.time.answers import Answer, is_named, read_answer
from ip_registry.time.chains import UNREADABLE, embedded, is_root, path_from, read_chain, signer_of
from ip_registry.time.errors import N_, TokenError, printable, refusing

__all__ = ["DEMO", "TokenError", "VerifiedToken", "verify_imprint", "verify_token"]

ALGORITHMS = ("sha256", "sha384", "sha512")
DEMO = "demo authority: for trying only"
NO_ROOT = N_("The certificates lead to no accepted root, or were not valid when the token says it was made.")


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """An authority's word: this existed at `gen_time`. The first of its certificates to end ends at `expires_at`.

    `root` is the SHA-256 fingerprint of the root that its certificates lead to, as
    `openssl x509 -fingerprint -sha256` has it, without colons.
    """

    gen_time: datetime
    authority: str
    serial: int
    expires_at: datetime
    root: str

    @property
    def is_demo(self) -> bool:
        """Whether it is the word of an authority that comes with the house, which nobody outside has to believe."""
        return DEMO in self.authority


def verify_token(token: bytes, data: bytes, chain_pem: bytes, *, at: datetime | None = None) -> VerifiedToken:
    """Check that the token is about these bytes and that its chain leads to a self-signed certificate of `chain_pem`.

    The chain has to be valid at the time that the token states; with `at`, at that moment too.
    """
    with refusing(UNREADABLE):
        return _verified(token, {name: hashlib.new(name, data).digest() for name in ALGORITHMS}, chain_pem, at)


def verify_imprint(token: bytes, imprint: bytes, chain_pem: bytes, *, at: datetime | None = None) -> VerifiedToken:
    """The same for bytes of which only the SHA-256 is known."""
    with refusing(UNREADABLE):
        return _verified(token, {"sha256": imprint}, chain_pem, at)


def _verified(token: bytes, imprints: Mapping[str, bytes], chain_pem: bytes, at: datetime | None) -> VerifiedToken:
    answer = read_answer(token)
    if answer.algorithm not in imprints:
        raise TokenError(N_("The token uses a hash that is not accepted: %(name)s."), name=answer.algorithm)
    if answer.imprint != imprints[answer.algorithm]:
        raise TokenError(N_("The token is about something else."))
    chain, inside = read_chain(chain_pem), embedded(answer)
    roots = [one for one in chain if is_root(one)]
    if not roots:
        raise TokenError(N_("The chain has no root certificate, one that signs itself."))
    signer = signer_of(answer, inside or chain)
    if not is_named(answer, signer.public_bytes(Encoding.DER)):
        raise TokenError(N_("The signature does not name the certificate that is said to have made it."))
    others = [one for one in chain if one not in roots]
    builder = VerifierBuilder(roots=roots, intermediates=others, tsa_certificate=None if inside else signer)
    facts = _checked(answer, builder).tst_info
    path = path_from(signer, [*roots, *others, *inside])
    if path[-1] not in roots:
        raise TokenError(NO_ROOT)
    expires_at = min(one.not_valid_after_utc for one in path)
    if at is not None and at > expires_at:
        raise TokenError(N_("A certificate of the authority ended on %(day)s."), day=expires_at.date().isoformat())
    root = path[-1].fingerprint(SHA256()).hex()
    return VerifiedToken(facts.gen_time, _name(signer), facts.serial_number, expires_at, root)


def _checked(answer: Answer, builder: VerifierBuilder) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(answer.normal)
        builder.build().verify(response, answer.imprint)
    except (VerificationError, ValueError) as error:
        said = str(error)
        if "certificate verify error" in said:
            raise TokenError(NO_ROOT) from error
        if "EKU" in said:
            raise TokenError(N_("The certificate is not made for time stamps.")) from error
        raise TokenError(N_("The signature of the token is false.")) from error
    return response


def _name(certificate: Certificate) -> str:
    """Who it is, by common name and organisation."""
    names = [
        printable(str(attribute.value))
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        for attribute in certificate.subject.get_attributes_for_oid(oid)
    ]
    return " · ".join(dict.fromkeys(names)) or certificate.subject.rfc4514_string()
