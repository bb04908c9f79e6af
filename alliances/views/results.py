"""A tally as figures: bars, distributions and the table of a ranked count, ready to be drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from alliances.counting import Approvals, Choice, Marks, Method, Ranking, Round, Rules, Stance, Tally
from alliances.counting.choices import TIMES
from alliances.counting.stances import IN_FAVOUR
from alliances.models import ProposalState
from alliances.outcomes import in_favour
from alliances.queries.proposal_page import ProposalView
from alliances.words import name_of
from kernel.words import gettext as _

FAVOURABLE = (Stance.YES, Stance.CONSENT, Stance.RESERVATION, Stance.AGREE, *IN_FAVOUR)
AGAINST = (Stance.NO, Stance.OBJECTION, Stance.DISAGREE, Stance.DISAGREEMENT, Stance.VETO)
_TIMES = {number: word for word, number in TIMES.items()}


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a result. `percent` is of the longest line or of all, and only for drawing."""

    code: str
    label: str
    value: str
    percent: float
    is_winner: bool = False
    marks: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """What had to be reached, and what was."""

    share: str
    base: str
    out_of: int
    needed: int
    reached: int


@dataclass(frozen=True, slots=True)
class RoundShown:
    """A stage of a ranked count: what every option holds at its end, and by how much that changed."""

    number: int
    title: str
    cells: tuple["Cell", ...]
    exhausted: str
    needed: int
    note: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One option in one round."""

    votes: str
    change: str
    percent: float
    state: str  # "elected", "out", "" or "gone" for one that is not in the count any more


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that is drawn of a tally."""

    tally: Tally
    bars: list[Bar]
    threshold: Threshold | None
    rounds: list[RoundShown]
    columns: list[str]
    winners: list[str]


def result_of(view: ProposalView) -> Result | None:
    """The figures of a proposal, as far as they may be known."""
    tally, rules = view.tally, view.rules
    if tally is None or rules is None:
        return None
    order = [option.id for option in view.options]
    is_over = view.proposal.state == ProposalState.CLOSED
    return Result(
        tally=tally,
        bars=_option_bars(rules, tally, view.names, is_over=is_over)
        if tally.method.has_options
        else _stance_bars(tally),
        threshold=_threshold(rules, tally),
        rounds=_rounds(tally, order, view.names),
        columns=[view.names[option] for option in order],
        winners=[view.names.get(option, "?") for option in tally.winners],
    )


def choice_words(rules: Rules | None, choice: Choice | None, names: Mapping[int, str], locale: str) -> str:
    """A ballot in words."""
    match choice:
        case Stance():
            return name_of("stance", choice.value, locale)
        case Ranking():
            return " › ".join(names.get(option, "?") for option in choice.options)
        case Approvals():
            return _(", ").join(names.get(option, "?") for option in sorted(choice.options)) or _("none of them")
        case Marks() if rules is not None and rules.marking is Method.TIME:
            return _times_in_words(choice, names, locale)
        case Marks():
            return _(", ").join(f"{names.get(option, '?')} {mark}" for option, mark in choice.values)
    return ""


def _times_in_words(choice: Marks, names: Mapping[int, str], locale: str) -> str:
    """When one can, then when one could; nothing of the times that do not suit."""
    said = []
    for mark, word in sorted(_TIMES.items(), reverse=True)[:2]:
        suits = [names.get(option, "?") for option, given in choice.values if given == mark]
        if suits:
            said.append(f"{name_of('times', word, locale)} {_(', ').join(suits)}")
    return "; ".join(said) or name_of("times", _TIMES[0], locale)


def _stance_bars(tally: Tally) -> list[Bar]:
    return [
        Bar(
            code="for" if total.stance in FAVOURABLE else "against" if total.stance in AGAINST else "neither",
            label=total.stance.value,
            value=str(total.votes),
            percent=_percent(total.votes, tally.cast),
        )
        for total in tally.stances
    ]


def _option_bars(rules: Rules, tally: Tally, names: Mapping[int, str], *, is_over: bool) -> list[Bar]:
    """In the order of what they got; the marks beside them where they tell more."""
    most = max((total.total for total in tally.options), default=0)
    winners = tally.winners if is_over else ()
    ordered = sorted(tally.options, key=lambda total: (total.option not in winners, -total.total))
    with_marks = rules.marking in (Method.SCORE, Method.DOTS, Method.TIME)
    return [
        Bar(
            code="",
            label=names.get(total.option, "?"),
            value=str(total.total),
            percent=_percent(total.total, most),
            is_winner=total.option in winners,
            marks=tuple((_mark(rules, mark), papers) for mark, papers in total.marks) if with_marks else (),
        )
        for total in ordered
    ]


def _mark(rules: Rules, mark: int) -> str:
    return _TIMES[mark] if rules.marking is Method.TIME else str(mark)


def _threshold(rules: Rules, tally: Tally) -> Threshold | None:
    if tally.needed is None or tally.base is None:
        return None
    share = f"{rules.threshold.numerator}/{rules.threshold.denominator}"
    return Threshold(share, rules.base.value, tally.base, tally.needed, in_favour(tally))


def _rounds(tally: Tally, order: list[int], names: Mapping[int, str]) -> list[RoundShown]:
    found: list[RoundShown] = []
    before: dict[int, Fraction] = {}
    out: set[int] = set()
    elected: set[int] = set()
    most = max((votes for one in tally.rounds for _option, votes in one.totals), default=Fraction(0))
    for one in tally.rounds:
        now = dict(one.totals)
        left = set(one.sources) if one.stage == "exclusion" else set()
        elected |= set(one.elected)
        cells = tuple(
            _cell(now[option], before.get(option), most, is_elected=option in elected, is_leaving=option in left)
            if option not in out
            else Cell("", "", 0.0, "gone")
            for option in order
            if option in now
        )
        found.append(
            RoundShown(one.number, _title(one, names), cells, _number(one.exhausted), one.needed, _note(one, names))
        )
        out |= left
        before = now
    return found


def _cell(votes: Fraction, before: Fraction | None, most: Fraction, *, is_elected: bool, is_leaving: bool) -> Cell:
    change = votes - before if before is not None else Fraction(0)
    sign = "+" if change > 0 else "−"
    return Cell(
        votes=_number(votes),
        change=f"{sign}{_number(abs(change))}" if change else "",
        percent=_percent(votes, most),
        state="elected" if is_elected else "out" if is_leaving else "",
    )


def _title(one: Round, names: Mapping[int, str]) -> str:
    who = _(", ").join(names.get(option, "?") for option in one.sources)
    if one.stage == "surplus":
        return _("Surplus of %(who)s goes on", who=who)
    if one.stage == "exclusion":
        return _("%(who)s drops out", who=who)
    return _("First preferences")


def _note(one: Round, names: Mapping[int, str]) -> str:
    if one.tie is None:
        return ""
    who = _(", ").join(names.get(option, "?") for option in one.tie.options)
    taken = _(", ").join(names.get(option, "?") for option in one.tie.taken)
    if one.tie.by == "earlier":
        return _(
            "%(who)s were equal; round %(round)s tells them apart: %(taken)s.",
            who=who,
            round=one.tie.round,
            taken=taken,
        )
    if one.tie.by == "lot":
        return _("%(who)s were equal in every round; the lot takes %(taken)s.", who=who, taken=taken)
    return _("%(who)s were equal, and go together.", who=who)


def _number(votes: Fraction) -> str:
    """Whole, or with as many decimals as the count has, without zeros at the end."""
    text = f"{float(votes):.5f}".rstrip("0").rstrip(".")
    return text or "0"


def _percent(part: Fraction | int, whole: Fraction | int) -> float:
    return round(float(Fraction(part) / Fraction(whole) * 100), 2) if whole else 0.0
