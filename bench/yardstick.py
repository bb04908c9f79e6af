"""The yardstick of search: SQLite's FTS5 on the tokens of our analyser, ranked by its own BM25. No facets, no excerpts.

It is in every Python, written in C and well known, so that ratios to it say something on any machine.
"""

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from search_index import analysis
from search_index.documents import Document


class Yardstick:
    """An index of one table beside the corpus."""

    def __init__(self, place: Path) -> None:
        self.path = place / "fts5.sqlite"
        self.database = sqlite3.connect(self.path)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(text, audience, content='', tokenize='unicode61')"
        )

    def apply(self, documents: Iterable[Document]) -> None:
        """Add them, keyed by their numbers."""
        rows = (
            (
                int(document.key.rpartition(":")[2]),
                " ".join(map(_plain, analysis.tokens(f"{document.title} {document.title} {document.body}"))),
                _plain(document.audience),
            )
            for document in documents
        )
        with self.database:
            self.database.executemany("INSERT INTO words (rowid, text, audience) VALUES (?, ?, ?)", rows)

    def search(self, text: str, *, audience: Collection[str], limit: int = 20) -> list[int]:
        """Numbers of the best that hold every token."""
        tokens = [token for token in dict.fromkeys(analysis.tokens(text)) if len(token) > 1 or token.isascii()]
        words = " AND ".join(f'text : "{_plain(token)}"' for token in tokens)
        doors = " OR ".join(f'audience : "{_plain(token)}"' for token in audience)
        query = f"({words}) AND ({doors})"
        statement = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, 1.0, 0.0) LIMIT ?"
        return [row[0] for row in self.database.execute(statement, (query, limit))]

    def bytes(self) -> int:
        """On disk."""
        self.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.stat().st_size


def _plain(token: str) -> str:
    """A token as one word of unicode61, which cuts at marks."""
    return "".join(char if char.isalnum() else f"z{ord(char):x}z" for char in token)
