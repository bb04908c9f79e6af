"""What people type, in the form in which it is kept."""

import unicodedata

REFUSED = {0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2066, 0x2067, 0x2068, 0x2069}


def clean_line(text: str) -> str:
    """One line of text: control and bidirectional-override characters out, white space folded."""
    kept = "".join(
        " " if char.isspace() else char
        for char in unicodedata.normalize("NFC", text)
        if char.isspace() or (unicodedata.category(char) not in ("Cc", "Cs", "Cn") and ord(char) not in REFUSED)
    )
    return " ".join(kept.split())


def clean_body(text: str) -> str:
    """A text of many lines, as it was typed, without what no database keeps."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").encode("utf-8", "ignore").decode()
