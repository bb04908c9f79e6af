"""Mails that were really sent, and what is to be made of each."""

import tomllib
from pathlib import Path
from typing import Any

CAPTURED = Path(__file__).parent.parent / "vectors" / "mail" / "captured"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((CAPTURED / "expected.toml").read_text())
_HEADS = {".html": b"text/html", ".txt": b"text/plain"}
_BODIES_ONLY = {"email_reply_parser"}


def captured(name: str) -> bytes:
    """The mail; of some only the body is published, and gets the least of heads."""
    path = CAPTURED / name
    if path.suffix != ".html" and path.parent.name not in _BODIES_ONLY:
        return path.read_bytes()
    return b"From: chen@example.cn\nContent-Type: %s; charset=utf-8\n\n%s" % (_HEADS[path.suffix], path.read_bytes())
