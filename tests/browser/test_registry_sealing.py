"""Sealing, signing and checking in a real browser: what is secret stays in it, and what comes out of it is proven."""

import json
import os
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from ip_registry.evidence.fragments import fragment_of
from ip_registry.evidence.pages import verify_page
from ip_registry.evidence.verifying import verify_bundle
from tests.browser.conftest import PEOPLE, Windows, scrolls_sideways, sign_in
from tests.browser.test_accessibility import look_at
from tests.live import ROOT

SECRET = "the secret ingredient is zirconium"
WITHOUT_ED25519 = """
const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (form, key, name, ...more) =>
  name === "Ed25519" ? Promise.reject(new DOMException("no", "NotSupportedError")) : real(form, key, name, ...more);
"""
HASH = """async ([worker, oneGo]) => {
  const { hashFiles, workerAt } = await import("/static/js/registry/hashing.js");
  const file = new File([new Uint8Array(5_000_000).fill(7), "end"], "x");
  const hash = (limit) => hashFiles([{ file, size: file.size }], { startWorker: workerAt(worker), oneGo: limit });
  return { pieces: await hash(oneGo), whole: await hash() };
}"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A small work in a folder."""
    folder = tmp_path / "work"
    (folder / "data").mkdir(parents=True)
    (folder / "论文.txt").write_text(SECRET, encoding="utf-8")
    (folder / "data" / "measured.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    (folder / "empty").touch()
    return folder


def seal(page: Page, what: Path, *, title: str = "A coating that heals itself", at: str = "/registry/seal") -> Path:
    """Seal a folder or a file; the evidence that the browser saves."""
    page.goto(at)
    expect(page.locator(".seal-form [data-plain]").first).to_be_hidden()  # the script has taken over
    page.set_input_files("#folder" if what.is_dir() else "#files", what)
    page.fill("#title", title)
    with page.expect_download() as saved:
        page.locator(".seal-form button[type=submit]").click()
    expect(page.locator("[data-sealed]")).to_be_visible()
    evidence = what.parent / saved.value.suggested_filename
    saved.value.save_as(evidence)
    return evidence


def compare(page: Page, what: Path) -> str:
    """Compare a copy on the page of a record; the large word."""
    expect(page.locator("#copy-files")).to_be_visible()
    page.set_input_files("#copy-folder" if what.is_dir() else "#copy-files", what)
    verdict = page.locator("[data-verdict]")
    expect(verdict).to_be_visible()
    expect(page.locator("[data-check-copy] progress")).to_be_hidden()
    return verdict.locator("[data-large]").inner_text()


@contextmanager
def sent_by(page: Page) -> Iterator[list[str]]:
    """Everything that leaves the browser: addresses and bodies."""
    sent: list[str] = []

    def note(request: Request) -> None:
        sent.append(request.url + "\n" + (request.post_data or ""))

    page.on("request", note)
    yield sent
    page.remove_listener("request", note)


def opened(evidence: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(evidence) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


@pytest.mark.parametrize("look", ["desktop-en", "phone-zh"])
def test_a_folder_is_sealed_and_its_evidence_holds(windows: Windows, work: Path, look: str) -> None:
    page = windows.open(look)
    sign_in(page, "member")
    with sent_by(page) as sent:
        evidence = seal(page, work)
    verdict = verify_bundle(evidence, [work])
    assert verdict.proven, verdict.lines
    assert {copy.path for copy in verdict.copies if copy.matches} == {
        "work/data/measured.csv",
        "work/empty",
        "work/论文.txt",
    }
    key = json.loads(opened(evidence)["owner-key.json"])
    assert key["leaf_hash"] == verdict.leaf_hash
    assert not [one for one in sent if SECRET in one or key["key"] in one]
    assert not scrolls_sideways(page)
    page.locator("[data-record]").click()
    expect(page.locator("h1")).to_have_text("A coating that heals itself")


def test_a_blind_registration_leaves_nothing_but_the_leaf(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    page.goto("/registry/seal")
    page.uncheck("#deposit")
    page.set_input_files("#folder", work)
    page.fill("#title", "Quite a secret title")
    with sent_by(page) as sent, page.expect_download() as saved:
        page.locator(".seal-form button[type=submit]").click()
    evidence = work.parent / "blind.zip"
    saved.value.save_as(evidence)
    assert not [one for one in sent if "Quite a secret title" in one]
    verdict = verify_bundle(evidence, [work])
    assert verdict.proven, verdict.lines
    assert verdict.title == "Quite a secret title"
    assert all(copy.matches for copy in verdict.copies)


def test_a_copy_matches_and_a_changed_one_does_not(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-zh")
    sign_in(page, "member")
    seal(page, work)
    page.locator("[data-record]").click()
    with sent_by(page) as sent:
        assert compare(page, work) == "一致"
        changed = work.parent / "measured.csv"
        changed.write_text("x,y\n1,3\n", encoding="utf-8")
        assert compare(page, changed) == "不一致"
        expect(page.locator("[data-copies]")).to_contain_text("work/data/measured.csv")
    assert not [one for one in sent if SECRET in one or "1,3" in one]


def test_a_stranger_compares_with_evidence_or_with_the_key_of_a_certificate(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    file = work / "论文.txt"
    evidence = seal(page, file)
    parts = opened(evidence)
    leaf_hash = page.locator("[data-hash]").inner_text()
    stranger = windows.open("phone-zh")
    stranger.goto(f"/v/{leaf_hash}")
    assert compare(stranger, file) == "无法判定"
    stranger.set_input_files("#copy-evidence", evidence)
    expect(stranger.locator("[data-large]")).to_have_text("一致")

    fragment = fragment_of(
        opening=parts["record/opening.json"].decode(),
        salt=parts["record/salt"].decode(),
        manifest=json.loads(parts["manifest.json"]),
    )
    assert fragment
    by_link = windows.open("phone-zh")
    with sent_by(by_link) as sent:
        by_link.goto(f"/v/{leaf_hash}#{fragment}")
        assert compare(by_link, file) == "一致"
        assert compare(by_link, work / "empty") == "不一致"
    assert not [one for one in sent if fragment in one.partition("#")[0] or SECRET in one]


def test_evidence_of_another_record_proves_nothing_here(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    other = seal(page, work)
    seal(page, work / "论文.txt")
    leaf_hash = page.locator("[data-hash]").inner_text()
    stranger = windows.open("desktop-en")
    stranger.goto(f"/v/{leaf_hash}")
    stranger.locator("[data-ask-details] summary").click()
    stranger.set_input_files("#copy-evidence", other)
    assert compare(stranger, work) == "Cannot be told"
    expect(stranger.locator("[data-because]")).to_contain_text("another record")


@pytest.mark.parametrize("arrives", [False, True], ids=["lost on the way", "lost on the way back"])
def test_a_lost_connection_loses_nothing(windows: Windows, work: Path, *, arrives: bool) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "english")
    page.goto("/registry/seal")
    leaves: list[str] = []

    def lose(route: Route) -> None:
        leaves.append(json.loads(route.request.post_data or "")["leaf"])
        if arrives:
            route.fetch()
        route.abort()

    page.route("**/registry/seal", lose, times=1)
    page.set_input_files("#folder", work)
    page.fill("#title", "Sent twice")
    page.locator(".seal-form button[type=submit]").click()
    expect(page.locator("[data-step]")).to_contain_text("connection was lost")
    page.reload()
    expect(page.locator("[data-unsent]")).to_contain_text("Sent twice")
    with page.expect_download() as saved, page.expect_request("**/registry/seal") as again:
        page.locator("[data-again]").click()
    assert json.loads(again.value.post_data or "")["leaf"] == leaves[0]
    evidence = work.parent / "again.zip"
    saved.value.save_as(evidence)
    assert verify_bundle(evidence, [work]).proven
    page.goto("/registry/seal")
    expect(page.locator("[data-unsent]")).to_be_hidden()


def test_hashing_can_be_stopped(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "english")
    page.goto("/registry/seal")
    large = work / "large.bin"
    with large.open("wb") as out:
        os.truncate(out.fileno(), 2_000_000_000)
    page.set_input_files("#files", large)
    page.fill("#title", "Too long to wait for")
    with sent_by(page) as sent:
        page.locator(".seal-form button[type=submit]").click()
        page.locator("[data-cancel]").click()
        expect(page.locator("[data-step]")).to_have_text("Stopped. Nothing was sent.")
    assert not [one for one in sent if '"leaf"' in one]
    assert page.locator("#title").input_value() == "Too long to wait for"


def test_what_is_missing_is_said_and_what_was_typed_stays(windows: Windows, work: Path) -> None:
    page = windows.open("phone-en")
    sign_in(page, "english")
    page.goto("/registry/seal")
    page.fill("#abstract", "Typed at length.")
    button = page.locator(".seal-form button[type=submit]")
    button.click()
    expect(page.locator("[data-step]")).to_have_text("Choose at least one file.")
    page.set_input_files("#folder", work)
    expect(page.locator("[data-step]")).to_be_hidden()  # it covers nothing while it is put right
    button.click()
    expect(page.locator("[data-step]")).to_have_text("Give it a title.")
    expect(page.locator("#title")).to_be_focused()
    page.fill("#title", "A title")
    page.fill("#authors", "")
    button.click()
    expect(page.locator("[data-step]")).to_have_text("Name at least one person.")
    page.fill("#authors", "Tom")
    page.fill("#abstract", "Typed \a at length.")
    button.click()
    expect(page.locator("[data-step]")).to_have_text(re.compile("cannot be sealed as it is: Abstract"))
    assert page.locator("#abstract").input_value() == "Typed \a at length."


def test_a_browser_without_ed25519_seals_all_the_same(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    page.add_init_script(WITHOUT_ED25519)
    sign_in(page, "member")
    assert verify_bundle(seal(page, work), [work]).proven


def test_a_large_file_is_hashed_in_pieces_to_the_same_end(windows: Windows) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    page.goto("/registry/seal")
    worker = page.locator("[data-seal]").get_attribute("data-worker")
    hashed: dict[str, Any] = page.evaluate(HASH, [worker, 1_000_000])
    assert hashed["pieces"] == hashed["whole"]
    assert hashed["whole"][0]["size"] == 5_000_003


def test_acts_are_signed_by_the_browser_that_keeps_the_key(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "english")
    evidence = seal(page, work)
    number = page.locator("[data-number]").inner_text()
    licence(page, number)
    expect(page).to_have_url(re.compile(r"/registry/[^/?#]+$"))

    elsewhere = windows.open("desktop-en")
    sign_in(elsewhere, "english")
    with sent_by(elsewhere) as sent:
        licence(elsewhere, number)
        expect(elsewhere.locator("[data-signing-status]")).to_contain_text("not in this browser")
        elsewhere.set_input_files("#signing-key", work / "论文.txt")
        elsewhere.locator("main form button").last.click()
        expect(elsewhere.locator("[data-signing-status]")).to_contain_text("does not hold the key")
        elsewhere.set_input_files("#signing-key", evidence)
        elsewhere.locator("main form button").last.click()
        expect(elsewhere).to_have_url(re.compile(r"/registry/[^/?#]+$"))
    key = json.loads(opened(evidence)["owner-key.json"])["key"]
    assert not [one for one in sent if key in one]


def licence(page: Page, number: str) -> None:
    page.goto(f"/registry/{number}/acts/licence")
    page.fill("[name=to_name]", "ACME & Söhne")
    page.fill("[name=terms]", "As you like,\nbut “kindly”.")
    page.locator("main form button").last.click()


def test_everybody_signs_their_own_part_in_the_life_of_a_record(windows: Windows, work: Path) -> None:
    owner, other = windows.open("desktop-en"), windows.open("phone-zh")
    sign_in(owner, "english")
    sign_in(other, "member")
    owner.goto("/registry/seal")
    expect(owner.locator(".seal-form [data-plain]").first).to_be_hidden()
    owner.set_input_files("#folder", work)
    owner.fill("#title", "Ours")
    owner.fill("#authors", f"Tom Baker @{PEOPLE['english']} 60 %\nLin Wei @{PEOPLE['member']} 40 %")
    with owner.expect_download():
        owner.locator(".seal-form button[type=submit]").click()
    expect(owner.locator("[data-sealed]")).to_be_visible()
    number = owner.locator("[data-number]").inner_text()
    with other.expect_download() as consenting:
        act(other, number, "consent")
    assert consenting.value.suggested_filename.startswith("guildhall-key-")

    other.goto("/registry/mine")
    with other.expect_download() as made:
        other.locator("[data-make-key] button, button[data-make-key]").first.click()
    key = json.loads(Path(made.value.path()).read_text(encoding="utf-8"))
    act(owner, number, "assign", to=f"@{PEOPLE['member']}", to_name="Lin Wei", next_key=key["vkey"])
    act(other, number, "accept")
    expect(other.locator("main")).to_contain_text(key["vkey"])
    act(owner, number, "dispute", statement="I had it first.")


def act(page: Page, number: str, name: str, **typed: str) -> None:
    """Fill in and sign an act, until it stands in the log."""
    page.goto(f"/registry/{number}/acts/{name}")
    for field, text in typed.items():
        page.fill(f"[name={field}]", text)
    page.locator("main form button").last.click()
    expect(page).to_have_url(re.compile(r"/registry/[^/?#]+$"))


def test_a_new_version_is_signed_with_the_same_key(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    first = seal(page, work)
    leaf_hash = page.locator("[data-hash]").inner_text()
    second = seal(page, work / "论文.txt", title="Second thoughts", at=f"/registry/seal?parent={leaf_hash}")
    entry, older = (json.loads(opened(one)["entry.json"]) for one in (second, first))
    assert (entry["t"], entry["prev"], entry["k"]) == ("version", leaf_hash, older["k"])
    assert verify_bundle(second, [work / "论文.txt"]).proven


@pytest.mark.parametrize("look", ["phone-zh", "desktop-en"])
def test_without_script_the_files_are_sent_and_the_page_says_so(windows: Windows, work: Path, look: str) -> None:
    page = windows.open(look, java_script_enabled=False)
    sign_in(page, "member" if look.endswith("zh") else "english")
    page.goto("/registry/seal")
    expect(page.locator(".caution")).to_contain_text("JavaScript")
    assert not scrolls_sideways(page)
    page.fill("#title", "Sealed by hand")
    page.set_input_files("#folder", work)
    page.locator(".seal-form button[type=submit]").click()
    expect(page).to_have_url(re.compile(r"/registry/\d{4}-\d+$"))
    number = page.url.rpartition("/")[2]
    answer = page.request.get(f"/registry/{number}/evidence")
    assert verify_bundle(answer.body(), [work]).proven
    page.goto(f"/registry/{number}/acts/withdraw")
    page.locator("main form button").last.click()
    expect(page).to_have_url(re.compile(r"/registry/[^/?#]+$"))


def test_the_page_in_the_evidence_checks_it_from_disk(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "member")
    evidence = seal(page, work)
    at_home = work.parent / "verify.html"
    at_home.write_bytes(opened(evidence)["verify.html"])
    assert at_home.read_bytes() == verify_page()
    offline = windows.open("desktop-zh", offline=True)
    offline.goto(at_home.as_uri())
    offline.set_input_files("#bundle", evidence)
    verdict = offline.locator("[data-at=large]")
    expect(verdict).to_have_text(re.compile("已获证明|日志已收录"))
    offline.set_input_files("#folder", work)
    expect(offline.locator("[data-at=copies-large]")).to_have_text("一致")
    (work / "论文.txt").write_text("another text", encoding="utf-8")
    offline.set_input_files("#folder", work)
    expect(offline.locator("[data-at=copies-large]")).to_have_text("不一致")
    offline.locator("[data-at=language]").click()
    expect(offline.locator("[data-at=copies-large]")).to_have_text("It does not match")
    own_policy = work.parent / "policy.txt"
    own_policy.write_text((ROOT / "tests/registry/vectors/other-policy.txt").read_text(encoding="utf-8"))
    offline.set_input_files("#policy", own_policy)
    expect(verdict).to_have_text("Not proven")
    assert not look_at(offline, "verify.html")


def test_sealing_shuts_nobody_out(windows: Windows, work: Path) -> None:
    page = windows.open("desktop-en")
    sign_in(page, "english")
    page.goto("/registry/seal")
    page.set_input_files("#folder", work)
    expect(page.locator("[data-files-count]")).to_contain_text("3")
    wrong = look_at(page, "/registry/seal")
    page.locator(".seal-form button[type=submit]").click()
    expect(page.locator("[data-step]")).to_be_visible()
    wrong += look_at(page, "/registry/seal that refuses")
    page.fill("#title", "For everybody")
    with page.expect_download():
        page.locator(".seal-form button[type=submit]").click()
    expect(page.locator("[data-sealed]")).to_be_visible()
    wrong += look_at(page, "/registry/seal that is done")
    page.locator("[data-record]").click()
    compare(page, work)
    wrong += look_at(page, "a record with a copy that was compared")
    assert not wrong, "\n".join(wrong)
