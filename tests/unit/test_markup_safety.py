"""Whatever comes in, nothing that could act goes out; a second sanitiser with another parser agrees."""

import json
import time
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from kernel.markup import cook, sanitise
from kernel.markup.allowlist import SCHEMES, TAGS, VOID_TAGS, keep_attribute

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import bleach
    from bleach.sanitizer import Cleaner

FORMATS = ("markdown", "html", "text")
COLLECTIONS = {
    "blns/blns.json": None,
    "xss_payloads.json": "payload",
    "dompurify_expect.json": "payload",
    "loofah_sanitizer_tests.json": "input",
    "bleach_tests_data.json": "input",
    "html5lib_tree_construction.json": "data",
    "commonmark_spec.json": "markdown",
    "gfm_spec.json": "markdown",
    "gfm_regression.json": "markdown",
}
second = Cleaner(
    tags=TAGS,
    attributes=lambda tag, name, value: keep_attribute(tag, name, value) == value,
    protocols=SCHEMES,
    strip=True,
    strip_comments=True,
)


class Tree(HTMLParser):
    """Events of an HTML text, attributes in order, so that spelling does not count."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[tuple[Any, ...]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.events.append(("open", tag, tuple(sorted((name, value or "") for name, value in attrs))))

    def handle_endtag(self, tag: str) -> None:
        self.events.append(("close", tag))

    def handle_data(self, data: str) -> None:
        if self.events and self.events[-1][0] == "text":
            data = self.events.pop()[1] + data
        self.events.append(("text", data))

    def handle_comment(self, data: str) -> None:
        self.events.append(("comment", data))

    def handle_decl(self, decl: str) -> None:
        self.events.append(("declaration", decl))

    def handle_pi(self, data: str) -> None:
        self.events.append(("instruction", data))

    def unknown_decl(self, data: str) -> None:
        self.events.append(("unknown", data))


def assert_harmless(html: str) -> None:
    """Nothing but allowed elements and attributes, well nested."""
    stack: list[str] = []
    for kind, *rest in Tree(html).events:
        assert kind in {"open", "close", "text"}, html
        if kind == "open":
            tag, attributes = rest
            assert tag in TAGS, html
            for name, value in attributes:
                assert not name.startswith("on"), html
                assert keep_attribute(tag, name, value) == value, html
                assert (
                    "script:" not in value.lower()
                    or name in {"title", "alt"}
                    or value.startswith(("http", "/", "#", "mailto:"))
                ), html
            if tag not in VOID_TAGS:
                stack.append(tag)
        elif kind == "close":
            assert stack, html
            assert stack.pop() == rest[0], html
    assert not stack, html


def inputs(shared_data: Path, collection: str) -> Iterator[str]:
    field = COLLECTIONS[collection]
    for row in json.loads((shared_data / "hostile" / collection).read_text(encoding="utf-8")):
        yield row if field is None else row[field]


@pytest.mark.shared
@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("form", FORMATS)
def test_hostile_input_comes_out_harmless(shared_data: Path, collection: str, form: Any) -> None:
    for source in inputs(shared_data, collection):
        html = cook(source, format=form).html
        assert_harmless(html)
        assert sanitise(html) == html, source


@pytest.mark.shared
@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("form", FORMATS)
def test_the_second_sanitiser_finds_nothing_to_remove(shared_data: Path, collection: str, form: Any) -> None:
    for source in inputs(shared_data, collection):
        html = cook(source, format=form).html
        assert Tree(second.clean(html)).events == Tree(html).events, source


@pytest.mark.parametrize(
    "source",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&colon;alert(1))",
        "[x](java\tscript:alert(1))",
        "![x](data:image/svg+xml;base64,PHN2Zy8+)",
        "<a href='vbscript:x'>x</a>",
        "<a href='//evil.example\\@good.example'>x</a>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<div style='position:fixed'>x</div>",
        "<form action=/x><input name=csrf_token></form>",
        "<iframe src=https://example.org></iframe>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
        "<p id=content>x</p><p name=location>y</p>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "```js\n</code></pre><script>alert(1)</script>\n```",
        "$</span><script>alert(1)</script>$",
        "[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    ],
)
@pytest.mark.parametrize("form", FORMATS)
def test_known_tricks_do_nothing(source: str, form: Any) -> None:
    html = cook(source, format=form).html
    assert_harmless(html)
    assert sanitise(html) == html


def test_nobody_can_forge_the_marks_of_the_house() -> None:
    html = cook(
        '<a class="mention" href="https://evil.example/">@staff</a>'
        '<blockquote class="quote" data-post="1">x</blockquote>',
        format="html",
    ).html
    assert 'class="mention"' not in html
    assert "data-post" not in html


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "unit",
    [
        ">",
        "> ",
        "[",
        "![",
        "*",
        "**a ",
        "_",
        "`",
        "~~a ",
        "<a ",
        "<b x=1>",
        "<div><b>",
        "<!--",
        "$a",
        "\\[",
        "- ",
        "- > ",
        "1. ",
        "a\n===\n",
        "=\n-\n",
        "[^1]: a\n[a]: b\n",
        "a|b\n-|-\n",
        "<table><tr><td>",
        "<i><p>",
        "&",
        "http://a.bc/(",
        "</p>",
    ],
)
def test_deep_or_dense_input_is_bounded(unit: str, form: Any) -> None:
    source = unit * (20_000 // len(unit))
    started = time.process_time()
    cooked = cook(source, format=form)
    assert time.process_time() - started < 8
    assert len(cooked.html) < 20 * len(source) + 1000
    assert sanitise(cooked.html) == cooked.html


def test_what_is_beyond_reason_is_shown_as_it_was_typed() -> None:
    cooked = cook("<div>" * 1000 + "the end")
    assert "the end" in cooked.html
    assert "&lt;div&gt;" in cooked.html


def test_bleach_is_only_an_oracle() -> None:
    assert bleach.__version__
