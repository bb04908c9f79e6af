"""What stands in deploy/ fits the product: names of settings, commands, and the shape of each file."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from guildhall.cli import main
from guildhall.settings import Settings

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
TEXTS = sorted(path for path in DEPLOY.rglob("*") if path.is_file())


def commands(text: str) -> set[str]:
    """The commands of the product that a text names."""
    quoted = re.findall(r'"guildhall", "([a-z-]+)"', text)
    return {*quoted, *re.findall(r"(?:bin/|`)guildhall ([a-z-]+)", text)}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_setting_and_command_that_is_named_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    named = {name.lower() for name in re.findall(r"GUILDHALL_([A-Z0-9_]+)", text)}
    assert named <= set(Settings.model_fields)
    assert commands(text) <= set(main.commands)


def test_the_containers_fit_together() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    services, volumes = compose["services"], compose["volumes"]
    assert set(services) == {"migrate", "web", "worker", "db", "redis", "nginx"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source.startswith("./") or source in volumes
    assert {name for name, service in services.items() if "ports" in service} == {"nginx"}
    assert "server web:8000" in (DEPLOY / "nginx" / "guildhall.conf").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_read_by_systemd(path: Path, tmp_path: Path) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(path.read_text(encoding="utf-8"))
    assert unit["Unit"]["Description"]
    if path.suffix == ".service":
        assert unit["Service"]["NoNewPrivileges"] == "yes"
        assert unit["Service"]["ProtectSystem"] == "strict"
    if shutil.which("systemd-analyze") is None:
        return
    copy = tmp_path / path.name
    text = path.read_text(encoding="utf-8").replace("/opt/guildhall/.venv/bin/guildhall", "/bin/true")
    copy.write_text(text, encoding="utf-8")
    for other in UNITS:
        if other.stem == path.stem and other != path:
            (tmp_path / other.name).write_text(other.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)],  # noqa: S607 - whichever is there
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    faults = [line for line in done.stderr.splitlines() if path.name in line and "not executable" not in line]
    assert not faults, done.stderr
