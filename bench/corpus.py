"""Documents for the measurements of search: real posts recombined sentence by sentence, half Chinese, to any number.

The shared discussions give the sentences; some of their words are exchanged for made-up ones, more kinds of them the
larger the corpus is, as the vocabulary of a real site grows. So common words keep their share of the documents, and
there are always new rare ones. The same number gives the same documents at every run.
"""

import gzip
import html
import json
import random
import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

from search_index.documents import Document

ENGLISH = ("en_stackexchange", "en_startups_se", "en_onstartups")
CHINESE = ("zh_egret_wenda", "zh_polis_vtaiwan")
SECTORS = ("ict", "equip", "materials", "bio", "nev", "energy", "green", "creative", "services", "agri")
REGIONS = ("33", "3301", "3302", "50", "34", "44", "51", "11", "31", "12", "32", "37")
AUDIENCES = ("public",) * 16 + ("members",) * 2 + tuple(f"board:{number}" for number in range(1, 3))
MEMBER = frozenset({"public", "members"})
NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
LENGTHS = {"en": 620, "zh-Hans": 240}  # characters of a post, as the median of real ones
EXCHANGED = 0.04
_TAG = re.compile(r"<[^>]*>")
_END = re.compile(r"(?<=[.!?。！？])\s*|\n+")
_WORD = re.compile(r"[A-Za-z]{4,}|[\u4e00-\u9fff]{2}")


def make(path: Path, *, number: int, threads: Path) -> None:
    """Write a corpus of `number` documents into a database of one table."""
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE document (id INTEGER PRIMARY KEY, title TEXT, body TEXT, facts TEXT)")
        database.executemany("INSERT INTO document VALUES (?, ?, ?, ?)", _rows(number, threads))


def documents(path: Path) -> Iterator[Document]:
    """All of them, in order, a few at a time."""
    with sqlite3.connect(path) as database:
        for number, title, body, facts in database.execute("SELECT id, title, body, facts FROM document ORDER BY id"):
            yield _document(number, title, body, json.loads(facts))


def texts(database: sqlite3.Connection, keys: list[str]) -> list[tuple[str, str]]:
    """Titles and bodies of hits, as a page loads them from the database."""
    numbers = [int(key.rpartition(":")[2]) for key in keys]
    marks = ",".join("?" * len(numbers))
    found = {row[0]: row[1:] for row in database.execute(f"SELECT * FROM document WHERE id IN ({marks})", numbers)}  # noqa: S608 - only question marks
    return [(found[number][0], found[number][1]) for number in numbers]


def _document(number: int, title: str, body: str, facts: dict[str, str]) -> Document:
    return Document(
        key=f"bench.post:{number}",
        kind=facts["kind"],
        title=title,
        body=body,
        audience=facts["audience"],
        at=datetime.fromisoformat(facts["at"]),
        tags=tuple(facts["tags"].split()),
        authors=(facts["author"],),
        community=facts["sector"],
        sectors=(facts["sector"],),
        regions=(facts["region"],),
        marks=("answered",) if number % 3 else ("unanswered",),
        lang=facts["lang"],
    )


def _rows(number: int, threads: Path) -> Iterator[tuple[int, str, str, str]]:
    dice = random.Random(20_261_125)  # noqa: S311 - the same content at every run
    sources = [
        _Source(threads, names, lang, dice, number // 2) for names, lang in ((ENGLISH, "en"), (CHINESE, "zh-Hans"))
    ]
    for place in range(1, number + 1):
        source = sources[place % 2]
        facts = {
            "kind": "thread" if dice.random() < 0.2 else "post",  # noqa: PLR2004 - as on a site
            "audience": AUDIENCES[dice.randrange(len(AUDIENCES))],
            "sector": SECTORS[min(int(dice.expovariate(0.35)), 9)],
            "region": REGIONS[min(int(dice.expovariate(0.3)), 11)],
            "author": f"member-{int(dice.paretovariate(0.8)) % 5000}",
            "tags": " ".join(source.words[dice.randrange(400)] for _ in range(dice.randrange(4))),
            "lang": source.lang,
            "at": (NEWEST - timedelta(minutes=int(dice.expovariate(1.0) * 900_000))).isoformat(),
        }
        yield place, source.title(), source.body(), json.dumps(facts)


class _Source:
    """The sentences of one language, and the words that are put into them."""

    def __init__(self, threads: Path, names: tuple[str, ...], lang: str, dice: random.Random, documents: int) -> None:
        self.lang, self.dice = lang, dice
        self.titles: list[str] = []
        self.sentences: list[str] = []
        for name in names:
            with gzip.open(threads / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
                for line in lines:
                    thread = json.loads(line)
                    self.titles.append(thread["title"].strip())
                    for text in post_texts(thread):
                        self.sentences += [one for one in _END.split(text) if len(one) > 3]  # noqa: PLR2004 - more than a mark
        common = sorted({word for title in self.titles for word in _WORD.findall(title)})
        dice.shuffle(common)
        self.words = common
        # Heaps: the kinds of words grow with the square root of the text; Zipf: the n-th is used as 1/n of the first.
        kinds = int(70 * documents**0.5)
        self.made_up = [self._made_up_word(common) for _ in range(kinds)]
        self.weights = list(accumulate(1 / (rank + 20) for rank in range(kinds)))

    def title(self) -> str:
        """A real title, some words exchanged."""
        return self._exchanged(self.dice.choice(self.titles))[:200]

    def body(self) -> str:
        """Sentences of several posts, as long as posts are: some short, few very long."""
        wanted = LENGTHS[self.lang] * min(self.dice.lognormvariate(0, 0.7), 12)
        parts: list[str] = []
        start = self.dice.randrange(len(self.sentences))
        while wanted > 0:
            if self.dice.random() < 0.4:  # noqa: PLR2004 - else the sentence after the last one
                start = self.dice.randrange(len(self.sentences))
            parts.append(self.sentences[start])
            wanted -= len(parts[-1])
            start = (start + 1) % len(self.sentences)
        return self._exchanged((" " if self.lang == "en" else "").join(parts))

    def _exchanged(self, text: str) -> str:
        dice = self.dice

        def change(found: re.Match[str]) -> str:
            if dice.random() >= EXCHANGED:
                return found[0]
            return dice.choices(self.made_up, cum_weights=self.weights)[0]

        return _WORD.sub(change, text)

    def _made_up_word(self, common: list[str]) -> str:
        left, right = self.dice.choice(common), self.dice.choice(common)
        if self.lang == "en":
            return f"{left[: self.dice.randrange(2, 5)]}{right[-self.dice.randrange(3, 6) :]}".lower()
        return left[0] + right[-1]


def post_texts(thread: dict[str, object]) -> list[str]:
    """The opening text and the replies of a shared discussion, as plain text."""
    opening = thread.get("body_markdown") or thread.get("body_html") or thread.get("body_text") or ""
    replies = thread["replies"]
    assert isinstance(replies, list)  # noqa: S101 - the format of the shared data
    return [plain(str(text)) for text in (opening, *(reply["body"] for reply in replies))]


def plain(text: str) -> str:
    """Without tags and entities."""
    return html.unescape(_TAG.sub(" ", text)).strip()
