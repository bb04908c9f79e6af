"""JSON that can be written in one way only: RFC 8785, read strictly."""

import json
import math
from typing import Any

import rfc8785

from ip_registry.envelopes.errors import N_, EnvelopeError

LARGEST_INTEGER = 2**53 - 1
LARGEST_INTEGER_DIGITS = 16


def parse_canonical(data: bytes | str) -> Any:
    """The value of bytes that are their own canonical form; any other way to write the same value is refused."""
    value = parse_strict(data)
    if not _same_bytes(data, value):
        raise EnvelopeError(N_("This JSON is not in its canonical form (RFC 8785)."))
    return value


def is_canonical(data: bytes | str) -> bool:
    """Whether these bytes are JSON, and the only way to write it."""
    try:
        parse_canonical(data)
    except EnvelopeError:
        return False
    return True


def canonical(value: Any) -> bytes:
    """The one way to write a value (RFC 8785)."""
    if _is_plain(value):
        return _write(value).encode()
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise EnvelopeError(N_("This value cannot be written as canonical JSON.")) from error


_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def _is_plain(value: Any) -> bool:
    """An object of ASCII texts and whole numbers, such as a leaf, which Python itself writes in the same way."""
    return isinstance(value, dict) and all(
        type(key) is str and key.isascii() and (found is None or _is_plain_field(found)) for key, found in value.items()
    )


def _is_plain_field(value: Any) -> bool:
    if type(value) is str:
        return value.isascii()
    return type(value) is int and -LARGEST_INTEGER <= value <= LARGEST_INTEGER


def parse_strict(data: bytes | str) -> Any:
    """The value of a JSON text in which every reader must see the same: no key twice, no number out of range."""
    text = _text_of(data)
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_constant,
        )
    except EnvelopeError:
        raise
    except ValueError as error:
        raise EnvelopeError(N_("This is not JSON.")) from error
    except RecursionError as error:
        raise EnvelopeError(N_("This JSON is nested too deeply.")) from error
    if "\\u" in text:
        _refuse_lone_surrogates(value)
    return value


def _text_of(data: bytes | str) -> str:
    try:
        if isinstance(data, str):
            data.encode()
            return data
        return data.decode()
    except UnicodeError as error:
        raise EnvelopeError(N_("This is not UTF-8 text.")) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise EnvelopeError(N_("The key “%(key)s” stands twice in one object."), key=_shown(key))
        found[key] = value
    return found


def _integer(digits: str) -> int:
    if len(digits.lstrip("-")) > LARGEST_INTEGER_DIGITS or abs(int(digits)) > LARGEST_INTEGER:
        raise EnvelopeError(N_("A number is larger than 2^53 − 1 and would not be read alike everywhere."))
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise EnvelopeError(N_("A number is larger than 2^53 − 1 and would not be read alike everywhere."))
    return number


def _no_constant(name: str) -> None:
    raise EnvelopeError(N_("%(name)s is not a number of JSON."), name=name)


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise EnvelopeError(N_("Half of a character (a lone surrogate) is escaped in this JSON.")) from error


def _shown(key: str) -> str:
    return key.encode(errors="replace").decode()[:60]


def _same_bytes(data: bytes | str, value: Any) -> bool:
    return canonical(value) == (data.encode() if isinstance(data, str) else data)
