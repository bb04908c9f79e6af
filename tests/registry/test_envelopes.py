"""Envelopes: exact bytes, read in one way only; every refusal says why."""

import base64
import hashlib
import json
import sys
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ip_registry.envelopes.canonical import canonical, is_canonical, parse_canonical, parse_strict
from ip_registry.envelopes.details import DETAILS, make_details, parse_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import OwnerKey, key_file, parse_vkey, verify_signature
from ip_registry.envelopes.leaves import EMPTY_ROOT, TYPES, make_leaf, parse_leaf
from ip_registry.envelopes.manifests import Manifest, new_file_record, parse_file_record, verify_file
from ip_registry.envelopes.openings import (
    AuthorEntry,
    commitment,
    id_commit,
    make_opening,
    new_author,
    parse_author,
    parse_opening,
)
from ip_registry.envelopes.sealing import hash_file, record_file, seal

JCS = Path(__file__).parent.parent / "vectors" / "jcs"
VECTORS = Path(__file__).parent / "vectors"
KEY = OwnerKey.from_seed(b"k" * 32)
NEXT = OwnerKey.from_seed(b"n" * 32)
LOG = OwnerKey.from_seed(b"l" * 32, name="guildhall.example/ip/2026")
AFTER = (7, b"r" * 32)
HASH = "ab" * 32


def refusal(call, *args: object, **kwargs: object) -> str:
    with pytest.raises(EnvelopeError) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def record(path: str, size: int = 1) -> str:
    return canonical({"path": path, "size": size, "sha256": HASH, "sha512": HASH * 2, "salt": "00" * 16}).decode()


def opening(**changed: object) -> bytes:
    fields = {
        "v": 1,
        "manifest_root": HASH,
        "manifest_alg": "rfc6962-sha256",
        "title": "T",
        "abstract": "",
        "kind": "other",
        "authors": [{"id_commit": HASH, "key": None, "share": None}],
        "owner_key": KEY.vkey,
        "ip_terms": "",
        "embargo": None,
        "parent": None,
        "client_time": "2026-11-26T00:00:00Z",
    }
    return canonical({**fields, **changed})


def leaf_fields(**changed: object) -> bytes:
    leaf = make_leaf(key=KEY, type="register", c=HASH, after=AFTER)
    return canonical({**json.loads(leaf.data), **changed})


# canonical JSON


@pytest.mark.parametrize("name", sorted(path.name for path in (JCS / "input").glob("*.json")))
def test_canonical_json_is_that_of_rfc_8785(name):
    expected = (JCS / "output" / name).read_bytes()
    assert canonical(parse_strict((JCS / "input" / name).read_bytes())) == expected
    assert is_canonical(expected)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":1}', "twice"),
        ('{"b":{"a":1,"a":2}}', "twice"),
        ("[NaN]", "NaN is not a number"),
        ("[Infinity]", "Infinity is not a number"),
        ("[1e999]", "larger than 2^53"),
        ("[9007199254740992]", "larger than 2^53"),
        ("[-9007199254740992]", "larger than 2^53"),
        ("[" + "9" * 5000 + "]", "larger than 2^53"),
        (r'["\ud800"]', "surrogate"),
        (r'{"\udc00":1}', "surrogate"),
        ("['a']", "not JSON"),
        ("", "not JSON"),
        ("[1] x", "not JSON"),
        ("\ufeff[1]", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("\ud800", "not UTF-8"),
        (b'["\xff"]', "not UTF-8"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(text, reason):
    assert reason in refusal(parse_strict, text)


@pytest.mark.parametrize("text", ['{"b":1,"a":1}', "[1,2] ", "[1.0]", "[-0]", "[1e2]", r'["\u0061"]', "[0.10]"])
def test_what_is_not_in_its_canonical_form_is_refused(text):
    assert "canonical form" in refusal(parse_canonical, text)


def test_the_largest_exact_integer_is_read():
    assert parse_canonical("[9007199254740991,-9007199254740991]") == [2**53 - 1, 1 - 2**53]


# keys


def test_a_key_is_named_as_notes_name_theirs():
    public = KEY.vkey.split("+", 2)[2]
    name, key_id, _ = KEY.vkey.split("+", 2)
    raw = parse_vkey("k", KEY.vkey)[1]
    assert name == "owner"
    assert key_id == hashlib.sha256(b"owner\n\x01" + raw).hexdigest()[:8]
    assert public == base64.b64encode(b"\x01" + raw).decode()


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "owner",
        None,
        KEY.vkey.replace("owner", "other"),
        KEY.vkey.replace("owner", "own er"),
        KEY.vkey.upper(),
        KEY.vkey + "=",
        KEY.vkey[:-1],
        "owner+00000000+" + KEY.vkey.split("+", 2)[2],
        "owner+"
        + hashlib.sha256(b"owner\n\x04" + b"p" * 32).hexdigest()[:8]
        + "+BHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw",
    ],
)
def test_another_form_or_kind_of_key_is_refused(vkey):
    assert "“k” must be" in refusal(parse_vkey, "k", vkey)


def test_a_signature_holds_for_one_key_and_one_message():
    signature = KEY.sign(b"message")
    verify_signature(KEY.vkey, b"message", signature)
    for vkey, message, given in [
        (NEXT.vkey, b"message", signature),
        (KEY.vkey, b"messagE", signature),
        (KEY.vkey, b"message", signature[:-1]),
        (KEY.vkey, b"message", bytes(64)),
    ]:
        assert "does not belong" in refusal(verify_signature, vkey, message, given)


def test_a_key_is_never_shown():
    assert b"k" * 32 not in repr(KEY).encode()
    assert KEY.seed.hex() not in repr(KEY)


# manifests


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "1 to 1024 bytes"),
        ("x" * 1025, "1 to 1024 bytes"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("c:x", "absolute"),
        ("..", "“..”"),
        ("a/../b", "“..”"),
        ("./a", "“..”"),
        ("a//b", "empty part"),
        ("a/", "empty part"),
        ("a\\b", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\x7f", "control"),
        (unicodedata.normalize("NFD", "é"), "normal form C"),
        ("\u212b", "normal form C"),
    ],
)
def test_a_path_that_is_not_one_inside_the_work_is_refused(path, reason):
    assert reason in refusal(parse_file_record, record(path))
    assert reason in refusal(new_file_record, path=path, size=1, sha256=HASH, sha512=HASH * 2)


@pytest.mark.parametrize("path", ["a", "a/b.c", "论文/正文.tex", "..a", "a..", ".hidden", "xy:z", " a ", "~"])
def test_a_plain_path_is_taken(path):
    assert parse_file_record(record(path)).path == path


def test_a_name_that_is_no_text_is_refused():
    assert "broken" in refusal(new_file_record, path="a\udcff", size=1, sha256=HASH, sha512=HASH * 2)


def test_a_path_stands_once_and_in_its_place():
    assert "twice" in refusal(Manifest.parse, [record("a"), record("a", 2)])
    assert "order" in refusal(Manifest.parse, [record("b"), record("a")])
    assert Manifest.parse([record("Z"), record("a"), record("ﬀ"), record("😀")]).records[3].path == "😀"


def test_a_manifest_has_at_least_one_file():
    assert "1 to 100000 files" in refusal(Manifest.parse, [])
    assert "list of texts" in refusal(Manifest.parse, [1])
    assert "list of texts" in refusal(Manifest.parse, "ab")


def test_the_root_is_that_of_rfc_6962():
    def tree(entries):
        if len(entries) == 1:
            return hashlib.sha256(b"\0" + entries[0]).digest()
        split = 1
        while split * 2 < len(entries):
            split *= 2
        return hashlib.sha256(b"\1" + tree(entries[:split]) + tree(entries[split:])).digest()

    for size in range(1, 20):
        texts = [record(f"{number:02}") for number in range(size)]
        assert Manifest.parse(texts).root == tree([text.encode() for text in texts]).hex()


def test_one_file_of_many_is_shown_alone():
    manifest = Manifest.parse([record(f"{number:02}") for number in range(11)])
    for index, text in enumerate(manifest.texts):
        proof = manifest.proof_of(f"{index:02}")
        assert verify_file(text, index, 11, proof, manifest.root).path == f"{index:02}"
        assert "not in the manifest" in refusal(verify_file, text, (index + 1) % 11, 11, proof, manifest.root)
    assert "no file “x”" in refusal(manifest.proof_of, "x")


def test_a_salt_hides_the_file_from_whoever_guesses_it():
    one, other = (new_file_record(path="a", size=1, sha256=HASH, sha512=HASH * 2) for _ in range(2))
    assert one.salt != other.salt
    assert Manifest([one]).root != Manifest([other]).root


# authors, openings, commitments


def test_an_author_is_committed_to_as_the_format_says():
    author = new_author("李雷", "lilei", salt=b"s" * 16)
    who = '{"handle":"lilei","name":"李雷"}'.encode()
    assert id_commit(author) == hashlib.sha256(b"guildhall-ip-author/v1\n" + b"s" * 16 + who).hexdigest()


def test_a_commitment_is_what_the_format_says():
    expected = hashlib.sha256(b"guildhall-ip-commit/v1\n" + b"s" * 32 + hashlib.sha256(b"{}").digest()).hexdigest()
    assert commitment(b"s" * 32, "{}") == commitment(b"s" * 32, b"{}") == expected
    assert "32 bytes" in refusal(commitment, b"s" * 31, "{}")


def test_an_opening_comes_back_as_it_was_made():
    made = make_opening(
        manifest_root=HASH,
        title="题",
        owner_key=KEY.vkey,
        authors=[AuthorEntry(HASH, NEXT.vkey, "1/2")],
        client_time="2026-11-26T00:00:00Z",
        embargo="2027-01-01",
        parent=HASH,
    )
    found = parse_opening(made)
    assert (found.title, found.embargo, found.parent, found.text) == ("题", "2027-01-01", HASH, made)
    assert found.authors == (AuthorEntry(HASH, NEXT.vkey, "1/2"),)
    assert parse_opening(made.encode()) == found


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"extra": 1}, "unknown field “extra”"),
        ({"v": 2}, "only version"),
        ({"v": True}, "only version"),
        ({"manifest_alg": "md5"}, "one of: rfc6962-sha256"),
        ({"manifest_root": HASH.upper()}, "lower-case hexadecimal"),
        ({"title": ""}, "1 to 200 characters"),
        ({"title": "x" * 201}, "1 to 200 characters"),
        ({"title": "a\0b"}, "control characters"),
        ({"title": "a\nb"}, "one line"),
        ({"abstract": "a\x1b[2Jb"}, "control characters"),
        ({"title": None}, "must be text"),
        ({"abstract": "x" * 4001}, "0 to 4000 characters"),
        ({"kind": "idea"}, "one of: invention"),
        ({"kind": ["other"]}, "one of: invention"),
        ({"authors": []}, "list of 1 to 200"),
        ({"authors": [{"id_commit": HASH, "key": None}]}, "authors[0] lacks the field “share”"),
        ({"authors": [{"id_commit": HASH, "key": LOG.vkey, "share": None}]}, "named “owner”"),
        ({"owner_key": "owner+x"}, "name+id+key"),
        ({"embargo": "2027-02-29"}, "must be a date"),
        ({"embargo": "20270228"}, "must be a date"),
        ({"parent": ""}, "lower-case hexadecimal"),
        ({"client_time": "2026-11-26T00:00:00+00:00"}, "time in UTC"),
        ({"client_time": "2026-11-26T24:00:00Z"}, "time in UTC"),
        ({"title": "x" * 200_000}, "larger than 131072 bytes"),
    ],
)
def test_an_opening_of_another_form_is_refused(changed, reason):
    assert reason in refusal(parse_opening, opening(**changed))


@pytest.mark.parametrize("name", list(json.loads(opening())))
def test_an_opening_has_every_field(name):
    fields = json.loads(opening())
    del fields[name]
    assert refusal(parse_opening, canonical(fields)) == f"The opening lacks the field “{name}”."


@pytest.mark.parametrize("value", [None, [], {"name": "x"}, {"name": "x", "handle": None, "salt": "00"}])
def test_an_author_of_another_form_is_refused(value):
    refusal(parse_author, value)


# leaves


@pytest.mark.parametrize("type_", TYPES)
def test_a_leaf_of_every_type_comes_back_as_it_was_made(type_):
    of_log, first = type_ in {"anchor", "renew"}, type_ == "register"
    leaf = make_leaf(
        key=LOG if of_log else KEY,
        type=type_,
        c=HASH,
        after=AFTER,
        prev=None if of_log or first else HASH,
        next_key=NEXT.vkey if type_ in {"assign", "key-rotate"} else None,
    )
    assert parse_leaf(leaf.data) == leaf
    assert leaf.hash == hashlib.sha256(b"\0" + leaf.data).hexdigest()
    assert (leaf.after_size, leaf.after_root, leaf.n is not None) == (*AFTER, type_ in {"assign", "key-rotate"})


def test_the_signature_is_over_the_leaf_without_it():
    leaf = make_leaf(key=KEY, type="register", c=HASH, after=AFTER)
    fields = json.loads(leaf.data)
    del fields["s"]
    verify_signature(KEY.vkey, b"guildhall-ip-leaf/v1\n" + canonical(fields), leaf.s)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"x": 1}, "unknown field “x”"),
        ({"n": NEXT.vkey}, "unknown field “n”"),
        ({"t": "sell"}, "“t” must be one of"),
        ({"t": ["register"]}, "“t” must be one of"),
        ({"t": "assign"}, "lacks the field “n”"),
        ({"t": "version"}, "must name the one before it"),
        ({"prev": HASH}, "“prev” must be null"),
        ({"c": HASH[:-2]}, "32 bytes"),
        ({"c": "cd" * 32}, "signature does not belong"),
        ({"k": NEXT.vkey}, "signature does not belong"),
        ({"k": LOG.vkey}, "named “owner”"),
        ({"t": "anchor"}, "registry's own key"),
        ({"after": "8:" + "A" * 43 + "="}, "signature does not belong"),
        ({"after": "07:" + "A" * 43 + "="}, "size:root"),
        ({"after": "7:" + "A" * 42 + "B="}, "padded base64"),
        ({"after": "0:" + "A" * 43 + "="}, "size:root"),
        ({"after": "9007199254740992:" + "A" * 43 + "="}, "size:root"),
        ({"after": 7}, "size:root"),
        ({"s": "AAAA"}, "64 bytes"),
        ({"s": "A" * 85 + "B=="}, "padded base64"),
        ({"s": None}, "padded base64"),
    ],
)
def test_a_leaf_of_another_form_is_refused(changed, reason):
    assert reason in refusal(parse_leaf, leaf_fields(**changed))


def test_a_leaf_larger_than_a_kilobyte_is_refused_before_it_is_read():
    assert refusal(parse_leaf, b" " * 70_000) == "The leaf is larger than 1024 bytes."


def test_a_leaf_written_in_another_way_is_refused():
    leaf = make_leaf(key=KEY, type="register", c=HASH, after=AFTER)
    assert "canonical form" in refusal(parse_leaf, leaf.data + b"\n")
    assert "canonical form" in refusal(parse_leaf, json.dumps(json.loads(leaf.data), sort_keys=True).encode())


def test_an_empty_log_has_one_root():
    leaf = make_leaf(key=KEY, type="register", c=HASH, after=(0, EMPTY_ROOT))
    assert (leaf.after_size, leaf.after_root) == (0, hashlib.sha256(b"").digest())


def test_a_leaf_of_another_form_is_not_made():
    assert "must name the one before" in refusal(make_leaf, key=KEY, type="reveal", c=HASH, after=AFTER)
    assert "unknown field “n”" in refusal(
        make_leaf, key=KEY, type="reveal", c=HASH, after=AFTER, prev=HASH, next_key=NEXT.vkey
    )


# details


def test_details_of_every_event_come_back_as_they_were_made():
    vectors = json.loads((VECTORS / "envelopes.json").read_text())["details"]
    assert {one["type"] for one in vectors} == set(DETAILS)
    for one in vectors:
        found = parse_details(one["type"], one["text"])
        assert found == json.loads(one["text"])
        assert make_details(one["type"], **{name: value for name, value in found.items() if name != "v"}) == one["text"]


@pytest.mark.parametrize(
    ("type_", "fields", "reason"),
    [
        ("register", {}, "has no details"),
        ("anchor", {}, "has no details"),
        ("accept", {"assign": HASH, "note": ""}, "unknown field “note”"),
        ("accept", {}, "lacks the field “assign”"),
        ("consent", {"author": True, "id_commit": HASH}, "whole number"),
        ("consent", {"author": -1, "id_commit": HASH}, "whole number"),
        ("licence", {"to_name": "x", "terms": "x", "exclusive": 1, "until": None}, "true or false"),
        ("embargo", {"until": "soon", "mode": "remind"}, "must be a date"),
        ("dispute", {"statement": "", "own_record": None}, "1 to 4000 characters"),
        ("reveal", {"scope": "all", "paths": None, "to": None}, "one of: public, file, person"),
        ("reveal", {"scope": "person", "paths": None, "to": None}, "must say to whom"),
        ("reveal", {"scope": "public", "paths": None, "to": "hanna"}, "any other must not"),
        ("reveal", {"scope": "public", "paths": ["a"], "to": None}, "must name no files"),
        ("reveal", {"scope": "file", "paths": None, "to": None}, "must name them"),
        ("reveal", {"scope": "file", "paths": ["a", "a"], "to": None}, "each file once"),
        ("reveal", {"scope": "file", "paths": ["../a"], "to": None}, "“..”"),
    ],
)
def test_details_of_another_form_are_refused(type_, fields, reason):
    assert reason in refusal(parse_details, type_, canonical({"v": 1, "record": HASH, **fields}))


# sealing


def test_sealing_a_file_gives_all_that_its_owner_needs(tmp_path):
    file = tmp_path / "正文.tex"
    file.write_bytes(b"x" * 5_000_000)
    heard = []
    manifest = Manifest([record_file(file, name="正文.tex", progress=heard.append)])
    author = new_author("李雷")
    sealed = seal(
        manifest, title="题", authors=[author], after=AFTER, now=datetime(2026, 11, 26, 8, tzinfo=UTC), kind="paper"
    )
    found = parse_opening(sealed.opening_text)
    assert sum(heard) == 5_000_000
    assert sealed.leaf.c == commitment(sealed.salt, sealed.opening_text)
    assert (sealed.leaf.type, sealed.leaf.k, found.owner_key) == ("register", sealed.key.vkey, sealed.key.vkey)
    assert (found.manifest_root, found.authors[0].id_commit) == (manifest.root, id_commit(author))
    assert found.client_time == "2026-11-26T08:00:00Z"
    assert manifest.records[0].sha512 == hashlib.sha512(b"x" * 5_000_000).hexdigest()


def test_a_version_names_the_older_record_and_is_signed_by_its_key(tmp_path):
    manifest = Manifest.parse([record("a")])
    facts = {"title": "T", "authors": [new_author("A")], "after": AFTER, "now": datetime(2026, 11, 26, tzinfo=UTC)}
    sealed = seal(manifest, parent=HASH, prev="cd" * 32, key=KEY, **facts)
    assert (sealed.leaf.type, sealed.leaf.prev, sealed.leaf.k) == ("version", "cd" * 32, KEY.vkey)
    assert parse_opening(sealed.opening_text).parent == HASH
    assert "its owner's key" in refusal(seal, manifest, parent=HASH, prev="cd" * 32, **facts)
    assert "its owner's key" in refusal(seal, manifest, parent=HASH, key=KEY, **facts)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    file = tmp_path / "a"
    file.write_bytes(b"x" * 5_000_000)

    def meddle(_: int) -> None:
        with file.open("ab") as out:
            out.write(b"y")

    assert "changed while it was read" in refusal(hash_file, file, meddle)


def test_the_key_file_holds_the_seed_and_names_the_record():
    kept = json.loads(key_file(KEY, HASH))
    assert kept["kind"] == "guildhall-owner-key"
    assert (kept["v"], kept["vkey"], kept["leaf_hash"]) == (1, KEY.vkey, HASH)
    assert OwnerKey.from_seed(base64.b64decode(kept["key"])).vkey == KEY.vkey


# the same bytes in every language


def test_the_vectors_for_other_languages_are_what_python_makes():
    sys.path.insert(0, str(VECTORS))
    try:
        from make_vectors import vectors
    finally:
        sys.path.remove(str(VECTORS))
    assert json.loads((VECTORS / "envelopes.json").read_text()) == json.loads(json.dumps(vectors()))


@pytest.mark.parametrize(
    ("group", "parse"),
    [
        ("leaves", lambda text: parse_leaf(text.encode())),
        ("openings", parse_opening),
        ("records", parse_file_record),
    ],
)
def test_what_every_language_must_refuse_is_refused(group, parse):
    for text in json.loads((VECTORS / "envelopes.json").read_text())["refused"][group]:
        refusal(parse, text)


def test_details_that_every_language_must_refuse_are_refused():
    vectors = json.loads((VECTORS / "envelopes.json").read_text())
    for one, text in zip(vectors["details"], vectors["refused"]["details"], strict=True):
        assert "unknown field “x”" in refusal(parse_details, one["type"], text)
