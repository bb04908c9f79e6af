"""What an authority's answer holds, read before anything of it is believed."""

import hashlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms, core, tsp

from ip_registry.time.errors import N_, TokenError, refusing

LARGEST = 64 * 1024
GRANTED = ("granted", "granted_with_mods")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with a token in it.

    `normal` is the answer in strict DER: many authorities do not sort their certificates, which no signature covers.
    It is what is verified; what is kept is always what was received.
    """

    normal: bytes
    algorithm: str
    imprint: bytes
    nonce: int | None
    issuer: bytes
    serial: int
    certificates: tuple[bytes, ...]
    signer_hashes: tuple[tuple[str, bytes], ...]


def read_answer(token: bytes) -> Answer:
    """Take apart a response (`.tsr`) or a bare token."""
    if len(token) > LARGEST:
        raise TokenError(N_("The token is larger than %(most)s bytes."), most=LARGEST)
    with refusing(N_("These bytes are not a time stamp.")):
        return _answer(token)


def _answer(token: bytes) -> Answer:
    content = _token_of(token)
    signed = content["content"]
    if content["content_type"].native != "signed_data" or len(signed["signer_infos"]) != 1:
        raise TokenError(N_("A time stamp has exactly one signer."))
    signer = signed["signer_infos"][0]
    if signer["sid"].name != "issuer_and_serial_number":
        raise TokenError(N_("The token names its signer in a way that is not supported."))
    facts = signed["encap_content_info"]["content"].parsed
    certificates = [choice for choice in signed["certificates"] or () if choice.name == "certificate"]
    if certificates:
        signed["certificates"] = cms.CertificateSet(certificates)
    granted = tsp.PKIStatusInfo({"status": "granted"})
    return Answer(
        normal=tsp.TimeStampResp({"status": granted, "time_stamp_token": content}).dump(),
        algorithm=facts["message_imprint"]["hash_algorithm"]["algorithm"].native,
        imprint=facts["message_imprint"]["hashed_message"].native,
        nonce=facts["nonce"].native,
        issuer=signer["sid"].chosen["issuer"].dump(),
        serial=signer["sid"].chosen["serial_number"].native,
        certificates=tuple(choice.chosen.dump() for choice in certificates),
        signer_hashes=tuple(_signer_hashes(signer)),
    )


def _token_of(token: bytes) -> Any:
    """The token in a response; one that says no has none."""
    parts = core.Sequence.load(token, strict=True)
    if isinstance(parts[0], core.ObjectIdentifier):
        return cms.ContentInfo.load(token, strict=True)
    info = tsp.PKIStatusInfo.load(parts[0].dump(), strict=True)
    status = info["status"].native
    if status not in GRANTED:
        raise TokenError(N_("The authority refused: %(status)s."), status=_why(info, status))
    return cms.ContentInfo.load(parts[1].dump(), strict=True)


def _why(status: Any, word: str) -> str:
    said = "; ".join(status["status_string"].native or [])
    return f"{word} ({said[:200]})" if said else word


def _signer_hashes(signer: Any) -> list[tuple[str, bytes]]:
    """By which hashes of its certificate the signature names its signer, so that no other certificate can stand in."""
    hashes = []
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native == "signing_certificate":
            hashes.append(("sha1", attribute["values"][0]["certs"][0]["cert_hash"].native))
        if attribute["type"].native == "signing_certificate_v2":
            named = attribute["values"][0]["certs"][0]
            hashes.append((named["hash_algorithm"]["algorithm"].native, named["cert_hash"].native))
    return hashes


def is_named(answer: Answer, certificate: bytes) -> bool:
    """Whether the signature is by this certificate, as every hash of it in the signed part says."""
    return bool(answer.signer_hashes) and all(
        algorithm in hashlib.algorithms_guaranteed and hashlib.new(algorithm, certificate).digest() == digest
        for algorithm, digest in answer.signer_hashes
    )
