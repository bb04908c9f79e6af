"""Logs, notes and keys that other people's programs made."""

import base64
import json
import re
from pathlib import Path

import pytest

from ledger.checkpoints import Checkpoint, open_checkpoint, read_checkpoint
from ledger.cosignatures import cosignatures_of
from ledger.errors import FormatError, LedgerError, SignatureError
from ledger.keys import Kind, Verifier, parse_vkey
from ledger.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from ledger.notes import open_note, parse_note
from ledger.proofs import parse_proof, verify_proof
from ledger.tiles import ENTRIES, grow, parse_tile_path, tile_path, unpack_entries
from ledger.tree import consistency_proof, inclusion_proof, root_at
from ledger.witnesses import add_checkpoint_body, parse_add_checkpoint
from tests.ledger.logs import VECTORS, TilesOnDisk

TESSERA = VECTORS / "tessera" / "log"
TESSERA_KEY = parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
SUNLIGHT = VECTORS / "sunlight"
MIRROR_KEY = parse_vkey("mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O")
OURS = VECTORS / "guildhall-600"
OUR_KEYS = [parse_vkey(line) for line in (OURS / "keys.txt").read_text().split()]
C2SP = json.loads((VECTORS / "c2sp" / "examples.json").read_text())
LOGS = (VECTORS / "witness-network" / "logs.yaml").read_text()


def entries_on_disk(directory: Path, size: int) -> list[bytes]:
    source: list[bytes] = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        source += unpack_entries((directory / tile_path(ENTRIES, n, width)).read_bytes())
    return source


@pytest.mark.parametrize("size", range(16))
def test_every_checkpoint_of_tessera_s_log_is_the_root_of_its_tiles(size: int) -> None:
    opened = open_checkpoint((TESSERA / f"checkpoint.{size}").read_bytes(), [TESSERA_KEY], origin=TESSERA_KEY.name)
    assert opened.checkpoint.size == size
    assert root_at(TilesOnDisk(TESSERA), size) == opened.checkpoint.root
    hashes = [leaf_hash(entry) for entry in entries_on_disk(TESSERA, size)]
    assert root_of(hashes) == opened.checkpoint.root
    if size:
        assert b"".join(hashes) == (TESSERA / tile_path(0, 0, size)).read_bytes()


def test_the_entries_of_tessera_s_log_are_what_its_script_wrote() -> None:
    entries = entries_on_disk(TESSERA, 15)
    assert (entries[0], entries[-1]) == (b"one", b"fivten")


def test_every_file_of_tessera_s_log_has_a_path_that_we_would_write() -> None:
    paths = [str(file.relative_to(TESSERA)) for file in (TESSERA / "tile").rglob("*") if file.is_file()]
    assert sorted(parse_tile_path(path).width for path in paths) == sorted([*range(1, 16)] * 2)


def test_tessera_s_log_grew_consistently() -> None:
    heads = [read_checkpoint((TESSERA / f"checkpoint.{size}").read_bytes()) for size in range(16)]
    for old in heads[1:]:
        for new in heads[old.size :]:
            proof = consistency_proof(TilesOnDisk(TESSERA), old.size, new.size)
            verify_consistency(old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, proof=proof)


def test_a_mirror_of_sunlight_cosigned_what_its_tiles_hash_to() -> None:
    note = (SUNLIGHT / "mirror" / "checkpoint").read_bytes()
    opened = open_checkpoint(note, [MIRROR_KEY])
    assert opened.checkpoint == Checkpoint(
        "rome2026h1.example.org", 300, root_at(TilesOnDisk(SUNLIGHT / "mirror"), 300)
    )
    assert [one.time for one in cosignatures_of(note, [MIRROR_KEY])] == [1_767_139_200]


def test_sunlight_s_upper_tiles_follow_from_the_lower_ones() -> None:
    tiles = TilesOnDisk(SUNLIGHT / "mirror")
    hashes = tiles.tile(0, 0) + tiles.tile(0, 1)
    leaves = [hashes[at : at + 32] for at in range(0, len(hashes), 32)]
    for tile in grow(tiles, size=0, leaf_hashes=leaves):
        assert tiles.tile(tile.level, tile.n) == tile.hashes


def test_a_signature_of_a_type_that_we_do_not_know_is_ignored() -> None:
    key = json.loads((SUNLIGHT / "witness.v0.json").read_text())["verifier_keys"][0]
    note = (SUNLIGHT / "checkpoint.witnessed").read_bytes()
    assert [one.name for one in parse_note(note).signatures] == ["rome2026h1.example.org", "witness.example.org"]
    assert open_checkpoint(note, [parse_vkey(key)]).checkpoint.size == 300
    with pytest.raises(SignatureError):
        open_checkpoint((SUNLIGHT / "checkpoint.log").read_bytes(), [parse_vkey(key)])


def test_the_example_of_the_signed_note_specification_verifies() -> None:
    example = C2SP["examples"][0]
    assert open_note(example["note"], [parse_vkey(example["vkey"])]).text == "This is an example message.\n"


def test_a_key_may_have_another_name_than_its_log() -> None:
    example = C2SP["third_party_checkpoints"][0]
    opened = open_checkpoint(example["note"], [parse_vkey(example["vkey"])])
    assert (opened.checkpoint.size, opened.checkpoint.origin) == (56, example["note"].split("\n")[0])


@pytest.mark.parametrize("example", C2SP["examples"][1:3], ids=["checkpoint", "cosignature"])
def test_the_examples_of_checkpoints_are_read_and_written_alike(example: dict[str, str]) -> None:
    parsed = parse_note(example["note"])
    assert str(parsed) == example["note"]
    assert read_checkpoint(example["note"]).text == parsed.text


def test_the_example_of_a_cosignature_says_its_time() -> None:
    line = parse_note(C2SP["examples"][2]["note"]).signatures[1]
    assert int.from_bytes(line.signature[:8], "big") == 1_679_315_147
    assert len(line.signature) == 8 + 64


def test_the_example_of_a_request_to_a_witness_is_read_and_written_alike() -> None:
    body = next(one["body"] for one in C2SP["examples"] if "body" in one)
    asked = parse_add_checkpoint(body.encode())
    assert (asked.old, len(asked.proof), read_checkpoint(asked.note).size) == (20_852_014, 4, 20_852_163)
    assert add_checkpoint_body(old=asked.old, proof=asked.proof, note=asked.note) == body.encode()


def test_the_example_of_a_proof_is_refused_for_the_signatures_it_leaves_out() -> None:
    text = next(one["proof"] for one in C2SP["examples"] if "proof" in one)
    with pytest.raises(FormatError, match="base64"):
        parse_proof(text)
    whole = re.sub(r"[A-Za-z0-9/+]+\[\.\.\.\].*", "AAAAAAA=", text)
    proof = parse_proof(whole)
    assert (proof.index, len(proof.hashes), read_checkpoint(proof.note).size) == (73_894, 5, 109_482)
    assert proof.extra is not None


def test_rekor_s_proof_and_checkpoint_verify() -> None:
    bundle = json.loads((VECTORS / "rekor" / "staging-rekor-v2.txt.sigstore.json").read_text())
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    proof = entry["inclusionProof"]
    key = parse_vkey(C2SP["third_party_checkpoints"][1]["vkey"])
    head = open_checkpoint(proof["checkpoint"]["envelope"], [key], origin=key.name).checkpoint
    assert (head.size, head.root) == (646, base64.b64decode(proof["rootHash"]))
    verify_inclusion(
        index=int(proof["logIndex"]),
        size=head.size,
        leaf=leaf_hash(base64.b64decode(entry["canonicalizedBody"])),
        proof=[base64.b64decode(one) for one in proof["hashes"]],
        root=head.root,
    )


@pytest.mark.parametrize("vkey", re.findall(r"PublicKey: (\S+)", LOGS))
def test_the_keys_of_real_logs_are_read_and_written_alike(vkey: str) -> None:
    key = parse_vkey(vkey)
    assert str(key) == vkey
    assert key.kind in (Kind.ED25519, Kind.ECDSA)


def test_there_are_14_logs_and_some_sign_with_ecdsa() -> None:
    kinds = [parse_vkey(vkey).kind for vkey in re.findall(r"PublicKey: (\S+)", LOGS)]
    assert (len(kinds), kinds.count(Kind.ECDSA)) == (14, 5)


class TestOurOwnLogOf600Entries:
    def test_four_keys_of_three_types_signed_it(self) -> None:
        opened = open_checkpoint((OURS / "checkpoint").read_bytes(), OUR_KEYS)
        assert [one.verifier.kind for one in opened.verified] == [1, 4, 4, 6]
        assert {one.time for one in opened.verified} == {None, 1_795_396_702}
        assert root_at(TilesOnDisk(OURS), 600) == opened.checkpoint.root

    def test_its_entries_hash_to_its_tiles(self) -> None:
        hashes = [leaf_hash(entry) for entry in entries_on_disk(OURS, 600)]
        for tile in grow(TilesOnDisk(OURS), size=0, leaf_hashes=hashes):
            assert TilesOnDisk(OURS).tile(tile.level, tile.n) == tile.hashes

    def test_its_proof_verifies_its_entry_and_no_other(self) -> None:
        text, entry = (OURS / "entry.tlog-proof").read_bytes(), (OURS / "entry.json").read_bytes()
        verified = verify_proof(text, entry, OUR_KEYS)
        assert (verified.index, verified.checkpoint.size) == (400, 600)
        assert [one.name for one in verified.cosignatures] == [key.name for key in OUR_KEYS[1:]]
        with pytest.raises(LedgerError):
            verify_proof(text, entry + b" ", OUR_KEYS)

    def test_our_proof_of_the_same_entry_is_the_same(self) -> None:
        proof = parse_proof((OURS / "entry.tlog-proof").read_bytes())
        assert inclusion_proof(TilesOnDisk(OURS), 400, 600) == list(proof.hashes)

    def test_it_continues_its_older_checkpoint(self) -> None:
        old, new = (
            open_checkpoint((OURS / name).read_bytes(), OUR_KEYS).checkpoint
            for name in ("checkpoint.old", "checkpoint")
        )
        assert old.size == 257
        proof = consistency_proof(TilesOnDisk(OURS), old.size, new.size)
        verify_consistency(old_size=257, old_root=old.root, new_size=600, new_root=new.root, proof=proof)

    @pytest.mark.parametrize("key", OUR_KEYS, ids=lambda key: key.name)
    def test_each_signature_counts_for_its_own_key(self, key: Verifier) -> None:
        note = (OURS / "checkpoint").read_text()
        assert [one.verifier for one in open_checkpoint(note, [key]).verified] == [key]
        spoiled = parse_note(note)
        line = next(one for one in spoiled.signatures if one.name == key.name)
        flipped = bytes([*line.signature[:-1], line.signature[-1] ^ 1])
        bad = note.replace(line.line, type(line)(line.name, line.key_id, flipped).line)
        with pytest.raises(SignatureError):
            open_checkpoint(bad, OUR_KEYS)
