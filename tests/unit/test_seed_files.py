"""Every seed file is sound, and whatever would be wrong in one is named with its place."""

from pathlib import Path

import pytest

from seeds.parsing import THREADS, SeedError, SeedPerson, duration, link_quotes, read_people, read_thread, read_threads

PEOPLE = read_people()
FILES = sorted(THREADS.glob("*/*.md"))
HEADER = (
    "title: A title of some length\nboard: materials/general\nkind: {kind}\nlang: en\ntags: a, b\n"
    "author: lin-wei\nage: 2d\n"
)


@pytest.mark.parametrize("path", FILES, ids=[f"{path.parent.name}/{path.stem}" for path in FILES])
def test_a_thread_file_is_sound(path: Path) -> None:
    thread = read_thread(path, PEOPLE)
    assert len(thread.title) <= 200
    assert 1 <= len(thread.tags) <= 6
    assert all(before.age >= after.age for before, after in zip(thread.posts, thread.posts[1:], strict=False))


def test_the_town_is_bilingual_and_of_some_size() -> None:
    threads = read_threads(PEOPLE)
    languages = {person.lang for person in PEOPLE.values()}
    assert languages == {"zh-Hans", "en"}
    assert len({thread.community for thread in threads}) == 10
    assert sum(len(thread.posts) for thread in threads) >= 400
    assert any(len(thread.posts) == 1 for thread in threads), "a question that nobody has answered"
    assert sum(person.staff for person in PEOPLE.values()) >= 1


def write(tmp_path: Path, text: str, *, kind: str = "question") -> Path:
    path = tmp_path / "thread.md"
    path.write_text(HEADER.format(kind=kind) + text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("colour: red\n\nText", ":8:", "colour"),
        ("\nText\n\n=== nobody-here +2h\nReply", ":12:", "nobody-here"),
        ("\nText\n\n=== chen-yu 2h\nReply", ":11:", "cannot be read"),
        ("\nText\n\n=== chen-yu +3d\nReply", ":12:", "future"),
        ("\nText\n\n=== chen-yu +1h | adored\nReply", ":11:", "adored"),
        ("\nText\n\n=== chen-yu +1h | like: chen-yu\nReply", ":12:", "itself"),
        ("\nText\n\n=== chen-yu +1h | reply-to: 2\nReply", ":12:", "before it"),
        ("\nText\n\n=== chen-yu +1h\n> [@chen-yu](#1)\n> words", ":12:", "not by chen-yu"),
        ("\nText\n\n=== chen-yu +1h | accepted\nOne\n\n=== tom-baker +1h | accepted\nTwo", ":15:", "two accepted"),
        ("\nText\n\n=== chen-yu +1h\n\n=== tom-baker +1h\nTwo", ":12:", "without text"),
        ("\n```\nText", ":10:", "never closed"),
        ("votes: 1, 2\npoll: Which? | A | B | C\n\nText", ":1:", "votes"),
        ("age: 3d\n\nText", ":8:", "twice"),
    ],
)
def test_a_fault_is_named_with_file_and_line(tmp_path: Path, text: str, place: str, what: str) -> None:
    with pytest.raises(SeedError) as raised:
        read_thread(write(tmp_path, text), PEOPLE)
    assert f"thread.md{place}" in str(raised.value)
    assert what in str(raised.value)


def test_only_questions_accept_answers(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="only questions"):
        read_thread(write(tmp_path, "\nText\n\n=== chen-yu +1h | accepted\nReply", kind="discussion"), PEOPLE)


def test_a_line_of_equals_signs_in_code_is_text(tmp_path: Path) -> None:
    thread = read_thread(write(tmp_path, "\n```\n=== chen-yu +1h\n```\n"), PEOPLE)
    assert len(thread.posts) == 1


def test_options_reach_the_post(tmp_path: Path) -> None:
    options = "accepted | lang: zh-Hans | like: lin-wei, tom-baker | edited: a number | reply-to: 1"
    text = f"\nText\n\n=== chen-yu +90m | {options}\nReply"
    post = read_thread(write(tmp_path, text), PEOPLE).posts[1]
    assert (post.accepted, post.lang, post.edited, post.reply_to) == (True, "zh-Hans", "a number", 1)
    assert post.reactions == {"like": ["lin-wei", "tom-baker"]}
    assert post.age == duration("2d") - duration("1.5h")  # type: ignore[operator]


def test_unknown_keys_of_people_are_refused(tmp_path: Path) -> None:
    person = (
        '[[person]]\nhandle = "a-person"\nname = "A"\nlang = "en"\naffiliation = "B"\nkind = "firm"\n'
        'role = "C"\nbio = "D"\njoined = "3d"\n'
    )
    (tmp_path / "people-x.toml").write_text(f"{person}shoe = 42\n", encoding="utf-8")
    with pytest.raises(SeedError, match=r"people-x\.toml:1: unknown keys .'shoe'."):
        read_people(tmp_path)
    (tmp_path / "people-x.toml").write_text(person + person, encoding="utf-8")
    with pytest.raises(SeedError, match=r"people-x\.toml:10: a-person is there already"):
        read_people(tmp_path)
    (tmp_path / "people-x.toml").write_text(person, encoding="utf-8")
    assert isinstance(read_people(tmp_path)["a-person"], SeedPerson)


def test_quotes_lead_to_the_post() -> None:
    assert (
        link_quotes("> [@lin-wei](#2)\n> words\n\n[x](#2)", {2: 345}) == "> [@lin-wei](/posts/345)\n> words\n\n[x](#2)"
    )
