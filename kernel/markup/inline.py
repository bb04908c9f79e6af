"""Marks inside a line that Markdown itself does not know, or that must not cost more than the text is long."""

import re
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.inlinepatterns import HtmlInlineProcessor, InlineProcessor, SubstituteTagInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from kernel.markup.allowlist import SOURCE_TAGS
from kernel.markup.maths import is_displayed_formula, is_formula

Found = tuple[Element | str | None, int | None, int | None]
NOTHING: Found = (None, None, None)
LONGEST_FORMULA = 4000
# No paragraph a person wrote holds this many of one mark; one that does is shown as it was typed.
MOST_MARKS = {
    "[": 400,
    "`": 800,
    "*": 1500,
    "_": 1500,
    "<": 600,
    "&": 1500,
    "$": 800,
    "~": 800,
    "\\": 2000,
    "!": 1500,
    ">": 1500,
}
_DENSE_FROM = min(MOST_MARKS.values())
_TAG_NAME = re.compile(r"</?([A-Za-z][^\s/>]*)")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


def formula(tex: str, *, display: bool) -> Element:
    """A formula as an element that nothing else looks into."""
    span = Element("span", {"class": "math display" if display else "math"})
    span.text = AtomicString(tex.strip())
    return span


class BracketFormula(InlineProcessor):
    """Formulas between backslash and bracket; the end is looked for in bounded reach."""

    def handleMatch(self, m: re.Match[str], data: str) -> Found:  # type: ignore[override]  # noqa: N802
        """The formula that opens here, if it closes."""
        closing = "\\)" if m.group(1) == "(" else "\\]"
        end = data.find(closing, m.end(), m.end() + LONGEST_FORMULA)
        tex = data[m.end() : end]
        if end < 0 or not tex.strip() or "\x02" in tex:
            return NOTHING
        return formula(tex, display=closing == "\\]"), m.start(), end + 2


class DollarFormula(InlineProcessor):
    """Formulas between dollars, where the dollars are not prices."""

    def handleMatch(self, m: re.Match[str], data: str) -> Found:  # type: ignore[override]  # noqa: ARG002, N802
        """The formula, unless it reads like prose."""
        display = m.group(1)
        tex = display or m.group(2)
        if "\x02" in tex or not (is_displayed_formula(tex) if display else is_formula(tex)):
            return NOTHING
        return formula(tex, display=bool(display)), m.start(), m.end()


class Struck(InlineProcessor):
    """Text that was struck through."""

    def handleMatch(self, m: re.Match[str], data: str) -> Found:  # type: ignore[override]  # noqa: ARG002, N802
        """The struck text, in which other marks still count."""
        element = Element("del")
        element.text = m.group(1)
        return element, m.start(), m.end()


class Literal(InlineProcessor):
    """An escaped @ or #, which so stays apart from the name or number after it."""

    def handleMatch(self, m: re.Match[str], data: str) -> Found:  # type: ignore[override]  # noqa: ARG002, N802
        """The sign alone, in an element of its own."""
        element = Element("span")
        element.text = AtomicString(m.group(1))
        return element, m.start(), m.end()


class KnownHtml(HtmlInlineProcessor):
    """Raw HTML of the allow-list; any other `<word>` is what its author wanted to be read."""

    def handleMatch(self, m: re.Match[str], data: str) -> Found:  # type: ignore[override]  # noqa: N802
        """The tag, if it is one that may stay."""
        tag = _TAG_NAME.match(m.group(1))
        if tag is not None and tag.group(1).lower() not in SOURCE_TAGS:
            return NOTHING
        return super().handleMatch(m, data)


class DenseText(Treeprocessor):
    """Keeps a text that consists of marks from being tried in every combination."""

    def run(self, root: Element) -> None:
        """Set the dense pieces apart before the inline patterns come."""
        for element in root.iter():
            if element.text and is_dense(element.text):
                element.text = AtomicString(element.text)
            if element.tail and is_dense(element.tail):
                element.tail = AtomicString(element.tail)


def is_dense(text: str) -> bool:
    """Whether the text has more marks of one kind than a person writes into one paragraph."""
    return len(text) > _DENSE_FROM and any(text.count(mark) > most for mark, most in MOST_MARKS.items())


def register(md: Markdown) -> None:
    """Give the Markdown object our inline marks."""
    md.inlinePatterns.register(BracketFormula(r"(?<!\\)\\([(\[])"), "bracket_formula", 188)
    md.inlinePatterns.register(
        DollarFormula(
            r"(?<![\\$])\$\$((?:\\.|[^\\$]|\$(?!\$))+)\$\$(?!\$)"
            r"|(?<![\\$A-Za-z0-9])\$(?![\s$])((?:\\.|[^\\$])+)(?<!\s)\$(?![A-Za-z0-9$])"
        ),
        "dollar_formula",
        187,
    )
    md.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash_break", 186)
    md.inlinePatterns.register(Literal(r"\\([@#])(?=[A-Za-z0-9])"), "literal", 185)
    md.inlinePatterns.register(Struck(r"(?<!~)~~(?![~\s])((?:[^~]|~(?!~))+)(?<![~\s])~~(?!~)"), "struck", 70)
    md.inlinePatterns.register(KnownHtml(md.inlinePatterns["html"].pattern, md), "html", 90)
    md.treeprocessors.register(DenseText(md), "dense", 25)
