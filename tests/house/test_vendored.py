"""What others wrote and we serve: pinned, hashed, licensed, and nothing beside it."""

import hashlib
import json

import pytest

from tests.house.source import ROOT, VENDORED, tracked

MANIFEST = json.loads((ROOT / "static" / "vendor" / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(MANIFEST))
def test_a_vendored_file_is_what_was_pinned(name: str) -> None:
    entry = MANIFEST[name]
    assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == entry["sha256"]
    assert entry["package"]
    assert entry["version"][0].isdigit()
    assert entry["licence"]
    assert (ROOT / entry["licence_file"]).stat().st_size > 0


def test_nothing_lies_beside_the_manifest() -> None:
    licences = {entry["licence_file"] for entry in MANIFEST.values()}
    found = {
        name
        for name in tracked()
        if name.startswith(VENDORED) and name not in licences and name != "static/vendor/manifest.json"
    }
    extra = {name for name in found - set(MANIFEST) if "LICENSE" not in name}
    assert extra == set()
    assert set(MANIFEST) <= set(tracked())
