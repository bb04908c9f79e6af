"""The command as it is run: processes of its own, exit codes, and what is left when it is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

ROOT = Path(__file__).resolve().parent.parent.parent
THREADS = 1_200


def guildhall(data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "guildhall", *arguments],
        cwd=ROOT,
        env={**os.environ, "GUILDHALL_DATA": str(data), "GUILDHALL_DATABASE_URL": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def count(data: Path, table: str) -> int:
    engine = create_engine(f"sqlite:///{data / 'guildhall.sqlite'}")
    with engine.connect() as connection:
        found = connection.scalar(text(f"SELECT count(*) FROM {table}"))  # noqa: S608 - a table of ours
    engine.dispose()
    return int(found or 0)


def wait_for_a_batch(process: subprocess.Popen[str], data: Path, *, more_than: int) -> None:
    deadline = time.monotonic() + 90
    while count(data, "thread") <= more_than and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("site")
    assert finish(guildhall(data, "db", "upgrade"))[0] == 0
    make_sectors = (  # what `guildhall up` does before it serves
        "from guildhall.app import create_app; from seeds import ensure_sectors\n"
        "with create_app().app_context(): ensure_sectors()"
    )
    subprocess.run(
        [sys.executable, "-c", make_sectors], cwd=ROOT, env={**os.environ, "GUILDHALL_DATA": str(data)}, check=True
    )
    return data


def topic(number: int) -> dict[str, Any]:
    return {
        "id": f"forum.example:{number}",
        "title": f"Thread number {number}",
        "author": "Ann",
        "created_at": "2020-03-01T10:00:00Z",
        "body_markdown": f"Text *{number}*\n\n" + "some more words " * 40,
        "replies": [{"author": "Bo", "created_at": "2020-03-02T10:00:00Z", "body": f"- {number}\n- and\n- so on"}],
    }


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("input") / "big.jsonl"
    path.write_text("".join(json.dumps(topic(number)) + "\n" for number in range(THREADS)))
    return path


def test_killed_in_the_middle_it_goes_on_from_there(site: Path, big_file: Path) -> None:
    process = guildhall(site, "import", "threads", str(big_file), "--community", "energy")
    wait_for_a_batch(process, site, more_than=0)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    there = count(site, "thread")
    assert 0 < there < THREADS
    assert count(site, "post") == 2 * there, "whole threads or none"

    code, out, err = finish(guildhall(site, "import", "threads", str(big_file), "--community", "energy", "--json"))
    assert code == 0, err
    told = json.loads(out)
    assert (told["threads"], told["already_in"], told["rejected"]) == (THREADS - there, there, 0)
    assert (count(site, "thread"), count(site, "post")) == (THREADS, 2 * THREADS)

    code, out, err = finish(guildhall(site, "check"))
    assert (code, out.strip()) == (0, "Everything agrees."), err


def test_interrupted_it_says_how_far_it_came(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text("".join(json.dumps({**topic(n), "id": f"interrupted:{n}"}) + "\n" for n in range(2 * THREADS)))
    before = count(site, "thread")
    process = guildhall(site, "import", "threads", str(path), "--community", "agri")
    wait_for_a_batch(process, site, more_than=before)
    process.send_signal(signal.SIGINT)
    code, _out, err = finish(process)
    assert code == 130, err
    assert "threads are in; the same command goes on from there" in err
    assert "Traceback" not in err
    assert before < count(site, "thread") < before + 2 * THREADS


def test_a_bad_line_means_exit_1_and_is_named(site: Path, tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(json.dumps({**topic(1), "id": "other.example:1"}) + "\n{oops\n")
    code, out, err = finish(
        guildhall(site, "import", "threads", str(path), "--community", "bio", "--board", "devices", "--json")
    )
    assert code == 1
    assert "line 2: not JSON" in err
    assert str(tmp_path / "some.rejects.jsonl") in err
    told = json.loads(out)
    assert (told["threads"], told["posts"], told["rejected"]) == (1, 2, 1)
    assert told["rejects_file"] == str(tmp_path / "some.rejects.jsonl")


def test_unknown_places_are_refused_with_the_known_ones(site: Path, big_file: Path) -> None:
    code, _out, err = finish(guildhall(site, "import", "threads", str(big_file), "--community", "atlantis"))
    assert code == 2
    assert "materials" in err
    code, _out, err = finish(guildhall(site, "import", "threads", str(big_file), "--community", "bio", "--board", "x"))
    assert code == 2
    assert "antibodies" in err
