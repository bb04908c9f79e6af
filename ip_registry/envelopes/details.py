"""What an event says beyond its leaf: an object of its own form for each type, committed to like an opening."""

from collections.abc import Mapping
from typing import Any

from ip_registry.envelopes.canonical import canonical, parse_canonical
from ip_registry.envelopes.errors import N_, EnvelopeError
from ip_registry.envelopes.fields import (
    Check,
    boolean,
    check_fields,
    day,
    hash_text,
    integer,
    line,
    list_of,
    one_of,
    optional,
    text,
    version_one,
)
from ip_registry.envelopes.manifests import MOST_FILES, checked_path

LARGEST_DETAILS = 1_048_576  # bytes: a disclosure may name many files
HANDLE = line(1, 64)
NAME = line(1, 200)
STATEMENT = text(1, 4000)
REASON = text(0, 2000)

DETAILS: Mapping[str, Mapping[str, Check]] = {
    "consent": {"author": integer, "id_commit": hash_text},
    "reveal": {
        "scope": one_of("public", "file", "person"),
        "paths": optional(list_of(checked_path, 1, MOST_FILES)),
        "to": optional(HANDLE),
    },
    "embargo": {"until": optional(day), "mode": one_of("remind", "reveal")},
    "assign": {"to": optional(HANDLE), "to_name": NAME, "note": REASON},
    "accept": {"assign": hash_text},
    "licence": {"to_name": NAME, "terms": STATEMENT, "exclusive": boolean, "until": optional(day)},
    "withdraw": {"reason": REASON},
    "dispute": {"statement": STATEMENT, "own_record": optional(hash_text)},
    "answer": {"dispute": hash_text, "statement": STATEMENT},
    "key-rotate": {"reason": REASON},
}


def make_details(type: str, **fields: Any) -> str:  # noqa: A002 - what the format calls it
    """The text of an event's details, checked as it will be checked when it is read."""
    made = canonical({"v": 1, **fields}).decode()
    parse_details(type, made)
    return made


def parse_details(type: str, details: str | bytes) -> dict[str, Any]:  # noqa: A002 - what the format calls it
    """The details of an event of this type; anything but their canonical form is refused."""
    if type not in DETAILS:
        raise EnvelopeError(N_("An event of type “%(type)s” has no details."), type=type[:60])
    if len(details) > LARGEST_DETAILS:
        raise EnvelopeError(N_("The details are larger than %(most)s bytes."), most=LARGEST_DETAILS)
    found = check_fields(
        "The details", parse_canonical(details), {"v": version_one, "record": hash_text, **DETAILS[type]}
    )
    if type == "reveal":
        _check_reveal(found)
    return found


def _check_reveal(found: Mapping[str, Any]) -> None:
    if (found["scope"] == "person") != (found["to"] is not None):
        raise EnvelopeError(N_("A disclosure to a person must say to whom, and any other must not."))
    if found["scope"] == "file" and found["paths"] is None:
        raise EnvelopeError(N_("A disclosure of files must name them."))
    if found["scope"] == "public" and found["paths"] is not None:
        raise EnvelopeError(N_("A disclosure of everything must name no files."))
    paths = found["paths"] or []
    if len(set(paths)) != len(paths):
        raise EnvelopeError(N_("A disclosure must name each file once."))
