"""What people write and what they then see."""

import re
from pathlib import Path

import pytest

from kernel.markup import cook, excerpt
from kernel.markup.languages import LANGUAGES, code_block
from kernel.markup.marks import HANDLE


def text_of(html: str) -> str:
    return excerpt(html, 10_000)


class TestMarkdown:
    def test_lines_break_where_they_were_broken(self):
        assert cook("one\ntwo").html == "<p>one<br>\ntwo</p>"

    def test_a_list_may_stand_right_under_a_paragraph(self):
        assert "<ul>\n<li>a</li>\n<li>b</li>\n</ul>" in cook("Things:\n- a\n- b").html

    def test_a_year_at_the_start_of_a_line_begins_no_list(self):
        assert "<ol" not in cook("It was in\n2019. A good year.").html

    def test_lists_nest_by_two_spaces(self):
        html = cook("- a\n  - b\n    - c\n- d").html
        assert html.count("<ul>") == 3
        assert re.sub(r"\s", "", html).endswith("</ul></li></ul></li><li>d</li></ul>")

    def test_ordered_lists_take_a_bracket_and_their_first_number(self):
        assert '<ol start="3">' in cook("3) c\n4) d").html

    def test_code_in_a_list_stays_in_its_item(self):
        html = cook("1. run\n   ```\n   x = 1\n     y\n   ```\n2. done").html
        assert "<pre><code>x = 1\n  y\n</code></pre>" in html
        assert html.count("<ol>") == 1

    def test_code_in_a_quote(self):
        assert "<pre><code>x\n</code></pre>\n</blockquote>" in cook("> ```\n> x\n> ```").html

    def test_an_open_fence_reaches_to_the_end(self):
        assert cook("```\na\n\n# b").html == "<pre><code>a\n\n# b\n</code></pre>"

    def test_a_fence_within_indented_code_is_code(self):
        assert cook("    ```\n    x\n    ```").html == "<pre><code>```\nx\n```\n</code></pre>"

    def test_a_rule_under_a_quote_makes_no_heading(self):
        assert cook("> a\n---\nb").html == "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>\n<p>b</p>"

    def test_headings_may_be_indented_and_need_a_space(self):
        assert cook("  ## a ##").html == "<h3>a</h3>"
        assert cook("#a").html == "<p>#a</p>"

    def test_a_backslash_breaks_a_line(self):
        assert cook("a\\\nb").html == "<p>a<br>\nb</p>"

    def test_known_languages_are_coloured_and_others_are_not(self):
        assert (
            'class="highlight"><code class="language-python"><span class="k">def</span>'
            in cook("```py\ndef f(): 0\n```").html
        )
        assert cook("```klingon\nx\n```").html == "<pre><code>x\n</code></pre>"

    def test_tables_scroll_and_align(self):
        html = cook("| a | b |\n|--:|:-:|\n| 1 | 2 |").html
        assert html.startswith('<div class="table-scroll" tabindex="0"><table>')
        assert '<td class="right">1</td>' in html

    def test_struck_text_and_tasks(self):
        html = cook("~~old~~\n\n- [x] done\n- [ ] to do").html
        assert "<del>old</del>" in html
        assert '<ul class="task-list">' in html
        assert "☑" in html
        assert "☐" in html

    def test_headings_stand_below_those_of_the_page(self):
        assert re.findall("<h[1-6]>", cook("# a\n\n### b\n\n###### c").html) == ["<h3>", "<h4>", "<h5>"]
        assert re.findall("<h[1-6]>", cook("<h1>a</h1><h2>b</h2>", format="html").html) == ["<h3>", "<h4>"]

    def test_unknown_tags_are_text(self):
        assert cook("A vector<int> and <T>").html == "<p>A vector&lt;int&gt; and &lt;T&gt;</p>"
        assert cook("<a+b:c>").html == "<p>&lt;a+b:c&gt;</p>"
        assert text_of(cook("<script>alert(1)</script>").html) == "<script>alert(1)</script>"

    def test_raw_html_of_the_list_works(self):
        assert cook("H<sub>2</sub>O <b onclick=x>b</b>").html == "<p>H<sub>2</sub>O <b>b</b></p>"

    def test_two_quotes_stay_two(self):
        assert cook("> a\n\n> b").html.count("<blockquote>") == 2

    def test_footnotes_of_two_posts_never_collide(self):
        one, other = cook("A[^1]\n\n[^1]: n").html, cook("B[^1]\n\n[^1]: n").html
        ids = set(re.findall(r' id="([^"]+)"', one))
        assert len(ids) == 2
        assert ids.isdisjoint(re.findall(r' id="([^"]+)"', other))
        assert {f"#{name}" for name in ids} == set(re.findall(r'href="(#[^"]+)"', one))

    def test_a_note_may_be_cited_twice(self):
        html = cook("A[^n] B[^n]\n\n[^n]: note").html
        assert len(set(re.findall(r'id="(fnref-[^"]+)"', html))) == 2

    def test_cooking_leaves_no_trace_on_the_next_text(self):
        cook("A[^1]\n\n[^1]: n\n\n[x]: http://example.org")
        assert cook("A[^1] [x]").html == "<p>A[^1] [x]</p>"


class TestMaths:
    @pytest.mark.parametrize(
        "source",
        [
            "costs $5 and $6",
            "from $20k–$30k",
            "US$5 or CA$6",
            "$HOME/$USER",
            "`$a$`",
            "a \\$x\\$ b",
            "$ x $",
            "about $5, or 6$ or so",
        ],
    )
    def test_prices_are_no_formulas(self, source):
        assert not cook(source).has_math
        assert not cook(f"<p>{source.replace('`', '')}</p>", format="html").has_math or "`" in source

    def test_a_lot_of_money_is_no_formula(self):
        source = "spend $$ on something that you believe will make people come and buy, then more $$ on it"
        assert not cook(source).has_math

    @pytest.mark.parametrize(
        ("source", "tex"),
        [
            ("$x$", "x"),
            ("$a_1*b*c_2$", "a_1*b*c_2"),
            (r"\(x<y\)", "x&lt;y"),
            ("质量$m=1$。", "m=1"),
            (r"$\text{for all } x$", r"\text{for all } x"),
        ],
    )
    def test_formulas_in_a_line(self, source, tex):
        cooked = cook(source)
        assert f'<span class="math">{tex}</span>' in cooked.html
        assert cooked.has_math

    @pytest.mark.parametrize("source", ["a\n$$\nx^2\n$$\nb", "a\n\n\\[ x^2 \\]\n\nb", "a $$x^2$$ b"])
    def test_formulas_on_their_own_part_the_paragraph(self, source):
        html = cook(source).html
        assert '<div class="math">x^2</div>' in html
        assert "<p></p>" not in html
        assert re.sub(r"<[^>]+>|\s", "", html) == "ax^2b"

    def test_formulas_in_html(self):
        html = cook("<p>so $a_b+1$ and \\(c\\): $$d$$</p>", format="html").html
        assert html.startswith('<p>so <span class="math">a_b+1</span> and <span class="math">c</span>: </p>')
        assert '<div class="math">d</div>' in html


class TestMarks:
    def test_mentions_become_links_to_known_people(self):
        asked = []

        def known(handles):
            asked.append(handles)
            return {"lin-wei"}

        cooked = cook("@lin-wei，你好 @nobody, me@lin-wei.cn `@lin-wei`", known_people=known)
        assert cooked.html.count('<a class="mention" href="/people/lin-wei">@lin-wei</a>') == 1
        assert "@nobody" in cooked.html
        assert cooked.mentions == {"lin-wei"}
        assert asked == [{"lin-wei", "nobody"}]

    def test_mentions_can_be_off(self):
        assert cook("@lin-wei", mentions=False).html == "<p>@lin-wei</p>"

    def test_an_escaped_mention_is_text(self):
        assert cook(r"\@lin-wei \#12").mentions == frozenset()
        assert "<a" not in cook(r"\@lin-wei \#12").html

    def test_handles_are_as_long_as_accounts_allow(self):
        assert re.fullmatch(HANDLE, "a" * 30)
        assert not re.fullmatch(HANDLE, "a" * 31)

    def test_thread_references(self):
        cooked = cook("#12 and see #13, not `#14`, a#15, #16a, https://example.org/#17\n\n## #18")
        assert cooked.threads == {12, 13}
        assert '<a class="ref" href="/threads/12">#12</a>' in cooked.html

    def test_a_quote_names_its_post(self):
        cooked = cook("> [@lin](/posts/345)\n> text\n\nreply")
        assert cooked.posts == {345}
        assert cooked.mentions == frozenset()
        assert cooked.html.startswith(
            '<blockquote class="quote" data-post="345">\n'
            '<p class="attribution"><a href="/posts/345">@lin</a></p>\n<p>text</p>'
        )

    def test_files_and_threads_that_are_linked(self):
        cooked = cook(
            "![a](/files/7/a.png) [b](https://guild.example/threads/9-b?at=2)", base_url="https://guild.example/"
        )
        assert cooked.files == {7}
        assert cooked.threads == {9}
        assert "nofollow" not in cooked.html

    @pytest.mark.parametrize(
        ("source", "href"),
        [
            ("See https://example.org/a_b_c.", "https://example.org/a_b_c"),
            ("(https://example.org/x_(y))", "https://example.org/x_(y)"),
            ("见https://example.org/路径，然后", "https://example.org/"),
            ("www.example.org/a?b=1&c=2!", "http://www.example.org/a?b=1&amp;c=2"),
            ("<https://example.org>", "https://example.org"),
            ('"https://example.org/q"', "https://example.org/q"),
        ],
    )
    def test_bare_addresses_become_links(self, source, href):
        assert f'<a href="{href}" rel="nofollow ugc noopener">' in cook(source).html

    def test_links_out_are_not_vouched_for(self):
        for source in ("[x](https://e.example)", "[x](//e.example)", "[x](mailto:a@e.example)"):
            assert 'rel="nofollow ugc noopener"' in cook(source).html
        assert "rel=" not in cook("[x](/people/y) [z](#a)").html

    def test_an_address_of_the_house_cannot_lead_out(self):
        html = cook(
            "[x](https://guild.example//evil.example) https://guild.example//evil.example",
            base_url="https://guild.example",
        ).html
        assert 'href="//' not in html

    def test_images_load_when_they_are_reached(self):
        assert cook("![](/files/1/a.png)").html == '<p><img alt="" src="/files/1/a.png" loading="lazy"></p>'


class TestText:
    def test_plain_text_keeps_its_lines_and_indents(self):
        assert cook("a <b>\n  c\n\nd", format="text").html == "<p>a &lt;b&gt;<br>\n&nbsp;&nbsp;c</p>\n<p>d</p>"

    @pytest.mark.parametrize("form", ["markdown", "html", "text"])
    def test_no_text_is_no_html(self, form):
        assert cook("", format=form).html == ""
        assert cook("\x00\x01\n", format=form).html == ""


class TestExcerpt:
    def test_is_one_line_without_markup(self):
        html = cook("# T\n\nA **b** &amp; `c`[^1]\n\n```\ncode\n```\n\n[^1]: note").html
        assert excerpt(html) == "T A b & c"

    def test_is_cut_between_words(self):
        assert excerpt("<p>alpha beta gamma</p>", 13) == "alpha beta…"
        assert excerpt("<p>量子计算的原理与应用</p>", 6) == "量子计算的…"

    def test_reads_markdown_too(self):
        assert excerpt("> **a** [b](/c)\n- d", format="markdown") == "a b d"

    def test_leaves_no_tag_of_a_text_that_was_cut(self):
        assert "<" not in excerpt("<p>" + "a" * 300 + '<a href="x">b</a></p>' * 500, 100)


def test_every_language_has_a_lexer() -> None:
    for language in LANGUAGES:
        assert "<pre" in code_block("x = 1\n", language)


def test_the_style_sheet_knows_the_tokens() -> None:
    sheet = (Path(__file__).parents[2] / "static" / "css" / "pygments.css").read_text(encoding="utf-8")
    for token in ("k", "s", "c", "mi", "gi", "gd"):
        assert f".{token}" in sheet
