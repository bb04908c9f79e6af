"""What holds for every leaf, manifest, opening and event, whatever it says."""

import base64
import unicodedata

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.details import DETAILS, make_details, parse_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import OwnerKey, verify_signature
from ip_registry.envelopes.leaves import LEAF, WITH_NEXT_KEY, WITHOUT_PREV, make_leaf, parse_leaf
from ip_registry.envelopes.manifests import Manifest, new_file_record, verify_file
from ip_registry.envelopes.openings import KINDS, AuthorEntry, make_opening, parse_opening

keys = st.binary(min_size=32, max_size=32).map(OwnerKey.from_seed)
hashes = st.binary(min_size=32, max_size=32)
hex_hashes = hashes.map(bytes.hex)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=60)
lines = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"], include_characters="\n\t"), max_size=200)
parts = (
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\:"), min_size=1, max_size=8)
    .map(lambda part: unicodedata.normalize("NFC", part))
    .filter(lambda part: part not in {".", ".."})
)
short = st.text(st.characters(max_codepoint=300), max_size=8)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)


@st.composite
def leaves(draw):
    type_ = draw(st.sampled_from(sorted({"register", *DETAILS})))
    return make_leaf(
        key=draw(keys),
        type=type_,
        c=draw(hex_hashes),
        after=(draw(st.integers(1, 2**53 - 1)), draw(hashes)),
        prev=None if type_ in WITHOUT_PREV else draw(hex_hashes),
        next_key=draw(keys).vkey if type_ in WITH_NEXT_KEY else None,
    )


@settings(max_examples=200, deadline=None)
@given(leaves())
def test_a_leaf_comes_back_as_it_was_made(leaf):
    assert parse_leaf(leaf.data) == leaf


@settings(max_examples=200, deadline=None)
@given(leaves())
def test_what_a_leaf_signs_is_itself_without_its_signature(leaf):
    fields = parse_canonical(leaf.data)
    signature = base64.b64decode(fields.pop("s"))
    verify_signature(leaf.k, LEAF + rfc8785.dumps(fields), signature)


@settings(deadline=None)
@given(st.dictionaries(short, st.one_of(st.none(), st.booleans(), short, st.integers(-(2**53) + 1, 2**53 - 1))))
def test_what_is_written_in_one_step_is_written_as_the_standard_says(value):
    assert canonical(value) == rfc8785.dumps(value)


@settings(max_examples=12, deadline=None)
@given(leaves())
def test_every_flipped_bit_of_a_leaf_is_refused(leaf):
    for place in range(len(leaf.data) * 8):
        flipped = bytearray(leaf.data)
        flipped[place // 8] ^= 1 << place % 8
        with pytest.raises(EnvelopeError):
            parse_leaf(bytes(flipped))


@settings(max_examples=100, deadline=None)
@given(st.lists(paths, min_size=1, max_size=12, unique=True), st.data())
def test_every_file_of_a_manifest_is_shown_alone_and_no_other(names, data):
    made = [
        new_file_record(path=path, size=place, sha256="00" * 32, sha512="00" * 64) for place, path in enumerate(names)
    ]
    manifest = Manifest(made)
    size = len(names)
    assert Manifest.parse(manifest.texts).root == manifest.root
    assert [record.path.encode() for record in manifest.records] == sorted(path.encode() for path in names)
    for index, record in enumerate(manifest.records):
        proof = manifest.proof_of(record.path)
        assert verify_file(record.text, index, size, proof, manifest.root) == record
        other = data.draw(st.integers(0, size - 1))
        if other != index:
            with pytest.raises(EnvelopeError):
                verify_file(record.text, other, size, proof, manifest.root)


@settings(max_examples=100, deadline=None)
@given(words, lines, keys, st.data())
def test_an_opening_comes_back_as_it_was_made(title, abstract, key, data):
    entries = st.builds(
        AuthorEntry, hex_hashes, st.none() | st.just(key.vkey), st.none() | words.map(lambda word: word[:40])
    )
    made = make_opening(
        manifest_root=data.draw(hex_hashes),
        title=title,
        abstract=abstract,
        kind=data.draw(st.sampled_from(KINDS)),
        authors=data.draw(st.lists(entries, min_size=1, max_size=4)),
        owner_key=key.vkey,
        embargo=data.draw(st.none() | st.dates().map(str)),
        parent=data.draw(st.none() | hex_hashes),
        client_time=data.draw(st.datetimes()).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20),
    )
    found = parse_opening(made)
    assert (found.title, found.abstract, found.owner_key, found.text) == (title, abstract, key.vkey, made)


@settings(max_examples=100, deadline=None)
@given(words, words, st.booleans(), st.none() | st.dates().map(str))
def test_details_come_back_as_they_were_made(name, terms, exclusive, until):
    made = make_details("licence", record="ab" * 32, to_name=name, terms=terms, exclusive=exclusive, until=until)
    assert parse_details("licence", made)["terms"] == terms


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**53, 2**53 - 1)
    | st.floats(-9e15, 9e15)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_canonical_json_is_read_back_and_written_again_the_same(value):
    written = canonical(value)
    assert canonical(parse_canonical(written)) == written
