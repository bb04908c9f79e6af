"""Markdown as Guildhall writes it: Python-Markdown with few extensions, bounded in depth and in time."""

import re
import threading
from html import escape
from xml.etree.ElementTree import Element, SubElement

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor, HashHeaderProcessor
from markdown.extensions import Extension
from markdown.extensions.footnotes import FootnoteExtension
from markdown.extensions.nl2br import Nl2BrExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension

from kernel.markup import inline
from kernel.markup.allowlist import BLOCK_TAGS
from kernel.markup.lines import BlockShape, FencedCode, HtmlBlocks

DEEPEST_QUOTE = 12
MOST_FOOTNOTES = 200
_ESCAPED = re.compile("\x02([0-9]{2,3})\x03")
_ASCII_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


class Quote(BlockProcessor):
    """Quotes that end at a blank line, so that two of them stay two, and that nest only so deep."""

    FIRST = re.compile(r"(?:^|\n)[ ]{0,3}>")
    MARK = re.compile(r"[ ]{0,3}>[ ]?")
    depth = 0

    def test(self, parent: Element, block: str) -> bool:  # noqa: ARG002
        """Whether a quote begins in the block."""
        return self.depth < DEEPEST_QUOTE and self.FIRST.search(block) is not None

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Parse what stands before it, then what is inside."""
        block = blocks.pop(0)
        first = self.FIRST.search(block)
        start = first.start() if first else 0
        before, quoted = block[:start], block[start:].lstrip("\n")
        if before.strip():
            self.parser.parseBlocks(parent, [before])
        quote = SubElement(parent, "blockquote")
        self.parser.state.set("blockquote")
        self.depth += 1
        try:
            self.parser.parseChunk(
                quote, "\n".join(self.MARK.sub("", line, count=1) for line in quoted.split("\n")).rstrip("\n")
            )
        finally:
            self.depth -= 1
            self.parser.state.reset()


class Heading(HashHeaderProcessor):
    """Headings need a space after the signs, so that a line may begin with a reference."""

    RE = re.compile(r"(?:^|\n)[ ]{0,3}(?P<level>#{1,6})[ ]+(?P<header>[^\n]*?)[ ]*(?:[ ]#+)?[ ]*(?:\n|$)")


class Footnotes(FootnoteExtension):
    """Footnotes whose anchors carry the salt of their post, so that two posts on one page never collide."""

    salt = "00000000"

    def makeFootnoteId(self, id: str) -> str:  # noqa: A002, N802
        """The anchor of a note."""
        return f"fn-{self.salt}-{self._number(id)}"

    def makeFootnoteRefId(self, id: str, found: bool = False) -> str:  # noqa: A002, FBT001, FBT002, N802
        """The anchor of the place that refers to it; the second such place gets one of its own."""
        anchor = f"fnref-{self.salt}-{self._number(id)}"
        if not found:
            return anchor
        count = self.found_refs[id] = self.found_refs.get(id, 0) + 1
        return anchor if count == 1 else f"{anchor}-{count}"

    def setFootnote(self, id: str, text: str) -> None:  # noqa: A002, N802
        """Keep a note, up to a number that no text needs."""
        if len(self.footnotes) < MOST_FOOTNOTES:
            super().setFootnote(id, text)

    def _number(self, name: str) -> int:
        return list(self.footnotes).index(name) + 1


class Guild(Extension):
    """What Guildhall adds to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Register the parts."""
        md.ESCAPED_CHARS = list(_ASCII_PUNCTUATION)
        md.block_level_elements = sorted(BLOCK_TAGS)
        md.preprocessors.register(FencedCode(md), "fenced_code", 25)
        md.preprocessors.register(HtmlBlocks(md), "html_block", 20)
        md.preprocessors.register(BlockShape(md), "block_shape", 15)
        md.parser.blockprocessors.register(Quote(md.parser), "quote", 20)
        md.parser.blockprocessors.register(Heading(md.parser), "hashheader", 70)
        inline.register(md)


class _Dialect(threading.local):
    """One parser a thread: building it costs more than a post, and it keeps state while it works."""

    def __init__(self) -> None:
        self.footnotes = Footnotes(BACKLINK_TITLE="↩ {}")
        self.md = Markdown(
            extensions=[
                TableExtension(use_align_attribute=True),
                self.footnotes,
                SaneListExtension(),
                Nl2BrExtension(),
                Guild(),
            ],
            output_format="html",
        )
        self.md.treeprocessors.deregister("footnote-duplicate")

    def convert(self, source: str, *, salt: str) -> str:
        """Markdown to HTML, not yet sanitised."""
        self.footnotes.salt = salt
        try:
            html = self.md.reset().convert(source)
        finally:
            self.md.parser.state.clear()
        # Within an address Markdown forgets to put an escaped character back.
        return _ESCAPED.sub(lambda match: escape(chr(int(match[1]))), html) if "\x02" in html else html


_dialect = _Dialect()


def to_html(source: str, *, salt: str) -> str:
    """Markdown to HTML, not yet sanitised; `salt` makes the anchors of its footnotes its own."""
    return _dialect.convert(source, salt=salt)
