"""What people take home of a record: to each what they may see, the same bytes for the same facts, and it is proven."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.models import User
from accounts.viewers import viewer_for
from ip_registry.actions.erasing import erase
from ip_registry.actions.registering import register
from ip_registry.envelopes.openings import new_author
from ip_registry.evidence.bundle import make_bundle, open_bundle
from ip_registry.evidence.fragments import fragment_of, read_fragment
from ip_registry.evidence.gathering import certificate_of, parts_of
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.jobs.time import ask_authorities
from ip_registry.models import Record
from ip_registry.sequencing import sequence
from ip_registry.time.authorities import Authority
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import acts
from tests.makers import registry as make
from tests.makers.api import Program
from tests.makers.authorities import Maker, listening
from tests.makers.people import api_token, person, sign_in
from tests.queries import queries
from tests.registry.pdf import signs_in
from tests.registry.test_foreign import by_node, by_shell

RARE = "鬯"  # a sign that no word of the page uses
OPENED = {"record/opening.json", "record/salt", "record/authors.json", "manifest.json"}
SITE = "https://guild.test"
STRANGER = Viewer()


def bundle(viewer: Viewer, made: make.Made, *, locale: str = "en", has_key: bool = True) -> bytes:
    return make_bundle(parts_of(viewer, made.number, locale=locale, site=SITE, has_key=has_key))


def viewer(user: User) -> Viewer:
    return viewer_for(user.id)


def members(answer: TestResponse) -> dict[str, bytes]:
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    return open_bundle(answer.data)


@contextmanager
def stamped(app: Flask, folder: Path) -> Iterator[None]:
    """An authority that stamps whatever was signed so far."""
    maker, usual = Maker(), app.config["TIME_AUTHORITIES"]
    chain = folder / "chain.pem"
    chain.write_bytes(maker.chain)
    with listening(maker.answer) as url:
        app.config["TIME_AUTHORITIES"] = (Authority(url, chain),)
        try:
            yield
        finally:
            app.config["TIME_AUTHORITIES"] = usual


def test_the_owners_bundle_opens_the_record_and_is_proven(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner, files={"a.txt": b"alpha", "图/b.txt": b"beta"})
    sign_in(client, owner)
    answer = client.get(f"/registry/{made.number}/evidence")
    found = members(answer)
    assert found.keys() >= OPENED | {"README.txt", "verify.sh", "verify.html", "certificate.pdf", "policy.txt"}
    assert "owner-key.json" not in found
    assert answer.headers["Content-Disposition"] == f'attachment; filename="guildhall-{made.number}.zip"'
    assert answer.headers["Cache-Control"] == "private, no-store"
    verdict = verify_bundle(answer.data, [("b.txt", io.BytesIO(b"beta"))])
    assert verdict.proven
    assert [(copy.path, copy.matches) for copy in verdict.copies] == [("图/b.txt", True)]


def test_a_stranger_of_a_sealed_record_gets_the_bare_proof(client: FlaskClient, database: Session) -> None:
    owner = person(display_name=f"Lin {RARE}")
    made = make.record(owner, title=f"Zircaloy {RARE}", files={"secret name.txt": b"x"})
    answer = client.get(f"/registry/{made.number}/evidence")
    found = members(answer)
    assert not found.keys() & OPENED
    assert verify_bundle(answer.data).proven
    certificate = found.pop("certificate.pdf")
    assert RARE not in signs_in(certificate)
    assert RARE in signs_in(certificate_of(viewer(owner), made.number, locale="en", site=SITE))
    for word in (RARE, "Zircaloy", "secret name", owner.handle, made.sealed.salt.hex()):
        assert not any(word.encode() in content for name, content in found.items() if "." in name), word


def test_whether_anything_is_kept_here_cannot_be_told(client: FlaskClient, database: Session) -> None:
    owner = person()
    kept, blind = make.record(owner), make.record(owner, blind=True)
    counts, names = [], []
    for made in (kept, blind):
        client.get(f"/registry/{made.number}/evidence")
        with queries(at_most=40) as asked:
            found = members(client.get(f"/registry/{made.number}/evidence"))
        names.append({name for name in found if not name.startswith("consistency/")})
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert names[0] == names[1]


def test_a_bundle_opens_to_those_who_were_shown_the_record(client: FlaskClient, database: Session) -> None:
    owner, author, reader = person(), person(), person()
    made = make.record(owner, others=[new_author(author.display_name, author.handle)])
    assert open_bundle(bundle(viewer(author), made)).keys() >= OPENED
    assert not open_bundle(bundle(viewer(reader), made)).keys() & OPENED
    acts.act(made, owner, "reveal", scope="person", paths=None, to=reader.handle)
    assert open_bundle(bundle(viewer(reader), made)).keys() >= OPENED
    assert not open_bundle(bundle(STRANGER, made)).keys() & OPENED
    acts.act(made, owner, "reveal", **acts.REVEAL)
    data = bundle(STRANGER, made)
    assert open_bundle(data).keys() >= OPENED
    assert verify_bundle(data).title == made.record.title


def test_the_same_facts_give_the_same_bytes(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    first = bundle(viewer(owner), made)
    assert bundle(viewer(owner), made) == first
    assert bundle(viewer(owner), made, locale="zh_Hans") != first
    make.record(person())
    later = bundle(viewer(owner), made)
    assert later != first
    assert verify_bundle(later).proven


def test_a_bundle_shows_how_the_log_went_on_and_from_where(
    client: FlaskClient, database: Session, app: Flask, tmp_path: Path
) -> None:
    owner = person()
    make.record()
    with stamped(app, tmp_path):
        ask_authorities()
    sequence()  # the anchor of the first token gets its place
    made = make.record(owner)
    with stamped(app, tmp_path):
        ask_authorities()
    sequence()
    make.record()
    data = bundle(viewer(owner), made)
    found = open_bundle(data)
    assert {name for name in found if name.startswith(("tsa/", "after/"))} >= {
        "tsa/127-0-0-1.tsr",
        "tsa/127-0-0-1.chain.pem",
        "after/anchor.json",
        "after/token.tsr",
    }
    assert len([name for name in found if name.startswith("consistency/")]) == 2
    verdict = verify_bundle(data)
    assert verdict.proven
    assert verdict.interval.not_before is not None
    assert verdict.interval.not_after is not None
    folder = tmp_path / "bundle"
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        packed.extractall(folder)
    done = by_shell(folder)
    assert done.status == 0, done.said
    assert "no later than" in done.said
    assert "no earlier than" in done.said
    assert by_node(folder).status == 0


def test_a_program_gets_the_same_bundle(client: FlaskClient, database: Session) -> None:
    owner = person()
    made = make.record(owner)
    headers = {"Authorization": f"Bearer {api_token(owner, scopes=('read',))}"}
    answer = client.get(f"/api/v1/registrations/{made.number}/evidence?lang=zh&key=no", headers=headers)
    site = client.application.config["BASE_URL"]
    wanted = parts_of(viewer(owner), made.number, locale="zh_Hans", site=site, has_key=False)
    assert answer.data == make_bundle(wanted)
    assert answer.mimetype == "application/zip"
    assert Program(client).get(f"/registrations/{made.number}/evidence?lang=fr").status_code == 422
    assert Program(client).get("/registrations/1999-1/evidence").status_code == 404


def test_papers_speak_the_language_that_is_asked_for(client: FlaskClient, database: Session) -> None:
    made = make.record()
    chinese = members(client.get(f"/registry/{made.number}/evidence?lang=zh"))
    english = members(client.get(f"/registry/{made.number}/evidence?lang=en"))
    assert chinese["README.txt"].decode().startswith("会馆登记证据")
    assert english["README.txt"].decode().startswith("GUILDHALL EVIDENCE")
    assert {"证", "书"} <= signs_in(chinese["certificate.pdf"])
    assert "书" not in signs_in(english["certificate.pdf"])


def test_a_record_that_waits_has_no_evidence_yet(client: FlaskClient, database: Session) -> None:
    owner = person()
    one = make.sealed(owner)
    with unit_of_work():
        waiting = register(viewer(owner), leaf=one.leaf.data, deposit=make.deposit(one))
    address = f"/registry/{waiting.leaf_hash.hex()}/evidence"
    assert client.get(address).status_code == 404
    sign_in(client, owner)
    answer = client.get(address)
    assert answer.status_code == 409
    assert "waits for its place" in answer.text


def test_what_is_no_record_has_no_evidence(client: FlaskClient, database: Session) -> None:
    made = make.record()
    for name in ("1999-1", f"{made.record.id}", "x", f"{made.number.split('-')[0]}-{made.index + 1000}", "f" * 64):
        assert client.get(f"/registry/{name}/evidence").status_code == 404, name
        assert client.get(f"/registry/{name}/certificate.pdf").status_code == 404, name


def test_a_certificate_is_given_to_be_looked_at(client: FlaskClient, database: Session) -> None:
    made = make.record()
    answer = client.get(f"/registry/{made.number}/certificate.pdf?lang=zh")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"].startswith("inline")


def test_the_code_of_a_certificate_opens_the_record_only_for_who_may_open_it(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    made = make.record(owner)
    mine = certificate_of(viewer(owner), made.number, locale="en", site=SITE)
    to_pass_on = certificate_of(viewer(owner), made.number, locale="en", site=SITE, has_key=False)
    assert len(mine) > len(to_pass_on) + 1000  # the finer code
    assert read_fragment(fragment(made)).opening == made.sealed.opening_text


def fragment(made: make.Made) -> str:
    found = fragment_of(
        opening=made.sealed.opening_text, salt=made.sealed.salt.hex(), manifest=made.sealed.manifest.texts
    )
    assert found is not None
    return found


def test_an_erased_record_keeps_its_proof_and_its_owner_gets_a_certificate_of_that(
    client: FlaskClient, database: Session
) -> None:
    owner = person()
    made = make.record(owner, title=f"Zircaloy {RARE}")
    sign_in(client, owner)
    assert client.get(f"/registry/{made.number}/erasure.pdf").status_code == 404
    with unit_of_work():
        erase(viewer(owner), record=database.get_one(Record, made.record.id))
    data = bundle(viewer(owner), made)
    assert not open_bundle(data).keys() & OPENED
    assert RARE not in signs_in(open_bundle(data)["certificate.pdf"])
    assert verify_bundle(data).proven
    assert client.get(f"/registry/{made.number}/erasure.pdf").data.startswith(b"%PDF-")
    sign_in(client, person())
    assert client.get(f"/registry/{made.number}/erasure.pdf").status_code == 404
