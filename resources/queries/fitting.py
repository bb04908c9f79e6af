"""How well a need and a listing (or a person) fit: parts from 0 to 1, each with its weight and its reason in words.

A part that the need does not state, or about which the other side says nothing, does not count: the score is the mean
of the parts that do, by weight. What is kept of a refusal lowers what resembles it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

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
ENOUGH_TO_TELL = 0.5
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
    """What a need, a listing or a person says of itself, as far as it can be compared."""

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
    kind_name: str = "",
    refused: Iterable[tuple[str, Traits]] = (),
    locale: str = "en",
    from_listing: bool = False,
) -> Fit:
    """Compare. `refused` are what this side refused before, with the reason; from the listing's side, needs."""
    parts = [
        Part("title", title_score / (title_score + HALF_TITLE), WEIGHTS["title"]),
        Part("text", text_score / (text_score + HALF_TEXT), WEIGHTS["text"]),
    ]
    if need.sectors and other.sectors:
        shared = [sector for sector in need.sectors if sector in other.sectors]
        names = ", ".join(sector_name(sector, locale) for sector in shared)
        parts.append(Part("sector", float(bool(shared)), WEIGHTS["sector"], _("Same sector: %(names)s", names=names)))
    if other.kind:
        value = serves(need.kind, other.kind, other.service_kind)
        parts.append(Part("kind", value, WEIGHTS["kind"], _("The right kind: %(name)s", name=kind_name)))
    if need.region and other.region:
        parts.append(_place(need.region, other.region, locale))
    if need.trl is not None and other.trl is not None:
        apart = abs(need.trl - other.trl)
        reason = _("As mature as wanted: TRL %(level)s", level=other.trl) if apart <= 1 else ""
        parts.append(Part("trl", max(0.0, 1 - apart / TRL_REACH), WEIGHTS["trl"], reason))
    seen = need if from_listing else other
    factor = 1.0
    for reason, like in refused:
        if resembles(seen, like, reason):
            factor *= LOWERED.get(reason, 1.0)
    return Fit(tuple(parts), factor)


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


def said_words(words: Sequence[str]) -> str:
    """The shared words as a reason."""
    return _("Words: %(words)s", words=", ".join(words)) if words else ""


def _place(ours: str, theirs: str, locale: str) -> Part:
    if ours == theirs:
        is_city = len(ours) > PROVINCE
        name = place_name(ours, locale)
        reason = _("Same city: %(name)s", name=name) if is_city else _("Same province: %(name)s", name=name)
        return Part("place", 1.0, WEIGHTS["place"], reason)
    if ours[:PROVINCE] == theirs[:PROVINCE]:
        is_whole = PROVINCE in (len(ours), len(theirs))
        reason = _("Same province: %(name)s", name=place_name(ours[:PROVINCE], locale))
        return Part("place", 1.0 if is_whole else SAME_PROVINCE, WEIGHTS["place"], reason)
    return Part("place", 0.0, WEIGHTS["place"])
