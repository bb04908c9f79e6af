"""Shape and length of what members and moderators send to the watch; the rules themselves are in the actions."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from accounts.forms import REQUIRED, RoomForm
from kernel.clock import now
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.actions.rules import RuleFacts
from moderation.models import HouseRule, ReviewKind, SanctionKind
from moderation.reviewables import Decision, Outcome, reviewable_of
from moderation.wording import LONGEST_REASON, sanction_names

REASON = Length(max=LONGEST_REASON)
HOURS = (1, 24, 72, 168, 720, 2160)
ASK, PASS_ON = "ask", "pass-on"


class FlagForm(RoomForm):
    """By which rule, and what one has to say."""

    rule_id = RadioField(_l("What is wrong with it?"), validate_choice=False)
    note = TextAreaField(_l("What should the moderators know?"), [REASON])
    pass_on = BooleanField(_l("Show this one thing to the staff of the site, too"))

    def offer(self, rules: Iterable[HouseRule], locale: str) -> "FlagForm":
        """The rules, in the language of the page; and none of them."""
        self.rule_id.choices = [(str(rule.id), rule.title(locale)) for rule in rules]
        self.rule_id.choices.append(("0", _("Something else that needs a moderator")))
        return self

    @property
    def rule(self) -> int | None:
        """Which one was chosen."""
        return id_of(self.rule_id.data) or None


class SanctionForm(RoomForm):
    """What is imposed on somebody, by which rule, why and for how long."""

    kind = RadioField(_l("Sanction"), [InputRequired(_l("Choose one of these."))], validate_choice=False)
    hours = SelectField(_l("For how long"), validate_choice=False)
    rule_id = SelectField(_l("Rule"), validate_choice=False)
    reason = TextAreaField(_l("Reason"), [REQUIRED, REASON])
    note = StringField(_l("Note, for moderators only"), [REASON])

    def offer(self, viewer: Viewer, rules: Iterable[HouseRule]) -> "SanctionForm":
        """What the viewer may impose: moderators warn, the staff do all."""
        kinds = [kind.value for kind in SanctionKind] if viewer.is_staff else [SanctionKind.WARNING.value]
        self.kind.choices = [(kind, sanction_names()[kind]) for kind in kinds]
        self.hours.choices, self.rule_id.choices = _durations(), _rules(rules, viewer.locale)
        return self

    @property
    def ends_at(self) -> datetime | None:
        """When it ends; None: when it is lifted."""
        return _in_hours(self.hours.data)


class DecisionForm(RoomForm):
    """What is decided about something in the queue."""

    outcome = RadioField(_l("Decision"), [InputRequired(_l("Choose one of these."))], validate_choice=False)
    rule_id = SelectField(_l("Rule"), validate_choice=False)
    reason = TextAreaField(_l("Reason"), [REASON])
    sanction = SelectField(_l("And its author"), validate_choice=False)
    hours = SelectField(_l("For how long"), validate_choice=False)
    note = StringField(_l("Note, for moderators only"), [REASON])

    def offer(self, viewer: Viewer, why: str, rules: Iterable[HouseRule]) -> "DecisionForm":
        """What may be decided about this sort of review, by this moderator."""
        names = _outcomes()
        offered = [outcome.value for outcome in reviewable_of(why).outcomes]
        if why == ReviewKind.FLAG:
            offered.append(ASK)
        if not viewer.is_staff:
            offered.append(PASS_ON)
        kinds = [kind.value for kind in SanctionKind] if viewer.is_staff else [SanctionKind.WARNING.value]
        self.outcome.choices = [(name, names[name]) for name in offered]
        self.sanction.choices = [("", _("Nothing more")), *((kind, sanction_names()[kind]) for kind in kinds)]
        self.hours.choices, self.rule_id.choices = _durations(), _rules(rules, viewer.locale)
        return self

    @property
    def decision(self) -> Decision:
        """What was chosen; `outcome` is one of those that were offered."""
        sanction = self.sanction.data or ""
        return Decision(
            outcome=Outcome(self.outcome.data),
            rule_id=id_of(self.rule_id.data) or None,
            reason=self.reason.data or "",
            note=self.note.data or "",
            sanction=sanction if sanction in {kind.value for kind in SanctionKind} else "",
            ends_at=_in_hours(self.hours.data),
        )

    @property
    def is_offered(self) -> bool:
        """Whether the outcome is one of those on the page."""
        return self.outcome.data in {name for name, _label in self.outcome.choices}


class AppealForm(RoomForm):
    """Why somebody else should look again."""

    text = TextAreaField(_l("Why should it be seen in another way?"), [REQUIRED, Length(max=4000)])


class LiftForm(RoomForm):
    """Why a sanction ends before its time."""

    reason = StringField(_l("Why it is lifted"), [REQUIRED, REASON])


class NoteForm(RoomForm):
    """What moderators tell each other."""

    body = TextAreaField(_l("Note, for moderators only"), [REQUIRED, Length(max=1000)])
    scope = HiddenField()


class AppointForm(RoomForm):
    """Who looks after a community from now on."""

    handle = StringField(_l("Handle"), [REQUIRED, Length(max=40)], render_kw={"data-complete": "people"})


class RuleForm(RoomForm):
    """A rule of the house, in both languages."""

    title_zh = StringField(_l("Title in Chinese"), [REQUIRED, Length(max=80)], render_kw={"lang": "zh-Hans"})
    text_zh = TextAreaField(_l("Text in Chinese"), [REQUIRED, REASON], render_kw={"lang": "zh-Hans"})
    title_en = StringField(_l("Title in English"), [REQUIRED, Length(max=80)], render_kw={"lang": "en"})
    text_en = TextAreaField(_l("Text in English"), [REQUIRED, REASON], render_kw={"lang": "en"})
    position = IntegerField(_l("Place in the list"), [Optional()], default=0)

    @property
    def facts(self) -> RuleFacts:
        """What was typed."""
        return RuleFacts(
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            text_zh=self.text_zh.data or "",
            text_en=self.text_en.data or "",
            position=max(0, min(self.position.data or 0, 10_000)),
        )


def _outcomes() -> dict[str, str]:
    return {
        Outcome.KEEP: _("Keep it: it breaks no rule"),
        Outcome.REMOVE: _("Remove it"),
        Outcome.EDITED: _("I have edited it; it stays"),
        Outcome.MOVED: _("I have split, merged or moved it; it stays"),
        ASK: _("Ask its author to change it"),
        PASS_ON: _("Pass it on to the staff"),
        Outcome.APPROVE: _("Approve: publish it"),
        Outcome.REFUSE: _("Do not publish it"),
        Outcome.UPHOLD: _("The decision stands"),
        Outcome.LIFT: _("Take the decision back"),
    }


def _rules(rules: Iterable[HouseRule], locale: str) -> list[tuple[str, str]]:
    return [("", _("No rule in particular")), *((str(rule.id), rule.title(locale)) for rule in rules)]


def _durations() -> list[tuple[str, str]]:
    names = {
        1: _("One hour"),
        24: _("One day"),
        72: _("Three days"),
        168: _("One week"),
        720: _("30 days"),
        2160: _("90 days"),
    }
    return [*((str(hours), names[hours]) for hours in HOURS), ("", _("Until it is lifted"))]


def _in_hours(text: str | None) -> datetime | None:
    return now() + timedelta(hours=int(text)) if text and text in {str(hours) for hours in HOURS} else None
