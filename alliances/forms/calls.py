from datetime import UTC, datetime

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from alliances.call_text import (
    LARGEST_WEIGHT,
    LONGEST_BODY,
    LONGEST_BUDGET,
    LONGEST_LABEL,
    LONGEST_TEAM,
    LONGEST_TITLE,
    BidFacts,
    CallFacts,
    Criterion,
)
from alliances.forms.events import FORMATS
from kernel.i18n import zone
from kernel.rooms import id_of

ROWS = 4
NUMBER = [Optional(), NumberRange(1, LARGEST_WEIGHT)]


class CriterionForm(Form):
    """A line of the scoring sheet."""

    label = StringField(_("Criterion"), [Length(max=LONGEST_LABEL)])
    weight = IntegerField(_("Weight"), NUMBER, default=1)
    most = IntegerField(_("Most points"), NUMBER, default=10)


class CallForm(FlaskForm):
    """A call: what is to be solved, for how much, until when, and by what bids are scored."""

    title = StringField(_("What is to be solved?"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("The task"), [InputRequired(_("Write something first.")), Length(max=LONGEST_BODY)])
    budget = StringField(_("Budget"), [Length(max=LONGEST_BUDGET)])
    deadline = DateTimeLocalField(_("Bids until"), [Optional()], format=FORMATS)
    audience = SelectField(_("Who sees it and may bid"))
    criteria = FieldList(FormField(CriterionForm), min_entries=ROWS)

    def facts(self, timezone: str) -> CallFacts:
        """What was typed; the deadline is meant in the zone of whoever typed it."""
        return CallFacts(
            title=self.title.data or "",
            body=self.body.data or "",
            budget=self.budget.data or "",
            audience=self.audience.data or "",
            deadline=_instant(self.deadline.data, timezone),
            criteria=tuple(
                Criterion(row.form.label.data or "", row.weight.data or 1, row.most.data or 10) for row in self.criteria
            ),
        )


class BidForm(FlaskForm):
    """A bid: who the team is, and what it offers."""

    team = StringField(_("Name of the team"), [InputRequired(_("Give it a name.")), Length(max=LONGEST_TEAM)])
    people = StringField(_("People of the team"), [Length(max=1000)])
    organisations = SelectMultipleField(
        _("Organisations behind it"), widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    offer = TextAreaField(_("What you offer"), [InputRequired(_("Write something first.")), Length(max=LONGEST_BODY)])

    @property
    def facts(self) -> BidFacts:
        """What was typed."""
        numbers = (id_of(text) for text in self.organisations.data or [])
        return BidFacts(
            team=self.team.data or "",
            body=self.offer.data or "",
            people=tuple((self.people.data or "").replace(",", " ").replace("，", " ").replace("、", " ").split()),
            organisations=tuple(number for number in numbers if number is not None),
        )


def _instant(typed: datetime | None, timezone: str) -> datetime | None:
    if typed is None:
        return None
    try:
        return typed.replace(tzinfo=zone(timezone)).astimezone(UTC)
    except OverflowError:  # the first or last day that a calendar knows
        return typed.replace(tzinfo=UTC)
