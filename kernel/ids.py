import hashlib
import secrets

from pypinyin import lazy_pinyin
from slugify import slugify


def new_token() -> str:
    """A fresh 128-bit secret, URL-safe; only its hash is ever stored."""
    return secrets.token_urlsafe(16)


def hash_token(token: str) -> str:
    """SHA-256 in hex: enough for secrets that are random, unlike passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def slug_of(title: str, *, length: int = 60) -> str:
    """A readable ASCII slug, Chinese through pinyin; never empty."""
    return slugify(" ".join(lazy_pinyin(title[:80])), max_length=length, word_boundary=True) or "thread"
