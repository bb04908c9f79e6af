"""How well a need and what may answer it fit: parts from 0 to 1, each with its weight and its reason in words.

A part that the need does not state, or about which the other side says nothing, does not count: the score is the mean
of the parts that do, by weight. What is kept of a refusal lowers what resembles it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from accounts.places import place_name
from accounts.sectors import sector_name
from kernel.words import gettext as _
from resources.need_words import serves

WEIGHTS = {"sector": 0.22, "title": 0.20, "text": 0.20, "kind": 0.25, "place": 0.08, "trl": 0.05}
HALF_TITLE, HALF_TEXT = 6.0, 9.0  # the BM25 score that counts one half: about one rare word
SAME_PROVINCE = 0.7
TRL_REACH = 4
LOWERED = {"sector": 0.6, "far": 0.6, "price": 0.7, "unavailable": 0.6, "known": 0.8}
ENOUGH_TO_SHOW = 0.25
ENOUGH_WITHOUT_WORDS = 0.5  # what shares no word with the need must fit all the better otherwise
ENOUGH_TO_TELL = 0.6
PROVINCE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score. `reason` is empty where there is nothing to say."""

    name: str
    value: float
    weight: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """The parts that count; `factor` is what refusals of similar ones left."""

    parts: tuple[Part, ...]
    factor: float = 1.0

    @property
    def score(self) -> float:
        """From 0 to 1."""
        weight = sum(part.weight for part in self.parts)
        return self.factor * sum(part.value * part.weight for part in self.parts) / weight if weight else 0.0

    @property
    def percent(self) -> int:
        """The score as it is shown."""
        return round(self.score * 100)

    @property
    def reasons(self) -> list[str]:
        """What speaks for it, the weightiest first."""
        said = sorted(self.parts, key=lambda part: -part.value * part.weight)
        return [part.reason for part in said if part.reason and (part.value > 0 or part.name == "text")]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a need, or what may answer it, says of itself, as far as it can be compared."""

    kind: str = ""
    service_kind: str = ""
    sectors: tuple[str, ...] = ()
    region: str = ""
    trl: int | None = None
    owner_id: int = 0
    price_cents: int | None = None


def fit(
    need: Traits,
    other: Traits,
    *,
    title_score: float,
    text_score: float,
    refused: Iterable[tuple[str, Traits]] = (),
    from_listing: bool = False,
) -> Fit:
    """Compare. `refused` are what this side refused before, with the reason; from the listing's side, needs."""
    parts = [
        Part("title", title_score / (title_score + HALF_TITLE), WEIGHTS["title"]),
        Part("text", text_score / (text_score + HALF_TEXT), WEIGHTS["text"]),
    ]
    if need.sectors and other.sectors:
        is_shared = not set(need.sectors).isdisjoint(other.sectors)
        parts.append(Part("sector", float(is_shared), WEIGHTS["sector"]))
    if other.kind:
        parts.append(Part("kind", serves(need.kind, other.kind, other.service_kind), WEIGHTS["kind"]))
    if need.region and other.region:
        parts.append(Part("place", _nearness(need.region, other.region), WEIGHTS["place"]))
    if need.trl is not None and other.trl is not None:
        apart = abs(need.trl - other.trl)
        parts.append(Part("trl", max(0.0, 1 - apart / TRL_REACH), WEIGHTS["trl"]))
    seen = need if from_listing else other
    factor = 1.0
    for reason, like in refused:
        if resembles(seen, like, reason):
            factor *= LOWERED.get(reason, 1.0)
    return Fit(tuple(parts), factor)


def with_reasons(found: Fit, need: Traits, other: Traits, *, words: Sequence[str], kind_name: str, locale: str) -> Fit:
    """The same with what speaks for it in words; only for what is shown, since sentences cost more than sums."""
    reasons = {
        "text": _("Words: %(words)s", words=_(", ").join(words)) if words else "",
        "sector": _sectors(need, other, locale),
        "kind": _("The right kind: %(name)s", name=kind_name),
        "place": _place(need.region, other.region, locale),
        "trl": _maturity(need, other),
    }
    return replace(found, parts=tuple(replace(part, reason=reasons.get(part.name, "")) for part in found.parts))


def resembles(seen: Traits, refused: Traits, reason: str) -> bool:
    """Whether what was said of the refused one holds for this one too. Whose an anonymous need is, is not known."""
    is_same_owner = bool(seen.owner_id) and seen.owner_id == refused.owner_id
    if reason == "sector":
        return bool(set(seen.sectors) & set(refused.sectors)) and seen.kind == refused.kind
    if reason == "far":
        return bool(seen.region) and seen.region[:PROVINCE] == refused.region[:PROVINCE]
    if reason == "price":
        is_as_dear = (
            seen.price_cents is not None and refused.price_cents is not None and seen.price_cents >= refused.price_cents
        )
        return is_same_owner or (seen.kind == refused.kind and is_as_dear)
    return reason in ("unavailable", "known") and is_same_owner


def _sectors(need: Traits, other: Traits, locale: str) -> str:
    names = _(", ").join(sector_name(sector, locale) for sector in need.sectors if sector in other.sectors)
    return _("Same sector: %(names)s", names=names)


def _maturity(need: Traits, other: Traits) -> str:
    is_near = need.trl is not None and other.trl is not None and abs(need.trl - other.trl) <= 1
    return _("As mature as wanted: TRL %(level)s", level=other.trl) if is_near else ""


def _nearness(ours: str, theirs: str) -> float:
    """The same city, or the same province where one side says no more: 1; another city of it: less."""
    if ours[:PROVINCE] != theirs[:PROVINCE]:
        return 0.0
    return 1.0 if ours == theirs or PROVINCE in (len(ours), len(theirs)) else SAME_PROVINCE


def _place(ours: str, theirs: str, locale: str) -> str:
    if ours == theirs and len(ours) > PROVINCE:
        return _("Same city: %(name)s", name=place_name(ours, locale))
    return _("Same province: %(name)s", name=place_name(ours[:PROVINCE], locale))
