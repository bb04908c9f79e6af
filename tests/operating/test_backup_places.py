"""Where backups are kept: a bucket of a real server, and how long."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from minio import Minio

from guildhall.backup import rotation
from guildhall.backup.errors import BackupError
from guildhall.backup.making import make_backup
from guildhall.backup.places import Bucket
from guildhall.backup.restoring import restore
from guildhall.backup.running import newest
from guildhall.settings import Settings
from tests.live import ROOT, free_port
from tests.makers import backups as make
from tests.operating.conftest import Ground

SITE = "https://forum.example.cn"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks S3, in a process of its own, with an empty bucket."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = Minio(f"127.0.0.1:{port}", access_key="key", secret_key="secret", secure=False, region="us-east-1")
    deadline = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < deadline, "the server does not answer"
    client.make_bucket("backups")
    yield f"http://127.0.0.1:{port}"
    process.kill()
    process.wait()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def with_bucket(settings: Settings, server: str) -> Settings:
    s3 = {"s3_endpoint": server, "s3_key": "key", "s3_secret": "secret", "s3_region": "us-east-1"}
    return settings.model_copy(update={"backup_to": "s3://backups/forum", **s3})


def test_a_site_goes_into_a_bucket_and_comes_back(small: Ground, server: str, tmp_path: Path) -> None:
    settings = with_bucket(small.settings, server)
    bucket = Bucket(settings.backup_to, settings)
    made = make_backup(settings, place=bucket, name="one.tar.zst", with_secrets=True)
    assert [(one.name, one.size) for one in bucket.kept()] == [("one.tar.zst", made.size)]
    there = make.settings_on(tmp_path / "there")
    restore(there, bucket.read("one.tar.zst"), replace=False, progress=make.silent)
    assert make.everything(there) == make.everything(small.settings)
    bucket.remove("one.tar.zst")
    assert bucket.kept() == []


def test_a_large_backup_goes_up_in_parts_and_a_fault_takes_them_back(small: Ground, server: str) -> None:
    bucket = Bucket("s3://backups/large", with_bucket(small.settings, server))
    part = bytes(1 << 20)
    assert bucket.keep("whole", iter([part] * 34), expected=0) == 34 << 20
    assert b"".join(bucket.read("whole")) == part * 34

    def broken() -> Iterator[bytes]:
        yield from [part] * 34
        raise BackupError("the database is gone")

    with pytest.raises(BackupError, match="the database is gone"):
        bucket.keep("half", broken(), expected=0)
    assert [one.name for one in bucket.kept()] == ["whole"]
    assert uploads(bucket, "large/") == []


def test_a_killed_backup_is_never_listed_and_the_next_one_takes_its_parts_back(
    small: Ground, server: str, tmp_path: Path
) -> None:
    settings = with_bucket(small.settings, server).model_copy(update={"backup_to": "s3://backups/killed"})
    bucket = Bucket(settings.backup_to, settings)
    name = rotation.name_at(datetime(2026, 11, 25, tzinfo=UTC), base_url=settings.base_url, is_sealed=False)
    program = (
        "import os, sys; from pathlib import Path\n"
        "from guildhall.backup.places import Bucket; from guildhall.settings import Settings\n"
        "def pieces():\n"
        "    yield from [os.urandom(1 << 20) for _ in range(34)]\n"
        "    print('sending', flush=True); sys.stdin.read(); yield b''\n"
        f"settings = Settings(data=Path({str(tmp_path)!r}), s3_endpoint={server!r},\n"
        "    s3_key='key', s3_secret='secret', s3_region='us-east-1')\n"
        f"Bucket('s3://backups/killed', settings).keep({name!r}, pieces(), expected=0)"
    )
    sending = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert sending.stdout is not None
    assert sending.stdout.readline() == b"sending\n"
    sending.kill()
    sending.communicate()
    assert [upload.object_name for upload in uploads(bucket, "killed/")] == [f"killed/{name}"]
    assert bucket.kept() == []
    with pytest.raises(BackupError, match="There is no backup"):
        newest(settings, bucket)
    with pytest.raises(BackupError, match="NoSuchKey"):
        list(bucket.read(name))
    make_backup(settings, place=bucket, name=name, with_secrets=True)
    assert newest(settings, bucket) == name
    assert uploads(bucket, "killed/") == []
    there = make.settings_on(tmp_path / "there")
    restore(there, bucket.read(name), replace=False, progress=make.silent)
    assert make.everything(there) == make.everything(small.settings)


def test_the_next_evening_sweeps_what_was_left_and_touches_nothing_of_others(
    small: Ground, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Bucket("s3://backups/evening", with_bucket(small.settings, server))
    client = bucket._client
    for key in ("evening/ours", "evening/of-another/thing", "evenings"):
        client._create_multipart_upload("backups", key, {})
    (begun,) = {upload.initiated_time for upload in uploads(bucket, "evening")}
    ages = (timedelta(hours=19), 3), (timedelta(hours=23, minutes=59), 2)
    for age, left in ages:
        monkeypatch.setattr("guildhall.backup.places.now", lambda age=age: begun + age)
        bucket.keep(f"small-{left}", iter([b"x"]), expected=0)
        assert len(uploads(bucket, "evening")) == left, age
    assert "evening/ours" not in {upload.object_name for upload in uploads(bucket, "evening")}


def uploads(bucket: Bucket, prefix: str) -> list[Any]:
    """What was begun and not finished, which no list of files shows."""
    return list(bucket._client._list_multipart_uploads("backups", prefix=prefix).uploads)


def test_a_server_that_is_away_or_refuses_is_named(small: Ground, server: str) -> None:
    away = with_bucket(small.settings, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(BackupError, match=r"s3://backups/forum/ at 127\.0\.0\.1:\d+: "):
        Bucket(away.backup_to, away).kept()
    with pytest.raises(BackupError, match="NoSuchBucket"):
        Bucket("s3://nowhere", with_bucket(small.settings, server)).kept()
    with pytest.raises(BackupError, match="NoSuchKey"):
        list(Bucket("s3://backups", with_bucket(small.settings, server)).read("nothing"))


def named(at: datetime) -> str:
    return rotation.name_at(at, base_url=SITE, is_sealed=False)


def test_days_weeks_and_months_are_kept_and_the_newest_always() -> None:
    newest = datetime(2026, 11, 26, 19, 0, tzinfo=UTC)
    names = [named(newest - timedelta(days=days)) for days in range(400)]
    gone = rotation.superseded(names, keep="7 4 12", base_url=SITE)
    kept = [name for name in names if name not in gone]
    assert kept[:7] == names[:7]
    assert len(kept) == 7 + 2 + 11  # this week, the last one and this month end among the days
    assert rotation.superseded(names, keep="0 0 0", base_url=SITE) == names[1:]


def test_what_is_not_ours_is_never_removed() -> None:
    at = datetime(2026, 11, 26, tzinfo=UTC)
    other = rotation.name_at(at, base_url="https://sub.forum.example.cn", is_sealed=True)
    names = [named(at), named(at - timedelta(days=1)), other, "holiday.jpg", "forum.example.cn-latest.tar.zst"]
    assert rotation.superseded(names, keep="1 1 1", base_url=SITE) == [named(at - timedelta(days=1))]
