"""How somebody may begin to type a title: from any of its words on, by pinyin, by the initials of the pinyin."""

import re
from collections.abc import Iterable

from kernel.ids import pinyin_of
from search_index.analysis import HAN, fold

LONGEST = 40
LONGEST_INITIALS = 16
MOST_STARTS = 12
WORDS = re.compile(rf"[{HAN}]+|[^\W_{HAN}]+")
HAN_RUN = re.compile(r"[\u4e00-\u9fff]+")
_SMALL = "a an and are as at by for from how in is it my of on or our the to what when which why with"
SMALL = frozenset(_SMALL.split())


def typed_as(text: str) -> str:
    """What somebody typed, as forms are compared: folded, in single spaces."""
    return " ".join(fold(text).split())[:LONGEST]


def forms_of(title: str, *, inner: Iterable[str] = ()) -> list[str]:
    """All forms of a title. It can also be begun within a run of Han where one of the `inner` words stands there."""
    line = " ".join(fold(title).split())
    starts = [0, *(word.start() for word in WORDS.finditer(line) if word[0] not in SMALL)]
    starts += [line.find(fold(word)) for word in inner]
    forms: dict[str, None] = {}
    for start in [place for place in dict.fromkeys(starts) if place >= 0][:MOST_STARTS]:
        forms.update(
            (form, None) for form in (line[start : start + LONGEST].rstrip(), *sounds_of(line[start:])) if form
        )
    return list(forms)


def sounds_of(text: str) -> tuple[str, ...]:
    """The pinyin of a run of Han at the beginning, whole and by initials."""
    run = HAN_RUN.match(text)
    if run is None:
        return ()
    syllables = pinyin_of(run[0][:LONGEST_INITIALS])
    return "".join(syllables)[:LONGEST], "".join(syllable[:1] for syllable in syllables)[:LONGEST_INITIALS]
