"""Files that are taken, and what becomes of them."""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from kernel.files import BlobStore, Inspected, Reason, RefusedUpload, clean_name, inspect_upload

LIMIT = 20_000_000
SECRET = b"canary-in-the-metadata"


def inspect(content: bytes, name: str, **options: Any) -> Inspected:
    return inspect_upload(io.BytesIO(content), name=name, **{"limit_bytes": LIMIT, **options})


def refusal(content: bytes, name: str, **options: Any) -> Reason:
    with pytest.raises(RefusedUpload) as caught:
        inspect(content, name, **options)
    assert caught.value.detail == caught.value.sentence % caught.value.params
    return caught.value.reason


def picture(size=(40, 20), mode="RGB", color="red") -> Image.Image:
    image = Image.new(mode, size, color)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill="blue")
    return image


def encoded(image: Image.Image, encoding: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, encoding, **options)
    return buffer.getvalue()


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010E] = SECRET.decode()
    return data


def archive(entries: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as made:
        for name, content in entries.items():
            made.writestr(name, content)
    return buffer.getvalue()


def office(folder: str, **more: bytes) -> bytes:
    return archive(
        {
            "[Content_Types].xml": b"<?xml version='1.0'?><Types/>",
            f"{folder}/main.xml": b"<?xml version='1.0'?><x/>",
            **more,
        }
    )


def pdf(body: bytes = b"", *, tail: bytes = b"") -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog " + body + b" >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n" + tail


class TestImages:
    @pytest.mark.parametrize(
        ("encoding", "ending"),
        [("PNG", "png"), ("JPEG", "jpg"), ("JPEG", "jpeg"), ("GIF", "gif"), ("WEBP", "webp"), ("AVIF", "avif")],
    )
    def test_are_encoded_anew_with_a_thumbnail(self, encoding, ending):
        sent = encoded(picture(), encoding)
        found = inspect(sent, f"图.{ending}")
        assert (found.name, found.media_type, found.inline) == (f"图.{ending}", f"image/{encoding.lower()}", True)
        assert (found.width, found.height, found.display) == (40, 20, None)
        assert found.size == len(found.content.read())
        with Image.open(io.BytesIO(found.thumb or b"")) as thumb:
            assert (thumb.format, thumb.size) == ("WEBP", (40, 20))

    @pytest.mark.parametrize("encoding", ["JPEG", "PNG", "WEBP", "AVIF"])
    def test_lose_their_metadata_and_stand_upright(self, encoding):
        sent = encoded(picture(), encoding, exif=exif(6).tobytes())
        assert SECRET in sent
        found = inspect(sent, f"a.{encoding.lower()}")
        content = found.content.read()
        assert SECRET not in content
        assert (found.width, found.height) == (20, 40)
        with Image.open(io.BytesIO(content)) as clean:
            assert not clean.getexif()
            assert "icc_profile" not in clean.info

    def test_lose_comments_texts_and_what_follows_them(self):
        sent = encoded(picture(), "JPEG", comment=SECRET) + SECRET
        assert SECRET not in inspect(sent, "a.jpg").content.read()

    def test_keep_their_transparency(self):
        found = inspect(encoded(picture(mode="RGBA", color=(0, 0, 0, 0)), "PNG"), "a.png")
        with Image.open(found.content) as clean:
            assert clean.convert("RGBA").getpixel((39, 19))[3] == 0

    @pytest.mark.parametrize("encoding", ["GIF", "WEBP"])
    def test_keep_moving(self, encoding):
        frames = [picture(color=color) for color in ("red", "green", "yellow")]
        sent = encoded(frames[0], encoding, save_all=True, append_images=frames[1:], duration=[50, 100, 150], loop=0)
        found = inspect(sent, f"a.{encoding.lower()}")
        assert found.animated
        with Image.open(found.content) as clean:
            assert clean.n_frames == 3

    def test_large_ones_get_a_size_for_display(self):
        found = inspect(encoded(picture(size=(2000, 1000)), "PNG"), "a.png")
        assert (found.width, found.height) == (2000, 1000)
        for content, edge in ((found.display, 1280), (found.thumb, 320)):
            with Image.open(io.BytesIO(content or b"")) as small:
                assert small.size == (edge, edge // 2)

    def test_with_print_colours_are_converted(self):
        found = inspect(encoded(Image.new("CMYK", (10, 10)), "JPEG"), "a.jpg")
        with Image.open(found.content) as clean:
            assert clean.mode == "RGB"

    def test_with_too_many_pixels_are_refused_before_they_are_decoded(self):
        assert refusal(encoded(Image.new("1", (4000, 4000)), "PNG"), "a.png", limit_pixels=1_000_000) is Reason.PIXELS

    def test_with_too_many_frames_are_refused(self):
        frames = [picture(size=(200, 200), color=(number, 0, 0)) for number in range(30)]
        sent = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        assert refusal(sent, "a.gif", limit_pixels=200_000) is Reason.FRAMES

    def test_that_are_damaged_are_refused(self):
        whole = encoded(picture(size=(300, 300)), "PNG")
        assert refusal(whole[:60], "a.png") is Reason.BROKEN
        assert refusal(b"\xff\xd8\xff" + os.urandom(500), "a.jpg") is Reason.BROKEN

    @pytest.mark.parametrize("encoding", ["PNG", "JPEG", "GIF"])
    def test_followed_by_an_archive_or_a_page_are_refused(self, encoding):
        image = encoded(picture(), encoding)
        name = f"a.{encoding.lower()}"
        assert refusal(image + archive({"x": b"x"}), name) is Reason.POLYGLOT
        assert refusal(image + b"<html><script>alert(1)</script>", name) is Reason.POLYGLOT

    def test_that_are_scripts_as_well_are_refused(self):
        image = encoded(picture(), "GIF")
        assert refusal(b"GIF89a/*" + image[8:] + b"*/=1;alert(1)", "a.gif") is Reason.POLYGLOT


class TestNamesAndContent:
    def test_a_name_that_contradicts_the_content_is_refused(self):
        assert refusal(encoded(picture(), "PNG"), "a.jpg") is Reason.CONTRADICTION
        assert refusal(encoded(picture(), "PNG"), "a.pdf") is Reason.CONTRADICTION
        assert refusal(b"plain words", "a.png") is Reason.BROKEN
        assert refusal(archive({"x": b"x"}), "a.docx") is Reason.CONTRADICTION

    def test_a_name_without_an_ending_gets_one(self):
        assert inspect(encoded(picture(), "PNG"), "image").name == "image.png"
        assert inspect(b"words", "README").name == "README.txt"

    @pytest.mark.parametrize("name", ["../a.txt", "a/b.txt", "C:\\a.txt", "..\\a.txt", "a\x00.txt"])
    def test_a_path_in_the_name_is_refused(self, name):
        assert refusal(b"words", name) is Reason.NAME

    @pytest.mark.parametrize(
        ("name", "clean"),
        [
            ("报告\u202egpj.txt", "报告gpj.txt"),
            ("a\r\nb\t c.txt", "a b c.txt"),
            ("../../etc/passwd.txt", "passwd.txt"),
            (".htaccess.txt", "htaccess.txt"),
            ("con.txt", "_con.txt"),
            ('<b>"x".txt', "_b__x_.txt"),
            ("e\u0301.txt", "é.txt"),
            ("", "file.txt"),
            ("...", "file.txt"),
        ],
    )
    def test_names_are_cleaned(self, name, clean):
        assert clean_name(name, ending="txt") == clean

    def test_names_are_bounded_and_keep_their_ending(self):
        clean = clean_name("名" * 500 + ".csv", ending="txt")
        assert clean.endswith(".csv")
        assert len(clean.encode()) <= 210

    @pytest.mark.parametrize("name", ["a.exe", "a.svg", "a.html", "a.php", "a.js", "a.ipynb"])
    def test_other_kinds_are_refused(self, name):
        assert refusal(b"MZ words", name) is Reason.TYPE

    def test_empty_and_too_large_files_are_refused(self):
        assert refusal(b"", "a.txt") is Reason.EMPTY
        assert refusal(b"x" * 1001, "a.txt", limit_bytes=1000) is Reason.TOO_LARGE

    def test_a_file_that_is_too_large_is_given_up_while_it_comes_in(self):
        class Endless(io.RawIOBase):
            sent = 0

            def read(self, size: int = -1) -> bytes:
                self.sent += size
                return b"x" * size

        endless = Endless()
        with pytest.raises(RefusedUpload) as caught:
            inspect_upload(endless, name="a.txt", limit_bytes=1_000_000)
        assert caught.value.status == 413
        assert endless.sent < 1_200_000


class TestText:
    @pytest.mark.parametrize(
        ("name", "media_type"),
        [("a.txt", "text/plain"), ("a.csv", "text/csv"), ("a.md", "text/markdown"), ("a.json", "application/json")],
    )
    def test_is_kept_as_it_is(self, name, media_type):
        found = inspect(b'{"a": 1}', name)
        assert (found.media_type, found.inline, found.content.read()) == (
            f"{media_type}; charset=utf-8",
            False,
            b'{"a": 1}',
        )

    def test_of_chinese_spreadsheets(self):
        assert inspect("编号,名称".encode("gb18030"), "a.csv").media_type == "text/csv; charset=gb18030"

    @pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\xff\xfe\x00\xd8", b"a\x07b"])
    def test_that_is_none_is_refused(self, content):
        assert refusal(content, "a.txt") is Reason.TYPE

    @pytest.mark.parametrize(
        "content",
        [
            b"<html>",
            b"\xef\xbb\xbf <svg onload=x>",
            b"<?xml version='1.0'?>",
            b"<!DOCTYPE html>",
            b"\n<script>alert(1)</script>",
        ],
    )
    def test_that_is_a_page_is_refused(self, content):
        assert refusal(content, "a.txt") is Reason.MARKUP
        assert refusal(content, "a.svg") is Reason.MARKUP

    def test_that_says_json_is_json(self):
        assert refusal(b"{", "a.json") is Reason.BROKEN
        assert refusal(b"[" * 100_000, "a.json") is Reason.BROKEN


class TestArchives:
    def test_are_kept_as_attachments(self):
        found = inspect(archive({"a/b.txt": b"x" * 1000, "d/": b""}), "a.zip")
        assert (found.media_type, found.inline) == ("application/zip", False)

    @pytest.mark.parametrize(("folder", "ending"), [("word", "docx"), ("xl", "xlsx"), ("ppt", "pptx")])
    def test_office_documents(self, folder, ending):
        assert inspect(office(folder), f"a.{ending}").inline is False
        assert refusal(office(folder, **{f"{folder}/vbaProject.bin": b"x"}), f"a.{ending}") is Reason.MACROS
        bomb = b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'aa'>]><x/>"
        assert refusal(office(folder, **{f"{folder}/y.xml": bomb}), f"a.{ending}") is Reason.MARKUP

    @pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x", "C:\\x"])
    def test_that_leave_their_folder_are_refused(self, name):
        assert refusal(archive({name: b"x"}), "a.zip") is Reason.ARCHIVE_PATHS

    def test_with_links_are_refused(self):
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            made.writestr(link, "/etc/passwd")
        assert refusal(buffer.getvalue(), "a.zip") is Reason.ARCHIVE_PATHS

    def test_that_expand_without_end_are_refused(self):
        assert refusal(archive({"zeros": bytes(30_000_000)}), "a.zip") is Reason.ARCHIVE_SIZE
        assert refusal(archive({str(number): b"" for number in range(6000)}), "a.zip") is Reason.ARCHIVE_SIZE

    def test_whose_entries_share_bytes_are_refused(self):
        content = bytearray(archive({"a": os.urandom(2000), "b": os.urandom(2000)}))
        directory = content.rfind(b"PK\x01\x02")
        content[directory + 42 : directory + 46] = (0).to_bytes(4, "little")
        assert refusal(bytes(content), "a.zip") in {Reason.ARCHIVE_SIZE, Reason.BROKEN}

    def test_that_lie_about_their_sizes_are_refused(self):
        content = bytearray(archive({"a": bytes(100_000)}))
        directory = content.rfind(b"PK\x01\x02")
        content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
        assert refusal(bytes(content), "a.zip") is Reason.BROKEN

    def test_within_archives_within_archives_are_refused(self):
        inner = archive({"a.zip": archive({"b.txt": b"x"})})
        assert inspect(inner, "a.zip")
        assert refusal(archive({"outer.zip": inner}), "a.zip") is Reason.ARCHIVE_NESTED
        assert refusal(archive({"bomb.zip": archive({"zeros": bytes(30_000_000)})}), "a.zip") is Reason.ARCHIVE_SIZE

    def test_that_are_locked_are_refused(self):
        content = bytearray(archive({"a": b"x"}))
        content[6] |= 1
        content[content.rfind(b"PK\x01\x02") + 8] |= 1
        assert refusal(bytes(content), "a.zip") is Reason.ARCHIVE_LOCKED

    def test_with_a_page_in_them_are_refused(self):
        buffer = io.BytesIO(archive({"a": b"x"}))
        with zipfile.ZipFile(buffer, "a") as made:
            made.comment = b"<script>alert(1)</script>"
        assert refusal(buffer.getvalue(), "a.zip") is Reason.POLYGLOT

    def test_that_are_damaged_are_refused(self):
        assert refusal(archive({"a": os.urandom(1000)})[:-30], "a.zip") is Reason.BROKEN


class TestPdf:
    def test_is_kept_as_an_attachment(self):
        found = inspect(pdf(), "a.pdf")
        assert (found.media_type, found.inline) == ("application/pdf", False)

    @pytest.mark.parametrize(
        "action",
        [
            b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
            b"/OpenAction << /S /J#61vaScript >>",
            b"/AA << /O << /S /Launch /F (x) >> >>",
            b"/Names << /EmbeddedFiles 2 0 R >>",
            b"/FontMatrix [ 1 2 3 4 5 (1\\); alert\\(1\\)) ]",
            b"/X << /JS 3 0 R >>",
        ],
    )
    def test_with_actions_is_refused(self, action):
        assert refusal(pdf(action), "a.pdf") is Reason.PDF_ACTIVE

    def test_with_actions_in_packed_objects_is_refused(self):
        import zlib

        packed = zlib.compress(b"5 0 << /S /JavaScript /JS (x) >>")
        stream = (
            b">>\nendobj\n4 0 obj\n<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n"
            + packed
            + b"\nendstream\nendobj\n5 0 obj <<"
        )
        assert refusal(pdf(stream), "a.pdf") is Reason.PDF_ACTIVE
        bomb = stream.replace(packed, zlib.compress(bytes(80_000_000)))
        assert refusal(pdf(bomb), "a.pdf") is Reason.ARCHIVE_SIZE

    def test_that_is_locked_broken_or_two_files_is_refused(self):
        assert refusal(pdf(b"/Encrypt 2 0 R"), "a.pdf") is Reason.PDF_LOCKED
        assert refusal(b"%PDF-1.4\nwords", "a.pdf") is Reason.BROKEN
        assert refusal(pdf(b"<script>alert(1)</script>"), "a.pdf") is Reason.POLYGLOT
        assert refusal(pdf(tail=b"<html>"), "a.pdf") is Reason.POLYGLOT
        assert refusal(pdf(tail=archive({"a": b"x"})), "a.pdf") is Reason.POLYGLOT


@pytest.mark.shared
def test_hostile_files_are_refused_or_come_out_clean(shared_data: Path) -> None:
    folder = shared_data / "hostile" / "upload_files"
    taken = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            found = inspect(path.read_bytes(), path.name)
        except RefusedUpload:
            continue
        taken.add(path.suffix)
        content = found.content.read()
        if found.inline:
            assert b"alert" not in content, path.name
            assert b"<script" not in content, path.name
    assert taken <= {".png", ".jpg", ".jpeg", ""}


class TestBlobStore:
    def test_keeps_bytes_under_their_hash_once(self, tmp_path):
        store = BlobStore(tmp_path / "files")
        first = store.put(io.BytesIO(b"content"))
        assert store.put(b"content") == first
        assert first == "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"
        with store.open(first) as stream:
            assert stream.read() == b"content"
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [first]

    def test_forgets_them(self, tmp_path):
        store = BlobStore(tmp_path)
        kept = store.put(b"x")
        store.remove(kept)
        store.remove(kept)
        assert not store.has(kept)
        with pytest.raises(FileNotFoundError):
            store.open(kept)

    @pytest.mark.parametrize("name", ["../../etc/passwd", "", "A" * 64, "a" * 63, "a" * 64 + "\n"])
    def test_takes_nothing_but_a_hash_as_a_name(self, tmp_path, name):
        with pytest.raises(ValueError, match="hexadecimal"):
            BlobStore(tmp_path).path(name)

    def test_leaves_nothing_behind_when_a_stream_breaks(self, tmp_path):
        class Broken(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                raise OSError(size)

        with pytest.raises(OSError, match=r"\d"):
            BlobStore(tmp_path).put(Broken())
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_every_reason_has_a_sentence() -> None:
    for reason in Reason:
        refused = RefusedUpload(reason, limit=1, named="A", found="B")
        assert refused.detail.endswith(".")
        assert json.dumps(refused.errors)
