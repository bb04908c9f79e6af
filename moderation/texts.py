"""What a text is made of, as far as the watch counts and compares it."""

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from kernel.markup import plain_text
from search_index.analysis import FIRST_HAN, fold

FEW = 60  # letters, a Han character counting for three: who says less may say it again
_LINK = re.compile(r'<a [^>]*?href="((?:https?:)?//[^"]+|mailto:[^"]+)"')
_IMAGE = re.compile(r'<img [^>]*?src="([^"]+)"')
_MENTION = re.compile(r'<a [^>]*?href="/people/([a-z0-9-]+)"')
_UNSEEN = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Made:
    """The links, pictures and people that cooked HTML holds, each with its number of occurrences."""

    links: tuple[str, ...]
    images: tuple[str, ...]
    mentions: frozenset[str]

    def beyond(self, before: "Made") -> "Made":
        """What it holds more than it did before."""
        return Made(_more(self.links, before.links), _more(self.images, before.images), self.mentions - before.mentions)

    @property
    def host(self) -> str:
        """The first site that it links to, without `www`."""
        for link in self.links:
            host = (urlsplit(link).hostname or "").removeprefix("www.")
            if host:
                return host[:100]
        return ""


def made_of(html: str) -> Made:
    """Count what stands in cooked HTML."""
    return Made(
        tuple(_LINK.findall(html)) if "<a " in html else (),
        tuple(_IMAGE.findall(html)) if "<img " in html else (),
        frozenset(_MENTION.findall(html)) if "/people/" in html else frozenset(),
    )


def seen(text: str) -> str:
    """A text as it is compared: one width and case, simplified characters, nothing that is not seen."""
    return fold(_UNSEEN.sub("", text))


def bare(title: str, html: str) -> str:
    """All letters and figures of a title and cooked HTML, one after another."""
    return _NO_LETTER.sub("", seen(f"{title}\n{plain_text(html)}"))


def words_hash(title: str, html: str) -> str:
    """What two texts of the same words have in common; empty where they are too few to say anything."""
    letters = bare(title, html)
    if sum(3 if letter >= FIRST_HAN else 1 for letter in letters[:FEW]) < FEW:
        return ""
    return hashlib.sha256(letters.encode()).hexdigest()


def _more(now: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    rest = list(before)
    more = []
    for one in now:
        if one in rest:
            rest.remove(one)
        else:
            more.append(one)
    return tuple(more)
