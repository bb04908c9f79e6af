"""Evidence is checked offline: what holds is said, what does not hold is said, and nothing more is claimed."""

import hashlib
import io
import time
import zipfile
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from ip_registry.envelopes.canonical import canonical
from ip_registry.envelopes.keys import OwnerKey, key_file
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.envelopes.openings import new_author
from ip_registry.evidence.bundle import BundleError, Consistency, Token, make_bundle, members_of, open_bundle
from ip_registry.evidence.verdicts import Check, State
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.time.tokens import DEMO
from kernel.clock import now
from ledger.keys import Kind, Signer
from ledger.policies import policy_of
from ledger.proofs import format_proof, parse_proof
from ledger.tree import inclusion_proof
from tests.makers.authorities import Maker
from tests.registry.evidence import FILES, LOG, POLICY, SEES, bare, body, joining, make_kit, place, seen, some_leaves

WHOLE = {"README.txt": b"read me", "verify.sh": b"#!/bin/sh\n", "verify.html": b"<!doctype html>"}


@pytest.fixture(scope="module")
def kit():
    made = make_kit()
    key = key_file(made.sealed.key, made.sealed.leaf.hash)
    return replace(made, parts=replace(made.parts, papers=WHOLE, certificate=b"%PDF", owner_key=key))


@pytest.fixture(scope="module")
def members(kit):
    return members_of(kit.parts)


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return out.getvalue()


def failures(verdict) -> dict[Check, str]:
    return {line.check: line.text for line in verdict.failures}


# what holds


def test_a_whole_bundle_is_proven_line_by_line(kit):
    verdict = verify_bundle(make_bundle(kit.parts))
    proven = {line.check for line in verdict.lines if line.state is State.PROVEN}
    assert verdict.proven
    assert proven == set(Check) - {Check.COPY, Check.TRUST, Check.LIMITS}
    assert (verdict.leaf_hash, verdict.origin) == (kit.sealed.leaf.hash, LOG.origin)
    assert verdict.title == "一种锆合金的热处理方法 “Zr-4”"
    assert verdict.interval.not_before <= verdict.interval.not_after
    assert verdict.as_json()["proven"] is True


def test_what_is_not_proven_is_said(kit):
    said = " ".join(line.text for line in verify_bundle(make_bundle(kit.parts)).lines if line.state is State.UNPROVEN)
    for words in ("new", "who made it", "later", "came with the bundle", "agree", "not checked: README.txt"):
        assert words in said.replace("Not", "not").replace("and not", "not")


def test_a_bundle_without_the_opening_proves_the_entry_alone(kit):
    verdict = verify_bundle(make_bundle(bare(replace(kit.parts, owner_key=None))))
    assert verdict.proven
    assert verdict.title is None
    assert any("not opened here" in line.text for line in verdict.lines)


def test_without_outsiders_no_time_is_claimed(kit):
    proof = parse_proof(kit.parts.proof)
    own = kit.storage.checkpoints(kit.first_size - 1, 1)[0].note
    alone = replace(
        kit.parts,
        proof=format_proof(proof.index, proof.hashes, own),
        policy=str(policy_of(log=[one.verifier for one in LOG.signers], witnesses={}, threshold=0)),
        tokens=(),
        consistency={},
    )
    verdict = verify_bundle(make_bundle(alone))
    assert verdict.proven
    assert verdict.interval.not_after is None
    assert any("Nobody outside has vouched" in line.text for line in verdict.lines)
    assert any("asks for no witness" in line.text for line in verdict.lines)


def test_a_demonstration_authority_counts_only_where_nobody_else_speaks_and_is_named_so(kit):
    free = str(policy_of(log=[one.verifier for one in LOG.signers], witnesses={}, threshold=0))
    maker = Maker(f"Some {DEMO}")
    demo = Token("demo", maker.token(hashlib.sha256(members_of(kit.parts)["checkpoint.txt"]).digest()), maker.chain)
    alone = verify_bundle(make_bundle(replace(kit.parts, policy=free, tokens=[demo])))
    assert alone.interval.is_demo
    assert any("Only a demonstration authority" in line.text for line in alone.lines)
    beside = verify_bundle(make_bundle(replace(kit.parts, policy=free, tokens=[demo, *kit.parts.tokens])))
    assert beside.proven
    assert not beside.interval.is_demo


def test_a_bundle_on_disk_is_the_same_as_its_bytes(kit, tmp_path):
    data = make_bundle(kit.parts)
    (tmp_path / "b.zip").write_bytes(data)
    assert verify_bundle(tmp_path / "b.zip") == verify_bundle(data)
    with pytest.raises(BundleError, match="cannot be read"):
        verify_bundle(tmp_path / "none.zip")


def test_checking_takes_no_time_to_speak_of(kit):
    data, spent = make_bundle(kit.parts), []
    for _ in range(5):
        started = time.process_time()
        verify_bundle(data)
        spent.append(time.process_time() - started)
    assert min(spent) < 0.05


# copies


def test_copies_match_wherever_they_lie_and_whatever_they_are_called(kit, tmp_path):
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    verdict = verify_bundle(make_bundle(kit.parts), [tmp_path])
    assert verdict.proven
    assert {copy.path for copy in verdict.copies} == set(FILES)
    renamed = verify_bundle(make_bundle(kit.parts), [("other.txt", io.BytesIO(FILES["notes.txt"]))])
    assert [(copy.path, copy.matches) for copy in renamed.copies] == [("notes.txt", True)]
    assert any("Of 3 sealed files, 1 were compared" in line.text for line in renamed.lines)


def test_a_changed_copy_does_not_match_and_the_sealed_path_is_named(kit, tmp_path):
    (tmp_path / "notes.txt").write_bytes(FILES["notes.txt"] + b" ")
    verdict = verify_bundle(make_bundle(kit.parts), [tmp_path / "notes.txt"])
    assert not verdict.proven
    assert [(copy.path, copy.matches) for copy in verdict.copies] == [("notes.txt", False)]
    assert "NO MATCH" in failures(verdict)[Check.COPY]
    unknown = verify_bundle(make_bundle(kit.parts), [("x", io.BytesIO(b"x"))])
    assert "none of the sealed files" in failures(unknown)[Check.COPY]


def test_a_copy_cannot_be_compared_without_the_list_of_files(kit, tmp_path):
    verdict = verify_bundle(make_bundle(bare(replace(kit.parts, owner_key=None))), [("x", io.BytesIO(b"x"))])
    assert "no list of files" in failures(verdict)[Check.COPY]
    missing = verify_bundle(make_bundle(kit.parts), [tmp_path / "gone"])
    assert "cannot be read" in failures(missing)[Check.COPY]


# what does not hold


def test_a_leaf_of_somebody_else_is_refused(kit):
    other = make_leaf(
        key=OwnerKey.generate(), type="register", c=kit.sealed.leaf.c, after=(0, hashlib.sha256().digest())
    )
    found = failures(verify_bundle(make_bundle(replace(kit.parts, leaf=other.data))))
    assert set(found) == {Check.OPENING, Check.MANIFEST, Check.AUTHORS, Check.KEY, Check.PLACE}
    assert "another owner's key" in found[Check.OPENING]
    assert "does not lead from the leaf" in found[Check.PLACE]


def test_an_event_is_no_record(kit):
    anchor = kit.parts.lower.anchor
    found = failures(verify_bundle(make_bundle(replace(kit.parts, leaf=anchor))))
    assert "with which no record begins" in found[Check.LEAF]


@pytest.mark.parametrize(
    ("name", "change", "check", "reason"),
    [
        ("record/salt", lambda salt: salt[::-1], Check.OPENING, "not the one that the leaf commits to"),
        ("record/salt", lambda salt: salt + b"\n", Check.OPENING, "missing or broken"),
        ("record/salt", None, Check.OPENING, "missing or broken"),
        ("record/opening.json", None, Check.OPENING, "missing or broken"),
        (
            "record/opening.json",
            lambda text: text.replace(b"invention", b"software"),
            Check.OPENING,
            "not the one that the leaf commits to",
        ),
        ("record/authors.json", lambda _: b"[null]", Check.AUTHORS, "not as many"),
        (
            "record/authors.json",
            lambda _: canonical([new_author("Thief").fields, None]),
            Check.AUTHORS,
            "“Thief” is not named so",
        ),
        ("manifest.json", lambda text: text[:-1], Check.MANIFEST, "list of texts"),
        ("manifest.json", lambda text: text.replace(b"notes.txt", b"n0tes.txt"), Check.MANIFEST, "not the one"),
        ("manifest.json", lambda text: text.replace(b"notes.txt", b"../notes"), Check.MANIFEST, "“..”"),
        ("checkpoint.txt", lambda text: text + b"x", Check.PLACE, "not the checkpoint of the proof"),
        ("entry.tlog-proof", lambda text: text.replace(b"index 11", b"index 12"), Check.PLACE, "does not lead"),
        ("entry.tlog-proof", lambda text: b"x" + text, Check.PLACE, "not a tlog-proof"),
        ("tsa/test.chain.pem", None, Check.TIME, "no token with its chain"),
        ("tsa/test.chain.pem", lambda _: b"", Check.TIME, "proves no time"),
        ("tsa/test.tsr", lambda _: b"0", Check.TIME, "proves no time"),
        ("consistency/10.proof", lambda text: text.replace(b"old 10", b"old 9"), Check.CONSISTENCY, "other sizes"),
        ("consistency/39.proof", lambda _: b"", Check.CONSISTENCY, "its form is not known"),
        ("after/token.tsr", None, Check.AFTER, "“after/token.tsr” is missing"),
        ("after/anchor.json", lambda text: text[:-1], Check.AFTER, "not JSON"),
        ("owner-key.json", lambda _: key_file(OwnerKey.generate(), None), Check.KEY, "of another record"),
        ("owner-key.json", lambda text: text.replace(b'"v":1', b'"v":2'), Check.KEY, "only version"),
    ],
)
def test_what_was_changed_is_named(members, name, change, check, reason):
    changed = dict(members)
    if change is None:
        del changed[name]
    else:
        changed[name] = change(members[name])
        assert changed[name] != members[name]
    found = failures(verify_bundle(zipped(changed)))
    assert reason in found[check]


def test_a_token_over_something_else_is_refused(kit):
    stolen = Token("stolen", kit.parts.lower.token, kit.parts.lower.chain)
    found = failures(verify_bundle(make_bundle(replace(kit.parts, tokens=[stolen]))))
    assert "about something else" in found[Check.TIME]


def test_outsiders_who_disagree_are_named(kit):
    maker, checkpoint = Maker(), hashlib.sha256(members_of(kit.parts)["checkpoint.txt"]).digest()
    late = Token("late", maker.token(checkpoint, at=now() + timedelta(hours=2)), maker.chain)
    verdict = verify_bundle(make_bundle(replace(kit.parts, tokens=[*kit.parts.tokens, late])))
    assert verdict.proven
    assert verdict.interval == verify_bundle(make_bundle(kit.parts)).interval
    assert any("more than five minutes apart" in line.text for line in verdict.lines)
    early = Token("early", maker.token(checkpoint, at=now() - timedelta(hours=2)), maker.chain)
    found = failures(verify_bundle(make_bundle(replace(kit.parts, tokens=[early]))))
    assert "contradict each other" in found[Check.TIME]


def test_the_lower_bound_needs_the_state_of_the_log_that_the_leaf_names(kit):
    later = kit.storage.checkpoints(kit.first_size - 1, 1)[0].note
    index = parse_proof(kit.parts.lower.proof).index
    shifted = replace(
        kit.parts.lower,
        proof=format_proof(index, inclusion_proof(kit.storage, index, kit.first_size), later),
    )
    found = failures(verify_bundle(make_bundle(replace(kit.parts, lower=shifted))))
    assert "not about the state of the log" in found[Check.AFTER]
    other = replace(kit.parts.lower, token=kit.parts.tokens[0].token)
    found = failures(verify_bundle(make_bundle(replace(kit.parts, lower=other))))
    assert "not of this token" in found[Check.AFTER]


def test_a_fork_of_the_log_is_found(kit):
    fork = make_kit().storage
    note = place(fork, some_leaves(3))
    forked = {seen(note)[0]: joining(fork, kit.first_size, note)}
    found = failures(verify_bundle(make_bundle(replace(kit.parts, consistency=forked))))
    assert "leads to another old root" in found[Check.CONSISTENCY]
    other = Signer("other.test/log", Kind.ED25519, b"9" * 32)
    unknown = {99: Consistency(kit.first_size, (), f"other.test/log\n1\n{'A' * 43}=\n\n— other.test/log {'A' * 92}\n")}
    found = failures(verify_bundle(make_bundle(replace(kit.parts, consistency=unknown))))
    assert "no known key signed" in found[Check.CONSISTENCY]
    assert other.name not in str(POLICY)


# whom the reader trusts


def test_a_policy_of_ones_own_replaces_the_one_in_the_bundle(kit):
    data = make_bundle(kit.parts)
    assert verify_bundle(data, policy=str(POLICY)).proven
    assert not [line for line in verify_bundle(data, policy=str(POLICY)).lines if line.check is Check.TRUST]
    stranger = Signer(LOG.origin, Kind.ED25519, b"8" * 32).verifier
    found = failures(verify_bundle(data, policy=str(policy_of(log=[stranger], witnesses={}, threshold=0))))
    assert "no known key signed" in found[Check.PLACE]


def test_a_quorum_that_did_not_sign_is_missed(kit):
    absent = Signer("absent.test", Kind.ED25519_COSIGNATURE, b"7" * 32).verifier
    strict = policy_of(
        log=[one.verifier for one in LOG.signers], witnesses={"a": absent, "b": SEES.verifier}, threshold=2
    )
    found = failures(verify_bundle(make_bundle(kit.parts), policy=str(strict)))
    assert "too few witnesses" in found[Check.PLACE]


def test_roots_of_ones_own_replace_those_in_the_bundle(kit):
    data = make_bundle(kit.parts)
    assert verify_bundle(data, roots=kit.parts.tokens[0].chain).proven
    found = failures(verify_bundle(data, roots=Maker().chain))
    assert {Check.TIME, Check.AFTER} == set(found)


@pytest.mark.parametrize("policy", ["", "quorum none\n", "log x\nquorum none\n", b"\xff"])
def test_a_policy_that_trusts_no_log_is_of_no_use(kit, policy):
    with pytest.raises(BundleError, match="policy"):
        verify_bundle(make_bundle(kit.parts), policy=policy)


# zip files from anywhere


def test_the_same_facts_give_the_same_bytes(kit):
    assert make_bundle(kit.parts) == make_bundle(replace(kit.parts, papers=dict(reversed(WHOLE.items()))))
    assert open_bundle(make_bundle(kit.parts)) == members_of(kit.parts)


def test_a_bundle_is_read_when_it_was_packed_again_by_others(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.mkdir("record")
        for name, content in members.items():
            bundle.writestr(name, content)
    assert verify_bundle(out.getvalue()).proven


@pytest.mark.parametrize(
    "name", ["../entry.json", "/entry.json", "a/../b", "C:/x", "a\\b", "record//salt", "a/b/c/d/e", "ключ", "-x"]
)
def test_a_member_with_a_dangerous_name_is_refused(members, name):
    with pytest.raises(BundleError, match="a name that no evidence bundle has"):
        verify_bundle(zipped({**members, name: b""}))


@pytest.mark.parametrize("second", ["entry.json", "ENTRY.json"])
def test_two_members_of_one_name_are_refused(members, second):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
        with pytest.warns(UserWarning, match="Duplicate") if second == "entry.json" else nullcontext():
            bundle.writestr(second, b"{}")
    with pytest.raises(BundleError, match="the same name"):
        verify_bundle(out.getvalue())


def test_a_bomb_is_not_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for number in range(3):
            with bundle.open(f"bomb{number}", "w", force_zip64=True) as file:
                for _ in range(100):
                    file.write(bytes(1024 * 1024))
    assert len(out.getvalue()) < 400_000
    with pytest.raises(BundleError, match="larger than an evidence bundle"):
        verify_bundle(out.getvalue())


def test_a_member_that_lies_about_its_size_is_refused(members):
    data = bytearray(zipped({"entry.json": bytes(1000)}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (10).to_bytes(4, "little")
    with pytest.raises(BundleError, match="damaged"):
        verify_bundle(bytes(data))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda _: b"", "not a zip file"),
        (lambda _: b"PK\x03\x04", "not a zip file"),
        (lambda data: data[:-30], "not a zip file"),
        (lambda data: b"%PDF" + data, "before or after"),
        (lambda data: data + b"x", "before or after"),
        (lambda data: data[:100] + data[200:], "damaged"),
    ],
)
def test_what_is_no_zip_file_is_refused(kit, spoil, reason):
    with pytest.raises(BundleError, match=reason):
        verify_bundle(spoil(make_bundle(kit.parts)))


def test_too_many_members_are_refused():
    with pytest.raises(BundleError, match="larger than"):
        verify_bundle(zipped({f"a{number}": b"" for number in range(1001)}))


@pytest.mark.parametrize("name", ["entry.json", "entry.tlog-proof", "policy.txt"])
def test_a_zip_file_without_the_heart_of_a_bundle_is_none(members, name):
    with pytest.raises(BundleError, match=name.replace(".", r"\.")):
        verify_bundle(zipped({key: value for key, value in members.items() if key != name}))


def test_the_checkpoint_is_what_the_tokens_are_for(members, kit):
    assert members["checkpoint.txt"] == body(parse_proof(kit.parts.proof).note)
    assert members["record/salt"] == kit.sealed.salt.hex().encode()
