"""Asking over the network: nobody can keep us waiting, feed us without end, or send us elsewhere."""

import hashlib
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from asn1crypto import tsp

from ip_registry.time import demo
from ip_registry.time.asking import ask, question, request_token
from ip_registry.time.authorities import Authority
from ip_registry.time.errors import AskingError, TokenError
from ip_registry.time.http import LARGEST_ANSWER, exchange
from ip_registry.time.tokens import DEMO, verify_token
from tests.makers.authorities import Maker, listening
from tests.registry.test_time_tokens import openssl_verifies

DATA = b"guildhall.example/ip/2026\n1\nAAAA\n"


@contextmanager
def talking(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that says whatever it likes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                try:
                    talk(connection)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join(10)


def drip(connection: socket.socket) -> None:
    """A byte now and then, for ever: every one of them starts a timeout anew."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b"x")


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    pause = threading.Event()
    while not pause.wait(0.05):
        connection.sendall(b"X: y\r\n")


def say_nothing(connection: socket.socket) -> None:
    while connection.recv(1000):
        pass


def break_off(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nhalf")


def speak_otherwise(connection: socket.socket) -> None:
    connection.recv(100)
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize("talk", [drip, drip_headers, say_nothing, break_off, speak_otherwise])
def test_nobody_keeps_us_waiting(talk: Callable[[socket.socket], None]) -> None:
    began = monotonic()
    with talking(talk) as url, pytest.raises(AskingError):
        exchange(url, b"?", content_type="text/plain", seconds=0.6)
    assert monotonic() - began < 5


def test_an_endless_answer_is_cut_off() -> None:
    with listening(lambda _body: b"x" * (LARGEST_ANSWER + 1)) as url, pytest.raises(AskingError, match="too long"):
        exchange(url, b"?")
    with listening(lambda _body: b"x" * LARGEST_ANSWER) as url:
        assert len(exchange(url, b"?").body) == LARGEST_ANSWER


def test_a_redirect_is_not_followed() -> None:
    def send_away(connection: socket.socket) -> None:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with talking(send_away) as url:
        assert exchange(url).status == 302


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "http://", "127.0.0.1:80", ""])
def test_only_http_is_spoken(url: str) -> None:
    with pytest.raises(AskingError, match="not an http"):
        exchange(url)


def test_nobody_there() -> None:
    with pytest.raises(AskingError, match="ConnectionRefusedError"):
        exchange("http://127.0.0.1:9/")


def test_name_and_password_are_sent_and_not_shown() -> None:
    heard = []

    def hear(connection: socket.socket) -> None:
        heard.append(connection.recv(2000))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with talking(hear) as url:
        exchange(url, b"", credentials="me:secret")
    assert b"Authorization: Basic bWU6c2VjcmV0" in heard[0]


def test_the_question_is_what_the_standard_says() -> None:
    imprint = hashlib.sha256(DATA).digest()
    asked = tsp.TimeStampReq.load(question(imprint, 12345)).native
    assert asked["message_imprint"] == {
        "hash_algorithm": {"algorithm": "sha256", "parameters": None},
        "hashed_message": imprint,
    }
    assert (asked["version"], asked["nonce"], asked["cert_req"]) == ("v1", 12345, True)


def test_every_question_has_its_own_nonce() -> None:
    maker, heard = Maker(), []

    def hear(query: bytes) -> bytes:
        heard.append(query)
        return maker.answer(query)

    with listening(hear) as url:
        for _ in range(2):
            assert verify_token(request_token(url, DATA), DATA, maker.chain).authority == "Test authority"
    assert heard[0] != heard[1]
    with (
        listening(lambda _query: maker.answer(heard[0])) as url,
        pytest.raises(TokenError, match="not to the question"),
    ):
        request_token(url, DATA)


def test_without_a_laid_down_chain_the_delivered_one_is_kept() -> None:
    maker = Maker(with_root=True)
    with listening(maker.answer) as url:
        stamp = ask(Authority(url), hashlib.sha256(DATA).digest())
    assert maker.chain in stamp.chain_pem
    assert verify_token(stamp.token, DATA, stamp.chain_pem) == stamp.verified


def test_the_demo_authority_says_what_it_is(tmp_path: Path) -> None:
    """In every token and in every certificate, for whichever program reads them."""
    folder = tmp_path / "a folder"
    server = demo.serve_demo(folder, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/"
        authority = Authority(url, folder / demo.CHAIN)
        stamps = [ask(authority, hashlib.sha256(DATA).digest()) for _ in range(2)]
        assert exchange(url, b"not a query", content_type="text/html").status == 400
        refusal = exchange(url, b"not a query", content_type="application/timestamp-query")
        with pytest.raises(TokenError, match="refused"):
            verify_token(refusal.body, DATA, stamps[0].chain_pem)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert all(DEMO in stamp.verified.authority and stamp.verified.is_demo for stamp in stamps)
    assert stamps[0].verified.serial != stamps[1].verified.serial
    (tmp_path / "checkpoint.txt").write_bytes(DATA)
    (tmp_path / "one.tsr").write_bytes(stamps[0].token)
    assert openssl_verifies(tmp_path, "one.tsr", f"{folder.name}/{demo.CHAIN}")
    shown = subprocess.run(
        ["openssl", "ts", "-reply", "-in", "one.tsr", "-text"],  # noqa: S607 - whichever openssl is there
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert DEMO in shown
    assert demo.prepare(folder).read_bytes() == stamps[0].chain_pem
    assert (folder / "tsa.key").stat().st_mode & 0o077 == 0
