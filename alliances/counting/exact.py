"""Records as canonical JSON: whole numbers, texts, and fractions as "n/d" in lowest terms, never floats.

Writing and reading go by the types of the fields, so what is read is of exactly these types, or refused.
"""

import json
import re
from dataclasses import fields, is_dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,30})/[1-9][0-9]{0,30}", re.ASCII)


def canonical(value: dict[str, Any]) -> bytes:
    """The one text of a record in bytes, to be hashed: that of RFC 8785, for what `plain` writes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def plain(value: Any) -> Any:
    """A record as JSON."""
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    return value


def typed(kind: Any, value: Any) -> Any:
    """The record of a type that `plain` wrote; ValueError when it is anything else."""
    if get_origin(kind) is UnionType:
        (some,) = (one for one in get_args(kind) if one is not NoneType)
        return None if value is None else typed(some, value)
    if get_origin(kind) is tuple:
        return _row(get_args(kind), value)
    if kind is Fraction:
        return _fraction(value)
    if isinstance(kind, type) and is_dataclass(kind):
        types = _types(kind)
        if not isinstance(value, dict) or value.keys() != types.keys():
            raise ValueError("not the members of this record")
        return kind(**{name: typed(types[name], value[name]) for name in types})
    if issubclass(kind, StrEnum) and isinstance(value, str):
        return kind(value)
    if type(value) is not kind:
        raise ValueError("not of this type")
    return value


def _row(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    if isinstance(value, list) and kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    if not isinstance(value, list) or len(kinds) != len(value):
        raise ValueError("not a list of as many")
    return tuple(typed(kind, item) for kind, item in zip(kinds, value, strict=True))


def _fraction(value: Any) -> Fraction:
    """A second spelling of the same number is refused."""
    if not isinstance(value, str) or not _FRACTION.fullmatch(value) or plain(Fraction(value)) != value:
        raise ValueError("not a fraction in lowest terms")
    return Fraction(value)


@cache
def _types(kind: type) -> dict[str, Any]:
    """The types of a record's fields."""
    hints = get_type_hints(kind)
    return {item.name: hints[item.name] for item in fields(kind)}
