"""A witness on the network, for a partner institution: the standard library's server, to stand behind a proxy."""

import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ledger.witnesses.calls import PATH, Reply
from ledger.witnesses.witness import Witness

MOST_BYTES = 400_000
PATIENCE = 10
_CHECKPOINT = re.compile(r"/([0-9a-f]{64})/checkpoint\Z")
_LENGTH = re.compile(r"[0-9]{1,9}\Z")


def serve_witness(witness: Witness, *, host: str, port: int) -> ThreadingHTTPServer:
    """A server that listens already; the caller runs `serve_forever` and `shutdown`. Port 0 takes a free one."""
    return _Server(witness, (host, port))


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, witness: Witness, address: tuple[str, int]) -> None:
        self.witness = witness
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "guildhall-witness"
    sys_version = ""
    timeout = PATIENCE

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != PATH:
            self._refuse(404, "There is nothing here.")
        elif not _LENGTH.match(length):
            self._refuse(411, "How long is it?")
        elif int(length) > MOST_BYTES:
            self._refuse(413, "That is too long.")
        else:
            self._answer(self.server.witness.add_checkpoint(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        found = _CHECKPOINT.match(self.path)
        self._answer(self.server.witness.checkpoint(found[1]) if found else Reply(404, b"There is nothing here.\n"))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the server's
        """The proxy keeps the log of requests."""

    def _refuse(self, status: int, reason: str) -> None:
        """Answer without reading what was sent, so that nothing can be read after it."""
        self.close_connection = True
        self._answer(Reply(status, f"{reason}\n".encode()))

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)
