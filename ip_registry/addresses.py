"""How records are called and where they are: the one place that knows."""

import re

NUMBER = re.compile(r"([0-9]{4}[a-z]?)-(0|[1-9][0-9]{0,17})", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)


def number_of(label: str | None, index: int | None) -> str:
    """`2026-17`; empty before the record has its place."""
    return "" if label is None or index is None else f"{label}-{index}"


def parse_number(number: str) -> tuple[str, int] | None:
    """The place that a number names, if it is one: a log by its label, and an index in it."""
    match = NUMBER.fullmatch(number)
    return (match[1], int(match[2])) if match else None


def record_url(number: str) -> str:
    """The page of a record that has its place."""
    return f"/registry/{number}"


def leaf_url(leaf_hash: bytes) -> str:
    """Where a leaf hash leads: to the record that it is a part of, as soon as that has its place."""
    return f"/v/{leaf_hash.hex()}"


def address_of(number: str, leaf_hash: bytes) -> str:
    """The page of a record, by its number if it has one yet."""
    return record_url(number) if number else leaf_url(leaf_hash)
