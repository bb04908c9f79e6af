"""Evidence from anywhere: what is small and unpacks to much, or parses for ever, is refused for nothing."""

import base64
import io
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ip_registry.envelopes.canonical import parse_canonical
from ip_registry.evidence.bundle import BundleError, members_of
from ip_registry.evidence.fragments import LARGEST_CONTENT, read_fragment
from ip_registry.evidence.verdicts import Check, State
from ip_registry.evidence.verifying import LARGEST_PAPER, verify_bundle
from ip_registry.evidence.verifying_record import _texts_in
from ip_registry.views.verify import LARGEST_HERE
from tests.registry.evidence import make_kit

MEGABYTE = 1024 * 1024
MANY = {"numbers": b"1", "texts": b'"a"', "lists": b"[]", "objects": b"{}"}


def packed(members: Mapping[str, bytes]) -> bytes:
    """As small as a packer can make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return out.getvalue()


def sent(client: FlaskClient, bundle: bytes) -> TestResponse:
    return client.post(
        "/registry/verify", data={"bundle": (io.BytesIO(bundle), "x.zip")}, headers={"Accept-Language": "en"}
    )


@pytest.mark.parametrize("kind", MANY)
def test_a_list_of_millions_is_refused_for_nothing(kind: str) -> None:
    piece = MANY[kind]
    bomb = b'["' + b'",' + b",".join([piece] * (16 * MEGABYTE // (len(piece) + 1))) + b',""]'
    members = {**members_of(make_kit().parts), "manifest.json": bomb}
    bundle = packed(members)
    assert len(bundle) < MEGABYTE
    started = time.process_time()
    tracemalloc.start()
    try:
        verdict = verify_bundle(bundle)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [line.check for line in verdict.failures] == [Check.MANIFEST]
    assert time.process_time() - started < 5
    assert peak < 8 * len(bomb)


def test_an_honest_list_of_files_reads_as_it_always_did() -> None:
    kit = make_kit(files={f'{at}/\\ "x","y"\u2028 图.txt'.replace("\\", "⧵"): b"" for at in range(20)} | {'","': b""})
    data = members_of(kit.parts)["manifest.json"]
    assert _texts_in(data) == parse_canonical(data) == kit.parts.manifest
    verdict = verify_bundle(packed(members_of(kit.parts)))
    assert verdict.proven
    assert State.PROVEN in [line.state for line in verdict.lines if line.check == Check.MANIFEST]


@pytest.mark.parametrize("name", ["record/authors.json", "policy.txt", "tsa/test.tsr", "after/token.chain.pem"])
def test_what_is_short_by_nature_is_not_read_when_it_is_long(name: str) -> None:
    members = {**members_of(make_kit().parts), name: b"[" + b"1," * (LARGEST_PAPER // 2) + b"1]"}
    with pytest.raises(BundleError, match="larger"):
        verify_bundle(packed(members))


def test_a_small_zip_that_unpacks_to_much_is_refused_by_the_page(client: FlaskClient, database: Session) -> None:
    members = {**members_of(make_kit().parts), "certificate.pdf": b"\0" * (LARGEST_HERE + 1)}
    bundle = packed(members)
    assert len(bundle) < MEGABYTE
    assert verify_bundle(bundle).proven  # on one's own machine
    answer = sent(client, bundle)
    assert answer.status_code == 422
    assert "larger than an evidence bundle can be" in answer.text


def test_a_zip_that_lies_about_its_sizes_is_refused(client: FlaskClient, database: Session) -> None:
    members = {**members_of(make_kit().parts), "certificate.pdf": b"\0" * (2 * MEGABYTE)}
    bundle = packed(members).replace((2 * MEGABYTE).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    assert sent(client, bundle).status_code == 422


def test_a_fragment_that_unpacks_to_much_is_refused() -> None:
    squeezed = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    bomb = squeezed.compress(b" " * (LARGEST_CONTENT + 1)) + squeezed.flush()
    with pytest.raises(ValueError, match="cannot be read"):
        read_fragment(base64.urlsafe_b64encode(bomb).decode().rstrip("="))


def test_names_of_files_are_text_wherever_they_are_shown(client: FlaskClient, database: Session) -> None:
    evil = "<img src=x onerror=alert(1)>\"'.txt"
    kit = make_kit(files={evil: b"one"})
    answer = client.post(
        "/registry/verify",
        data={
            "bundle": (io.BytesIO(packed(members_of(kit.parts))), "<svg onload=alert(2)>.zip"),
            "copies": [(io.BytesIO(b"one"), "<img src=x onerror=alert(1)>.txt")],
        },
    )
    assert answer.status_code == 200
    assert "<img src=x" not in answer.text
    assert "<svg onload" not in answer.text
