"""`guildhall seal` and `guildhall verify` against a log of our own: what is signed is never lost, nor signed twice."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner

from guildhall.cli import main
from ip_registry.envelopes.keys import parse_key_file
from ip_registry.envelopes.leaves import parse_leaf
from ip_registry.envelopes.openings import parse_opening
from ip_registry.evidence.bundle import BundleParts, make_bundle, open_bundle
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.inventor import registering
from ip_registry.inventor.works import works_of
from ledger.encoding import to_base64
from ledger.keys import Kind, Signer
from ledger.memory import MemoryStorage
from ledger.policies import policy_of
from ledger.proofs import format_proof
from ledger.tree import inclusion_proof
from tests.registry.evidence import LOG, body, place, seen, some_leaves

POLICY = str(policy_of(log=[signer.verifier for signer in LOG.signers], witnesses={}, threshold=0))


ANSWERS = {
    "refuse": (409, json.dumps({"title": "Conflict", "detail": "The log has moved on."}).encode()),
    "unknown": (401, json.dumps({"title": "Unauthorized", "detail": "", "errors": {}}).encode()),
    "elsewhere": (302, b""),
    "nonsense": (201, b'{"number": 1}'),
}


class FakeSite:
    """The few answers of a site that the command asks for, from a real log in memory; it can fail in chosen ways."""

    def __init__(self) -> None:
        self.storage = MemoryStorage()
        LOG.start(self.storage)
        self.note = place(self.storage, some_leaves(3))
        self.leaves: dict[str, int] = {}
        self.asked: list[tuple[str, object]] = []
        self.trouble: list[str] = []
        self.url = ""

    def answer(self, method: str, path: str, sent: object, token: str | None) -> tuple[int, bytes]:
        self.asked.append((path, sent))
        trouble = self.trouble.pop(0) if self.trouble and method == "POST" else ""
        if trouble in ANSWERS:
            return ANSWERS[trouble]
        if path.startswith("/ledger/"):
            return 200, {"/ledger/checkpoint": self.note, "/ledger/policy": POLICY}[path].encode()
        if token != "Bearer secret":
            return ANSWERS["unknown"]
        if path.endswith("/events"):
            return 200, json.dumps({"items": [{"leaf_hash": "00" * 32}, {"leaf_hash": "ab" * 32}]}).encode()
        if method == "GET":
            return self._evidence(int(path.partition("?")[0].split("/")[4].rpartition("-")[2]))
        return 201, json.dumps(self._register(sent, trouble, is_batch=path.endswith(":batch"))).encode()

    def _register(self, sent: dict[str, Any], trouble: str, *, is_batch: bool) -> dict[str, Any]:
        leaves = [item["leaf"].encode() for item in (sent["items"] if is_batch else [sent])]
        for leaf in leaves:
            self._take(leaf)
        if trouble == "lose":
            raise ConnectionResetError
        if trouble == "lie":
            leaves = some_leaves(1)
            self._take(leaves[0])
        placed = [self._placed(leaf) for leaf in leaves]
        if is_batch:
            return {"items": placed, "checkpoint": self.note}
        return {**placed[0], "proof": self._proof(placed[0]["index"])}

    def _take(self, leaf: bytes) -> None:
        hash_ = parse_leaf(leaf).hash
        if hash_ not in self.leaves:
            self.leaves[hash_] = self.storage.state().size
            self.note = place(self.storage, [leaf])

    def _placed(self, leaf: bytes) -> dict[str, Any]:
        index = self.leaves[parse_leaf(leaf).hash]
        path = inclusion_proof(self.storage, index, seen(self.note)[0])
        url = f"{self.url}/registry/2026-{index}"
        return {"number": f"2026-{index}", "index": index, "leaf_hash": "", "url": url, "path": [*map(to_base64, path)]}

    def _proof(self, index: int) -> str:
        return format_proof(index, inclusion_proof(self.storage, index, seen(self.note)[0]), self.note)

    def _evidence(self, index: int) -> tuple[int, bytes]:
        leaf = next(entry.leaf for entry in self.storage.entries(index, index + 1))
        papers = {"README.txt": b"newer"}
        return 200, make_bundle(BundleParts(leaf=leaf, proof=self._proof(index), policy=POLICY, papers=papers))


@contextmanager
def served(site: FakeSite) -> Iterator[FakeSite]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._do(None)

        def do_POST(self) -> None:
            self._do(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def _do(self, sent: object) -> None:
            try:
                status, content = site.answer(self.command, self.path, sent, self.headers.get("Authorization"))
            except ConnectionResetError:
                self.close_connection = True
                return
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with served(FakeSite()) as running:
        yield running


@pytest.fixture
def run(site, monkeypatch):
    monkeypatch.setenv("GUILDHALL_BASE_URL", site.url)
    monkeypatch.setenv("GUILDHALL_TOKEN", "secret")
    return lambda *words: CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "论文.txt"
    made.write_bytes(b"a secret")
    return made


def bundle_of(path):
    return path.with_name(path.name + ".guildhall.zip")


def pending_of(path):
    return path.with_name(path.name + ".guildhall.pending.json")


def posts(site: FakeSite) -> list[object]:
    return [sent for path, sent in site.asked if sent is not None]


def test_a_file_is_sealed_and_its_evidence_lies_beside_it(site, run, file):
    done = run("seal", file, "--author", "李雷=@lilei", "--title", "题", "--kind", "paper", "--embargo", "2027-01-31")
    assert done.exit_code == 0, done.output
    members = open_bundle(bundle_of(file).read_bytes())
    opening = parse_opening(members["record/opening.json"])
    assert (opening.title, opening.kind, opening.embargo) == ("题", "paper", "2027-01-31")
    assert parse_key_file(members["owner-key.json"]).key.vkey == opening.owner_key
    assert {"README.txt", "verify.html", "verify.sh", "policy.txt", "checkpoint.txt"} <= set(members)
    assert stat.S_IMODE(bundle_of(file).stat().st_mode) == 0o600
    assert not pending_of(file).exists()
    assert parse_leaf(members["entry.json"]).after_size == 3
    assert verify_bundle(bundle_of(file), [file]).proven
    assert "2026-3" in done.output


def test_neither_the_content_nor_the_key_is_sent(site, run, file):
    assert run("seal", file, "--author", "A", "--no-deposit").exit_code == 0
    key = json.loads(open_bundle(bundle_of(file).read_bytes())["owner-key.json"])["key"]
    sent = json.dumps(posts(site))
    assert [item["opening"] for item in posts(site)] == [None]
    assert "a secret" not in sent
    assert key not in sent
    assert "论文" not in sent


def test_the_opening_is_deposited_unless_it_is_forbidden(site, run, file):
    assert run("seal", file, "--author", "A").exit_code == 0
    deposit = posts(site)[0]["opening"]
    assert set(deposit) == {"opening", "salt", "authors", "manifest"}
    assert parse_opening(deposit["opening"]).title == "论文.txt"


def test_a_lost_answer_is_asked_for_again_with_the_same_leaf(site, run, file):
    site.trouble = ["lose"]
    first = run("seal", file, "--author", "A")
    assert first.exit_code == 1
    assert "run the same command again" in first.output
    assert stat.S_IMODE(pending_of(file).stat().st_mode) == 0o600
    assert not bundle_of(file).exists()
    assert run("seal", file, "--author", "Somebody else").exit_code == 0
    leaves = [item["leaf"] for item in posts(site)]
    assert leaves[0] == leaves[1]
    assert len(site.leaves) == 1
    assert not pending_of(file).exists()


def test_the_signed_leaf_is_on_disk_before_it_is_sent(site, run, file, monkeypatch):
    def die(*args: object, **kwargs: object):
        assert json.loads(pending_of(file).read_text())["leaf"]
        raise KeyboardInterrupt

    monkeypatch.setattr(registering.Site, "register", die)
    with pytest.raises(KeyboardInterrupt):
        registering.register_works(
            registering.Site(site.url, "secret"),
            works_of([file], as_folder=False, out=None),
            registering.About(authors=[("A", None)]),
            policy=None,
            as_batch=False,
            progress=lambda _: None,
        )
    assert pending_of(file).exists()


def test_a_file_that_changed_since_it_was_signed_is_not_sent_under_the_old_leaf(site, run, file):
    site.trouble = ["lose"]
    run("seal", file, "--author", "A")
    file.write_bytes(b"changed")
    again = run("seal", file, "--author", "A")
    assert again.exit_code == 1
    assert "it changed since it was signed" in again.output
    assert len(posts(site)) == 1


def test_a_refusal_is_told_and_what_was_signed_is_kept(site, run, file):
    site.trouble = ["refuse"]
    done = run("seal", file, "--author", "A")
    assert done.exit_code == 1
    assert "The log has moved on." in done.output
    assert "will refuse it again" in done.output
    assert pending_of(file).exists()


def test_a_false_proof_is_not_taken(site, run, file):
    site.trouble = ["lie"]
    done = run("seal", file, "--author", "A")
    assert done.exit_code == 1
    assert "proof does not hold" in done.output
    assert pending_of(file).exists()
    assert not bundle_of(file).exists()


@pytest.mark.parametrize(("trouble", "said"), [("elsewhere", "status 302"), ("nonsense", "does not know")])
def test_strange_answers_are_refused(site, run, file, trouble, said):
    site.trouble = [trouble]
    done = run("seal", file, "--author", "A")
    assert done.exit_code == 1
    assert said in done.output


def test_a_log_of_another_key_is_not_signed_into(site, run, file, tmp_path):
    stranger = Signer(LOG.origin, Kind.ED25519, b"8" * 32).verifier
    policy = tmp_path / "policy.txt"
    policy.write_text(str(policy_of(log=[stranger], witnesses={}, threshold=0)))
    done = run("seal", file, "--author", "A", "--policy", policy)
    assert done.exit_code == 1
    assert "no known key signed" in done.output
    assert not posts(site)


def test_a_folder_is_one_work(site, run, tmp_path):
    folder = tmp_path / "work"
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "b.txt").write_bytes(b"b")
    (folder / "c.txt").write_bytes(b"c")
    (folder / "old.guildhall.zip").write_bytes(b"evidence is no part of a work")
    assert run("seal", folder, "--folder", "--author", "A").exit_code == 0
    verdict = verify_bundle(bundle_of(folder), [folder])
    assert {copy.path for copy in verdict.copies if copy.matches} == {"a/b.txt", "c.txt"}
    assert len(site.leaves) == 1


def test_many_files_go_in_few_requests(site, run, tmp_path):
    files = [tmp_path / f"{number}.txt" for number in range(51)]
    for number, one in enumerate(files):
        one.write_text(str(number))
    out = tmp_path / "evidence"
    out.mkdir()
    assert run("seal", *files, "--author", "A", "--out", out).exit_code == 0
    assert len(posts(site)) == 1
    for one in files:
        assert verify_bundle(out / bundle_of(one).name, [one]).proven
    authors = {open_bundle(path.read_bytes())["record/authors.json"] for path in out.iterdir()}
    assert len(authors) == 51  # the same author is hidden by another salt each time


def test_running_again_later_brings_the_evidence_up_to_date_and_signs_nothing(site, run, file):
    run("seal", file, "--author", "A", "--no-deposit")
    before = open_bundle(bundle_of(file).read_bytes())
    site.note = place(site.storage, some_leaves(4))
    again = run("seal", file, "--author", "A")
    after = open_bundle(bundle_of(file).read_bytes())
    assert again.exit_code == 0, again.output
    assert "up to date" in again.output
    assert len(posts(site)) == 1
    assert after["checkpoint.txt"] == body(site.note) != before["checkpoint.txt"]
    assert all(after[name] == before[name] for name in ("entry.json", "owner-key.json", "record/salt"))
    file.write_bytes(b"another")
    changed = run("seal", file, "--author", "A")
    assert changed.exit_code == 1
    assert "not what was sealed" in changed.output
    assert open_bundle(bundle_of(file).read_bytes()) == after


@pytest.mark.parametrize(
    ("environment", "words", "said"),
    [
        ({"GUILDHALL_TOKEN": ""}, ["--author", "A"], "Set GUILDHALL_TOKEN"),
        ({"GUILDHALL_BASE_URL": "http://example.org"}, ["--author", "A"], "not encrypted"),
        ({"GUILDHALL_BASE_URL": "file:///etc"}, ["--author", "A"], "not the address of a site"),
        ({"GUILDHALL_BASE_URL": "http://127.0.0.1:1"}, ["--author", "A"], "cannot be reached"),
        ({}, ["--author", ""], "1 to 200 characters"),
        ({}, ["--author", "A", "--folder"], "name one folder"),
        ({"GUILDHALL_TOKEN": "wrong"}, ["--author", "A"], "Unauthorized"),
    ],
)
def test_what_cannot_be_done_is_said(run, file, monkeypatch, environment, words, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    done = run("seal", file, *words)
    assert done.exit_code == 1
    assert said in done.output


def test_a_new_version_is_signed_by_the_same_key_and_names_what_came_before(site, run, file, tmp_path):
    out = tmp_path / "elsewhere"
    out.mkdir()
    run("seal", file, "--author", "A")
    first = open_bundle(bundle_of(file).read_bytes())
    same = run("seal", file, "--author", "A", "--version-of", bundle_of(file))
    assert "was sealed before" in same.output
    file.write_bytes(b"better")
    done = run("seal", file, "--author", "A", "--version-of", bundle_of(file))
    assert done.exit_code == 0, done.output
    second = open_bundle(file.with_name("论文.txt.2.guildhall.zip").read_bytes())
    older, leaf = parse_leaf(first["entry.json"]), parse_leaf(second["entry.json"])
    assert (leaf.type, leaf.prev, leaf.k) == ("version", "ab" * 32, older.k)
    assert parse_opening(second["record/opening.json"]).parent == older.hash
    assert verify_bundle(file.with_name("论文.txt.2.guildhall.zip"), [file]).proven
    assert parse_leaf(open_bundle(bundle_of(file).read_bytes())["entry.json"]) == older
    again = run("seal", file, "--author", "A", "--version-of", bundle_of(file))
    assert "was sealed before" in again.output
    assert len(site.leaves) == 2
    elsewhere = run(
        "seal", file, "--author", "A", "--version-of", file.with_name("论文.txt.2.guildhall.zip"), "--out", out
    )
    assert "has not changed" in elsewhere.output


def test_several_works_do_not_share_a_title(run, file):
    other = file.with_name("b")
    other.write_bytes(b"")
    assert "One title" in run("seal", file, other, "--author", "A", "--title", "T").output


# verify


def test_verify_says_by_its_exit_status_what_it_found(run, file, tmp_path):
    run("seal", file, "--author", "A")
    good = run("verify", bundle_of(file), file)
    assert good.exit_code == 0
    assert "一致 MATCH" in good.output
    assert "PROVEN" in good.output
    file.write_bytes(b"changed")
    bad = run("verify", bundle_of(file), file)
    assert bad.exit_code == 1
    assert "不一致 NO MATCH" in bad.output
    assert "NOT PROVEN" in bad.output
    (tmp_path / "x.zip").write_bytes(b"x")
    assert run("verify", tmp_path / "x.zip").exit_code == 2
    assert run("verify", tmp_path / "none.zip").exit_code == 2


def test_verify_can_ask_for_an_outside_time(run, file):
    run("seal", file, "--author", "A")
    assert run("verify", bundle_of(file)).exit_code == 0
    strict = run("verify", bundle_of(file), "--require-time")
    assert strict.exit_code == 1
    assert "nobody outside" in strict.output


def test_verify_speaks_json(run, file, tmp_path):
    run("seal", file, "--author", "A", "--title", "题")
    found = json.loads(run("verify", "--json", bundle_of(file), file).output)
    assert (found["proven"], found["title"], found["not_after"]) == (True, "题", None)
    assert found["copies"] == [{"name": str(file), "path": "论文.txt", "matches": True}]
    (tmp_path / "x.zip").write_bytes(b"x")
    refused = run("verify", "--json", tmp_path / "x.zip")
    assert json.loads(refused.output)["proven"] is False


def test_verify_takes_a_policy_and_roots_of_ones_own(run, file, tmp_path):
    run("seal", file, "--author", "A")
    (tmp_path / "policy").write_text(POLICY)
    own = run("verify", bundle_of(file), "--policy", tmp_path / "policy")
    assert own.exit_code == 0
    assert "came with the bundle" not in own.output
    (tmp_path / "policy").write_text("nonsense")
    assert run("verify", bundle_of(file), "--policy", tmp_path / "policy").exit_code == 2


def test_a_title_does_not_steer_the_terminal(run, file):
    run("seal", file, "--author", "A", "--title", "\x1b[2J\u202etitle")
    output = run("verify", bundle_of(file)).output
    assert "\x1b" not in output
    assert "\u202e" not in output


def test_neither_command_makes_the_application(run, file, monkeypatch):
    def never(*args: object, **kwargs: object):
        raise AssertionError("the application was made")

    monkeypatch.setattr("guildhall.app.create_app", never)
    assert run("seal", file, "--author", "A").exit_code == 0
    assert run("verify", bundle_of(file)).exit_code == 0


def test_sealing_and_checking_need_neither_web_nor_database():
    program = (
        "import sys, ip_registry.sealing_cli; print(sorted({'flask', 'sqlalchemy', 'kernel.db'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
