"""The browser's scripts, run by Node on what Python made: both see the same bytes and come to the same judgement."""

import base64
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ip_registry.evidence.bundle import Token, make_bundle
from ip_registry.evidence.fragments import fragment_of, read_fragment
from ip_registry.evidence.pages import HERE, SCRIPTS, bundled, verify_page
from tests.makers.authorities import Maker
from tests.makers.machine import need
from tests.registry.evidence import FILES, Kit, make_kit

SCRIPT = Path(__file__).parent / "javascript"


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


@pytest.fixture
def node(tmp_path: Path) -> Callable[..., Any]:
    """Run a script of this folder with some facts in a file; what it printed."""
    need("node", found=shutil.which("node") is not None)

    def run(script: str, *words: str, **facts: Any) -> str:
        given = tmp_path / "given.json"
        given.write_text(json.dumps(facts), encoding="utf-8")
        command = ["node", "--no-warnings", str(SCRIPT / script), str(given), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def test_the_browser_makes_and_refuses_the_same_envelopes(node: Callable[..., Any]) -> None:
    assert node("envelopes.mjs") == "ok"


def test_the_browser_checks_every_line_of_a_bundle(kit: Kit, node: Callable[..., Any]) -> None:
    files = {path: content.decode() for path, content in FILES.items()}
    said = json.loads(node("bundles.mjs", "report", bundle=_zip(kit), files=files))
    assert said["isProven"]
    codes = {line["code"] for line in said["lines"]}
    assert codes >= {
        *("entry-good", "inclusion-good", "log-good", "witness", "unchecked-key", "body-good", "opening-good"),
        *("manifest-good", "authors-good", "token-stated", "consistency-good", "lower-stated"),
    }
    assert {line["state"] for line in said["lines"]} == {"good", "note"}
    assert [one["state"] for one in said["copies"]["results"]] == ["same"] * len(files)
    assert said["copies"]["missing"] == []
    assert said["changed"] == ["changed"] * len(files)
    assert said["notAfter"] == _time_of_witness(said)


def test_a_token_over_a_file_must_be_over_that_file(kit: Kit, node: Callable[..., Any]) -> None:
    maker, records = Maker(), kit.sealed.manifest.records
    token = Token("itself", maker.token(bytes.fromhex(records[1].sha256)), maker.chain)
    for place, is_proven in ((2, True), (1, False), (4, False)):
        parts = replace(kit.parts, file_tokens={place: [token]})
        bundle = base64.b64encode(make_bundle(parts)).decode()
        said = json.loads(node("bundles.mjs", "report", bundle=bundle, files={}))
        assert said["isProven"] is is_proven, place
        paths = [line["values"]["path"] for line in said["lines"] if line["code"] == "file-token-stated"]
        assert paths == ([records[1].path] if is_proven else [])


def test_a_flipped_bit_in_a_bundle_is_caught_or_claims_nothing_more(kit: Kit, node: Callable[..., Any]) -> None:
    counted = json.loads(node("bundles.mjs", "flips", bundle=_zip(kit), step=601))
    assert counted["caught"] > 500
    assert counted["harmless"] < counted["caught"]  # in the certificates of the authorities, which openssl judges


def test_bundles_are_read_and_written_with_care(kit: Kit, node: Callable[..., Any]) -> None:
    assert node("bundles.mjs", "zip", bundle=_zip(kit)) == "ok"


def test_the_key_of_a_certificate_opens_the_same_on_both_sides(kit: Kit, node: Callable[..., Any]) -> None:
    record = kit.sealed.manifest.texts[0]
    fragment = fragment_of(opening=kit.sealed.opening_text, salt=kit.sealed.salt.hex(), manifest=[record])
    assert fragment is not None
    opened = read_fragment(fragment)
    assert (opened.opening, opened.salt, opened.record) == (kit.sealed.opening_text, kit.sealed.salt.hex(), record)
    said = json.loads(node("bundles.mjs", "fragment", bundle=_zip(kit), fragment=fragment))
    assert said == {"opening": opened.opening, "salt": opened.salt, "manifest": [record]}


def test_a_work_of_several_files_has_no_key_on_its_certificate(kit: Kit) -> None:
    texts = kit.sealed.manifest.texts
    assert fragment_of(opening=kit.sealed.opening_text, salt=kit.sealed.salt.hex(), manifest=texts) is None


def test_verify_html_is_one_file_that_can_send_nothing() -> None:
    page = verify_page().decode()
    assert page == verify_page().decode()
    script = re.sub(r'data:text/javascript;base64,[^"]+', "", page)
    assert not re.search(r"^(import|export) ", script, re.MULTILINE)
    assert re.search(r"""\b(?:src|href)=["']""", script) is None
    assert "default-src 'none'" in page
    assert "fetch(" not in bundled(HERE / "verify.js")


def test_every_judgement_of_verify_html_has_words_in_both_languages() -> None:
    words = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))["words"]
    assert all(set(sentence) == {"en", "zh"} and all(sentence.values()) for sentence in words.values())
    used = bundled(SCRIPTS / "bundles.js")
    steps = {f"{name}-{end}" for name in re.findall(r'step\(report, "([\w-]+)"', used) for end in ("good", "bad")}
    stated = {"token-good", "lower-good"}  # these say it with another code
    lines = (steps - stated) | set(re.findall(r'code: "([\w-]+)"', used))
    reasons = {f"why-{code}" for code in re.findall(r'Refusal\("([\w-]+)"', used)}
    assert (lines | reasons) - set(words) == set()
    page = (HERE / "verify.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-word="([\w-]+)"', page)) <= set(words)


def _zip(kit: Kit) -> str:
    return base64.b64encode(make_bundle(kit.parts)).decode()


def _time_of_witness(said: dict[str, Any]) -> float:
    times = [line["values"]["time"] for line in said["lines"] if line["code"] == "witness"]
    return min(datetime.fromisoformat(time).timestamp() for time in times)
