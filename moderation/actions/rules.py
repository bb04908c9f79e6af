"""The rules of the house: shipped with some, kept by the staff. A rule that was ever quoted is retired, not deleted."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from activity.actions.log import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.ids import slug_of
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from moderation.models import HouseRule
from moderation.policy import ModerationRight
from moderation.wording import LONGEST_REASON

SHIPPED = Path(__file__).resolve().parent.parent / "data" / "rules.toml"
RULE = "moderation.rule"
LONGEST_TITLE = 80


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What the staff write of a rule, in both languages."""

    title_zh: str
    title_en: str
    text_zh: str
    text_en: str
    position: int


def ensure_rules() -> None:
    """Give a house without rules those that it is shipped with; rules that are there are left alone."""
    if session().scalar(select(HouseRule.id).limit(1)) is not None:
        return
    for position, rule in enumerate(_shipped()["rule"], start=1):
        (title_zh, text_zh), (title_en, text_en) = rule["zh"], rule["en"]
        session().add(
            HouseRule(
                slug=rule["slug"],
                position=position * 10,
                title_zh=title_zh,
                title_en=title_en,
                text_zh=text_zh,
                text_en=text_en,
            )
        )
    session().flush()


def stock_reasons(locale: str) -> list[str]:
    """Reasons that moderators need again and again, in this language."""
    return [reason["zh" if locale.startswith("zh") else "en"] for reason in _shipped()["reason"]]


def add_rule(viewer: Viewer, facts: RuleFacts) -> HouseRule:
    """A new rule; it counts from now on."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    facts = _checked(facts)
    rule = HouseRule(slug=_free_slug(facts.title_en))
    _write(rule, facts)
    session().add(rule)
    session().flush()
    _record(viewer, "rule.add", rule)
    return rule


def change_rule(viewer: Viewer, facts: RuleFacts, *, rule_id: int) -> HouseRule:
    """Say it anew. What was decided before keeps the reason that was written then."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    rule = rule_of(rule_id)
    facts = _checked(facts)
    if facts != _facts_of(rule):
        _write(rule, facts)
        _record(viewer, "rule.change", rule)
    return rule


def retire_rule(viewer: Viewer, *, rule_id: int) -> None:
    """It counts no more; what was decided by it still names it."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    rule = rule_of(rule_id)
    if rule.retired_at is None:
        rule.retired_at = now()
        _record(viewer, "rule.retire", rule)


def bring_back_rule(viewer: Viewer, *, rule_id: int) -> None:
    """It counts again."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    rule = rule_of(rule_id)
    if rule.retired_at is not None:
        rule.retired_at = None
        _record(viewer, "rule.add", rule)


def rule_of(rule_id: int) -> HouseRule:
    """By its number; raises `NotFoundError`."""
    rule = session().get(HouseRule, rule_id)
    if rule is None:
        raise NotFoundError
    return rule


def rule_in_force(rule_id: int | None) -> HouseRule | None:
    """The rule that a form names, None for none; raises `InvalidError` where it does not count."""
    if rule_id is None:
        return None
    rule = session().get(HouseRule, rule_id)
    if rule is None or rule.retired_at is not None:
        raise InvalidError(errors={"rule_id": _("Choose one of the rules.")})
    return rule


def rule_named(slug: str) -> HouseRule | None:
    """The rule in force of this short name, None for none; raises `InvalidError` for an unknown one."""
    if not slug:
        return None
    found = session().scalar(select(HouseRule).where(HouseRule.slug == slug, HouseRule.retired_at.is_(None)))
    if found is None:
        raise InvalidError(errors={"rule": _("Choose one of the rules.")})
    return found


@cache
def _shipped() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def _checked(facts: RuleFacts) -> RuleFacts:
    cleaned = {name: clean_line(getattr(facts, name)) for name in ("title_zh", "title_en", "text_zh", "text_en")}
    errors = {name: _("Please fill this in.") for name, text in cleaned.items() if not text}
    for name, text in cleaned.items():
        most = LONGEST_TITLE if name.startswith("title") else LONGEST_REASON
        if len(text) > most:
            errors[name] = _("At most %(count)s characters.", count=most)
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return RuleFacts(position=facts.position, **cleaned)


def _facts_of(rule: HouseRule) -> RuleFacts:
    return RuleFacts(rule.title_zh, rule.title_en, rule.text_zh, rule.text_en, rule.position)


def _write(rule: HouseRule, facts: RuleFacts) -> None:
    rule.title_zh, rule.title_en = facts.title_zh, facts.title_en
    rule.text_zh, rule.text_en = facts.text_zh, facts.text_en
    rule.position, rule.changed_at = facts.position, now()


def _free_slug(title: str) -> str:
    slug = slug_of(title, length=30)
    taken = session().scalar(select(func.count()).where(HouseRule.slug.startswith(slug, autoescape=True)))
    return f"{slug}-{taken + 1}" if taken else slug


def _record(viewer: Viewer, act: str, rule: HouseRule) -> None:
    ref = Ref(RULE, rule.id)
    record_act(viewer, act=act, ref=ref, place=ref, audience=PUBLIC, details={"right": "moderation.keep-rules"})
