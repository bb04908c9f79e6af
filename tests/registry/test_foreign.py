"""The evidence is checked by programs of others: openssl in a shell, Node's WebCrypto. What is tampered with fails."""

import hashlib
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pytest

from ip_registry.evidence.bundle import BundleParts, make_bundle
from ip_registry.evidence.papers import standing_papers
from tests.makers.authorities import Maker
from tests.makers.machine import need
from tests.registry.evidence import FILES, Kit, bare, make_kit

NODE = Path(__file__).parent / "foreign" / "verify.mjs"
CHINESE = {"LANG": "zh_CN.UTF-8"}
PATIENCE = 60


@dataclass
class Done:
    """What a program said."""

    status: int
    said: str


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def unpacked(parts: BundleParts, folder: Path) -> Path:
    """The bundle as somebody has it who unpacked it."""
    data = make_bundle(replace(parts, papers=standing_papers("en")))
    with zipfile.ZipFile(BytesIO(data)) as bundle:
        bundle.extractall(folder)
    return folder


def run(command: Sequence[str | Path], *, cwd: Path | None = None, **environment: str) -> Done:
    found = shutil.which(str(command[0]))
    need(str(command[0]), found=found is not None)
    done = subprocess.run(
        [str(found), *map(str, command[1:])],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return Done(done.returncode, (done.stdout + done.stderr).decode(errors="replace"))


def by_shell(folder: Path, *files: Path, **environment: str) -> Done:
    return run(["sh", folder / "verify.sh", *files], **environment)


def by_node(folder: Path) -> Done:
    return run(["node", NODE, folder])


@pytest.mark.parametrize("verify", [by_shell, by_node])
@pytest.mark.parametrize("strip", [lambda parts: parts, bare], ids=["whole", "bare"])
def test_a_bundle_is_proven_by_programs_of_others(
    kit: Kit,
    tmp_path: Path,
    verify: Callable[[Path], Done],
    strip: Callable[[BundleParts], BundleParts],
) -> None:
    done = verify(unpacked(strip(kit.parts), tmp_path))
    assert (done.status, "PROVEN" in done.said, "FAIL" in done.said) == (0, True, False), done.said


def test_the_script_says_what_it_found_in_either_language(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path)
    english, chinese = by_shell(folder), by_shell(folder, **CHINESE)
    for line in ("index 11", "continues the one of size", "witness old saw", "held a time-stamp", "Not proven: who"):
        assert line in english.said
    assert "已获证明" in chinese.said
    assert "PROVEN" not in chinese.said


def test_ones_own_copy_is_found_in_the_manifest_and_another_is_not(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path / "bundle")
    copy, other = tmp_path / "my copy.txt", tmp_path / "other.txt"
    copy.write_bytes(FILES["notes.txt"])
    other.write_bytes(FILES["notes.txt"] + b".")
    done = by_shell(folder, copy)
    assert done.status == 0
    assert "MATCH" in done.said
    assert "notes.txt" in done.said
    done = by_shell(folder, copy, other)
    assert done.status == 1
    assert "NO MATCH" in done.said


def test_a_folder_is_compared_file_by_file_by_the_shell(kit: Kit, tmp_path: Path) -> None:
    bundle, work = unpacked(kit.parts, tmp_path / "bundle"), tmp_path / "my work"
    for name, content in FILES.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_bytes(content)
    done = by_shell(bundle, work)
    assert (done.status, done.said.count(" MATCH: ")) == (0, len(FILES)), done.said
    (work / "more.txt").write_text("added later")
    done = by_shell(bundle, work)
    assert done.status == 1
    assert f"NO MATCH: {work / 'more.txt'}" in done.said
    (tmp_path / "empty").mkdir()
    assert by_shell(bundle, tmp_path / "empty").status == 1


@pytest.mark.parametrize("count", [1, 5])
def test_the_list_of_files_is_hashed_as_a_tree_of_any_size(tmp_path: Path, count: int) -> None:
    made = make_kit(files={f"{number} \\x “{number}”.txt".replace("\\", ""): b"%d" % number for number in range(count)})
    done = by_shell(unpacked(made.parts, tmp_path))
    assert done.status == 0
    assert f"sealed: {count}" in done.said


# What may be flipped: bits that no signature covers and nothing is claimed of. A post-quantum signature is not checked
# by the shell, and says so; the certificate of a root is trusted for its key, whatever it says of itself.
COUNTED = (
    "entry.json",
    "checkpoint.txt",
    "entry.tlog-proof",
    "record/opening.json",
    "record/salt",
    "record/authors.json",
    "manifest.json",
    "tsa/test.tsr",
    "after/anchor.json",
    "after/token.tsr",
)


def flips() -> list[tuple[str, float, int]]:
    chance = random.Random(20261126)  # noqa: S311 - the same places every time
    return [(name, chance.random(), chance.randrange(8)) for name in COUNTED]


@pytest.mark.parametrize(("name", "where", "bit"), flips())
def test_a_flipped_bit_is_refused(kit: Kit, tmp_path: Path, name: str, where: float, bit: int) -> None:
    folder = unpacked(kit.parts, tmp_path)
    path = folder / name
    data = bytearray(path.read_bytes())
    end = counted_end(name, bytes(data))
    data[int(where * end)] ^= 1 << bit
    path.write_bytes(data)
    assert by_shell(folder).status == 1
    if not name.startswith(("tsa/", "after/")):
        assert by_node(folder).status != 0


def counted_end(name: str, data: bytes) -> int:
    """Up to where every bit counts: of a proof, up to the log's Ed25519 line; all of other files."""
    if name != "entry.tlog-proof":
        return len(data)
    return data.index("\n—".encode(), data.index("—".encode()))


def test_evidence_of_another_entry_does_not_fit(kit: Kit, tmp_path: Path) -> None:
    other = make_kit()
    for name in ("leaf", "proof", "opening", "manifest", "authors", "tokens", "lower"):
        mixed = replace(kit.parts, **{name: getattr(other.parts, name)})
        assert by_shell(unpacked(mixed, tmp_path / name)).status == 1, name


def test_a_policy_of_ones_own_counts_more_than_the_one_that_came_along(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path / "bundle")
    mine = tmp_path / "mine.txt"
    mine.write_text(kit.parts.policy)
    assert by_shell(folder, POLICY=str(mine)).status == 0
    mine.write_text("\n".join(line for line in kit.parts.policy.split("\n") if not line.startswith("log ")))
    assert by_shell(folder, POLICY=str(mine)).status == 1
    mine.write_text(kit.parts.policy.replace("group witnesses 1", "group witnesses 2"))
    assert "too few witnesses" in by_shell(folder, POLICY=str(mine)).said


def test_openssl_verifies_the_token_over_the_checkpoint_as_the_readme_says(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path)
    chain = ["-CAfile", "tsa/test.chain.pem", "-untrusted", "tsa/test.chain.pem"]
    command = ["openssl", "ts", "-verify", "-in", "tsa/test.tsr", *chain, "-data"]
    assert "Verification: OK" in run([*command, "checkpoint.txt"], cwd=folder).said
    (folder / "other.txt").write_text("guildhall\n1\nx\n")
    assert run([*command, "other.txt"], cwd=folder).status != 0


def test_a_token_over_a_file_itself_is_checked_against_the_list_of_files(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path)
    maker, own = Maker(), folder / "tsa" / "files" / "2"
    own.mkdir(parents=True)
    (own / "test.chain.pem").write_bytes(maker.chain)
    (own / "test.tsr").write_bytes(maker.token(hashlib.sha256(FILES["notes.txt"]).digest()))
    done = by_shell(folder)
    assert done.status == 0
    assert "file 2 existed at" in done.said
    own.rename(own.with_name("1"))
    assert by_shell(folder).status == 1


def test_the_steps_by_hand_in_the_readme_lead_to_the_leaf_and_the_commitment(kit: Kit, tmp_path: Path) -> None:
    folder = unpacked(kit.parts, tmp_path)
    steps = [
        line.strip() for line in (folder / "README.txt").read_text().split("\n") if line.startswith("     (printf")
    ]
    leaf, message, _key, _node, commitment = steps[:5]
    assert run(["sh", "-c", leaf], cwd=folder).said.split()[0] == kit.sealed.leaf.hash
    assert run(["sh", "-c", commitment], cwd=folder).said.split()[0] == kit.sealed.leaf.c
    assert run(["sh", "-c", message], cwd=folder).status == 0
    said = (folder / "message").read_bytes()
    assert hashlib.sha256(said).digest() == hashlib.sha256(unsigned(kit)).digest()


def unsigned(kit: Kit) -> bytes:
    data = kit.sealed.leaf.data
    start = data.index(b'"s":"')
    return b"guildhall-ip-leaf/v1\n" + data[:start] + data[data.index(b'"t":') :]


def test_a_bundle_is_the_same_bytes_for_the_same_parts(kit: Kit) -> None:
    assert make_bundle(kit.parts) == make_bundle(replace(kit.parts))
