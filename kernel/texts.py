"""What people type, in the form in which it is kept."""

import re
import unicodedata
from typing import Any, Literal

MOST_MARKS = 30  # on one letter, as in the Stream-Safe Text Format of Unicode; no writing needs as many
SHORT = 4_000  # characters: whatever they are, it takes milliseconds
_SIGNS = re.compile(rf"[^\w\s\x00-\x7f]{{{MOST_MARKS + 1},}}")

REFUSED = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069}


def composed(text: str, form: Literal["NFC", "NFKC"] = "NFC") -> str:
    """The text in a normal form. Of a long text, the first thirty marks on one letter stay.

    All marks of a letter are compared with one another: of a hundred thousand that takes a minute.
    """
    if len(text) > SHORT:
        text = _SIGNS.sub(_fewer_marks, text)
    return unicodedata.normalize(form, text)


def _fewer_marks(signs: re.Match[str]) -> str:
    kept: list[str] = []
    marks = 0
    for char in signs[0]:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)


def clean_line(text: str) -> str:
    """One line of text: control and bidirectional-override characters out, white space folded."""
    kept = "".join(
        " " if char.isspace() else char
        for char in composed(text)
        if char.isspace() or (unicodedata.category(char) not in ("Cc", "Cs", "Cn") and ord(char) not in REFUSED)
    )
    return " ".join(kept.split())


def clean_body(text: str) -> str:
    """A text of many lines, as it was typed, without what no database keeps."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").encode("utf-8", "ignore").decode()


def storable(value: Any) -> Any:
    """What a JSON text says, without NUL and lone surrogates, which no database keeps; they stand for nothing."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "ignore").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
