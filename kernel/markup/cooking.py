"""The one way from what somebody wrote to the HTML that is stored and shown."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from kernel.markup.dialect import to_html
from kernel.markup.finish import KnownPeople, Wishes, finish
from kernel.markup.nesting import TooDeepError, is_beyond_reason
from kernel.markup.plain import paragraphs
from kernel.markup.sanitiser import sanitise, sanitise_source

RENDERER_VERSION = 1
Format = Literal["markdown", "html", "text"]
MOST_ROUNDS = 4
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]")
_MENTION = re.compile(r'<a class="mention" href="/people/([a-z0-9-]+)"|<a href="/people/([a-z0-9-]+)" class="mention"')
_THREAD = re.compile(r' href="/threads/([0-9]{1,18})(?=[-"?#/])')
_QUOTED = re.compile(r'<blockquote [^>]*data-post="([0-9]{1,18})"')
_FILE = re.compile(r' (?:href|src)="/files/([0-9]{1,18})/')


@dataclass(frozen=True, slots=True)
class Cooked:
    """A text as it is shown, and what it points at."""

    html: str
    mentions: frozenset[str] = frozenset()
    threads: frozenset[int] = frozenset()
    posts: frozenset[int] = frozenset()
    files: frozenset[int] = frozenset()
    has_math: bool = False
    has_code: bool = False


def cook(
    source: str,
    *,
    format: Format = "markdown",  # noqa: A002 - the word for it
    mentions: bool = True,
    base_url: str = "",
    known_people: KnownPeople | None = None,
) -> Cooked:
    """Cook a text.

    `known_people` is asked once, with every handle that is mentioned; who is not known stays plain text. Without it
    every well-formed handle becomes a link. Links to `base_url` count as links within the house. The result passes
    `sanitise` unchanged.
    """
    source = _CONTROL.sub("", source.replace("\r\n", "\n").replace("\r", "\n"))
    wishes = Wishes(
        base_url=base_url.rstrip("/"),
        mentions=mentions,
        formulas=format == "html",
        tasks=format == "markdown",
        known_people=known_people,
    )
    try:
        html = _cooked_html(source, format, wishes)
    except (TooDeepError, RecursionError):
        html = None
    if html is None:
        html = sanitise(paragraphs(source))
    return pointed_at(html)


def _cooked_html(source: str, form: Format, wishes: Wishes) -> str | None:
    """The HTML of a text, or None where it is better shown as it was typed."""
    if form == "text":
        raw = paragraphs(source)
    elif form == "html":
        raw = source
    else:
        raw = to_html(source, salt=hashlib.sha256(source.encode()).hexdigest()[:8])
    if is_beyond_reason(raw):
        return None
    html = _CONTROL.sub("", finish(sanitise_source(raw), wishes))
    for _round in range(MOST_ROUNDS):
        clean = sanitise(html)
        if clean == html:
            return html.strip()
        html = clean
    return None


def pointed_at(html: str) -> Cooked:
    """A cooked text, and what it points at."""
    return Cooked(
        html=html,
        mentions=frozenset(first or second for first, second in _MENTION.findall(html))
        if "mention" in html
        else frozenset(),
        threads=frozenset(map(int, _THREAD.findall(html))) if "/threads/" in html else frozenset(),
        posts=frozenset(map(int, _QUOTED.findall(html))) if "data-post" in html else frozenset(),
        files=frozenset(map(int, _FILE.findall(html))) if "/files/" in html else frozenset(),
        has_math='class="math"' in html,
        has_code="<pre" in html,
    )
