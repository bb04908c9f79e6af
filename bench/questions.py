"""Queries of one to three words, drawn from the corpus itself by how many documents hold them, in both languages."""

import random
import re
import sqlite3
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from search_index import analysis

SAMPLE = 10_000
BANDS = {"common": (0.03, 0.6), "middling": (0.002, 0.03), "rare": (0.0002, 0.002)}  # share of the documents
WORDS = (1, 1, 1, 2, 2, 2, 2, 2, 3, 3)  # as people ask
CHOICES = ("common", "middling", "middling", "middling", "rare")
_ENGLISH = re.compile(r"[A-Za-z]{3,}")
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}")


@dataclass(frozen=True, slots=True)
class Question:
    """What is typed, in which language, and in which band its rarest word is."""

    text: str
    lang: str
    words: int
    band: str


def draw(path: Path, *, number: int, seed: int) -> list[Question]:
    """That many, half of them Chinese; the words of one stand in one document, so that something is found."""
    dice = random.Random(seed)  # noqa: S311 - the same questions at every run
    with sqlite3.connect(path) as database:
        (size,) = database.execute("SELECT max(id) FROM document").fetchone()
        step = max(size // SAMPLE, 1)
        rows = database.execute(
            "SELECT title || ' ' || body FROM document WHERE id % ? < 2 ORDER BY id", (step * 2,)
        )  # one of each language
        texts = [row[0] for row in rows]
    shares = _shares(texts)
    questions: list[Question] = []
    while len(questions) < number:
        lang = ("en", "zh-Hans")[len(questions) % 2]
        question = _question(dice, dice.choice(texts), lang, shares)
        if question is not None:
            questions.append(question)
    return questions


def _shares(texts: list[str]) -> dict[str, float]:
    """In what share of the documents a token stands."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(analysis.tokens(text)))
    return {token: count / len(texts) for token, count in counts.items() if count > 1}


def _question(dice: random.Random, text: str, lang: str, shares: dict[str, float]) -> Question | None:
    by_band: dict[str, list[str]] = {}
    for word in _candidates(dice, text, lang):
        band = band_of(word, shares)
        if band and word not in by_band.setdefault(band, []):
            by_band[band].append(word)
    chosen: list[str] = []
    bands: list[str] = []
    for _ in range(dice.choice(WORDS)):
        band = dice.choice(CHOICES)
        left = [word for word in by_band.get(band, ()) if word not in chosen]
        if not left:
            return None
        chosen.append(dice.choice(left))
        bands.append(band)
    rarest = max(bands, key=list(BANDS).index)
    return Question(" ".join(chosen), lang, len(chosen), rarest)


def _candidates(dice: random.Random, text: str, lang: str) -> list[str]:
    if lang == "en":
        return [word.lower() for word in _ENGLISH.findall(text)]
    found = []
    for run in _HAN.findall(text):
        length = dice.choice((2, 2, 2, 3, 4))
        start = dice.randrange(max(len(run) - length, 0) + 1)
        found.append(run[start : start + length])
    return found


def band_of(word: str, shares: dict[str, float]) -> str:
    """Where the rarest of its tokens belongs, or nothing."""
    share = min((shares.get(token, 0.0) for token in analysis.tokens(word) if len(token) > 1), default=0.0)
    return next((name for name, (least, most) in BANDS.items() if least <= share < most), "")
