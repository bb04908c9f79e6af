"""A time stamping authority for trying the registry out: openssl behind a small server, with keys made on the spot.

It proves nothing to anybody, since whoever runs the site runs it too. Its name says so in every token, and so do the
pages that show one.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ip_registry.time.http import LARGEST_ANSWER
from ip_registry.time.tokens import DEMO
from kernel.clock import now

QUERY = "application/timestamp-query"
REPLY = "application/timestamp-reply"
CHAIN = "chain.pem"
PATIENCE = 10
LIFE = timedelta(days=3650)

CONFIG = """\
[tsa]
default_tsa = demo
[demo]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def is_possible() -> bool:
    """Whether openssl is there, which signs the tokens."""
    return shutil.which("openssl") is not None


def serve_demo(folder: Path, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server that listens already; the caller runs `serve_forever` and `shutdown`. Port 0 takes a free one."""
    prepare(folder)
    return _Server(folder, (host, port))


def prepare(folder: Path) -> Path:
    """Make the keys of the authority where there are none; returns the file of its chain."""
    chain = folder / CHAIN
    if not chain.exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "openssl.cnf").write_text(CONFIG.format(folder=folder.resolve()))
        (folder / "serial").write_text("01\n")
        root_key, tsa_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate("Guildhall demo root: for trying only", root_key, issuer=None, issuer_key=root_key)
        tsa = _certificate(f"Guildhall {DEMO}", tsa_key, issuer=root, issuer_key=root_key)
        secret = folder / "tsa.key"
        secret.touch(mode=0o600)
        secret.write_bytes(tsa_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "tsa.pem").write_bytes(tsa.public_bytes(Encoding.PEM))
        chain.write_bytes(root.public_bytes(Encoding.PEM))
    return chain


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage: Sequence[tuple[x509.ExtensionType, bool]] = (
        [(x509.BasicConstraints(ca=True, path_length=0), True)]
        if issuer is None
        else [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(hours=1))
        .not_valid_after(now() + LIFE)
    )
    for extension, is_critical in usage:
        builder = builder.add_extension(extension, critical=is_critical)
    return builder.sign(issuer_key, SHA256())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path, address: tuple[str, int]) -> None:
        self.folder = folder
        self.alone = Lock()  # openssl counts its serial numbers in a file
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "guildhall-demo-authority"
    sys_version = ""
    timeout = PATIENCE

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if self.headers.get_content_type() != QUERY or not 0 < length <= LARGEST_ANSWER:
            self.send_error(400)
            return
        reply = _reply(self.server, self.rfile.read(length))
        self.send_response(200)
        self.send_header("Content-Type", REPLY)
        self.send_header("Content-Length", str(len(reply)))
        self.end_headers()
        self.wfile.write(reply)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the server's
        """Say nothing: it is asked every few moments."""


def _reply(server: _Server, query: bytes) -> bytes:
    """What openssl answers; a question that it cannot read gets a refusal in the same form."""
    with tempfile.NamedTemporaryFile() as file, server.alone:
        file.write(query)
        file.flush()
        command = ["openssl", "ts", "-reply", "-config", str(server.folder / "openssl.cnf"), "-queryfile", file.name]
        done = subprocess.run(command, capture_output=True, check=False, timeout=PATIENCE)  # noqa: S603 - our own command
    return done.stdout
