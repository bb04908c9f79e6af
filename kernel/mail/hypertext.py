"""A mail that is only HTML, as Markdown: what its writer wrote, with quoted mail left out or marked as such."""

import re
from collections import Counter
from html.parser import HTMLParser

from kernel.mail.programs import begins_rest, is_quoted_mail

MOST = 1_000_000  # characters looked at; a person does not type more
_LEFT_OUT = {"style", "script", "head", "title", "template", "object", "svg"}
_BLOCKS = {
    "p",
    "div",
    "section",
    "article",
    "header",
    "footer",
    "tr",
    "table",
    "ul",
    "ol",
    "center",
    "form",
    "address",
} | {f"h{level}" for level in range(1, 7)}
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "code": "`"}
_BEFORE = {"br": "\n", "td": " "}
_VOID = {"br", "img", "hr", "meta", "link", "input", "col", "wbr", "area", "base", "includetail"}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NO_CLOSING = re.compile(r"[()\s]")


def markdown_of(html: str) -> str:
    """The body in Markdown; images that lie in the mail become `![](cid:…)`."""
    reader = _Reader()
    reader.feed(html[:MOST])
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Writes Markdown as it reads; `_hidden` is the depth at which something left out began."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._out: list[str] = []
        self._open: list[str] = []
        self._opened: Counter[str] = Counter()  # how often each is open: hostile mail opens thousands
        self._hidden: int | None = None
        self._quotes = 0
        self._lists: list[int | None] = []
        self._links: list[str] = []
        self._marks: Counter[str] = Counter()  # how often each is open; in `_waiting` until a word follows
        self._waiting: list[str] = []
        self._pre = 0
        self._is_over = False

    def text(self) -> str:
        """What was read, with no more than one empty line in a row."""
        lines = [line.rstrip() for line in "".join(self._out).split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """As in html.parser."""
        facts = {name: value or "" for name, value in attrs}
        if begins_rest(facts):
            self._is_over = True
        if tag not in _VOID:
            self._open.append(tag)
            self._opened[tag] += 1
        if self._is_silent():
            return
        if tag in _LEFT_OUT or is_quoted_mail(tag, facts):
            self._hidden = len(self._open) if tag not in _VOID else None
            return
        self._begin(tag, facts)

    def handle_endtag(self, tag: str) -> None:
        """As in html.parser; what was not opened is not closed."""
        if not self._opened[tag]:
            return
        while self._open:
            closed = self._open.pop()
            self._opened[closed] -= 1
            if self._hidden is not None and len(self._open) < self._hidden:
                self._hidden = None
            elif not self._is_silent():
                self._end(closed)
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        """As in html.parser."""
        if self._is_silent():
            return
        if self._pre:
            self._write(data)
            return
        words = _SPACE.sub(" ", data)
        if self._at_line_start():
            words = words.lstrip(" ")
        bare = words.lstrip()
        if bare and self._waiting:
            self._write(words[: len(words) - len(bare)] + self._marks_due() + bare)
        else:
            self._write(words)

    def _begin(self, tag: str, facts: dict[str, str]) -> None:
        if tag in _BLOCKS or tag in {"blockquote", "pre"}:
            self._line()
        if tag in {"ul", "ol"}:
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "blockquote":
            self._quotes += 1
        elif tag == "pre":
            self._write("```\n")
            self._pre += 1
        elif tag == "a":
            self._links.append(facts.get("href", ""))
            self._write(f"{self._marks_due()}[" if self._is_link(self._links[-1]) else "")
        elif tag == "img" and facts.get("src", "").startswith("cid:"):
            self._write(f"![](cid:{_NO_CLOSING.sub('', facts['src'][4:])})")
        elif tag in _MARKS:
            self._mark(_MARKS[tag])
        elif tag in _BEFORE:
            self._write(_BEFORE[tag])

    def _end(self, tag: str) -> None:
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag == "blockquote":
            self._line()
            self._quotes = max(self._quotes - 1, 0)
        elif tag == "pre":
            self._pre = max(self._pre - 1, 0)
            self._line()
            self._write("```\n")
        elif tag == "a" and self._links:
            address = self._links.pop()
            self._write(f"]({address})" if self._is_link(address) else "")
        elif tag in _BLOCKS or tag == "li":
            self._line()
            self._write("\n" if tag == "p" else "")
        elif tag in _MARKS and self._marks[_MARKS[tag]]:
            self._unmark(_MARKS[tag])

    def _mark(self, mark: str) -> None:
        if not self._marks[mark] and not self._pre:
            self._waiting.append(mark)
        self._marks[mark] += 1

    def _marks_due(self) -> str:
        due = "".join(self._waiting)
        self._waiting.clear()
        return due

    def _unmark(self, mark: str) -> None:
        """Close a mark right after the last word: beside a space it would mark nothing."""
        self._marks[mark] -= 1
        if self._marks[mark] or self._pre:
            return
        if mark in self._waiting:
            self._waiting.remove(mark)
            return
        after = ""
        while self._out and not self._out[-1].strip():
            after = self._out.pop() + after
        last = self._out.pop() if self._out else ""
        bare = last.rstrip()
        self._out += [piece for piece in (bare, mark, last[len(bare) :] + after) if piece]

    def _item(self) -> None:
        self._line()
        depth = "  " * max(len(self._lists) - 1, 0)
        if self._lists and (count := self._lists[-1]) is not None:
            self._lists[-1] = count + 1
            self._write(f"{depth}{count + 1}. ")
        else:
            self._write(f"{depth}- ")

    def _write(self, words: str) -> None:
        """With the marks of the quotes that this stands in at the start of each line."""
        if not words:
            return
        mark = "> " * min(self._quotes, 9)
        if mark:
            lines = words.split("\n")
            first = mark + lines[0] if self._at_line_start() and lines[0] else lines[0]
            words = "\n".join([first, *(mark + line if line else "" for line in lines[1:])])
        self._out.append(words)

    def _line(self) -> None:
        if not self._at_line_start():
            self._out.append("\n")

    def _at_line_start(self) -> bool:
        return not self._out or self._out[-1].endswith("\n")

    def _is_silent(self) -> bool:
        return self._hidden is not None or self._is_over

    @staticmethod
    def _is_link(address: str) -> bool:
        return address.startswith(("https://", "http://")) and not _NO_CLOSING.search(address)
