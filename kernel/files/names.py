"""Names of files: only shown, never used as a path, and still cleaned of what confuses people and systems."""

import re
import unicodedata

from kernel.files.refusal import Reason, RefusedUpload
from kernel.texts import composed

LONGEST = 120
_FORBIDDEN = re.compile(r'[<>:"|?*/\\]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def extension_of(name: str) -> str:
    """The ending of a cleaned name, in lower case, without the dot."""
    _stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and _stem else ""


def check_name(name: str) -> None:
    """Refuse a name that is a path; browsers never send one."""
    if "/" in name or "\\" in name or "\x00" in name:
        raise RefusedUpload(Reason.NAME)


def clean_name(name: str, *, ending: str) -> str:
    """The name as it will be shown: one line, no direction marks, bounded, with an ending."""
    base = re.split(r"[/\\]", composed(name))[-1]
    seen = "".join(
        " " if char.isspace() else char for char in base if char.isspace() or unicodedata.category(char) not in _UNSEEN
    )
    seen = _FORBIDDEN.sub("_", " ".join(seen.split())).strip(". ")
    found = extension_of(seen)
    stem = seen[: -len(found) - 1] if found else seen
    stem = stem.rstrip(". ") or "file"
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    found = (found or ending)[:10]
    return f"{_bounded(stem, LONGEST - len(found) - 1)}.{found}"


def _bounded(stem: str, length: int) -> str:
    """The stem cut to a length in characters and to a name every file system takes, never within a character."""
    return stem[:length].encode()[:200].decode(errors="ignore").rstrip(". ") or "file"
