"""Time authorities to test with: one that states any time and makes any mistake, and a server for whatever answers."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kernel.clock import now

DAY = timedelta(days=1)


@dataclass
class Maker:
    """An authority whose root and certificate are made for the test; `at` and the rest are what its tokens say."""

    name: str = "Test authority"
    begins: datetime = field(default_factory=lambda: now() - 10 * DAY)
    ends: datetime = field(default_factory=lambda: now() + 1000 * DAY)
    off: timedelta = timedelta()
    usage: Any = ExtendedKeyUsageOID.TIME_STAMPING
    is_unsorted: bool = False
    with_certificates: bool = True
    with_root: bool = False
    names_signer: bool = True
    serial: int = 0

    def __post_init__(self) -> None:
        self.root_key, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self._certificate(f"{self.name} root", self.root_key, None)
        self.certificate = self._certificate(self.name, self.key, self.root)

    @property
    def chain(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    def answer(self, query: bytes, *, at: datetime | None = None) -> bytes:
        """A response to a query."""
        asked = tsp.TimeStampReq.load(query)
        return self.token(
            asked["message_imprint"]["hashed_message"].native,
            algorithm=asked["message_imprint"]["hash_algorithm"]["algorithm"].native,
            nonce=asked["nonce"].native,
            at=at,
        )

    def token(
        self, imprint: bytes, *, algorithm: str = "sha256", nonce: int | None = None, at: datetime | None = None
    ) -> bytes:
        """A response about a hash."""
        self.serial += 1
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": imprint},
                "serial_number": self.serial,
                "gen_time": ((at or now()) + self.off).astimezone(UTC).replace(microsecond=0),
                **({} if nonce is None else {"nonce": nonce}),
            }
        ).dump()
        der = self.certificate.public_bytes(Encoding.DER)
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
                "signer_infos": [self._signer(info, der)],
                **({"certificates": self._certificates(der)} if self.with_certificates else {}),
            }
        )
        content = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        response = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": content}).dump()
        return _swap_certificates(response) if self.is_unsorted else response

    def _signer(self, info: bytes, der: bytes) -> cms.SignerInfo:
        named = {"hash_algorithm": {"algorithm": "sha256"}, "cert_hash": hashlib.sha256(der).digest()}
        attributes = [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(info).digest()]}),
        ]
        if self.names_signer:
            attributes.append(
                cms.CMSAttribute(
                    {"type": "signing_certificate_v2", "values": [tsp.SigningCertificateV2({"certs": [named]})]}
                )
            )
        signed = cms.CMSAttributes(attributes)
        whose = asn1_x509.Certificate.load(der)
        return cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    name="issuer_and_serial_number",
                    value={"issuer": whose.issuer, "serial_number": whose.serial_number},
                ),
                "digest_algorithm": {"algorithm": "sha256"},
                "signed_attrs": signed,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signature": self.key.sign(cms.CMSAttributes(attributes).dump(), ec.ECDSA(SHA256())),
            }
        )

    def _certificates(self, der: bytes) -> cms.CertificateSet:
        ders = [der, self.root.public_bytes(Encoding.DER)] if self.with_root or self.is_unsorted else [der]
        return cms.CertificateSet(
            [cms.CertificateChoices(name="certificate", value=asn1_x509.Certificate.load(one)) for one in ders]
        )

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate | None
    ) -> x509.Certificate:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self.begins)
            .not_valid_after(self.ends if issuer else self.ends + 100 * DAY)
            .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        )
        if issuer:
            builder = builder.add_extension(x509.ExtendedKeyUsage([self.usage]), critical=True)
        return builder.sign(self.root_key, SHA256())


def _swap_certificates(response: bytes) -> bytes:
    """The certificates in the order that DER does not allow; both are there."""
    parsed = tsp.TimeStampResp.load(response)
    first, second = (one.chosen.dump() for one in parsed["time_stamp_token"]["content"]["certificates"])
    assert first + second in response
    return response.replace(first + second, second + first)


def maker_whose_root_ends_in_a_zero_bit() -> Maker:
    """Its root's signature can be said to have a bit fewer without another bit of it changing."""
    while True:
        maker = Maker()
        if not maker.root.signature[-1] & 1:
            return maker


@contextmanager
def listening(
    answer: Callable[[bytes], bytes | tuple[int, bytes]], *, content_type: str = "application/timestamp-reply"
) -> Iterator[str]:
    """A server on this machine that answers every POST so; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found = answer(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = found if isinstance(found, tuple) else (200, found)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
