"""What may stand in the queue, by why it stands there: how it is shown, what may be decided, and how that is done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from kernel.i18n import guess_lang
from kernel.viewer import Viewer
from moderation.models import Review, ReviewKind
from moderation.subjects import Excerpt


class Outcome(StrEnum):
    """What is decided: of flags, of what waits, of an appeal."""

    KEEP = "keep"
    REMOVE = "remove"
    EDITED = "edited"
    MOVED = "moved"
    APPROVE = "approve"
    REFUSE = "refuse"
    UPHOLD = "uphold"
    LIFT = "lift"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a moderator says: the outcome, by which rule, and the reason that the person reads.

    `sanction` and `ends_at` are what is imposed on the author beside it, `note` what stays among the moderators.
    """

    outcome: Outcome
    rule_id: int | None = None
    reason: str = ""
    note: str = ""
    sanction: str = ""
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A thing as the queue shows it; without `url` it has no page, as what still waits.

    `facts` are short sentences on why it stands there; `tools` are pages on which more can be done, label and address.
    """

    title: str
    html: Markup
    lang: str = ""
    url: str = ""
    at: datetime | None = None
    changed_at: datetime | None = None
    is_anonymous: bool = False
    facts: Sequence[str] = ()
    tools: Sequence[tuple[str, str]] = ()

    @property
    def title_lang(self) -> str:
        """The title of a thread may be in another language than an answer in it."""
        return guess_lang(self.title)


@dataclass(frozen=True, slots=True)
class Reviewable:
    """How reviews of one `why` are handled.

    `show` answers for many at once, and for those only of which something is left. `decide` is called with the review
    held and still open, by somebody who looks after its scope; it refuses what does not fit.
    """

    why: ReviewKind
    outcomes: Sequence[Outcome]
    show: Callable[[Viewer, Sequence[Review]], Mapping[int, Shown]]
    decide: Callable[[Viewer, Review, Decision], None]


def kept(shown: Shown | Excerpt) -> dict[str, Any]:
    """A thing as it was shown to somebody, for those who decide and do not see it themselves."""
    at = shown.at.isoformat() if shown.at else ""
    facts = {"title": shown.title, "html": str(shown.html), "lang": shown.lang, "at": at}
    return facts | {
        "is_anonymous": shown.is_anonymous,
        "hides_flagger": isinstance(shown, Excerpt) and shown.hides_reader,
    }


def as_kept(facts: Mapping[str, Any]) -> Shown:
    """The same, as the queue shows it: without the way to its page."""
    return Shown(
        title=facts["title"],
        html=Markup(facts["html"]),  # noqa: S704 - cooked and sanitised when it was stored
        lang=facts["lang"],
        at=datetime.fromisoformat(facts["at"]) if facts.get("at") else None,
        is_anonymous=facts.get("is_anonymous", False),
    )


_reviewables: dict[str, Reviewable] = {}


def register_reviewable(reviewable: Reviewable) -> None:
    """Whoever puts things into the queue does this once, when the room is wired."""
    _reviewables[reviewable.why] = reviewable


def reviewable_of(why: str) -> Reviewable:
    """How reviews of this sort are handled."""
    return _reviewables[why]
