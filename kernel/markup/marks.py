"""What is found in running text: addresses, people, threads and formulas."""

import re
from dataclasses import dataclass
from html import unescape

from kernel.markup.allowlist import EXTERNAL_REL
from kernel.markup.maths import is_displayed_formula, is_formula

HANDLE = r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])"
_MENTION = rf"(?<![A-Za-z0-9_@/.+=\-])@(?P<handle>(?i:{HANDLE}))(?![A-Za-z0-9_])(?!-[A-Za-z0-9])(?!\.[A-Za-z0-9])"
_REFERENCE = r"(?<![A-Za-z0-9_&/#\-])#(?P<thread>[1-9][0-9]{0,8})(?![A-Za-z0-9_\-])"
_URL = r"(?<![A-Za-z0-9_@/.\-])(?P<url>(?:https?://|www\.(?=[A-Za-z0-9-]+\.))[!#-;=?-Z\\^-z|~\[\]]{2,2000})"
_FORMULA = (
    r"(?<![\\$])\$\$(?P<shown>(?:\\.|[^\\$]|\$(?!\$)){1,4000}?)\$\$(?!\$)"
    r"|\\\[(?P<boxed>(?:[^\\]|\\(?![\[\]])){1,4000})\\\]"
    r"|\\\((?P<round>(?:[^\\]|\\(?![()])){1,1000})\\\)"
    r"|(?<![\\$A-Za-z0-9])\$(?![\s$])(?P<dollars>(?:\\.|[^\\$]){1,1000}?)(?<!\s)\$(?![A-Za-z0-9$])"
)
_WITHOUT_FORMULAS = re.compile(f"{_URL}|{_MENTION}|{_REFERENCE}")
_WITH_FORMULAS = re.compile(f"{_FORMULA}|{_URL}|{_MENTION}|{_REFERENCE}", re.DOTALL)
_CANDIDATE = re.compile(_MENTION)
_URL_END = re.compile(r"&(?:lt|gt|quot|nbsp|apos);")
_SHORTEST_URL = len("http://a.b")
_DISPLAYED = frozenset({"shown", "boxed"})


def mentioned(html: str) -> set[str]:
    """Every handle that a text may mean, those in code included."""
    return {match["handle"].lower() for match in _CANDIDATE.finditer(html)}


def own_path(url: str, base_url: str) -> str | None:
    """The path of an address within the house, or None for one that leads out."""
    if base_url and url.startswith(f"{base_url}/"):
        url = url[len(base_url) :]
    return url if url.startswith("/") and not url.startswith("//") else None


@dataclass(frozen=True, slots=True)
class Marks:
    """How marks in running text become HTML; `known` holds the people there are, None meaning everybody."""

    base_url: str
    known: set[str] | None
    formulas: bool

    def set_in(self, text: str, *, heading: bool, parent: str) -> str:
        """The text with its marks set; `parent` is the element it stands in."""
        if not ("@" in text or "#" in text or "://" in text or "www." in text or "$" in text or "\\" in text):
            return text
        pattern = _WITH_FORMULAS if self.formulas else _WITHOUT_FORMULAS
        return pattern.sub(lambda match: self._marked(match, heading=heading, parent=parent), text)

    def _marked(self, match: re.Match[str], *, heading: bool, parent: str) -> str:
        kind = match.lastgroup or ""
        if kind == "url":
            return self._address(match["url"])
        if kind == "handle":
            return self._person(match)
        if kind == "thread":
            return match[0] if heading else f'<a class="ref" href="/threads/{match["thread"]}">{match[0]}</a>'
        tex = match[kind].strip()
        prose = (kind == "dollars" and not is_formula(unescape(tex))) or (
            kind == "shown" and not is_displayed_formula(tex)
        )
        if not tex or prose:
            return match[0]
        opening, closing = around_formula(parent) if kind in _DISPLAYED else ('<span class="math">', "</span>")
        return f"{opening}{tex}{closing}"

    def _person(self, match: re.Match[str]) -> str:
        handle = match["handle"].lower()
        if self.known is not None and handle not in self.known:
            return match[0]
        return f'<a class="mention" href="/people/{handle}">{match[0]}</a>'

    def _address(self, text: str) -> str:
        """A bare address as a link, without the punctuation of the sentence around it."""
        end = _URL_END.search(text)
        url = text[: end.start()] if end else text
        while url and (url[-1] in "?!.,:*_~'\"]|;" or (url[-1] == ")" and url.count(")") > url.count("("))):
            cut = url.rfind("&") if url[-1] == ";" else len(url) - 1
            url = url[:cut] if cut >= 0 else url[:-1]
        rest = text[len(url) :]
        href = url if url.startswith("http") else f"http://{url}"
        if len(href) < _SHORTEST_URL or "\\" in href:
            return text
        path = own_path(href, self.base_url)
        if path is not None:
            return f'<a href="{path}">{url}</a>{rest}'
        return f'<a href="{href}" rel="{EXTERNAL_REL}">{url}</a>{rest}'


BLOCK_PARENTS = frozenset({"", "li", "td", "th", "dd", "div", "blockquote", "figure", "details"})


def around_formula(parent: str) -> tuple[str, str]:
    """What opens and closes a formula that stands on its own; a paragraph is parted around it."""
    if parent == "p":
        return '</p>\n<div class="math">', "</div>\n<p>"
    if parent in BLOCK_PARENTS:
        return '<div class="math">', "</div>"
    return '<span class="math">', "</span>"
