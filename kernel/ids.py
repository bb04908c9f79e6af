import hashlib
import os
import secrets

from slugify import slugify

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # the phrases take 46 MB in every process; slugs do without
from pypinyin import lazy_pinyin, load_phrases_dict

load_phrases_dict(
    {
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
)


def new_token() -> str:
    """A fresh 128-bit secret, URL-safe; only its hash is ever stored."""
    return secrets.token_urlsafe(16)


def hash_token(token: str) -> str:
    """SHA-256 in hex: enough for secrets that are random, unlike passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def slug_of(title: str, *, length: int = 60) -> str:
    """A readable ASCII slug, Chinese through pinyin; never empty."""
    return slugify(" ".join(lazy_pinyin(title[:80])), max_length=length, word_boundary=True) or "thread"
