"""A browser and its push service: it keeps what it was sent, and opens it as only that browser can."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from accounts.models import UserSession
from accounts.viewers import viewer_of_session
from activity.models import PushSubscription
from activity.push.sealing import Browser, padless
from activity.push.subscribing import push_to
from kernel.work import unit_of_work


@dataclass
class Service:
    """What came, in order; `status` is what it answers."""

    url: str = ""
    status: int = 201
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def browser(self, endpoint: str = "") -> Browser:
        """The browser as it names itself."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return Browser(endpoint or f"{self.url}/to/one", padless(point), padless(self.auth))

    def told(self) -> list[dict[str, Any]]:
        """What the browser reads."""
        return [
            json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth))
            for _headers, body in self.came
        ]


@contextmanager
def push_service() -> Iterator[Service]:
    """One on this machine, for as long as the block lasts."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(service.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}"
        yield service
        server.shutdown()
        thread.join()


def subscribed(row: UserSession, browser: Browser) -> PushSubscription:
    """Whoever this session is of lets this browser be told."""
    opened = viewer_of_session(row.token_hash)
    assert opened is not None
    with unit_of_work():
        return push_to(opened.viewer, browser)
