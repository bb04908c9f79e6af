"""The last hand on clean HTML: links, mentions, references, formulas, headings, quotes and tables, in one pass."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

from kernel.markup.allowlist import EXTERNAL_REL, VOID_TAGS
from kernel.markup.maths import is_formula
from kernel.markup.nesting import TooDeepError

HANDLE = r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])"
DEEPEST = 100
_TAG = re.compile(r'(<[^">]*(?:"[^"]*"[^">]*)*>)')
_NAME = re.compile(r"</?([a-z0-9]+)")
_HEADING_LEVEL = re.compile(r"<h([1-6])[ >]")
_HREF = re.compile(r' href="([^"]*)"')
_SRC = re.compile(r' src="([^"]*)"')
_ALIGN = re.compile(r' align="(left|center|right)"')
_MENTION = rf"(?<![A-Za-z0-9_@/.+=\-])@(?P<handle>(?i:{HANDLE}))(?![A-Za-z0-9_])(?!-[A-Za-z0-9])(?!\.[A-Za-z0-9])"
_REFERENCE = r"(?<![A-Za-z0-9_&/#\-])#(?P<thread>[1-9][0-9]{0,8})(?![A-Za-z0-9_\-])"
_URL = r"(?<![A-Za-z0-9_@/.\-])(?P<url>(?:https?://|www\.(?=[A-Za-z0-9-]+\.))[!#-;=?-Z\\^-z|~\[\]]{2,2000})"
_FORMULA = (
    r"(?<![\\$])\$\$(?P<shown>(?:\\.|[^\\$]|\$(?!\$)){1,4000}?)\$\$(?!\$)"
    r"|\\\[(?P<boxed>(?:[^\\]|\\(?![\[\]])){1,4000})\\\]"
    r"|\\\((?P<round>(?:[^\\]|\\(?![()])){1,1000})\\\)"
    r"|(?<![\\$A-Za-z0-9])\$(?![\s$])(?P<dollars>(?:\\.|[^\\$]){1,1000}?)(?<!\s)\$(?![A-Za-z0-9$])"
)
_IN_TEXT = re.compile(f"{_URL}|{_MENTION}|{_REFERENCE}")
_IN_TEXT_WITH_FORMULAS = re.compile(f"{_FORMULA}|{_URL}|{_MENTION}|{_REFERENCE}", re.DOTALL)
_CANDIDATE = re.compile(_MENTION)
_URL_END = re.compile(r"&(?:lt|gt|quot|nbsp|apos);")
_TASK = re.compile(r"<li>(\s*(?:<p>)?\s*)\[([ xX])\](?=\s)")
_TASK_LIST = re.compile(r'<ul>(?=\s*<li class="task-list-item">)')
_EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|<br>)*</p>\n?")
_EDGE_BREAKS = re.compile(r"(?<=<p>)(?:\s*<br>)+\s*|(?:\s*<br>)+\s*(?=</p>)")
_BLOCK_PARENTS = frozenset({"li", "td", "th", "dd", "div", "blockquote", "figure", "details"})
_VERBATIM = frozenset({"a", "code", "pre", "kbd", "samp"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

KnownPeople = Callable[[set[str]], set[str]]


def finish(html: str, *, base_url: str, mentions: bool, formulas: bool, tasks: bool, known_people: KnownPeople | None) -> str:
    """Clean HTML with all that Guildhall adds to it."""
    known: set[str] | None = set()
    if mentions and "@" in html:
        known = None
        if known_people is not None:
            asked = {match["handle"].lower() for match in _CANDIDATE.finditer(html)}
            known = known_people(asked) if asked else set()
    if tasks and "[" in html:
        html = _TASK_LIST.sub('<ul class="task-list">', _TASK.sub(_task, html))
    if "<blockquote>" in html and "/posts/" in html:
        html = _attributed(html, base_url)
    pass_ = _Pass(base_url=base_url, known=known, in_text=_IN_TEXT_WITH_FORMULAS if formulas else _IN_TEXT)
    pass_.levels = {level: f"h{min(rank, 6)}" for rank, level in enumerate(sorted(set(_HEADING_LEVEL.findall(html))), start=3)}
    html = pass_.run(html)
    return _EMPTY_PARAGRAPH.sub("", _EDGE_BREAKS.sub("", html)) if pass_.displayed else html


def _task(match: re.Match[str]) -> str:
    box = "☐" if match[2] == " " else "☑"
    return f'<li class="task-list-item">{match[1]}<span class="task-box">{box}</span>'


def _attributed(html: str, base_url: str) -> str:
    """Quotes that begin with a link to a post, marked as quotes of that post."""
    pattern = (
        rf'<blockquote>(\s*)<p>\s*<a href="(?:{re.escape(escape(base_url))})?/posts/([0-9]{{1,18}})">([^<]{{1,80}})</a>'
        r"[:：]?\s*(?:(</p>)|<br>\s*)"
    )
    return re.sub(
        pattern,
        lambda m: (
            f'<blockquote class="quote" data-post="{m[2]}">{m[1]}<p class="attribution"><a href="/posts/{m[2]}">{m[3]}</a></p>'
            + ("" if m[4] else "\n<p>")
        ),
        html,
    )


@dataclass
class _Pass:
    """One walk along the tags and texts of well-formed HTML."""

    base_url: str
    known: set[str] | None
    in_text: re.Pattern[str]
    levels: dict[str, str] = field(default_factory=dict)
    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    verbatim: int = 0
    tables: int = 0
    formula: str | None = None
    displayed: bool = False

    def run(self, html: str) -> str:
        """The walk itself; texts stand at even places, tags at odd ones."""
        pieces = _TAG.split(html)
        for place, piece in enumerate(pieces):
            if place % 2:
                self.close_tag(piece) if piece[1] == "/" else self.open_tag(piece)
            elif piece:
                self.out.append(piece if self.verbatim else self.text(piece))
        return "".join(self.out)

    def open_tag(self, tag: str) -> None:
        match = _NAME.match(tag)
        name = match[1] if match else ""
        if name == "a":
            tag = self.link(tag)
        elif name == "img":
            tag = self.image(tag)
        elif name in _HEADINGS:
            tag = f"<{self.levels[name[1]]}{tag[3:]}"
        elif name in {"td", "th"}:
            tag = _ALIGN.sub(lambda m: "" if m[1] == "left" else f' class="{m[1]}"', tag)
        elif name == "table":
            self.tables += 1
            if self.tables == 1:
                tag = f'<div class="table-scroll" tabindex="0">{tag}'
        elif tag == '<span class="math display">' and self.formula is None:
            self.open.append(name)
            self.verbatim += 1
            self.formula = self.begin_display()
            return
        if name not in VOID_TAGS:
            self.open.append(name)
            if len(self.open) > DEEPEST:
                raise TooDeepError
            if name in _VERBATIM or tag in {'<span class="math">', '<div class="math">'}:
                self.verbatim += 1
                if name in {"span", "div"}:
                    self.open[-1] = f"{name} math"
        self.out.append(tag)

    def close_tag(self, tag: str) -> None:
        name = self.open.pop() if self.open else ""
        if self.formula is not None and name == "span":
            self.out.append(self.formula)
            self.formula = None
            self.verbatim -= 1
            return
        if name in _VERBATIM or name in {"span math", "div math"}:
            self.verbatim -= 1
        if name in _HEADINGS:
            tag = f"</{self.levels[name[1]]}>"
        elif name == "table":
            self.tables -= 1
            if self.tables == 0:
                tag += "</div>"
        self.out.append(tag)

    def begin_display(self) -> str:
        """Open a formula that stands on its own; returns what closes it. A paragraph is parted around it."""
        parent = self.open[-2] if len(self.open) > 1 else ""
        self.displayed = True
        if parent == "p":
            self.out.append('</p>\n<div class="math">')
            return "</div>\n<p>"
        if not parent or parent in _BLOCK_PARENTS:
            self.out.append('<div class="math">')
            return "</div>"
        self.out.append('<span class="math">')
        return "</span>"

    def link(self, tag: str) -> str:
        """A link out of the house says that the house does not vouch for it."""
        href = _HREF.search(tag)
        if href is None:
            return tag
        url = href[1]
        if self.base_url and url.startswith(self.base_url + "/"):
            url = url[len(self.base_url) :]
            return tag.replace(href[0], f' href="{url}"', 1)
        if url.startswith("//"):
            return tag.replace(href[0], f' href="https:{url}" rel="{EXTERNAL_REL}"', 1)
        if url.startswith(("/", "#")):
            return tag
        return f'{tag[:-1]} rel="{EXTERNAL_REL}">'

    def image(self, tag: str) -> str:
        """An image loads when it is reached, and has a text in its place."""
        source = _SRC.search(tag)
        if source is None:
            return ""
        url = source[1].removeprefix(self.base_url) if self.base_url else source[1]
        if url.startswith("//"):
            url = f"https:{url}"
        tag = tag.replace(source[0], f' src="{url}"', 1)
        return f'{tag[:-1]}{"" if " alt=" in tag else " alt=" + chr(34) * 2} loading="lazy">'

    def text(self, text: str) -> str:
        if "@" in text or "#" in text or "://" in text or "www." in text or "$" in text or "\\" in text:
            return self.in_text.sub(self.replacement, text)
        return text

    def replacement(self, match: re.Match[str]) -> str:
        """What stands for something that was found in a text."""
        kind = match.lastgroup
        whole = match[0]
        if kind == "url":
            return self.bare_url(match["url"])
        if kind == "handle":
            handle = match["handle"].lower()
            if self.known is not None and handle not in self.known:
                return whole
            return f'<a class="mention" href="/people/{handle}">{whole}</a>'
        if kind == "thread":
            if any(name in _HEADINGS for name in self.open):
                return whole
            return f'<a class="ref" href="/threads/{match["thread"]}">{whole}</a>'
        tex = match[kind or 0].strip()
        if not tex or (kind == "dollars" and not is_formula(unescape(tex))):
            return whole
        if kind in {"shown", "boxed"}:
            self.open.append("span")
            self.out.append("")
            before = len(self.out)
            closing = self.begin_display()
            opening = self.out.pop() if len(self.out) > before else ""
            self.open.pop()
            return f"{opening}{tex}{closing}"
        return f'<span class="math">{tex}</span>'

    def bare_url(self, text: str) -> str:
        """A bare address as a link, without the punctuation of the sentence around it."""
        end = _URL_END.search(text)
        url = text[: end.start()] if end else text
        while url and (url[-1] in "?!.,:*_~'\"]|;" or (url[-1] == ")" and url.count(")") > url.count("("))):
            cut = url.rfind("&") if url[-1] == ";" else len(url) - 1
            url = url[:cut] if cut >= 0 else url[:-1]
        rest = text[len(url) :]
        href = url if url.startswith("http") else f"http://{url}"
        if len(href) < len("http://a.b") or "\\" in href:
            return text
        if self.base_url and href.startswith(self.base_url + "/"):
            return f'<a href="{href[len(self.base_url) :]}">{url}</a>{rest}'
        return f'<a href="{href}" rel="{EXTERNAL_REL}">{url}</a>{rest}'
