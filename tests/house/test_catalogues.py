"""Chinese and English as equals: every sentence of the interface is in the Chinese catalogue, and finished."""

import re
from functools import cache
from io import BytesIO
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po

from tests.house.source import ROOT

CHINESE = ROOT / "translations" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
EXTRACTION = ROOT / "translations" / "babel.cfg"
KEYWORDS = DEFAULT_KEYWORDS | parse_keywords(["lazy_gettext", "_l"])
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


@cache
def chinese() -> Catalog:
    """The catalogue as it is in the repository."""
    return read_po(BytesIO(CHINESE.read_bytes()), locale="zh_Hans")


@cache
def said() -> tuple[tuple[str, Any], ...]:
    """Every sentence that code and templates mark for translation, and where; as `pybabel extract` finds them."""
    with EXTRACTION.open(encoding="utf-8") as text:
        methods, options = parse_mapping_cfg(text)
    found = extract_from_dir(str(ROOT), method_map=methods, options_map=options, keywords=KEYWORDS)
    return tuple((f"{place}:{line}", message) for place, line, message, _comments, _context in found)


def test_every_sentence_is_in_the_catalogue() -> None:
    missing = sorted({f"{place} {message!r}" for place, message in said() if chinese().get(_key(message)) is None})
    assert missing == []


def test_every_entry_is_translated_and_none_is_fuzzy() -> None:
    unfinished = [str(entry.id) for entry in chinese() if entry.id and (entry.fuzzy or not _is_complete(entry.string))]
    assert unfinished == []


def test_no_entry_is_left_over() -> None:
    known = {_key(message) for _place, message in said()}
    orphans = [entry.id for entry in chinese() if entry.id and _key(entry.id) not in known]
    assert orphans == []
    assert not chinese().obsolete


def test_placeholders_survive_the_translation() -> None:
    broken = [
        str(entry.id)
        for entry in chinese()
        if entry.id
        and any(set(_placeholders(text)) != set(_placeholders(_longest(entry.id))) for text in _texts(entry.string))
    ]
    assert broken == []


def test_chinese_is_chinese() -> None:
    """A sentence copied over in English is not a translation; names and codes may stay."""
    copied = [
        entry.id
        for entry in chinese()
        if isinstance(entry.id, str) and entry.string == entry.id and re.search(r"[a-z]{3,} [a-z]{3,}", entry.id)
    ]
    assert copied == []


def _key(message: Any) -> str:
    return message[0] if isinstance(message, list | tuple) else message


def _texts(string: Any) -> list[str]:
    return list(string) if isinstance(string, list | tuple) else [string]


def _longest(identity: Any) -> str:
    return max(_texts(identity), key=len)


def _is_complete(string: Any) -> bool:
    return all(text.strip() for text in _texts(string)) if string else False


def _placeholders(text: str) -> list[str]:
    return PLACEHOLDER.findall(text)
