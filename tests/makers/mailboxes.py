"""A mailbox over IMAP for tests: as much of the protocol as reading new mail takes."""

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Mailbox:
    """What lies in the box, by number, and which of it was read."""

    def __init__(self, *messages: bytes) -> None:
        self.messages = dict(enumerate(messages, 1))
        self.seen: set[int] = set()
        self.sizes: dict[int, int] = {}
        self.fetched: list[int] = []

    def answer(self, verb: str, words: str) -> bytes:
        """The untagged part of the answer to a command."""
        number = int(found[1]) if (found := re.search(r"(?:FETCH|STORE) (\d+)", words)) else 0
        if verb == "SEARCH":
            new = " ".join(str(key) for key in self.messages if key not in self.seen)
            return f"* SEARCH {new}\r\n".encode()
        if verb == "STORE":
            self.seen.add(number)
            return f"* {number} FETCH (UID {number} FLAGS (\\Seen))\r\n".encode()
        if "RFC822.SIZE" in words:
            size = self.sizes.get(number, len(self.messages[number]))
            return f"* {number} FETCH (UID {number} RFC822.SIZE {size})\r\n".encode()
        self.fetched.append(number)
        raw = self.messages[number]
        return f"* {number} FETCH (UID {number} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


@contextmanager
def mailbox_server(box: Mailbox) -> Iterator[int]:
    """Serve the box on a free port, to `lin` with the password `p@ss`."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"* OK ready\r\n")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                verb = command.split(" ")[1 if command.startswith("UID") else 0].upper()
                fits = verb != "LOGIN" or command.split(" ", 1)[1].replace('"', "") == "lin p@ss"
                out = b""
                if verb == "CAPABILITY":
                    out = b"* CAPABILITY IMAP4rev1\r\n"
                elif verb == "SELECT":
                    out = f"* {len(box.messages)} EXISTS\r\n".encode()
                elif verb in {"SEARCH", "FETCH", "STORE"}:
                    out = box.answer(verb, command)
                self.wfile.write(out + f"{tag} {'OK' if fits else 'NO'} done\r\n".encode())
                if verb == "LOGOUT":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
