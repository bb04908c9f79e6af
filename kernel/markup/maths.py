"""When a pair of dollars holds a formula and when it holds prices."""

import re

_SIGNS = re.compile(r"[\\^_={}+*/<>|&]")
_WORD = re.compile(r"[A-Za-z]{3,}")
_PAIR = re.compile(r"[A-Za-z]{2}")
_CJK = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def is_formula(tex: str) -> bool:
    """Whether this text between two dollars is mathematics: "costs $5 and $6" is not."""
    if "\n\n" in tex or len(tex) > 1000:  # noqa: PLR2004 - longer than any formula in a line of text
        return False
    if "\\" in tex:
        return True
    if _CJK.search(tex):
        return False
    words = len(_WORD.findall(tex))
    if tex[0].isdigit() and (words or (_PAIR.search(tex) and not _SIGNS.search(tex))):
        return False
    return words <= 1 or (bool(_SIGNS.search(tex)) and words <= 4)  # noqa: PLR2004 - `a_{total} = b` has words too


def is_displayed_formula(tex: str) -> bool:
    """The same for a pair of double dollars, which some people write for a lot of money."""
    return "\\" in tex or not (_CJK.search(tex) or len(_WORD.findall(tex)) > 6)  # noqa: PLR2004 - prose has more words
