from datetime import datetime

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    FieldList,
    Form,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from alliances.event_text import (
    LARGEST_CAPACITY,
    LONGEST_BODY,
    LONGEST_LINK,
    LONGEST_PLACE,
    LONGEST_TITLE,
    EventFacts,
)
from alliances.rules import LONGEST_VOTE
from kernel.i18n import TIMEZONES

FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"]
SLOTS = 4


def _moment(label: str) -> DateTimeLocalField:
    return DateTimeLocalField(label, [Optional()], format=FORMATS)


class SlotForm(Form):
    """One time that can be chosen."""

    starts = _moment(_("Begins"))
    ends = _moment(_("Ends"))


class EventForm(FlaskForm):
    """An event: at a fixed time, or with several times to choose from."""

    title = StringField(_("Name of the event"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("What happens there"), [Length(max=LONGEST_BODY)])
    place = StringField(_("Where is it held?"), [Length(max=LONGEST_PLACE)])
    link = StringField(_("Address to join from afar"), [Length(max=LONGEST_LINK)])
    audience = SelectField(_("Who sees it"))
    timezone = SelectField(_("Time zone"), choices=[SelectChoice(name) for name in TIMEZONES])
    how = RadioField(
        _("When"),
        choices=[
            SelectChoice("fixed", _("At a fixed time")),
            SelectChoice("poll", _("Let those who see it choose among several times")),
        ],
        default="fixed",
    )
    starts = _moment(_("Begins"))
    ends = _moment(_("Ends"))
    slots = FieldList(FormField(SlotForm), min_entries=SLOTS)
    days = IntegerField(_("Days to choose"), [Optional(), NumberRange(1, LONGEST_VOTE)])
    capacity = IntegerField(_("Number of places"), [Optional(), NumberRange(1, LARGEST_CAPACITY)])

    def facts(self) -> EventFacts:
        """What was typed, of the two ways to find a time only the one that was chosen."""
        is_poll = self.how.data == "poll"
        spans = [(row.starts.data, row.ends.data) for row in self.slots]
        return EventFacts(
            title=self.title.data or "",
            body=self.body.data or "",
            place=self.place.data or "",
            link=self.link.data or "",
            audience=self.audience.data or "",
            timezone=self.timezone.data or "",
            capacity=self.capacity.data,
            starts=None if is_poll else self.starts.data,
            ends=None if is_poll else self.ends.data,
            slots=tuple(span for span in spans if _is_whole(span)) if is_poll else (),
        )


def _is_whole(span: tuple[datetime | None, datetime | None]) -> bool:
    return None not in span
