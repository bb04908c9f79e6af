"""The entries of an archive are counted as `zipfile` finds them, without an object for each."""

import io
import struct
import zipfile

import pytest

from kernel.files.archives import READ_ERRORS, count_entries


def archive(count: int, *, comment: bytes = b"", before: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as bundle:
        for number in range(count):
            bundle.writestr(f"{number}.txt", b"x")
        bundle.comment = comment
    return before + file.getvalue()


@pytest.mark.parametrize("comment", [b"", b"a comment", b"PK\x05\x06 in a comment, which is no end"])
@pytest.mark.parametrize("before", [b"", b"what stands before an archive"])
@pytest.mark.parametrize("count", [0, 1, 300])
def test_as_many_are_counted_as_there_are(count: int, comment: bytes, before: bytes) -> None:
    content = archive(count, comment=comment, before=before)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            there = len(bundle.infolist())
    except zipfile.BadZipFile:
        with pytest.raises(READ_ERRORS):
            count_entries(io.BytesIO(content), most=1000)
    else:
        assert count_entries(io.BytesIO(content), most=1000) == there == count


def test_counting_ends_one_beyond_the_bound() -> None:
    assert count_entries(io.BytesIO(archive(300)), most=20) == 21


def test_a_directory_of_the_wide_format_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    content = archive(5)
    assert b"PK\x06\x06" in content
    assert count_entries(io.BytesIO(content), most=1000) == 5


def test_a_directory_that_is_longer_than_it_may_be_is_not_even_read() -> None:
    content = bytearray(archive(1))
    content[-10:-6] = struct.pack("<L", 2_000_000)
    with pytest.raises(READ_ERRORS):
        count_entries(io.BytesIO(bytes(content)), most=10**6)
    assert count_entries(io.BytesIO(bytes(2_000_000) + bytes(content)), most=100) == 101


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(READ_ERRORS):
        count_entries(io.BytesIO(content), most=10)
