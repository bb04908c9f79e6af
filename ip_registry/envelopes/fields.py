"""What a field of an envelope may hold. A check returns the value, or refuses with a sentence that names the field."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from ip_registry.envelopes.canonical import LARGEST_INTEGER
from ip_registry.envelopes.errors import N_, EnvelopeError

Check = Callable[[str, Any], Any]

HASH = 32
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
BREAK = re.compile(r"[\n\u2028\u2029]")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)


def check_fields(what: str, value: Any, checks: Mapping[str, Check]) -> dict[str, Any]:
    """An object that has exactly these fields, each of which passes its check. `what` names it in refusals."""
    if not isinstance(value, dict):
        raise EnvelopeError(N_("%(what)s is not a JSON object."), what=what)
    for name in value:
        if name not in checks:
            shown = name.encode(errors="replace").decode()[:60]
            raise EnvelopeError(N_("%(what)s has an unknown field “%(field)s”."), what=what, field=shown)
    for name in checks:
        if name not in value:
            raise EnvelopeError(N_("%(what)s lacks the field “%(field)s”."), what=what, field=name)
    return {name: check(name, value[name]) for name, check in checks.items()}


def version_one(name: str, value: Any) -> int:
    """The version of the form: another one is for another program."""
    if type(value) is not int or value != 1:
        raise EnvelopeError(N_("“%(field)s” must be 1, the only version there is."), field=name)
    return 1


def text(least: int, most: int) -> Check:
    """A string of so many characters (code points), none of which steers a terminal or breaks a feed."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise EnvelopeError(N_("“%(field)s” must be text."), field=name)
        if not least <= len(value) <= most:
            raise EnvelopeError(
                N_("“%(field)s” must have %(least)s to %(most)s characters."), field=name, least=least, most=most
            )
        if CONTROL.search(value):
            raise EnvelopeError(N_("“%(field)s” must not have control characters."), field=name)
        return value

    return check


def line(least: int, most: int) -> Check:
    """The same on one line: a name, or what stands in a list."""
    whole = text(least, most)

    def check(name: str, value: Any) -> str:
        found = str(whole(name, value))
        if BREAK.search(found):
            raise EnvelopeError(N_("“%(field)s” must be one line."), field=name)
        return found

    return check


def one_of(*choices: str) -> Check:
    """One of a few words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise EnvelopeError(N_("“%(field)s” must be one of: %(choices)s."), field=name, choices=", ".join(choices))
        return value

    return check


def hexadecimal(size: int) -> Check:
    """Lower-case hexadecimal of so many bytes."""
    form = re.compile(f"[0-9a-f]{{{2 * size}}}", re.ASCII)

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise EnvelopeError(
                N_("“%(field)s” must be %(size)s bytes in lower-case hexadecimal."), field=name, size=size
            )
        return value

    return check


hash_text = hexadecimal(HASH)


def optional(check: Check) -> Check:
    """The same, or null."""
    return lambda name, value: None if value is None else check(name, value)


def list_of(check: Check, least: int, most: int) -> Check:
    """So many of them, each passing the check."""

    def check_all(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise EnvelopeError(
                N_("“%(field)s” must be a list of %(least)s to %(most)s."), field=name, least=least, most=most
            )
        return [check(f"{name}[{place}]", item) for place, item in enumerate(value)]

    return check_all


def integer(name: str, value: Any) -> int:
    """A whole number that every reader of JSON holds exactly; `true` is none."""
    if type(value) is not int or not 0 <= value <= LARGEST_INTEGER:
        raise EnvelopeError(N_("“%(field)s” must be a whole number from 0 to 2^53 − 1."), field=name)
    return value


def boolean(name: str, value: Any) -> bool:
    """Yes or no."""
    if not isinstance(value, bool):
        raise EnvelopeError(N_("“%(field)s” must be true or false."), field=name)
    return value


def day(name: str, value: Any) -> str:
    """A day of the calendar, kept as it is written."""
    if isinstance(value, str) and DATE.fullmatch(value):
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise EnvelopeError(N_("“%(field)s” must be a date, YYYY-MM-DD."), field=name)


def moment(name: str, value: Any) -> str:
    """A second in UTC, kept as it is written."""
    if isinstance(value, str) and MOMENT.fullmatch(value):
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise EnvelopeError(N_("“%(field)s” must be a time in UTC, YYYY-MM-DDTHH:MM:SSZ."), field=name)


def base64_bytes(name: str, value: Any) -> bytes:
    """The bytes of padded base64 that is written in the only way there is."""
    if isinstance(value, str):
        try:
            found = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            pass
        else:
            if base64.b64encode(found).decode() == value:
                return found
    raise EnvelopeError(N_("“%(field)s” must be padded base64."), field=name)
