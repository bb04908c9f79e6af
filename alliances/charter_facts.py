"""A charter as it was typed: cleaned, and judged section by section and rule by rule."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from alliances.charters import LANGUAGES, SECTIONS
from alliances.models import Admission, IpPolicy, Matter
from alliances.rules import DEFAULTS, MatterRule, check_numbers, check_rule
from alliances.wishes import AMONG_OPTIONS, AS_A_WHOLE
from kernel.errors import InvalidError
from kernel.texts import clean_body, clean_line
from kernel.words import gettext as _

LONGEST_SECTION, LONGEST_NOTE, LONGEST_BODY = 6_000, 2_000, 200
MOST_SPONSORS, MOST_EXCLUSION_DAYS = 20, 365

# Every rule of a matter that a charter sets, and by which methods the matter can be decided.
METHODS: dict[Matter, tuple[str, ...]] = {
    matter: tuple(AS_A_WHOLE) for matter in Matter if matter not in (Matter.OFFICE, Matter.TIME)
} | {
    Matter.AWARD: (*AS_A_WHOLE, *AMONG_OPTIONS),
    Matter.OFFICE: ("election",),
    Matter.TIME: ("time",),
}


@dataclass(frozen=True, slots=True)
class CharterFacts:
    """The texts by section and language, and the settings that stand in the charter."""

    sections: Mapping[str, Mapping[str, str]]
    rules: Mapping[str, Mapping[str, Any]]  # by matter
    numbers: Mapping[str, Any]
    ip_policy: str
    exclusion_days: int
    admission: str
    sponsors_needed: int
    liable_body: str = ""


def read_charter(facts: CharterFacts, *, is_complete: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sections and settings as they are kept; raises `InvalidError` with every field at fault.

    The fields of a text are `zh_mission` and the like, those of a rule `charter_threshold`.
    """
    errors: dict[str, str] = {}
    sections = _sections(facts, errors, is_complete=is_complete)
    rules = _rules(facts, errors)
    try:
        rules |= check_numbers(dict(facts.numbers))
    except InvalidError as refusal:
        errors |= refusal.errors
    settings = {
        "rules": rules,
        "ip_policy": facts.ip_policy,
        "exclusion_days": facts.exclusion_days,
        "admission": facts.admission,
        "sponsors_needed": facts.sponsors_needed,
        "liable_body": clean_line(facts.liable_body),
    }
    _check_choices(settings, errors)
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return sections, settings


def facts_of(sections: Mapping[str, Any], settings: Mapping[str, Any]) -> CharterFacts:
    """What a form begins with: a version as it is kept."""
    rules = settings.get("rules", {})
    matters = {matter.value for matter in Matter}
    return CharterFacts(
        sections=sections,
        rules={name: rule for name, rule in rules.items() if name in matters},
        numbers={name: value for name, value in rules.items() if name not in matters},
        ip_policy=settings["ip_policy"],
        exclusion_days=settings["exclusion_days"],
        admission=settings["admission"],
        sponsors_needed=settings["sponsors_needed"],
        liable_body=settings["liable_body"],
    )


def rule_in(settings: Mapping[str, Any], matter: Matter) -> MatterRule:
    """How a matter is decided under these settings."""
    return MatterRule(**{**asdict(DEFAULTS[matter]), **settings.get("rules", {}).get(matter.value, {})})


def _sections(facts: CharterFacts, errors: dict[str, str], *, is_complete: bool) -> dict[str, Any]:
    sections = {
        key: {language: clean_body(facts.sections.get(key, {}).get(language) or "").strip() for language in LANGUAGES}
        for key in SECTIONS
    }
    for key, texts in sections.items():
        for language, text in texts.items():
            if len(text) > LONGEST_SECTION:
                errors[f"{language}_{key}"] = _("At most %(count)s characters.", count=LONGEST_SECTION)
        if is_complete and not any(texts.values()):
            errors[f"zh_{key}"] = _("This section needs a text in one of the two languages.")
    return sections


def _rules(facts: CharterFacts, errors: dict[str, str]) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for matter in Matter:
        said = dict(facts.rules.get(matter.value, {}))
        if not said:
            continue
        try:
            rule = check_rule(matter, said)
        except InvalidError as refusal:
            errors |= {f"{matter}_{name}": sentence for name, sentence in refusal.errors.items()}
            continue
        if rule["method"] not in METHODS[matter]:
            errors[f"{matter}_method"] = _("Choose one of the list.")
        elif MatterRule(**rule) != DEFAULTS[matter]:
            rules[matter.value] = rule
    return rules


def _check_choices(settings: Mapping[str, Any], errors: dict[str, str]) -> None:
    if settings["ip_policy"] not in set(IpPolicy):
        errors["ip_policy"] = _("Choose one of the list.")
    if settings["admission"] not in set(Admission):
        errors["admission"] = _("Choose one of the list.")
    if not 0 <= settings["exclusion_days"] <= MOST_EXCLUSION_DAYS:
        errors["exclusion_days"] = _("A number from %(least)s to %(most)s.", least=0, most=MOST_EXCLUSION_DAYS)
    if not 1 <= settings["sponsors_needed"] <= MOST_SPONSORS:
        errors["sponsors_needed"] = _("A number from %(least)s to %(most)s.", least=1, most=MOST_SPONSORS)
    if len(settings["liable_body"]) > LONGEST_BODY:
        errors["liable_body"] = _("At most %(count)s characters.", count=LONGEST_BODY)
