"""The OpenTimestamps calendars of the site: `GUILDHALL_OTS_CALENDARS`, addresses with blanks between them."""

from importlib.util import find_spec
from urllib.parse import urlsplit


def parse_calendars(text: str) -> tuple[str, ...]:
    """The calendars of the setting, as they name themselves; a mistake stops the start and says what is wrong."""
    found = tuple(dict.fromkeys(one.rstrip("/") for one in text.split()))
    for one in found:
        parts = urlsplit(one)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
            raise ValueError(f"GUILDHALL_OTS_CALENDARS: not an http(s) address: {one.rpartition('@')[2]}")
    if found and find_spec("opentimestamps") is None:
        raise ValueError("GUILDHALL_OTS_CALENDARS needs the library of OpenTimestamps: pip install guildhall[ots]")
    return found
