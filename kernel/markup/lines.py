"""What is settled line by line before Markdown looks at blocks: fences of code, and the shape of lists."""

import re
from dataclasses import dataclass, field

from markdown import Markdown
from markdown.preprocessors import HtmlBlockPreprocessor, Preprocessor

from kernel.markup.allowlist import BLOCK_TAGS
from kernel.markup.languages import code_block
from kernel.markup.nesting import TooDeepError

DEEPEST_LIST = 12
DEEPEST_QUOTE = 6
MOST_DANGLING = 300
_FENCE = re.compile(r"(?P<prefix>(?:[ ]{0,3}>[ ]?)*[ ]*)(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
_QUOTED = re.compile(r"[ ]{0,3}>[ ]?")
_ITEM = re.compile(r"(?P<indent>[ ]*)(?P<marker>[-*+]|[0-9]{1,9}[.)])(?P<gap>[ ]+)(?=\S)")
_RULE = re.compile(r"[ ]{0,3}([-*_])(?:[ ]*\1){2,}[ ]*")
_STARTS_LATER = re.compile(r"(?!1[.)])[0-9]")
_HEADING = re.compile(r"[ ]{0,3}#{1,6}(?:[ ]|$)")
_UNDERLINE = re.compile(r"[ ]{0,3}(?:=+|-+)[ ]*")
_DEFINITION = re.compile(r"[ ]{0,1}\[[^\]\n]+\]:")
_STACKED = re.compile(
    rf"([ ]*(?:(?:[-*+]|[0-9]{{1,9}}[.)])[ ]+){{{DEEPEST_LIST}}}[ ]*)([-*+]|[0-9]{{1,9}}(?=[.)]))(?=[.) ])"
)
_BLOCK_OF_HTML = re.compile(
    rf"^[ ]{{0,3}}<(?:/?(?:{'|'.join(sorted(BLOCK_TAGS))})\b|!--|\?)", re.MULTILINE | re.IGNORECASE
)
_DANGLING = re.compile(r"<[A-Za-z/!?][^<>]*(?=<|\Z)")


class FencedCode(Preprocessor):
    """Takes fenced code out before anything in it can be mistaken for markup, in lists and quotes too."""

    md: Markdown

    def run(self, lines: list[str]) -> list[str]:
        """Replace each fenced block by a placeholder that stands alone."""
        if not any("```" in line or "~~~" in line for line in lines):
            return lines
        out: list[str] = []
        at = 0
        in_list = False
        while at < len(lines):
            in_list = _stays_in_list(lines[at], in_list=in_list, after_blank=not (at and lines[at - 1].strip()))
            opening = _FENCE.fullmatch(lines[at])
            if opening is None or not _is_fence(opening, in_list=in_list):
                out.append(lines[at])
                at += 1
                continue
            code, at = _until_closed(lines, at + 1, prefix=opening["prefix"], fence=opening["fence"])
            while code and not code[-1].strip():
                code.pop()
            block = self.md.htmlStash.store(code_block("".join(f"{line}\n" for line in code), opening["info"]))
            blank = opening["prefix"].rstrip()
            out += [blank, opening["prefix"] + block, blank]
        return [*out, ""]


def _is_fence(opening: re.Match[str], *, in_list: bool) -> bool:
    """Whether this opens code; with four spaces before it, and no list around, it is itself a line of code."""
    if "`" in opening["info"] and opening["fence"][0] == "`":
        return False
    return in_list or not opening["prefix"].startswith("    ")


def _stays_in_list(line: str, *, in_list: bool, after_blank: bool) -> bool:
    """Whether a list is open after this line, as far as a fence needs to know."""
    if _ITEM.match(line):
        return True
    return in_list and (not line.strip() or line.startswith(" ") or not after_blank)


def _until_closed(lines: list[str], at: int, *, prefix: str, fence: str) -> tuple[list[str], int]:
    """The lines of a fence that opened before line `at`, and the line after it; the end of its quote closes it too."""
    quoted = prefix.count(">")
    indent = len(prefix) - len(prefix.rstrip(" ")) if not quoted else len(prefix.rpartition(">")[2]) - 1
    closing = re.compile(rf"[ ]*{re.escape(fence[0])}{{{len(fence)},}}[ ]*")
    code: list[str] = []
    while at < len(lines):
        line = lines[at]
        for _level in range(quoted):
            mark = _QUOTED.match(line)
            if mark is None:
                return code, at
            line = line[mark.end() :]
        at += 1
        if closing.fullmatch(line):
            break
        code.append(line[min(max(indent, 0), len(line) - len(line.lstrip(" "))) :])
    return code, at


@dataclass
class _Lists:
    """The lists that are open while lines go by; each item as (where its mark stands, where its text begins)."""

    out: list[str] = field(default_factory=list)
    items: list[tuple[int, int]] = field(default_factory=list)
    after_blank: bool = True

    def blank(self, line: str) -> None:
        self.out.append(line)
        self.after_blank = True

    def underline(self, line: str) -> None:
        """The line under a heading; a blank one after it lets the next block be a block of its own."""
        self.out += [line, ""]
        self.after_blank = True

    def definition(self, line: str) -> None:
        """Where a link or a footnote is defined; it begins a block and ends every list."""
        if not self.after_blank:
            self.out.append("")
        self.items.clear()
        self.out.append(line)
        self.after_blank = False

    def item(self, line: str, item: re.Match[str]) -> None:
        """An item, moved to the four spaces a level that Python-Markdown wants."""
        indent = len(item["indent"])
        nested = self._enclosing(indent)
        if nested == 0 and (indent > 3 or (not self.items and not self._may_begin(item["marker"]))):  # noqa: PLR2004
            self.text(line)
            return
        if not self.items and not self.after_blank:
            self.out.append("")
        del self.items[min(nested, DEEPEST_LIST) :]
        self.items.append((indent, item.end()))
        level = len(self.items) - 1
        marker = item["marker"].replace(")", ".")
        self.out.append(f"{'    ' * level}{marker} {line[item.end() :]}")
        self.after_blank = False

    def text(self, line: str) -> None:
        """A line that is no item: part of the innermost item it is indented under, or the end of the list."""
        indent = len(line) - len(line.lstrip(" "))
        if self.items and self.after_blank:
            del self.items[self._enclosing(indent) :]
        if self.items and self.after_blank:
            beyond = max(indent - self.items[-1][1], 0)
            line = f"{'    ' * len(self.items)}{' ' * (beyond if beyond > 3 else 0)}{line.lstrip(' ')}"  # noqa: PLR2004
        elif self.items:
            # A line right under an item goes on with it; it keeps its place unless it would open something else.
            line = f"{'    ' * (len(self.items) - 1)}{line.lstrip(' ')}" if indent else line
        self.out.append(line)
        self.after_blank = bool(_HEADING.match(line))

    def _enclosing(self, indent: int) -> int:
        """How many of the open items a line with this indent lies inside; two spaces under the mark suffice."""
        return sum(1 for mark, _text in self.items if indent >= mark + 2)

    def _may_begin(self, marker: str) -> bool:
        """Right under a paragraph only a bullet or a 1 begins a list, so that a year at a line's start does not."""
        return self.after_blank or not _STARTS_LATER.match(marker)


def shape_lists(lines: list[str], *, depth: int = 0) -> list[str]:
    """The lines with lists as Python-Markdown reads them: a blank line before, four spaces a level."""
    lists = _Lists()
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith(">") and depth < DEEPEST_QUOTE and not lists.items:
            end = at
            while end < len(lines) and lines[end].startswith(">"):
                end += 1
            lists.out += [
                f"> {inner}".rstrip() for inner in shape_lists([_unquoted(q) for q in lines[at:end]], depth=depth + 1)
            ]
            lists.after_blank = False
            at = end
            if at < len(lines) and _UNDERLINE.fullmatch(lines[at]):
                lists.blank("")  # no heading is made of a quote
            continue
        if not line.strip():
            lists.blank(line)
        elif not lists.after_blank and _UNDERLINE.fullmatch(line):
            lists.underline(line)
        elif _DEFINITION.match(line):
            lists.definition(line)
        elif (item := _ITEM.match(line)) and not _RULE.fullmatch(line):
            lists.item(line, item)
        else:
            lists.text(line)
        at += 1
    return lists.out


def _unquoted(line: str) -> str:
    return line[2:] if line.startswith("> ") else line[1:]


class BlockShape(Preprocessor):
    """Lets people write lists as they do elsewhere: right under a paragraph, nested by two spaces."""

    def run(self, lines: list[str]) -> list[str]:
        """Reshape lists and headings."""
        return shape_lists([_STACKED.sub(_unstacked, line) if len(line) > DEEPEST_LIST else line for line in lines])


def _unstacked(match: re.Match[str]) -> str:
    """Marks of items heaped up in one line end where no list goes deeper."""
    return f"{match[1]}\\{match[2]}" if match[2] in "-*+" else f"{match[1]}{match[2]}\\"


class HtmlBlocks(HtmlBlockPreprocessor):
    """Looks for blocks of raw HTML only where a line begins one; its parser is slow on what only looks like tags."""

    def run(self, lines: list[str]) -> list[str]:
        """Take the blocks out, if there are any."""
        source = "\n".join(lines)
        if "<" not in source or not _BLOCK_OF_HTML.search(source):
            return lines
        if len(_DANGLING.findall(source)) > MOST_DANGLING:
            raise TooDeepError
        return super().run(lines)
