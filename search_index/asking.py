"""What somebody asks, as an address says it: the words, and what was chosen beside them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, Self
from urllib.parse import urlencode

from search_index.documents import fold_label
from search_index.engine import Filter, Query
from search_index.query import LONGEST, Parsed, parse
from search_index.synonyms import synonyms

BEGINNING = re.compile(r"(?:^|\s)[a-zA-Z]{3,}$")
CHOICES = ("kind", "community", "sector", "region", "year")
LONGEST_VALUE = 80
LONGEST_SHOWN = 300  # of the words in an address, a field or a feed; what is longer is searched and not repeated


@dataclass(frozen=True, slots=True)
class Asked:
    """The words as they were typed, and at most one value of each facet."""

    text: str = ""
    kind: str = ""
    community: str = ""
    sector: str = ""
    region: str = ""
    year: str = ""
    order: Literal["relevance", "newest"] = "relevance"

    @classmethod
    def of(cls, sent: Mapping[str, str]) -> Self:
        """From the part of an address after the question mark; unknown names are left out."""
        values = {name: fold_label(_seen(sent.get(name, "")[:LONGEST_VALUE])) for name in CHOICES}
        order: Literal["relevance", "newest"] = "newest" if sent.get("order") == "newest" else "relevance"
        return cls(text=_seen(sent.get("q", "")[:LONGEST]).strip(), order=order, **values)

    @property
    def chosen(self) -> dict[str, str]:
        """The facets with a value, in the order in which they are shown."""
        return {name: value for name in CHOICES if (value := getattr(self, name))}

    @property
    def is_empty(self) -> bool:
        """Nothing was asked yet."""
        return not self.text and not self.chosen

    @property
    def parameters(self) -> str:
        """The same as an address says it, always in one order."""
        pairs = {"q": self.text[:LONGEST_SHOWN], **self.chosen, "order": self.order if self.order == "newest" else ""}
        return urlencode({name: value for name, value in pairs.items() if value})

    @property
    def url(self) -> str:
        """The page that answers it."""
        return f"/search?{self.parameters}" if self.parameters else "/search"

    def but(self, **changes: str) -> "Asked":
        """The same, with some of it changed or (by an empty value) lifted."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def parsed(self, *, is_unfinished: bool = False) -> Parsed:
        """As it was understood, with what was chosen as filters. Of unfinished words the last one is a beginning."""
        text = f"{self.text}*" if is_unfinished and BEGINNING.search(self.text) else self.text
        understood = parse(text, synonyms=synonyms())
        return replace(understood, query=self.within(understood.query))

    def within(self, query: Query) -> Query:
        """Another query under the same choices."""
        chosen = tuple(Filter(name, frozenset({value})) for name, value in self.chosen.items())
        return replace(query, filters=(*query.filters, *chosen), order=self.order)


def _seen(text: str) -> str:
    """Without characters that are no text: neither a database nor a feed takes all of them."""
    return "".join(" " if char.isspace() else char for char in text if char.isspace() or char.isprintable())
