"""A calendar of OpenTimestamps to test with: it gathers what it is given, and has blocks when the test says so."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentimestamps.core.notary import BitcoinBlockHeaderAttestation, PendingAttestation
from opentimestamps.core.op import OpAppend, OpPrepend, OpSHA256
from opentimestamps.core.serialize import BytesSerializationContext
from opentimestamps.core.timestamp import Timestamp


@dataclass
class Calendar:
    """`block` is the height that it answers with from then on; `given` and `asked` are the hashes that it saw."""

    url: str = ""
    name: str = ""
    block: int | None = None
    status: int = 200
    garbage: bytes | None = None
    given: list[bytes] = field(default_factory=list)
    asked: list[bytes] = field(default_factory=list)

    def submit(self, digest: bytes) -> bytes:
        """The commitment, with a promise to know more later."""
        self.given.append(digest)
        stamp = Timestamp(digest)
        leaf = stamp.ops.add(OpAppend(os.urandom(16))).ops.add(OpSHA256())
        leaf.attestations.add(PendingAttestation(self.name or self.url))
        return self.garbage if self.garbage is not None else _bytes_of(stamp)

    def upgrade(self, commitment: bytes) -> bytes | None:
        """The way from a commitment to the block, if there is one."""
        self.asked.append(commitment)
        if self.block is None:
            return None
        stamp = Timestamp(commitment)
        root = stamp.ops.add(OpPrepend(b"\x01" * 32)).ops.add(OpSHA256()).ops.add(OpSHA256())
        root.attestations.add(BitcoinBlockHeaderAttestation(self.block))
        return self.garbage if self.garbage is not None else _bytes_of(stamp)


@contextmanager
def calendar() -> Iterator[Calendar]:
    """A calendar that listens on this machine."""
    here = Calendar()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/digest"
            self._answer(here.submit(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            prefix, _, digest = self.path.rpartition("/")
            assert prefix == "/timestamp"
            self._answer(here.upgrade(bytes.fromhex(digest)))

        def _answer(self, body: bytes | None) -> None:
            self.send_response(404 if body is None else here.status)
            self.end_headers()
            self.wfile.write(body or b"Pending confirmation in Bitcoin blockchain")

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    here.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bytes_of(stamp: Timestamp) -> bytes:
    context = BytesSerializationContext()
    stamp.serialize(context)
    return bytes(context.getbytes())
