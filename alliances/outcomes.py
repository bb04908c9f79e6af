"""What was decided, in one sentence: worked out from the tally, in whatever language is spoken at the moment."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from alliances.counting import Method, Outcome, Stance, Tally
from alliances.counting.stances import IN_FAVOUR
from alliances.models import Option
from kernel.i18n import zone
from kernel.words import gettext as _
from kernel.words import ngettext

DECIDED = (Outcome.PASSED, Outcome.CHOSEN, Outcome.ELECTED)
AGAIN = (Outcome.TIE, Outcome.NO_QUORUM)


def option_names(options: Sequence[Option], timezone: str) -> dict[int, str]:
    """What each option is called: its words, or its time in this zone."""
    return {option.id: _slot(option.starts_at, option.ends_at, timezone) or option.label for option in options}


def outcome_sentence(tally: Tally, names: Mapping[int, str]) -> str:
    """The outcome, with the numbers on which it rests."""
    if tally.outcome is Outcome.NO_QUORUM:
        return _(
            "No decision: %(cast)s of %(roll)s voted, and %(quorum)s were needed.",
            cast=tally.cast,
            roll=tally.roll,
            quorum=tally.quorum_needed,
        )
    return _on_options(tally, names) if tally.method.has_options else _on_the_whole(tally)


def _on_the_whole(tally: Tally) -> str:
    if tally.method is Method.SENSE:
        return _(
            "Heard: %(agree)s agree, %(unsure)s are unsure, %(disagree)s disagree. Nothing is decided by it.",
            agree=tally.votes(Stance.AGREE),
            unsure=tally.votes(Stance.UNSURE),
            disagree=tally.votes(Stance.DISAGREE),
        )
    if tally.method is Method.CONSENT:
        return _by_consent(tally)
    if tally.method is Method.SIMPLE:
        numbers = {
            "yes": tally.votes(Stance.YES),
            "no": tally.votes(Stance.NO),
            "abstained": tally.abstained,
        }
        return {
            Outcome.PASSED: _("Passed: %(yes)s yes, %(no)s no, %(abstained)s abstained.", **numbers),
            Outcome.TIE: _("A tie: %(yes)s yes, %(no)s no, %(abstained)s abstained.", **numbers),
        }.get(tally.outcome, _("Not passed: %(yes)s yes, %(no)s no, %(abstained)s abstained.", **numbers))
    if tally.outcome is Outcome.BLOCKED:
        return ngettext("Not passed: there is %(num)s veto.", "Not passed: there are %(num)s vetoes.", vetoes(tally))
    numbers = {
        "favour": in_favour(tally),
        "base": tally.base or 0,
        "needed": tally.needed or 0,
    }
    if tally.outcome is Outcome.PASSED:
        return _("Passed: %(favour)s of %(base)s in favour, %(needed)s were needed.", **numbers)
    return _("Not passed: %(favour)s of %(base)s in favour, %(needed)s were needed.", **numbers)


def _by_consent(tally: Tally) -> str:
    objections = tally.votes(Stance.OBJECTION)
    if objections:
        return ngettext("Not passed: %(num)s objection stands.", "Not passed: %(num)s objections stand.", objections)
    if tally.outcome is Outcome.FAILED:
        return _("Not passed: nobody objected, and nobody consented.")
    return _(
        "Passed by consent: nobody objects; %(consent)s consent, %(reserved)s with reservations.",
        consent=tally.votes(Stance.CONSENT),
        reserved=tally.votes(Stance.RESERVATION),
    )


def _on_options(tally: Tally, names: Mapping[int, str]) -> str:
    won = _(", ").join(names.get(option, "?") for option in tally.winners)
    if tally.outcome is Outcome.TIE:
        tied = _(", ").join(names.get(option, "?") for option in tally.tied)
        if won:
            return _("A tie: %(won)s are beyond doubt; no rule decides between %(tied)s.", won=won, tied=tied)
        return _("A tie: no rule decides between %(tied)s.", tied=tied)
    if tally.outcome is Outcome.FAILED:
        return _("Nobody was elected.") if tally.method is Method.ELECTION else _("Nothing was chosen.")
    said = _("Elected: %(won)s.", won=won) if tally.outcome is Outcome.ELECTED else _("Chosen: %(won)s.", won=won)
    if tally.reopened:
        return said + " " + _("The remaining seats stay empty: nominations open again.")
    return said


def in_favour(tally: Tally) -> int:
    """How many are in favour where a threshold has to be reached."""
    if tally.method is Method.GRADIENTS:
        return sum(tally.votes(stance) for stance in IN_FAVOUR)
    return tally.votes(Stance.YES)


def vetoes(tally: Tally) -> int:
    """How many said that it must not be."""
    return tally.votes(Stance.VETO)


def _slot(starts_at: datetime | None, ends_at: datetime | None, timezone: str) -> str:
    if starts_at is None:
        return ""
    start = starts_at.astimezone(zone(timezone))
    if ends_at is None:
        return f"{start:%Y-%m-%d %H:%M} {_offset(start)}"
    end = ends_at.astimezone(zone(timezone))
    until = f"–{end:%H:%M}" if end.date() == start.date() else f" – {end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M}{until} {_offset(start)}"


def _offset(moment: datetime) -> str:
    """How far the clock there is from UTC: in which zone a time is given."""
    hours, minutes = divmod(abs(minutes_of := round((moment.utcoffset() or timedelta()).total_seconds() / 60)), 60)
    if not minutes_of:
        return "UTC"
    return f"UTC{'+' if minutes_of > 0 else '−'}{hours}" + (f":{minutes:02}" if minutes else "")
