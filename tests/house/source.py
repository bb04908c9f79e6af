"""What the house tests read: the project's own files as they stand, and the Python among them as trees."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = (
    "guildhall",
    "portal",
    "feedback",
    "forum",
    "ip_registry",
    "resources",
    "alliances",
    "moderation",
    "activity",
    "accounts",
    "search_index",
    "ledger",
    "kernel",
    "seeds",
)
VENDORED = ("static/vendor/", "tests/browser/vendor/")


@cache
def tracked() -> tuple[str, ...]:
    """Every file that belongs to the project: what Git tracks, or in an unpacked archive whatever is there."""
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"],  # noqa: S607 - whichever git is there
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        return tuple(name for name in listed if name and (ROOT / name).is_file())
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(
        str(path) for path in found if not any(part.startswith(".venv") or part == "__pycache__" for part in path.parts)
    )


@cache
def trees() -> tuple[tuple[str, ast.Module], ...]:
    """The rooms' Python files, parsed."""
    return tuple(
        (str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8")))
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
    )


def calls() -> Iterator[tuple[str, int, str, ast.Call]]:
    """Every call in the rooms: file, line, the dotted name that is called, and the call itself."""
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node.lineno, dotted(node.func), node


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an expression; what is not a plain name counts as `?`."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"
