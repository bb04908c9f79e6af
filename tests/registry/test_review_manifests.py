"""Records of files are written and read in a short way: it takes and refuses exactly what the general way does."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.fields import check_fields
from ip_registry.envelopes.manifests import RECORD, FileRecord, Manifest, parse_file_record
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.people import person

HASH = {"salt": "0" * 32, "sha256": "1" * 64, "sha512": "2" * 128}
paths = st.text(st.characters(exclude_categories=()), max_size=12) | st.sampled_from(
    [
        'a"b',
        "a\\b",
        "图/纸.txt",
        "e\u0301",
        "\u00e9",
        "a/../b",
        "\x7f",
        "\u2028",
        "\ud800",
        "\U0001f600",
        "",
        "/a",
        "a//b",
    ]
)
sizes = st.integers(-1, 2**60) | st.sampled_from([0, 2**53 - 1, 2**53])


def general(text: str) -> Any:
    """The long way, or the refusal."""
    try:
        return FileRecord(**check_fields("The record of a file", parse_canonical(text), RECORD))
    except EnvelopeError as error:
        return str(error)


def short(text: str) -> Any:
    try:
        return parse_file_record(text)
    except EnvelopeError as error:
        return str(error)


@given(path=paths, size=sizes)
def test_both_ways_read_the_same(path: str, size: int) -> None:
    text = json.dumps({"path": path, **HASH, "size": size}, ensure_ascii=False, separators=(",", ":"))
    assert short(text) == general(text)
    found = short(text)
    if isinstance(found, FileRecord):
        assert found.text == text == canonical({"path": path, **HASH, "size": size}).decode()


@given(data=st.data(), path=st.sampled_from(['a"b.txt', "图.txt"]))
def test_one_changed_letter_makes_no_difference_between_them(data: st.DataObject, path: str) -> None:
    text = FileRecord(path=path, size=17, **HASH).text
    at = data.draw(st.integers(0, len(text) - 1))
    put = data.draw(st.sampled_from(["", '"', "\\", "0", "\n", "\u0660", ",", "\\u0022", "A", "{", "\x00"]))
    changed = text[:at] + put + text[at + data.draw(st.integers(0, 1)) :]
    assert short(changed) == general(changed)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 65])
def test_a_shown_file_is_proven_whatever_its_place(client: FlaskClient, database: Session, count: int) -> None:
    owner = person()
    made = make.record(owner, files={f"{at:03}.txt": str(at).encode() for at in range(count)})
    path = f"{count - 1:03}.txt"
    acts.act(made, owner, "reveal", scope="file", paths=[path], to=None)
    said = client.get(f"/registry/{made.number}/copy").json
    manifest: Manifest = made.sealed.manifest
    assert (said["root"], said["count"], len(said["files"])) == (manifest.root, count, 1)
    assert said["files"][0] == {"index": count - 1, "text": manifest.texts[-1], "proof": manifest.proof_of(path)}
