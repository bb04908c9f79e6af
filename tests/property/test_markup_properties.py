"""Properties of cooking that hold for every text."""

import re
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.markup import cook, excerpt, sanitise
from kernel.markup.lines import shape_lists

PIECES = [
    "a", "word ", "中文", "\n", "\n\n", "    ", "  ", "- ", "1. ", "> ", "# ", "```", "~~~", "`", "*", "**",
    "_", "~~", "[", "]", "(", ")", "![", "](", "[^1]", "[^1]: ", "|", "|-|\n", "$", "$$", "\\", "\\(", "\\)",
    "\\[", "\\]", "<", ">", "</", "<b>", "</b>", "<p>", "</p>", "<div>", "</div>", "<table>", "<tr>", "<td>",
    "</table>", "<a href=x>", "</a>", "<ul>", "<li>", "<pre>", "<code>", "</pre>", "<i>", "<script>",
    "</script>", "<style>", "<!--", "-->", "<svg>", "<math>", "<select>", "<template>",
    "<img src=/files/1/x>", "&", "&amp;", "&#60;", '"', "'", "=", "@ab", "#1", "https://a.bc/",
    "javascript:", "[x] ", "===\n", "---\n", "\x02", "\x03", "klzzwxh:0000", "wzxhzdk:0",
    '<span class="math display">', "</span>", "<details>", "<h1>", "</h1>", "<blockquote>",
    "<p><a href=/posts/1>x</a></p>", "\x00", "\u202e",
]  # fmt: skip
texts = st.one_of(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.text(max_size=200))
forms = st.sampled_from(["markdown", "html", "text"])


@settings(max_examples=400, deadline=None)
@given(source=texts, form=forms)
def test_what_is_cooked_passes_the_wall_unchanged(source, form):
    html = cook(source, format=form).html
    assert sanitise(html) == html


@settings(max_examples=300, deadline=None)
@given(source=texts, form=forms)
def test_nothing_that_acts_survives(source, form):
    html = cook(source, format=form).html
    assert not re.search(r"<(?:script|style|svg|math|template|iframe|object|select)\b", html)
    assert not re.search(r"<[^>]*\son[a-z]+=", html)
    assert not re.search(r'(?:href|src)="\s*(?!https?:|mailto:|/|#)', html)
    assert "\x02" not in html


@settings(max_examples=200, deadline=None)
@given(source=st.text(alphabet=st.characters(categories=["L", "N", "Zs"]), max_size=200))
def test_words_are_never_lost(source):
    expected = "".join(source.split())
    for form in ("markdown", "text"):
        shown = excerpt(cook(source, format=form).html, 100_000)
        assert "".join(shown.split()) == expected


@settings(max_examples=200, deadline=None)
@given(source=texts, form=forms)
def test_the_same_text_cooks_the_same(source, form):
    assert cook(source, format=form) == cook(source, format=form)


@settings(max_examples=200, deadline=None)
@given(source=texts, length=st.integers(1, 300), form=st.sampled_from(["html", "markdown"]))
def test_an_excerpt_is_short_and_one_line(source, length, form):
    line = excerpt(source, length, format=form)
    assert len(line) <= max(length, 2)
    assert "\n" not in line


@settings(max_examples=200, deadline=None)
@given(source=texts)
def test_shaping_lists_keeps_every_word(source):
    kept = [char for line in shape_lists(source.split("\n")) for char in line if unicodedata.category(char)[0] == "L"]
    assert kept == [char for char in source if unicodedata.category(char)[0] == "L"]
