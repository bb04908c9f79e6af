"""The last hand on clean HTML: what Guildhall adds to it, in one walk along its tags."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from kernel.markup.allowlist import EXTERNAL_REL, VOID_TAGS
from kernel.markup.marks import Marks, around_formula, mentioned, own_path
from kernel.markup.nesting import TooDeepError

DEEPEST = 100
_TAG = re.compile(r'(<[^">]*(?:"[^"]*"[^">]*)*>)')
_NAME = re.compile(r"</?([a-z0-9]+)")
_HEADING_LEVEL = re.compile(r"<h([1-6])[ >]")
_HREF = re.compile(r' href="([^"]*)"')
_SRC = re.compile(r' src="([^"]*)"')
_ALIGN = re.compile(r' align="(left|center|right)"')
_TASK = re.compile(r"<li>(\s*(?:<p>)?\s*)\[([ xX])\](?=\s)")
_TASK_LIST = re.compile(r'<ul>(?=\s*<li class="task-list-item">)')
_EMPTY_PARAGRAPH = re.compile(r"<p>(?:\s|<br>)*</p>\n?")
_EDGE_BREAKS = re.compile(r"(?<=<p>)(?:\s*<br>)+\s*|(?:\s*<br>)+\s*(?=</p>)")
_VERBATIM = frozenset({"a", "code", "pre", "kbd", "samp"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_FORMULAS = frozenset({'<span class="math">', '<div class="math">', '<span class="math display">'})

KnownPeople = Callable[[set[str]], set[str]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the caller of `cook` asked for."""

    base_url: str = ""
    mentions: bool = True
    formulas: bool = False
    tasks: bool = False
    known_people: KnownPeople | None = None


def finish(html: str, wishes: Wishes) -> str:
    """Clean HTML with all that Guildhall adds to it."""
    if wishes.tasks and "[" in html:
        html = _TASK_LIST.sub('<ul class="task-list">', _TASK.sub(_task, html))
    if "<blockquote>" in html and "/posts/" in html:
        html = _attributed(html, wishes.base_url)
    marks = Marks(base_url=wishes.base_url, known=_known(html, wishes), formulas=wishes.formulas)
    levels = sorted(set(_HEADING_LEVEL.findall(html)))
    walk = _Walk(marks, headings={f"h{level}": f"h{min(rank, 6)}" for rank, level in enumerate(levels, start=3)})
    finished = walk.run(html)
    return _EMPTY_PARAGRAPH.sub("", _EDGE_BREAKS.sub("", finished)) if '<div class="math">' in finished else finished


def _known(html: str, wishes: Wishes) -> set[str] | None:
    """The people who are linked where they are mentioned; None means whoever is."""
    if not wishes.mentions or "@" not in html:
        return set()
    if wishes.known_people is None:
        return None
    asked = mentioned(html)
    return wishes.known_people(asked) if asked else set()


def _task(match: re.Match[str]) -> str:
    box = "☐" if match[2] == " " else "☑"
    return f'<li class="task-list-item">{match[1]}<span class="task-box">{box}</span>'


def _attributed(html: str, base_url: str) -> str:
    """Quotes that begin with a link to a post, marked as quotes of that post."""
    link = rf'<a href="(?:{re.escape(escape(base_url))})?/posts/([0-9]{{1,18}})">([^<]{{1,80}})</a>'
    return re.sub(rf"<blockquote>(\s*)<p>\s*{link}[:：]?\s*(?:(</p>)|<br>\s*)", _attribution, html)


def _attribution(match: re.Match[str]) -> str:
    before, post, author, ends = match.groups()
    link = f'<p class="attribution"><a href="/posts/{post}">{author}</a></p>'
    return f'<blockquote class="quote" data-post="{post}">{before}{link}' + ("" if ends else "\n<p>")


@dataclass
class _Walk:
    """One walk along the tags and texts of well-formed HTML; `open` holds the elements around the present place."""

    marks: Marks
    headings: dict[str, str]
    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    verbatim: list[int] = field(default_factory=list)
    tables: int = 0

    def run(self, html: str) -> str:
        """The walk itself; texts stand at even places, tags at odd ones."""
        for place, piece in enumerate(_TAG.split(html)):
            if place % 2:
                self._close(piece) if piece[1] == "/" else self._open(piece)
            elif piece:
                self.out.append(piece if self.verbatim else self._text(piece))
        return "".join(self.out)

    def _text(self, text: str) -> str:
        heading = bool(self.headings) and not _HEADINGS.isdisjoint(self.open)
        return self.marks.set_in(text, heading=heading, parent=self.open[-1] if self.open else "")

    def _open(self, tag: str) -> None:
        match = _NAME.match(tag)
        name = match[1] if match else ""
        change = _CHANGES.get(name)
        changed = change(self, tag) if change else tag
        if tag == '<span class="math display">':
            changed, name = around_formula(self.open[-1] if self.open else "")
        if name not in VOID_TAGS:
            self.open.append(name)
            if len(self.open) > DEEPEST:
                raise TooDeepError
            if name in _VERBATIM or tag in _FORMULAS:
                self.verbatim.append(len(self.open))
        self.out.append(changed)

    def _close(self, tag: str) -> None:
        depth = len(self.open)
        name = self.open.pop() if self.open else ""
        if self.verbatim and self.verbatim[-1] == depth:
            self.verbatim.pop()
        if name.startswith("</"):  # a formula that stands on its own remembers what closes it
            tag = name
        elif name in _HEADINGS:
            tag = f"</{self.headings[name]}>"
        elif name == "table":
            self.tables -= 1
            tag = tag if self.tables else f"{tag}</div>"
        self.out.append(tag)

    def _heading(self, tag: str) -> str:
        return f"<{self.headings[tag[1:3]]}{tag[3:]}"

    def _cell(self, tag: str) -> str:
        return _ALIGN.sub(lambda match: "" if match[1] == "left" else f' class="{match[1]}"', tag)

    def _table(self, tag: str) -> str:
        self.tables += 1
        return tag if self.tables > 1 else f'<div class="table-scroll" tabindex="0">{tag}'

    def _link(self, tag: str) -> str:
        """A link out of the house says that the house does not vouch for it."""
        href = _HREF.search(tag)
        if href is None or href[1].startswith("#"):
            return tag
        path = own_path(href[1], self.marks.base_url)
        if path is not None:
            return tag.replace(href[0], f' href="{path}"', 1)
        url = f"https:{href[1]}" if href[1].startswith("//") else href[1]
        return tag.replace(href[0], f' href="{url}" rel="{EXTERNAL_REL}"', 1)

    def _image(self, tag: str) -> str:
        """An image loads when it is reached, and has a text in its place."""
        source = _SRC.search(tag)
        if source is None:
            return ""
        url = own_path(source[1], self.marks.base_url) or source[1]
        if url.startswith("//"):
            url = f"https:{url}"
        alt = "" if " alt=" in tag else ' alt=""'
        own = tag[:-1].replace(source[0], f' src="{url}"', 1)
        return f'{own}{alt} loading="lazy">'


_CHANGES: dict[str, Callable[[_Walk, str], str]] = {
    "a": _Walk._link,  # noqa: SLF001 - a table of the methods of the class above
    "img": _Walk._image,  # noqa: SLF001
    "table": _Walk._table,  # noqa: SLF001
    "td": _Walk._cell,  # noqa: SLF001
    "th": _Walk._cell,  # noqa: SLF001
    **dict.fromkeys(_HEADINGS, _Walk._heading),  # noqa: SLF001
}
