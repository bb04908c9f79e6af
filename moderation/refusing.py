"""What is not taken at all, each refusal with its limit and when one may write again."""

from datetime import timedelta
from functools import partial

from kernel.clock import now
from kernel.errors import InvalidError
from kernel.words import gettext as _
from kernel.words import ngettext
from kernel.work import in_any_case
from moderation.limits import Limits
from moderation.pace import DAY, HOUR, Pace
from moderation.texts import Made
from moderation.watching import REFUSING, Hit, count_hits


class TooFastError(InvalidError):
    """More than somebody may write in this time."""

    status = 429
    code = "too-many"


def must_fit(limits: Limits, new: Made, *, field: str) -> None:
    """Raise where more links, pictures or names are in it than this person may put into one contribution."""
    if limits.most_links is not None and len(new.links) > limits.most_links:
        _refuse(
            field,
            ngettext(
                "At your level of trust one text holds at most %(num)s link.",
                "At your level of trust one text holds at most %(num)s links.",
                limits.most_links,
            ),
        )
    if limits.images is not None and len(new.images) > limits.images:
        _refuse(
            field,
            ngettext(
                "At your level of trust one text holds at most %(num)s picture.",
                "At your level of trust one text holds at most %(num)s pictures.",
                limits.images,
            ),
        )
    if limits.mentions is not None and len(new.mentions) > limits.mentions:
        _refuse(
            field,
            ngettext(
                "At your level of trust one text calls at most %(num)s person.",
                "At your level of trust one text calls at most %(num)s people.",
                limits.mentions,
            ),
        )


def must_not_hurry(limits: Limits, pace: Pace, *, field: str) -> None:
    """Raise where somebody writes faster than their level allows, or has too much waiting already."""
    if limits.per_hour is not None and pace.within_hour >= limits.per_hour and pace.hour_begins is not None:
        said = ngettext(
            "At your level of trust you may write %(num)s contribution an hour.",
            "At your level of trust you may write %(num)s contributions an hour.",
            limits.per_hour,
        )
        _too_fast(field, said, wait=pace.hour_begins + HOUR - now())
    if limits.per_day is not None and pace.within_day >= limits.per_day and pace.day_begins is not None:
        said = ngettext(
            "At your level of trust you may write %(num)s contribution a day.",
            "At your level of trust you may write %(num)s contributions a day.",
            limits.per_day,
        )
        _too_fast(field, said, wait=pace.day_begins + DAY - now())
    if pace.waiting >= limits.waiting:
        said = ngettext(
            "%(num)s contribution of yours waits for approval. Please write on once it was looked at.",
            "%(num)s contributions of yours wait for approval. Please write on once they were looked at.",
            pace.waiting,
        )
        raise TooFastError(said, errors={field: said})


def must_not_say(hits: list[Hit], *, field: str) -> None:
    """Raise where a word stands in it that is not taken here; which one is said, so that mistakes can be mended.

    The refusal undoes whatever was done so far, and is counted all the same.
    """
    refused = [hit for hit in hits if hit.action == REFUSING]
    if refused:
        in_any_case(partial(count_hits, refused))
        words = ", ".join(hit.pattern for hit in refused)
        _refuse(field, _("This is not taken here: %(words)s. If that is a mistake, the staff can help.", words=words))


def _refuse(field: str, sentence: str) -> None:
    raise InvalidError(sentence, errors={field: sentence})


def _too_fast(field: str, said: str, *, wait: timedelta) -> None:
    minutes = max(1, -(-int(wait.total_seconds()) // 60))
    again = ngettext("You may write again in %(num)s minute.", "You may write again in %(num)s minutes.", minutes)
    sentence = f"{said} {again}"
    raise TooFastError(sentence, errors={field: sentence})
