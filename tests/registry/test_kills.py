"""Submitters are killed at any instant: nothing acknowledged is lost, and the log has one history only."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.makers.machine import need, postgres_site_url

ROOT = Path(__file__).resolve().parent.parent.parent
KILLS = 150
KILLS_TO_NOTICE = 60


def run(tmp_path: Path, base: str, kills: int, *options: str) -> dict[str, Any]:
    url = ""
    if base == "postgres":
        found = postgres_site_url("kills")
        need("postgres", found=found is not None)
        url = (found or "").replace("+psycopg", "")
    command = [sys.executable, "-m", "tests.registry.kills", "--data", str(tmp_path), "--kills", str(kills)]
    done = subprocess.run(
        [*command, "--database", url, *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Traceback" not in done.stderr, done.stderr[-4000:]
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@pytest.mark.parametrize("base", ["sqlite", "postgres"])
def test_many_kills_leave_one_history_with_everything_acknowledged_in_it(tmp_path: Path, base: str) -> None:
    seen = run(tmp_path, base, KILLS)
    assert seen["faults"] == []
    assert seen["kills"] >= KILLS
    assert seen["acknowledged"] > 50
    assert seen["published"] > 20


@pytest.mark.parametrize("base", ["sqlite", "postgres"])
def test_publishing_before_the_commit_would_be_noticed(tmp_path: Path, base: str) -> None:
    seen = run(tmp_path, base, KILLS_TO_NOTICE, "--wrong")
    assert any("published and" in fault for fault in seen["faults"])
