"""What a reader sees of a change."""

import time

from kernel.diff import DiffLine, Span, readable_diff


def shown(lines):
    return [
        (line.kind, "".join(f"[{span.text}]" if span.changed else span.text for span in line.spans)) for line in lines
    ]


def test_words_that_changed_are_marked():
    assert shown(readable_diff("the quick brown fox", "the slow brown fox")) == [
        ("delete", "the [quick] brown fox"),
        ("insert", "the [slow] brown fox"),
    ]


def test_chinese_is_compared_by_the_character():
    assert shown(readable_diff("材料的热导率很高", "材料的电导率很高")) == [
        ("delete", "材料的[热]导率很高"),
        ("insert", "材料的[电]导率很高"),
    ]


def test_lines_that_have_nothing_in_common_are_not_picked_apart():
    assert shown(readable_diff("alpha", "完全不同的一行")) == [("delete", "alpha"), ("insert", "完全不同的一行")]


def test_far_context_is_folded_and_a_single_line_is_not():
    old = "\n".join(str(number) for number in range(20))
    lines = readable_diff(old, old.replace("10", "ten"))
    assert lines[0] == DiffLine("fold", (Span("8"),), 8)
    assert [line.kind for line in lines] == ["fold", "equal", "equal", "delete", "insert", "equal", "equal", "fold"]
    assert [line.kind for line in readable_diff("a\nb\nc\nd", "a\nb\nc\nx")] == [
        "equal",
        "equal",
        "equal",
        "delete",
        "insert",
    ]


def test_added_and_removed_lines():
    assert shown(readable_diff("a\nc", "a\nb\nc")) == [("equal", "a"), ("insert", "b"), ("equal", "c")]
    assert shown(readable_diff("a\n\nc", "a\nc")) == [("equal", "a"), ("delete", ""), ("equal", "c")]


def test_nothing_changed():
    assert readable_diff("", "") == []
    assert readable_diff("a", "a") == [DiffLine("equal", (Span("a"),))]


def test_both_texts_can_be_read_back():
    old, new = "a b\nc d e\nf\ng", "a x\nc e\ng\nh i"
    lines = readable_diff(old, new, context=100)
    for kind, text in (("delete", old), ("insert", new)):
        assert "\n".join("".join(s.text for s in line.spans) for line in lines if line.kind in {"equal", kind}) == text


def test_huge_texts_take_bounded_time():
    pairs = [
        ("\n".join(str(n) for n in range(50_000)), "\n".join(str(n + 5) for n in range(50_000))),
        ("\n".join("ab"[n * n % 7 % 2] for n in range(3000)), "\n".join("ba"[n * n % 5 % 2] for n in range(3000))),
        (" a" * 200_000, " b" * 200_000),
        ("\n".join(["x y " * 140] * 100), "\n".join(["y x z " * 90] * 100)),
    ]
    for old, new in pairs:
        started = time.process_time()
        assert readable_diff(old, new)
        assert time.process_time() - started < 5
