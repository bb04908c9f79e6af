# noqa: INP001 - a script of CI
"""Known faults in what the locks name: fails for one that a newer version mends, never for want of a network."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 240  # seconds


def main() -> int:
    """Say what was found; 1 if something can be mended."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        if (why := _ask(report)) is not None:
            _say(f"Dependencies were not audited: {why}")
            return 0
        found = json.loads(report.read_text(encoding="utf-8"))["dependencies"]
    skipped = sum("skip_reason" in one for one in found)
    faults = [(one["name"], one["version"], fault) for one in found for fault in one.get("vulns", ())]
    for name, version, fault in faults:
        mended = ", ".join(fault["fix_versions"])
        _say(f"{name} {version}: {fault['id']}, " + (f"mended in {mended}" if mended else "not mended yet"))
    _say(f"Dependencies audited: {len(found) - skipped}, unknown to the service: {skipped}, faults: {len(faults)}.")
    return int(any(fault["fix_versions"] for _name, _version, fault in faults))


def _ask(report: Path) -> str | None:
    """Write the report, or say why there is none. pip-audit ends with 1 both for faults and for a dead network."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", "requirements/run.txt", "--require-hashes"]
    command += ["--disable-pip", "--progress-spinner", "off", "--format", "json", "--output", str(report)]
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {PATIENCE} seconds"
    if report.exists() and report.stat().st_size:
        return None
    return (done.stderr.strip().splitlines() or ["no report"])[-1]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    raise SystemExit(main())
