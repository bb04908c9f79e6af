"""The one list of what a text may contain; the sanitiser obeys it, and the tests hand the same list to a second one."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from pygments.token import STANDARD_TYPES

from kernel.markup.languages import LANGUAGES

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "blockquote",
        "br",
        "caption",
        "cite",
        "code",
        "dd",
        "del",
        "details",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "ins",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "rp",
        "rt",
        "ruby",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
        "var",
        "wbr",
    ]
)
SOURCE_TAGS = TAGS | {"h1", "h2"}  # these two are still to be shifted below the headings of the page
BLOCK_TAGS = SOURCE_TAGS & frozenset(
    [
        "blockquote",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
VOID_TAGS = frozenset({"br", "hr", "img", "wbr"})
CONTENT_NEVER_SHOWN = frozenset({"script", "style"})
SCHEMES = frozenset({"http", "https", "mailto"})

EXTERNAL_REL = "nofollow ugc noopener"
_NUMBER = re.compile(r"[0-9]{1,4}")
_PLAIN = re.compile(r"[^\x00-\x08\x0b-\x1f\x7f\x80-\x9f]{0,1000}")
_LINK = re.compile(r"(?:https?://(?=[^/\\])|mailto:|/|#)[^\x00-\x1f\x7f]{0,2000}", re.IGNORECASE)
_IMAGE = re.compile(r"(?:https?://(?=[^/\\])|//(?=[^/\\])|/files/)[^\x00-\x1f\x7f]{0,2000}", re.IGNORECASE)
_FOOTNOTE = re.compile(r"fn(?:ref)?-[0-9a-f]{8}-[0-9]{1,4}(?:-[0-9]{1,4})?")

ATTRIBUTES: Mapping[str, Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "*": {"lang": re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,3}"), "dir": re.compile(r"ltr|rtl|auto")},
        "a": {"href": _LINK, "title": _PLAIN, "rel": re.compile(re.escape(EXTERNAL_REL))},
        "abbr": {"title": _PLAIN},
        "blockquote": {"data-post": re.compile(r"[0-9]{1,18}")},
        "details": {"open": re.compile("")},
        "div": {"tabindex": re.compile("0")},
        "img": {
            "src": _IMAGE,
            "alt": _PLAIN,
            "title": _PLAIN,
            "width": _NUMBER,
            "height": _NUMBER,
            "loading": re.compile("lazy"),
        },
        "li": {"id": _FOOTNOTE},
        "ol": {"start": re.compile(r"[0-9]{1,9}")},
        "sup": {"id": _FOOTNOTE},
        "td": {"colspan": _NUMBER, "rowspan": _NUMBER},
        "th": {"colspan": _NUMBER, "rowspan": _NUMBER, "scope": re.compile("col|row")},
    }
)
CLASSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "a": frozenset({"mention", "ref", "footnote-ref", "footnote-backref"}),
        "blockquote": frozenset({"quote"}),
        "code": frozenset(f"language-{name}" for name in LANGUAGES),
        "div": frozenset({"math", "table-scroll", "footnote"}),
        "li": frozenset({"task-list-item"}),
        "p": frozenset({"attribution"}),
        "pre": frozenset({"highlight"}),
        "span": frozenset(name for name in STANDARD_TYPES.values() if name) | {"math", "task-box"},
        "td": frozenset({"center", "right"}),
        "th": frozenset({"center", "right"}),
        "ul": frozenset({"task-list"}),
    }
)
# Marks that only this package sets, after the author's own HTML has been cleaned: nobody can forge them.
_OURS = frozenset({"mention", "ref", "quote", "attribution", "table-scroll", "task-list", "task-list-item", "task-box"})
_OUR_ATTRIBUTES = frozenset({"rel", "data-post", "tabindex", "loading"})


def keep_attribute(tag: str, name: str, value: str) -> str | None:
    """The value under which this attribute may stay on this tag of a finished text, or None."""
    if name == "class":
        allowed = CLASSES.get(tag)
        return " ".join(token for token in value.split() if token in allowed) or None if allowed else None
    pattern = ATTRIBUTES.get(tag, {}).get(name) or ATTRIBUTES["*"].get(name)
    if pattern is None:
        return None
    if name in {"href", "src"}:
        value = value.strip()
        if not _is_readable_url(value):
            return None
    return value if pattern.fullmatch(value) else None


def keep_source_attribute(tag: str, name: str, value: str) -> str | None:
    """The same for a text as it came in, which may not carry the marks that only Guildhall sets."""
    if name in _OUR_ATTRIBUTES:
        return None
    if name == "align" and tag in {"td", "th"}:
        return value if value in {"left", "center", "right"} else None
    if name == "class":
        if tag == "span" and value == "math display":
            return value
        kept = keep_attribute(tag, name, value)
        return " ".join(token for token in kept.split() if token not in _OURS) or None if kept else None
    return keep_attribute(tag, name, value)


def _is_readable_url(value: str) -> bool:
    """Whether every parser reads the same host in it; brackets and backslashes are where they part ways."""
    if "\\" in value.partition("?")[0]:
        return False
    try:
        urlsplit(value)
    except ValueError:
        return False
    return True
