"""The one way in which the house speaks HTTP to other servers: briefly, modestly, and to nobody within its walls."""

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import SHUT_RDWR, SOCK_STREAM, create_connection, getaddrinfo, socket
from threading import BoundedSemaphore, Event, Thread
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

SECONDS = 10.0
AGAIN_SECONDS = 0.05
MOST_LOOKUPS = 32  # names at once; what looks up a name cannot be stopped, only waited for no longer
LARGEST_ANSWER = 64 * 1024
LONGEST_URL = 2048
PUBLIC_PORTS = frozenset({80, 443})
AGENT = "guildhall/1"
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NAT64 = IPv6Network("64:ff9b::/96")


Lookup = list[tuple[Any, ...]]
_lookups = BoundedSemaphore(MOST_LOOKUPS)


class Reach(Enum):
    """Whither a request may go.

    `PUBLIC` is for addresses that a user gave: http(s) on its own ports, to a host none of whose addresses is private,
    loopback, link-local, shared, multicast or reserved. `NAMED` is for those that the operator named: anywhere.
    """

    PUBLIC = "public"
    NAMED = "named"


class ExchangeError(Exception):
    """Nobody answered, or not as was asked, or the address is not one to ask. The next try may fare better."""


class ForbiddenAddressError(ExchangeError):
    """The address leads where a user may not send us. No later try fares better."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status, the headers in lower case, and the body up to the bound that was set."""

    status: int
    headers: Mapping[str, str]
    content_type: str
    body: bytes


def exchange(
    url: str,
    body: bytes | None = None,
    *,
    reach: Reach,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    most: int = LARGEST_ANSWER,
    redirects: int = 0,
) -> Reply:
    """Send `body` (a GET without one) and take an answer of at most `most` bytes, each step within `seconds`.

    The name is resolved once, and the address that was judged is the one that is spoken to, so that a name cannot point
    elsewhere in between. Only a GET follows redirects, as many as allowed, each judged anew. No proxy of the
    environment is asked, and no cookie is kept. Raises `ExchangeError`.
    """
    for _step in range(redirects + 1):
        reply = _exchange(url, body, reach, headers or {}, seconds, most)
        target = reply.headers.get("location")
        if body is not None or reply.status not in REDIRECTS or target is None or redirects == 0:
            return reply
        url = urljoin(url, target)
    raise ExchangeError("redirected too often")


def check_address(url: str, *, reach: Reach) -> SplitResult:
    """The parts of an address that may be asked as far as its text says; raises `ForbiddenAddressError`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ForbiddenAddressError("not an address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > LONGEST_URL:
        raise ForbiddenAddressError(f"not an http(s) address: {url[:200]}")
    if not url.isprintable() or " " in url:
        raise ForbiddenAddressError("not an address")
    if reach is Reach.PUBLIC and (parts.username is not None or parts.password is not None):
        raise ForbiddenAddressError("an address with a name and a password in it")
    if reach is Reach.PUBLIC and port is not None and port not in PUBLIC_PORTS:
        raise ForbiddenAddressError(f"port {port} is not one of the web")
    return parts


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether it belongs to the open internet, whatever other address is written into it."""
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])
        if inner:
            return is_public(inner)
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
        if address.is_site_local:  # out of use, and still spoken within some walls
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _exchange(
    url: str, body: bytes | None, reach: Reach, headers: Mapping[str, str], seconds: float, most: int
) -> Reply:
    parts = check_address(url, reach=reach)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address_of(host, port, reach, seconds)
    connection = (
        _Secure(host, port, address, seconds) if parts.scheme == "https" else _Plain(host, port, address, seconds)
    )
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _bounded(connection, seconds) as is_late:
        try:
            sent = {"User-Agent": AGENT, "Connection": "close", **headers}
            connection.request("GET" if body is None else "POST", target, body=body, headers=sent)
            response = connection.getresponse()
            answer = response.read(most + 1)
        except (OSError, HTTPException, ValueError) as error:
            raise ExchangeError(f"{type(error).__name__}: {error}"[:200]) from error
    if len(answer) > most or response.length or is_late.is_set():
        raise ExchangeError("the answer is too long, or came too slowly")
    found = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, found, response.headers.get_content_type(), answer)


def _address_of(host: str, port: int, reach: Reach, seconds: float) -> str:
    """The address to speak to. A name with one private address among public ones is refused as well."""
    found = [str(entry[4][0]) for entry in _looked_up(host, port, seconds)]
    if not found:
        raise ExchangeError("the name has no address")
    if reach is Reach.PUBLIC and not all(is_public(ip_address(one.partition("%")[0])) for one in found):
        raise ForbiddenAddressError("the address is not on the open internet")
    return found[0]


def _looked_up(host: str, port: int, seconds: float) -> Lookup:
    """What the name stands for, within the time: the resolver itself knows no deadline, so a thread waits for it."""
    if not _lookups.acquire(timeout=seconds):
        raise ExchangeError("too many names are being looked up")
    answers: list[Lookup | Exception] = []
    is_done = Event()

    def look_up() -> None:
        try:
            answers.append(getaddrinfo(host, port, type=SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.append(error)
        finally:
            _lookups.release()
            is_done.set()

    Thread(target=look_up, daemon=True).start()
    if not is_done.wait(seconds):
        raise ExchangeError("the name was not looked up in time")
    (answer,) = answers
    if isinstance(answer, Exception):
        raise ExchangeError(f"{type(answer).__name__}: {answer}"[:200]) from answer
    return answer


class _Plain(HTTPConnection):
    """A connection to an address that was judged, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, seconds: float) -> None:
        super().__init__(host, port, timeout=seconds)
        self.address = address
        self.line: socket | None = None

    def connect(self) -> None:
        """Open it, without asking for the name again."""
        self.sock = self.line = create_connection((self.address, self.port), self.timeout)


class _Secure(HTTPSConnection):
    """The same over TLS; the certificate has to be that of the name."""

    def __init__(self, host: str, port: int, address: str, seconds: float) -> None:
        self.trusting = ssl.create_default_context()
        super().__init__(host, port, timeout=seconds, context=self.trusting)
        self.address = address
        self.line: socket | None = None

    def connect(self) -> None:
        """Open it, without asking for the name again."""
        plain = create_connection((self.address, self.port), self.timeout)
        secure = self.trusting.wrap_socket(plain, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock = self.line = secure  # from here on it can be cut
        secure.do_handshake()


@contextmanager
def _bounded(connection: "_Plain | _Secure", seconds: float) -> Iterator[Event]:
    """Cut the connection when the time is over: a timeout of the socket starts anew with every byte.

    `line` is the socket also while a body is read: `sock` is let go as soon as the head of a last answer is there.
    """
    is_late, is_over = Event(), Event()

    def watch() -> None:
        if is_over.wait(seconds):
            return
        is_late.set()
        while not is_over.wait(AGAIN_SECONDS):  # the socket may only just be coming
            with suppress(OSError):
                if connection.line is not None:
                    connection.line.shutdown(SHUT_RDWR)

    Thread(target=watch, daemon=True).start()
    try:
        yield is_late
    finally:
        is_over.set()
        connection.close()
