"""Where the house may be sent by an address that somebody typed, and how long it listens."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from time import monotonic

import pytest

from kernel import http
from kernel.http import ExchangeError, ForbiddenAddressError, Reach, check_address, exchange, is_public

INSIDE = (
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:a00:1",
    "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
)  # fmt: skip


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.headers['Host']}{self.path}")
            answer(self)

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def say(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_within_the_walls_is_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_the_open_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/", "file:///etc/passwd", "//example.org", "http://", "http://example.org:22/",
        "https://me:secret@example.org/", "http://example.org:99999/", "http://[::1", "http://exa mple.org/",
        "http://example.org/\r\nX: y", "https://example.org/" + "a" * 3000,
    ],
)  # fmt: skip
def test_a_user_cannot_name_such_an_address(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        check_address(url, reach=Reach.PUBLIC)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_nobody_inside_hears_of_what_a_user_asked_for(host: str) -> None:
    with answering(say(200, b"secret")) as (url, asked):
        port = url.rpartition(":")[2]
        with pytest.raises(ExchangeError):
            exchange(f"http://{host}:{port}/", reach=Reach.PUBLIC)
        with pytest.raises(ExchangeError):
            exchange(f"http://{host}/", reach=Reach.PUBLIC)
        assert asked == []


def test_the_address_that_was_judged_is_the_one_that_is_spoken_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([[("1.1.1.1", 80)], [("127.0.0.1", 80)]])
    opened: list[object] = []

    def look_up(*_args: object, **_more: object) -> list[tuple[object, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", entry) for entry in next(answers)]

    def open_to(address: object, *_args: object) -> socket.socket:
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(http, "getaddrinfo", look_up)
    monkeypatch.setattr(http, "create_connection", open_to)
    with pytest.raises(ExchangeError, match="ConnectionRefusedError"):
        exchange("http://rebinding.example/", reach=Reach.PUBLIC)
    assert opened == [("1.1.1.1", 80)]


def test_a_name_with_one_private_address_among_public_ones_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("1.1.1.1", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(http, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(ForbiddenAddressError):
        exchange("http://both.example/", reach=Reach.PUBLIC)


def test_a_resolver_that_hangs_is_waited_for_no_longer_than_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over, is_asked, is_back = threading.Event(), threading.Event(), threading.Event()

    def hang(*_args: object, **_more: object) -> list[tuple[object, ...]]:
        is_asked.set()
        is_over.wait()
        return []

    class Slots(threading.BoundedSemaphore):
        def release(self, n: int = 1) -> None:
            super().release(n)
            is_back.set()

    monkeypatch.setattr(http, "getaddrinfo", hang)
    monkeypatch.setattr(http, "_lookups", Slots(1))
    try:
        with pytest.raises(ExchangeError, match="not looked up in time"):
            exchange("http://hangs.example/", reach=Reach.PUBLIC, seconds=0.05)
        assert is_asked.is_set()
        with pytest.raises(ExchangeError, match="too many names"):
            exchange("http://hangs.example/", reach=Reach.PUBLIC, seconds=0.05)
    finally:
        is_over.set()
    assert is_back.wait(30), "a name that was given up frees its place once the resolver comes back"
    with pytest.raises(ExchangeError, match="no address"):
        exchange("http://hangs.example/", reach=Reach.PUBLIC)


def test_a_redirect_is_judged_like_the_first_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first host counts as public here; the one it sends us to does not."""
    with answering(say(200, b"secret")) as (inside, heard), answering(say(302, Location=inside)) as (url, _):
        monkeypatch.setattr(http, "PUBLIC_PORTS", {int(url.rpartition(":")[2])})
        judged = iter([True, False])
        monkeypatch.setattr(http, "is_public", lambda _address: next(judged))
        with pytest.raises(ForbiddenAddressError):
            exchange(url, reach=Reach.PUBLIC, redirects=3)
        assert heard == []


def test_redirects_are_followed_only_where_asked_and_not_for_ever() -> None:
    with answering(say(302, Location="/again")) as (url, asked):
        assert exchange(url, reach=Reach.NAMED).status == 302
        with pytest.raises(ExchangeError, match="too often"):
            exchange(url, reach=Reach.NAMED, redirects=2)
        assert len(asked) == 4


def test_an_answer_beyond_the_bound_is_refused() -> None:
    with answering(say(200, b"x" * 101)) as (url, _asked):
        assert len(exchange(url, reach=Reach.NAMED, most=101).body) == 101
        with pytest.raises(ExchangeError, match="too long"):
            exchange(url, reach=Reach.NAMED, most=100)


def test_a_slow_beginning_does_not_buy_an_endless_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time is over before there is a connection that could be cut; then each byte comes in time, for ever."""
    gone = threading.Event()

    def open_late(address: tuple[str, int], timeout: float) -> socket.socket:
        gone.wait(2 * timeout)
        return socket.create_connection(address, timeout)

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            for _byte in range(150):
                gone.wait(0.02)
                handler.wfile.write(b"x")

    monkeypatch.setattr(http, "create_connection", open_late)
    begun = monotonic()
    with answering(endless) as (url, _asked), pytest.raises(ExchangeError):
        exchange(url, reach=Reach.NAMED, seconds=0.2)
    assert monotonic() - begun < 2, "it was cut, and not listened to until the end"


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    with answering(say(200, b"here")) as (url, _asked):
        assert exchange(url, reach=Reach.NAMED).body == b"here"
