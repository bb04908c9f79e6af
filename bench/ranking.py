"""How well engines rank: the title of a real question must find its accepted answer among all answers (nDCG@10).

The answers are documents of their own, without title or question, so that only what they say can find them.
"""

import gzip
import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import Any

from bench.corpus import NEWEST, plain
from bench.servers import ROOT
from search_index.documents import Document
from search_index.query import any_of

SHARED = ROOT.parent / "shared" / "data" / "threads"
ANSWERED = {"en": ("en_stackexchange", "en_startups_se"), "zh": ("zh_egret_wenda",)}
TITLES = {"en": 700, "zh": 700}
DEEP = 10


def measure(scratch: Path, environment: Mapping[str, str], *, quick: bool) -> dict[str, Any]:
    """Every engine on the same answers and titles."""
    from bench.search import engines_at_hand

    found: dict[str, Any] = {}
    for name in engines_at_hand(environment):
        command = [sys.executable, "-m", "bench.ranking", name, str(scratch / f"ranking-{name}"), "7" if quick else "1"]
        done = subprocess.run(
            command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
        )
        found[name] = json.loads(done.stdout.splitlines()[-1])
    best = max(row["all"] for row in found.values())
    print(f"\nnDCG@{DEEP}, title → accepted answer among {found[next(iter(found))]['answers']:,} answers")
    print(f"{'engine':10} {'en':>8} {'zh':>8} {'all':>8} {'to best':>8}")
    for name, row in found.items():
        print(f"{name:10} {row['en']:8.4f} {row['zh']:8.4f} {row['all']:8.4f} {row['all'] - best:+8.4f}")
    return found


def _threads() -> Iterator[tuple[str, dict[str, Any]]]:
    for lang, names in ANSWERED.items():
        for name in names:
            with gzip.open(SHARED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
                yield from ((lang, json.loads(line)) for line in lines)


def _documents(every: int) -> tuple[list[Document], dict[str, list[tuple[str, str]]]]:
    """All answers of each so-manieth thread; and the titles with the keys of their accepted answers."""
    documents: list[Document] = []
    titles: dict[str, list[tuple[str, str]]] = {lang: [] for lang in ANSWERED}
    for place, (lang, thread) in enumerate(_threads()):
        if place % every:
            continue
        for reply in thread["replies"]:
            key = f"bench.post:{len(documents) + 1}"
            documents.append(Document(key, "post", "", plain(reply["body"]), "public", NEWEST, lang=lang))
            if reply["accepted"]:
                titles[lang].append((thread["title"], key))
    dice = random.Random(7)  # noqa: S311 - the same titles at every run
    return documents, {lang: dice.sample(rows, min(len(rows), TITLES[lang])) for lang, rows in titles.items()}


def main() -> None:
    """One engine: build, ask, and print what it reached."""
    from bench.worker import house
    from search_index.indexing.choosing import open_engine

    name, place, every = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    documents, titles = _documents(every)
    reached: dict[str, list[float]] = {}
    with ExitStack() as stack:
        stack.enter_context(house(name))
        place.mkdir(parents=True)
        engine = open_engine(name, place)
        for start in range(0, len(documents), 1_000):
            engine.apply(documents[start : start + 1_000], (), position=start + 1)
        engine.finish()
        for lang, rows in titles.items():
            reached[lang] = []
            for title, wanted in rows:
                keys = [hit.key for hit in engine.search(any_of(title), audience={"public"}, limit=DEEP).hits]
                reached[lang].append(1 / math.log2(keys.index(wanted) + 2) if wanted in keys else 0.0)
    figures = {lang: round(fmean(values), 4) for lang, values in reached.items()}
    print(json.dumps({**figures, "all": round(fmean(figures.values()), 4), "answers": len(documents)}))


if __name__ == "__main__":
    main()
