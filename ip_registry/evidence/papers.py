"""The papers in every bundle: how to check it with what every computer has, now and when this site is gone."""

from functools import cache
from importlib.resources import files

from ip_registry.evidence.pages import verify_page

CHINESE = "zh"
ENGLISH = "en"
RULE = "\n" + "=" * 100 + "\n\n\n"


@cache
def standing_papers(lang: str) -> dict[str, bytes]:
    """README.txt, verify.sh and verify.html; both languages, the reader's first."""
    first, second = (CHINESE, ENGLISH) if lang.startswith(CHINESE) else (ENGLISH, CHINESE)
    return {
        "README.txt": (_text(f"README.{first}.txt") + RULE + _text(f"README.{second}.txt")).encode(),
        "verify.sh": _text("verify.sh").encode(),
        "verify.html": verify_page(),
    }


def _text(name: str) -> str:
    return files("ip_registry.evidence.data").joinpath(name).read_text(encoding="utf-8")
