"""Text without markup: what is typed as such, what is shown of a post in a list, and what is too strange to parse."""

import re
from html import escape, unescape

_BLANK_LINES = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)
_DROPPED = re.compile(r'<(pre|p class="attribution"|div class="footnote")[ >].*?</(?:pre|p|div)>', re.DOTALL)
_FOOTNOTE_MARK = re.compile(r'<sup id="fnref-[^>]*>.*?</sup>')
_BLOCK_END = re.compile(r"</?(?:p|li|h[1-6]|tr|td|th|blockquote|div|dd|dt|pre|br|hr)\b[^>]*>")
_TAG = re.compile(r'<[a-zA-Z/!][^">]*(?:"[^"]*"[^">]*)*>')
_MARKS = re.compile(
    r"^[ ]{0,3}(?:>[ ]?|#{1,6}[ ]|[-*+][ ]|```.*$|~~~.*$)|!?\[([^\]\n]*)\]\([^)\n]*\)|[*`]{1,3}", re.MULTILINE
)
_ATTRIBUTION = re.compile(r'<p class="attribution"[ >].*?</p>', re.DOTALL)
_SENTENCE_BREAKS = "。！？；，、.!?;, "


def paragraphs(text: str) -> str:
    """Plain text as HTML that keeps its paragraphs, its lines and the indent of each."""
    blocks = _BLANK_LINES.split(text.strip("\n"))
    return "\n".join(f"<p>{_lines(block)}</p>" for block in blocks if block.strip())


def _lines(block: str) -> str:
    indented = _INDENT.sub(lambda m: "\xa0" * len(m[0].expandtabs(4)), block)
    return escape(indented, quote=False).replace("\n", "<br>\n")


def plain_text(html: str) -> str:
    """All words of cooked HTML, code included, a line for each block; not who was quoted. This is what search reads."""
    html = _FOOTNOTE_MARK.sub("", _ATTRIBUTION.sub("", html))
    lines = unescape(_TAG.sub("", _BLOCK_END.sub("\n", html))).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)


def excerpt(text: str, length: int = 200, *, format: str = "html") -> str:  # noqa: A002 - the same word as in cook()
    """The beginning of a text in one line, without markup, cut between words; for lists, mails and descriptions."""
    window = text[: length * 20 + 2000]
    if format == "html":
        window = _FOOTNOTE_MARK.sub("", _DROPPED.sub(" ", window))
        window = unescape(_TAG.sub("", _BLOCK_END.sub(" ", window)))
    elif format == "markdown":
        window = _MARKS.sub(lambda m: m[1] or "", window)
    line = " ".join(window.split())
    if len(line) <= length:
        return line
    cut = line[: max(length - 1, 1)]
    reach = max(cut.rfind(mark) for mark in _SENTENCE_BREAKS)
    if reach > len(cut) * 2 // 3 and cut[-1].isascii() and line[len(cut)].isalnum():
        cut = cut[:reach]
    return cut.rstrip(_SENTENCE_BREAKS) + "…"
