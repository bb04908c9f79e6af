"""What goes wrong with backups: nothing is half done, and whoever runs the site reads which part is broken."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from guildhall.app import create_app
from guildhall.backup import archive, raising, restoring
from guildhall.backup.errors import BackupError
from guildhall.backup.rehearsing import rehearse
from guildhall.backup.sealing import make_key, opened
from guildhall.settings import Settings
from kernel.checks import run_checks
from kernel.db import session
from kernel.work import reading
from tests.live import ROOT
from tests.makers import backups as make
from tests.operating.conftest import Ground

Members = dict[str, bytes]


def test_a_flipped_byte_anywhere_is_refused(small: Ground, tmp_path: Path) -> None:
    whole = small.backup.read_bytes()
    for place in range(100, len(whole), len(whole) // 7):
        bad = tmp_path / "bad.tar.zst"
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        with pytest.raises(BackupError, match=r"damaged|is not what|no backup|not a plain file|does not say"):
            make.restored(make.settings_on(tmp_path / "there"), bad)
        assert not list((tmp_path / "there").iterdir())


def test_a_backup_cut_short_is_refused_and_says_where(small: Ground, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.zst"
    bad.write_bytes(small.backup.read_bytes()[:-2000])
    with pytest.raises(BackupError, match=r"cut short at \S+"):
        make.restored(make.settings_on(tmp_path / "there"), bad)


CHANGES: dict[str, tuple[Callable[[Members], object], str]] = {
    "a page of the database": (
        lambda all_: all_.update({"database/000000": all_["database/000000"][:-1] + b"\1"}),
        "database/000000 in the backup",
    ),
    "a picture": (lambda all_: all_.update({blob_in(all_): b"another picture"}), "files/[0-9a-f]{64} in the backup"),
    "no picture": (lambda all_: all_.pop(blob_in(all_)), "has 0 files, and 1 were written"),
    "no manifest": (lambda all_: all_.pop("manifest.json"), "manifest is missing"),
    "a path that leads out": (lambda all_: all_.update({"data/../../evil": b"x"}), "has no place here"),
    "an absolute path": (lambda all_: all_.update({"/etc/cron.d/evil": b"x"}), "has no place here"),
    "a high-water file": (lambda all_: all_.update({"data/ledger.high-water.2026": b"x"}), "has no place here"),
    "another secret": (lambda all_: all_.update({"data/secret_key": b"x" * 64}), "data/secret_key in the backup"),
    "a newer schema": (lambda all_: manifest(all_, schema="9999"), "made by a newer Guildhall"),
    "another count": (
        lambda all_: manifest(all_, tables=counted(all_)),
        "Table user has . rows, and 77 were backed up",
    ),
    "another engine": (lambda all_: about(all_, engine="postgresql"), "is of a site on postgresql"),
    "more than there is room for": (lambda all_: about(all_, bytes=1 << 60), "has room for"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_backup_is_refused_and_the_part_is_named(small: Ground, tmp_path: Path, what: str) -> None:
    change, said = CHANGES[what]

    def do(members: Members) -> None:
        change(members)

    bad = make.changed(small.backup, do)
    with pytest.raises(BackupError, match=said):
        make.restored(make.settings_on(tmp_path / "there"), bad)
    assert not list((tmp_path / "there").iterdir())
    assert not (tmp_path / "evil").exists()


def test_a_rehearsal_finds_a_log_with_another_root(small: Ground) -> None:
    wrong = json.loads(json.dumps(small.made.manifest["ledger"]))
    wrong[0]["root"] = "00" * 32
    bad = make.changed(small.backup, lambda members: manifest(members, ledger=wrong))
    done = rehearse(small.settings, iter([bad.read_bytes()]), progress=make.silent)
    assert done.faults == ["The log is not as far as it was, or has another root."]


def test_only_the_right_key_opens_an_encrypted_backup(small: Ground, tmp_path: Path) -> None:
    (mine, public), (other, _public) = make_key(), make_key()
    (tmp_path / "mine").write_text(f"# public key: {public}\n{mine}\n")
    (tmp_path / "other").write_text(other)
    settings = small.settings.model_copy(update={"backup_recipient": public})
    made = make.backed_up(settings, tmp_path)
    data = (tmp_path / made.name).read_bytes()
    assert data.startswith(b"age-encryption.org/v1")
    names = [name for name, _size, rest in archive.unpacked(opened(iter([data]), tmp_path / "mine")) if list(rest)]
    assert {"data/ledger.key", "data/secret_key", "manifest.json"} <= set(names)
    with pytest.raises(BackupError, match="--identity"):
        opened(iter([data]), None)
    with pytest.raises(BackupError, match="encrypted to another one"):
        list(archive.unpacked(opened(iter([data]), tmp_path / "other")))
    garbled = data[:-3000] + b"x" + data[-2999:]
    with pytest.raises(BackupError, match="damaged or cut short at "):
        [list(rest) for _name, _size, rest in archive.unpacked(opened(iter([garbled]), tmp_path / "mine"))]


def test_secrets_stay_out_where_they_would_lie_open_and_are_named(small: Ground, tmp_path: Path) -> None:
    settings = small.settings.model_copy(
        update={"mail_url": "smtps://me:pass-of-mine@mail.example.cn", "s3_secret": "s"}
    )
    made = make.backed_up(settings, tmp_path, with_secrets=False)
    assert made.manifest["left_out"] == [
        "ledger.key",
        "secret_key",
        "the password in GUILDHALL_MAIL_URL",
        "GUILDHALL_S3_SECRET",
    ]
    members = make.members_of(tmp_path / made.name)
    assert b"GUILDHALL_MAIL_URL=smtps://me@mail.example.cn\n" in members["settings.env"]
    assert not any(b"pass-of-mine" in data for data in members.values())
    there = make.settings_on(tmp_path / "there")
    make.restored(there, tmp_path / made.name)
    assert "bring ledger.key back" in restoring.about_what_is_left_out(made.manifest, there)[0]
    with make.opened(there), reading():
        (fault,) = run_checks(mend=False)
    assert "ledger.key is missing" in fault


def test_a_killed_backup_leaves_nothing_under_a_name_and_the_next_one_sweeps(small: Ground, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from guildhall.backup.places import Folder\n"
        "def pieces():\n"
        "    yield b'half of it'\n"
        "    print('writing', flush=True); sys.stdin.read(); yield b''\n"
        f"Folder(Path({str(tmp_path)!r})).keep('site.tar.zst', pieces(), expected=0)"
    )
    writing = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert writing.stdout is not None
    assert writing.stdout.readline() == b"writing\n"
    (part,) = tmp_path.iterdir()
    make.backed_up(small.settings, tmp_path, "first.tar.zst")
    assert part.exists()  # somebody is at it
    writing.kill()
    writing.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == [part.name, "first.tar.zst"]
    make.backed_up(small.settings, tmp_path, "second.tar.zst")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.tar.zst", "second.tar.zst"]


def test_a_full_disk_fails_the_backup_with_its_reason_and_leaves_the_old_ones(small: Ground, tmp_path: Path) -> None:
    make.backed_up(small.settings, tmp_path, "old.tar.zst")
    old = (tmp_path / "old.tar.zst").read_bytes()
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"from guildhall.cli import main; main(['backup', {str(tmp_path / 'new.tar.zst')!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "GUILDHALL_DATA": str(small.settings.data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"Error: {tmp_path}: File too large.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["old.tar.zst"]
    assert (tmp_path / "old.tar.zst").read_bytes() == old


def test_a_restore_killed_at_any_step_of_the_swap_is_finished_by_the_next(small: Ground, tmp_path: Path) -> None:
    make.restored(make.settings_on(tmp_path / "before"), small.backup)
    members = make.members_of(small.backup)
    wanted = b"".join(data for name, data in members.items() if name.startswith("database/"))
    for steps in range(12):
        there = make.settings_on(tmp_path / str(steps))
        shutil.copytree(tmp_path / "before", there.data)
        was_killed = killed_after(steps, there, small.backup)
        if not was_killed:
            break
        if restoring.is_half_done(there):
            with pytest.raises(SystemExit, match="interrupted"):
                create_app(there)
            restoring.finish(there)
        assert (there.data / "guildhall.sqlite").read_bytes() == wanted
        assert make.files_of(there.data) == make.files_of(small.settings.data)
    assert steps > 7  # four names, each put aside and replaced


def test_a_backup_that_is_there_is_never_written_over(small: Ground) -> None:
    before = small.backup.read_bytes()
    with pytest.raises(BackupError, match="already"):
        make.backed_up(small.settings, small.backup.parent, small.backup.name)
    assert small.backup.read_bytes() == before


def test_a_site_that_runs_is_not_replaced(small: Ground, tmp_path: Path) -> None:
    there = make.settings_on(tmp_path / "there")
    make.restored(there, small.backup)
    with make.opened(there):
        session().connection()
        with pytest.raises(BackupError, match="stop it first"):
            make.restored(there, small.backup, replace=True)
    assert raising.has_tables(there.database())
    assert not (there.data / "restoring").exists()


class Killed(BaseException):
    """Nothing between there and here looks after it, as nothing does when a process is killed."""


def killed_after(steps: int, settings: Settings, file: Path) -> bool:
    """Restore, and be stopped at the rename after so many of the swap; whether that came."""
    plan, left = settings.data / restoring.RESTORING / restoring.PLAN, [steps]

    def count(event: str, _details: object) -> None:
        if event == "os.rename" and left and plan.exists():
            if left[0] == 0:
                left.clear()  # the hook itself cannot be taken away
                raise Killed
            left[0] -= 1

    sys.addaudithook(count)
    try:
        make.restored(settings, file, replace=True)
    except Killed:
        return True
    left.clear()
    return False


def blob_in(members: Members) -> str:
    return next(name for name in members if name.startswith("files/"))


def manifest(members: Members, **facts: object) -> None:
    members["manifest.json"] = json.dumps({**json.loads(members["manifest.json"]), **facts}).encode()


def about(members: Members, **facts: object) -> None:
    make.rewritten(members, "about.json", json.dumps({**json.loads(members["about.json"]), **facts}).encode())


def counted(members: Members) -> dict[str, object]:
    tables: dict[str, dict[str, object]] = json.loads(members["manifest.json"])["tables"]
    return {**tables, "user": {**tables["user"], "rows": 77}}
