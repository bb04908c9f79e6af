"""The tree of RFC 6962, against other people's vectors and against the definition."""

import json
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ProofError
from ledger.merkle import EMPTY_ROOT, leaf_hash, node_hash, root_of, verify_consistency, verify_inclusion
from tests.ledger.logs import VECTORS, leaves, naive_consistency, naive_path, naive_root

HASHES = [leaf_hash(leaf) for leaf in leaves(130)]


def vectors(kind: str) -> list[Any]:
    files = sorted((VECTORS / "merkle" / kind).rglob("*.json"))
    return [pytest.param(file, id=str(file.relative_to(VECTORS / "merkle" / kind))) for file in files]


def decoded(values: list[str] | None) -> list[bytes]:
    return [b64decode(value) for value in values or []]


def test_there_are_98_vectors_of_each_kind() -> None:
    assert [len(vectors(kind)) for kind in ("inclusion", "consistency")] == [98, 98]


@pytest.mark.parametrize("file", vectors("inclusion"))
def test_inclusion_vectors(file: Path) -> None:
    case = json.loads(file.read_text())

    def verify() -> None:
        verify_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            leaf=b64decode(case["leafHash"] or ""),
            proof=decoded(case["proof"]),
            root=b64decode(case["root"] or ""),
        )

    expect(verify, is_bad=case["wantErr"])


@pytest.mark.parametrize("file", vectors("consistency"))
def test_consistency_vectors(file: Path) -> None:
    case = json.loads(file.read_text())

    def verify() -> None:
        verify_consistency(
            old_size=case["size1"],
            old_root=b64decode(case["root1"] or ""),
            new_size=case["size2"],
            new_root=b64decode(case["root2"] or ""),
            proof=decoded(case["proof"]),
        )

    expect(verify, is_bad=case["wantErr"])


def expect(verify: Any, *, is_bad: bool) -> None:
    if is_bad:
        with pytest.raises(ProofError):
            verify()
    else:
        verify()


def test_hashes_are_those_of_the_rfc() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32).digest()


def test_a_root_is_that_of_the_definition_at_every_size() -> None:
    for size in range(len(HASHES)):
        assert root_of(HASHES[:size]) == naive_root(HASHES[:size])


@given(st.data())
def test_a_proof_of_inclusion_holds_for_its_leaf_and_for_no_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 130))
    index = data.draw(st.integers(0, size - 1))
    proof, root = naive_path(index, HASHES[:size]), naive_root(HASHES[:size])
    verify_inclusion(index=index, size=size, leaf=HASHES[index], proof=proof, root=root)
    for other in {0, size - 1, size, (index + 1) % size, index ^ 1, -1} - {index}:
        with pytest.raises(ProofError):
            verify_inclusion(index=other, size=size, leaf=HASHES[index], proof=proof, root=root)


@given(st.data())
def test_a_proof_of_consistency_holds_between_its_two_sizes_alone(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 130))
    old = data.draw(st.integers(1, new))
    proof = naive_consistency(old, HASHES[:new])
    roots = {"old_root": naive_root(HASHES[:old]), "new_root": naive_root(HASHES[:new])}
    verify_consistency(old_size=old, new_size=new, proof=proof, **roots)
    if old < new:
        for longer in ([*proof, bytes(32)], proof[:-1]):
            with pytest.raises(ProofError):
                verify_consistency(old_size=old, new_size=new, proof=longer, **roots)
        with pytest.raises(ProofError):
            verify_consistency(
                old_size=old, new_size=new, proof=proof, old_root=roots["new_root"], new_root=roots["old_root"]
            )


def test_nothing_is_proved_from_the_empty_tree() -> None:
    with pytest.raises(ProofError):
        verify_consistency(old_size=0, old_root=EMPTY_ROOT, new_size=1, new_root=HASHES[0], proof=[])


@pytest.mark.parametrize("short", [b"", b"x" * 31, b"x" * 33])
def test_what_is_not_a_hash_proves_nothing(short: bytes) -> None:
    with pytest.raises(ProofError):
        verify_inclusion(index=0, size=2, leaf=HASHES[0], proof=[short], root=node_hash(HASHES[0], short))
