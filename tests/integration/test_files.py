import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from accounts.blobs import blob_store
from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions import uploads
from forum.actions.drafts import save
from forum.actions.posts import edit_post
from forum.models import Board, Post, PostUpload, Thread, Upload
from kernel.clock import now
from kernel.db import db, session
from kernel.jobs import Job, run_due
from kernel.work import unit_of_work
from tests.makers import forum as make
from tests.makers.people import person, sign_in

JSON = {"Accept": "application/json"}
PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def owner(client: FlaskClient) -> User:
    """Somebody who is signed in and adds files."""
    user = person(grants=("alliance:7",))
    sign_in(client, user)
    return user


def picture(*, size: tuple[int, int] = (400, 300), colour: str = "teal", kind: str = "PNG", **facts: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **facts)
    return out.getvalue()


def send(client: FlaskClient, content: bytes, name: str, *, headers: dict[str, str] | None = None) -> TestResponse:
    """As a browser does: one part of a multipart body, the name in UTF-8."""
    head = f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + b"\r\n--edge--\r\n"
    return client.post("/files", data=body, content_type="multipart/form-data; boundary=edge", headers=headers or JSON)


def added(client: FlaskClient, content: bytes | None = None, name: str = "photo.png") -> dict[str, Any]:
    answer = send(client, content or picture(), name)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    assert answer.json is not None
    return answer.json


def used_on(board: Board, *, owner: User, file: dict[str, Any]) -> tuple[Thread, Post]:
    thread = make.thread(author=owner, board=board, body=f"Look:\n\n{file['markdown']}")
    return thread, make.opening_post(thread)


def test_an_image_is_added_and_shown_to_its_owner(client: FlaskClient, owner: User) -> None:
    file = added(client, picture(), "样品 (1).png")
    assert file["name"] == "样品 (1).png"
    assert (file["width"], file["height"]) == (400, 300)
    assert file["url"] == f"/files/{file['id']}/%E6%A0%B7%E5%93%81%20%281%29.png"
    assert file["markdown"] == f"![样品 (1).png]({file['url']})"
    assert file["thumb_url"] == file["url"] + "?size=thumb"
    assert file["files"] == [{key: value for key, value in file.items() if key != "files"}]
    shown = client.get(file["url"])
    assert shown.status_code == 200
    assert shown.content_type == "image/png"
    assert Image.open(io.BytesIO(shown.data)).size == (400, 300)
    assert shown.headers["Content-Length"] == str(len(shown.data)) == str(file["size"])
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert shown.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert shown.headers["Content-Disposition"].startswith("inline; ")
    assert shown.headers["Cache-Control"] == "private, no-store"
    thumb = client.get(file["thumb_url"])
    assert thumb.content_type == "image/webp"
    assert max(Image.open(io.BytesIO(thumb.data)).size) <= 320


def test_a_large_image_is_shown_smaller_and_leads_to_itself(client: FlaskClient, owner: User) -> None:
    file = added(client, picture(size=(3000, 2000), kind="JPEG"), "wafer.jpg")
    assert file["markdown"] == f"[![wafer.jpg]({file['url']}?size=display)]({file['url']})"
    shown = client.get(file["url"] + "?size=display")
    assert shown.content_type == "image/webp"
    assert max(Image.open(io.BytesIO(shown.data)).size) == 1280
    thread, _post = used_on(make.board(), owner=owner, file=file)
    page = client.get(f"/threads/{thread.id}", follow_redirects=True).get_data(as_text=True)
    assert f'src="{file["url"]}?size=display"' in page


def test_what_a_camera_wrote_is_not_given_on(client: FlaskClient, owner: User) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Canary Camera Works"
    file = added(client, picture(kind="JPEG", exif=exif), "p.jpg")
    for url in (file["url"], file["thumb_url"]):
        assert b"Canary" not in client.get(url).data


def test_everything_else_is_an_attachment(client: FlaskClient, owner: User) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "text")
    kinds = (
        (packed.getvalue(), "raw.zip", "application/zip"),
        ("温度,效率\n25,0.2".encode(), "data.csv", "text/csv; charset=utf-8"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b"plain words", "notes.txt", "text/plain; charset=utf-8"),
    )
    for content, name, media_type in kinds:
        file = added(client, content, name)
        assert file["markdown"].startswith(f"[{name} (")
        assert file["thumb_url"] is None
        given = client.get(file["url"])
        assert given.data == content
        assert given.content_type.replace("; charset=utf-8", "") == media_type.replace("; charset=utf-8", "")
        assert given.headers["Content-Disposition"].startswith("attachment; ")
        assert given.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "drawing.svg", 422),
        (b"<html><script>alert(1)</script></html>", "page.html", 422),
        (b"<html><script>alert(1)</script></html>", "photo.png", 422),
        (b"GIF89a/*<script>alert(1)</script>*/=1;", "clip.gif", 422),
        (b"MZ\x90\x00\x03", "setup.exe", 422),
        (b"", "empty.txt", 422),
        (picture(), "photo.jpg", 422),
        (picture(), "../../etc/photo.png", 422),
        (b"x" * 25_500_000, "long.txt", 413),
        (b"x" * 27_000_000, "longer.txt", 413),
    ],
)
def test_what_is_not_taken_is_refused_in_a_sentence(
    client: FlaskClient, owner: User, content: bytes, name: str, status: int
) -> None:
    answer = send(client, content, name)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["detail"].endswith(".") or status == 413
    page = send(client, content, name, headers=PAGE)
    assert page.status_code == status
    assert "Traceback" not in page.get_data(as_text=True)
    assert session().scalar(select(func.count()).select_from(Upload)) == 0


def test_hostile_files_never_arrive(client: FlaskClient, owner: User, shared_data: Path) -> None:
    folder = shared_data / "hostile" / "upload_files"
    found = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 20_000_000)
    assert found
    for path in found:
        answer = send(client, path.read_bytes(), path.name)
        assert answer.status_code in (201, 413, 422), path.name
        if answer.status_code == 201:
            assert answer.json is not None
            given = client.get(answer.json["url"])
            assert given.headers["X-Content-Type-Options"] == "nosniff"
            is_image = given.content_type.startswith("image/")
            assert given.headers["Content-Disposition"].startswith("inline" if is_image else "attachment"), path.name
            assert "html" not in given.content_type
            assert "xml" not in given.content_type.replace("openxmlformats", "")


def test_no_file_and_too_many_files_are_refused(client: FlaskClient, owner: User) -> None:
    assert client.post("/files", data={}, headers=JSON).status_code == 422
    assert client.post("/files", data={"file": (io.BytesIO(b""), "")}, headers=JSON).status_code == 422
    many = [(io.BytesIO(b"a"), f"{number}.txt") for number in range(11)]
    assert client.post("/files", data={"file": many}, headers=JSON).status_code == 422


def test_several_files_go_in_together_or_not_at_all(client: FlaskClient, owner: User, database: Session) -> None:
    both = client.post(
        "/files", data={"file": [(io.BytesIO(b"a"), "a.txt"), (io.BytesIO(b"b"), "b.txt")]}, headers=JSON
    )
    assert both.status_code == 201
    assert [file["name"] for file in both.json["files"]] == ["a.txt", "b.txt"]  # type: ignore[index]
    half = client.post(
        "/files", data={"file": [(io.BytesIO(b"c"), "c.txt"), (io.BytesIO(b"<svg>"), "d.svg")]}, headers=JSON
    )
    assert half.status_code == 422
    assert "d.svg" in half.json["detail"]  # type: ignore[index]
    assert database.scalar(select(func.count()).select_from(Upload)) == 2


def test_the_same_file_again_is_the_one_that_is_there(client: FlaskClient, owner: User) -> None:
    assert added(client)["id"] == added(client)["id"]
    assert added(client, name="other.png")["id"] != added(client)["id"]


def test_without_script_the_markdown_is_on_the_page(client: FlaskClient, owner: User) -> None:
    answer = send(client, picture(), "photo.png", headers=PAGE)
    assert answer.status_code == 303
    assert answer.location.startswith("/files#file-")
    page = client.get("/files").get_data(as_text=True)
    assert "![photo.png](/files/" in page


def test_strangers_and_the_unconfirmed_add_nothing(client: FlaskClient) -> None:
    assert send(client, picture(), "p.png").status_code == 401
    sign_in(client, person(confirmed=False))
    assert send(client, picture(), "p.png").status_code == 403
    assert client.get("/files").status_code == 403


def test_a_file_is_nobody_elses_until_a_post_uses_it(client: FlaskClient, owner: User) -> None:
    file = added(client)
    for someone in (person(), person(staff=True)):
        sign_in(client, someone)
        assert client.get(file["url"]).status_code == 404
    client.delete_cookie("guildhall")
    assert client.get(file["url"]).status_code == 404


def test_a_file_obeys_the_audience_of_the_threads_that_use_it(client: FlaskClient, owner: User) -> None:
    file = added(client)
    used_on(make.board(audience="alliance:7"), owner=owner, file=file)
    insider, member, staff = person(grants=("alliance:7",)), person(), person(staff=True)
    sign_in(client, insider)
    seen = client.get(file["url"])
    assert seen.status_code == 200
    assert seen.headers["Cache-Control"] == "private, no-store"
    for someone in (member, staff):
        sign_in(client, someone)
        assert client.get(file["url"]).status_code == 404
        assert client.get(file["thumb_url"]).status_code == 404
    used_on(make.board(), owner=owner, file=file)
    sign_in(client, member)
    assert client.get(file["url"]).status_code == 200


def test_a_file_on_a_public_board_is_for_everybody_and_for_caches(client: FlaskClient, owner: User) -> None:
    file = added(client)
    _thread, post = used_on(make.board(), owner=owner, file=file)
    client.delete_cookie("guildhall")
    seen = client.get(file["url"])
    assert seen.headers["Cache-Control"] == "public, max-age=86400"
    again = client.get(file["url"], headers={"If-None-Match": seen.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    with client.head(file["url"]) as head:
        assert head.headers["Content-Length"] == str(file["size"])
    with unit_of_work():
        post.deleted_at = now()
    assert client.get(file["url"], headers={"If-None-Match": seen.headers["ETag"]}).status_code == 404


def test_a_deleted_thread_takes_its_files_out_of_sight(client: FlaskClient, owner: User) -> None:
    file = added(client)
    thread, _post = used_on(make.board(), owner=owner, file=file)
    with unit_of_work():
        thread.deleted_at = now()
    client.delete_cookie("guildhall")
    assert client.get(file["url"]).status_code == 404


def test_nobody_shows_the_files_of_others_by_naming_them(client: FlaskClient, owner: User, database: Session) -> None:
    file = added(client)
    thief = person()
    make.thread(author=thief, body=file["markdown"])
    sign_in(client, thief)
    assert client.get(file["url"]).status_code == 404
    assert database.scalar(select(func.count()).select_from(PostUpload)) == 0


def test_a_file_is_served_in_one_query_beside_the_viewers(client: FlaskClient, owner: User) -> None:
    file = added(client)
    used_on(make.board(), owner=owner, file=file)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        client.get(file["url"])
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 2


def test_a_member_has_a_quota(client: FlaskClient, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    added(client, b"x" * 900, "a.txt")
    monkeypatch.setattr(uploads, "QUOTA", 1000)
    refused = send(client, b"y" * 101, "b.txt")
    assert refused.status_code == 413
    assert "no post uses" in refused.json["detail"]  # type: ignore[index]
    assert send(client, b"y" * 99, "b.txt").status_code == 201


def test_a_file_of_mine_that_no_post_uses_can_be_deleted(client: FlaskClient, owner: User) -> None:
    file, kept = added(client, b"one", "a.txt"), added(client, b"two", "b.txt")
    used_on(make.board(), owner=owner, file=kept)
    assert client.post(f"/files/{kept['id']}/delete").status_code == 409
    assert client.post(f"/files/{file['id']}/delete").status_code == 303
    assert client.get(file["url"]).status_code == 404
    sign_in(client, person())
    assert client.post(f"/files/{kept['id']}/delete").status_code == 404


def test_what_nobody_uses_is_forgotten_after_a_month(client: FlaskClient, owner: User, database: Session) -> None:
    old, drafted, used, young = (
        added(client, name.encode(), f"{name}.txt") for name in ("old", "drafted", "used", "young")
    )
    used_on(make.board(), owner=owner, file=used)
    with unit_of_work() as work:
        save(viewer_for(owner.id), place="new", body=f"see {drafted['markdown']}")
        for file in (old, drafted, used):
            work.get_one(Upload, file["id"]).created_at = now() - timedelta(days=31)
    sha = database.get_one(Upload, old["id"]).sha256
    store = blob_store()
    assert store.has(sha)
    with unit_of_work():
        assert uploads.forget_unused_uploads() == 1
    _work_off()
    assert not store.has(sha)
    assert set(database.scalars(select(Upload.id))) == {drafted["id"], used["id"], young["id"]}
    assert all(client.get(file["url"]).status_code == 200 for file in (drafted, used, young))


def test_bytes_stay_while_anybody_uses_them(client: FlaskClient, owner: User, database: Session) -> None:
    mine = added(client, b"the same bytes", "a.txt")
    sign_in(client, person())
    theirs = added(client, b"the same bytes", "a.txt")
    assert mine["id"] != theirs["id"]
    with unit_of_work():
        assert uploads.forget_uploads(Upload.id == mine["id"]) == 1
    _work_off()
    assert client.get(theirs["url"]).data == b"the same bytes"


def test_a_purged_posts_files_are_removed(client: FlaskClient, owner: User, database: Session) -> None:
    from forum.actions.purging import purge_post

    file = added(client, b"secret", "a.txt")
    post = make.post(thread=make.thread(), author=owner, body=file["markdown"])
    sha = database.get_one(Upload, file["id"]).sha256
    with unit_of_work():
        purge_post(viewer_for(person(staff=True).id), post_id=post.id, reason="personal data")
    _work_off()
    database.expire_all()
    assert database.get(Upload, file["id"]) is None
    assert not blob_store().has(sha)


def test_an_edit_that_drops_a_file_hides_it(client: FlaskClient, owner: User) -> None:
    file = added(client)
    _thread, post = used_on(make.board(), owner=owner, file=file)
    with unit_of_work():
        edit_post(viewer_for(owner.id), post_id=post.id, body="Nothing to see any more.")
    sign_in(client, person())
    assert client.get(file["url"]).status_code == 404


def _work_off() -> None:
    """Do the jobs that remove files; others of this transaction are not ours."""
    with unit_of_work() as work:
        for row in work.scalars(select(Job).where(~Job.name.like("forum.remove%"))):
            work.delete(row)
    run_due()
