import hashlib
import os
import secrets
from collections.abc import Callable
from functools import cache

from slugify import slugify

# Words whose characters are read otherwise than alone; few, since they are only for addresses.
PHRASES = {
    "重庆": [["chóng"], ["qìng"]],
    "重复": [["chóng"], ["fù"]],
    "银行": [["yín"], ["háng"]],
    "行业": [["háng"], ["yè"]],
    "长度": [["cháng"], ["dù"]],
    "还原": [["huán"], ["yuán"]],
    "调整": [["tiáo"], ["zhěng"]],
    "调节": [["tiáo"], ["jié"]],
    "会计": [["kuài"], ["jì"]],
}


def new_token() -> str:
    """A fresh 128-bit secret, URL-safe; only its hash is ever stored."""
    return secrets.token_urlsafe(16)


def hash_token(token: str) -> str:
    """SHA-256 in hex: enough for secrets that are random, unlike passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def slug_of(title: str, *, length: int = 60) -> str:
    """A readable ASCII slug, Chinese through pinyin; never empty."""
    return slugify(" ".join(_pinyin()(title[:80])), max_length=length, word_boundary=True) or "thread"


def pinyin_of(text: str) -> list[str]:
    """The syllables of a Chinese text, without tones; what is not Chinese stays in one piece."""
    return _pinyin()(text)


@cache
def _pinyin() -> Callable[[str], list[str]]:
    """pypinyin, without its phrases: they would take 46 MB in every process."""
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin import lazy_pinyin, load_phrases_dict  # reads the environment when it is imported

    load_phrases_dict(PHRASES)
    found: Callable[[str], list[str]] = lazy_pinyin
    return found
