"""Certificates: from the one that signed a token up to a root that signs itself."""

import ssl
import warnings
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificates

from ip_registry.time.answers import Answer, read_answer
from ip_registry.time.errors import N_, TokenError, refusing

LONGEST_CHAIN = 10
UNREADABLE = N_("The chain of certificates cannot be read.")


def read_chain(chain: bytes) -> list[Certificate]:
    """The certificates of a PEM file, or the one of a DER file."""
    with refusing(UNREADABLE):
        return load_pem_x509_certificates(chain) if b"-----BEGIN" in chain else [load_der_x509_certificate(chain)]


def delivered_chain(token: bytes) -> bytes:
    """The chain as the authority delivers it inside its token, in PEM; a root may be one that this machine trusts.

    Whoever accepts it trusts the authority's first word about itself. A chain that an operator has laid down is better.
    """
    answer = read_answer(token)
    pool = embedded(answer)
    with refusing(UNREADABLE):
        path = path_from(signer_of(answer, pool), [*pool, *machine_roots()])
    if not is_root(path[-1]):
        raise TokenError(N_("The authority does not deliver its root certificate: lay down its chain in a file."))
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in path)


def embedded(answer: Answer) -> list[Certificate]:
    """The certificates inside a token. Nothing signs this set: anybody may have put in more."""
    with refusing(UNREADABLE):
        return [load_der_x509_certificate(der) for der in answer.certificates]


def signer_of(answer: Answer, pool: Iterable[Certificate]) -> Certificate:
    """The certificate that the signed part of the token names."""
    for certificate in pool:
        if certificate.serial_number == answer.serial and certificate.issuer.public_bytes() == answer.issuer:
            return certificate
    raise TokenError(N_("The certificate that signed the token is neither in it nor in the chain."))


def path_from(signer: Certificate, pool: Sequence[Certificate]) -> list[Certificate]:
    """The signer, who issued it, and so on up to a root, as far as the pool reaches."""
    path = [signer]
    while not is_root(path[-1]) and len(path) < LONGEST_CHAIN:
        issuer = next((one for one in pool if one not in path and _issued(one, path[-1])), None)
        if issuer is None:
            break
        path.append(issuer)
    return path


def is_root(certificate: Certificate) -> bool:
    """Whether it signs itself."""
    return _issued(certificate, certificate)


def machine_roots() -> list[Certificate]:
    """The roots that this machine trusts for the web: those of many authorities are among them."""
    ders = ssl.create_default_context().get_ca_certs(binary_form=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # some old roots have odd serial numbers
        return [load_der_x509_certificate(der) for der in ders]


def _issued(issuer: Certificate, certificate: Certificate) -> bool:
    try:
        if issuer.subject != certificate.issuer:
            return False
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return _is_of_whole_bytes(certificate)


def _is_of_whole_bytes(certificate: Certificate) -> bool:
    """Whether its signature says that none of its bits are spare.

    No signature covers that number, so other numbers would give one certificate many fingerprints.
    """
    return certificate.public_bytes(Encoding.DER).endswith(b"\0" + certificate.signature)
