"""The wall: whatever a text was, what leaves here is well-formed HTML of the allow-list and nothing else."""

import nh3

from kernel.markup.allowlist import (
    ATTRIBUTES,
    CLASSES,
    CONTENT_NEVER_SHOWN,
    SCHEMES,
    SOURCE_TAGS,
    TAGS,
    keep_attribute,
    keep_source_attribute,
)


def _attributes(tags: frozenset[str], *, also: frozenset[str] = frozenset()) -> dict[str, set[str]]:
    named = {
        tag: {*ATTRIBUTES.get(tag, {}), *ATTRIBUTES["*"]} | ({"class"} if tag in CLASSES else set()) for tag in tags
    }
    for tag in ("td", "th"):
        named[tag] |= also
    return named


_finished = nh3.Cleaner(
    tags=set(TAGS),
    clean_content_tags=set(CONTENT_NEVER_SHOWN),
    attributes=_attributes(TAGS),
    attribute_filter=keep_attribute,
    url_schemes=set(SCHEMES),
    link_rel=None,
)
_source = nh3.Cleaner(
    tags=set(SOURCE_TAGS),
    clean_content_tags=set(CONTENT_NEVER_SHOWN),
    attributes=_attributes(SOURCE_TAGS, also=frozenset({"align"})),
    attribute_filter=keep_source_attribute,
    url_schemes=set(SCHEMES),
    link_rel=None,
)


def sanitise(html: str) -> str:
    """The HTML of the allow-list that is in `html`; what is cooked passes unchanged."""
    return _finished.clean(html)


def sanitise_source(html: str) -> str:
    """The same for what an author sent, before Guildhall sets its own marks."""
    return _source.clean(html)
