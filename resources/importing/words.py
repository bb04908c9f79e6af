"""Small readings of what catalogues write: one line of a text, and the sectors that its keywords mean."""

from collections.abc import Iterable

MOST_NAMED = 2

# Beginnings of English keywords, and the sector that they speak for; the first that fits wins.
_BEGINNINGS = {
    "bio": "bio genom genet health medic clinic disease drug protein pharma cancer epidem",
    "agri": "agri crop food fisher forest livestock soil",
    "green": "environment climate water pollution emission waste ecolog biodivers meteo weather",
    "energy": "energy electric oil gas nuclear solar power",
    "nev": "vehicle automotive battery transport",
    "materials": "material chemi crystal steel metal mineral",
    "equip": "aero space satellite manufactur robot aviation shipping",
    "ict": "comput artificial software internet telecom machine nlp digital",
    "creative": "culture media design film music museum",
}
BRANCHES = {branch: tuple(beginnings.split()) for branch, beginnings in _BEGINNINGS.items()}


def one_line(text: object) -> str:
    """Any value as one line; nothing where there is none."""
    return "" if text is None else " ".join(str(text).split())


def shortened(text: object, longest: int) -> str:
    """One line, cut where it is too long."""
    line = one_line(text)
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def branches_of(keywords: Iterable[str]) -> list[str]:
    """The sectors that keywords speak for, the most often named first; services where none fits."""
    votes = dict.fromkeys(BRANCHES, 0)
    for keyword in keywords:
        words = str(keyword).casefold().replace("-", " ").split()
        said = (name for name, beginnings in BRANCHES.items() if any(word.startswith(beginnings) for word in words))
        branch = next(said, "")
        if branch:
            votes[branch] += 1
    found = sorted((name for name, count in votes.items() if count), key=lambda name: -votes[name])
    return found[:MOST_NAMED] or ["services"]
