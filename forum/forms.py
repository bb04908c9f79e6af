"""Shape and length of what is typed; what is allowed is decided by the actions."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from forum.cooking import LONGEST_BODY, LONGEST_TITLE
from forum.models.thread import ThreadKind
from kernel.ids import new_token

BODY = [InputRequired(_("Write something first.")), Length(max=LONGEST_BODY)]


class ReplyForm(FlaskForm):
    """A reply. `once` makes the second sending of the same form harmless."""

    body = TextAreaField(_("Your reply"), BODY)
    reply_to = HiddenField()
    once = HiddenField(default=new_token)


class ThreadForm(FlaskForm):
    """A new thread, perhaps with a poll."""

    place = SelectField(_("Where"), [InputRequired(_("Choose where it belongs."))])
    kind = RadioField(
        _("What is it?"),
        choices=[
            SelectChoice(ThreadKind.DISCUSSION.value, _("Discussion")),
            SelectChoice(ThreadKind.QUESTION.value, _("Question")),
            SelectChoice(ThreadKind.ANNOUNCEMENT.value, _("Announcement")),
        ],
        default=ThreadKind.DISCUSSION.value,
    )
    lens = SelectField(
        _("For whom"),
        choices=[
            SelectChoice("", _("Everybody who reads this board")),
            SelectChoice("experts", _("The experts community")),
            SelectChoice("achievements", _("The achievements community")),
            SelectChoice("enterprises", _("The enterprises community")),
        ],
        default="",
    )
    title = StringField(_("Title"), [InputRequired(_("A title helps others to find it.")), Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("Text"), BODY)
    tags = StringField(_("Tags"), [Length(max=300)])
    poll_question = StringField(_("Question of the poll"), [Length(max=200)])
    poll_options = TextAreaField(_("Answers, one a line"), [Length(max=3000)])
    poll_max_choices = IntegerField(_("How many may be chosen"), [Optional(), NumberRange(1, 20)], default=1)
    poll_closes_at = DateTimeLocalField(_("Open until"), [Optional()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
    once = HiddenField(default=new_token)


class EditForm(FlaskForm):
    """A changed post; the opening post also carries title and tags. `version` is what the editor started from."""

    title = StringField(_("Title"), [Optional(), Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("Text"), BODY)
    tags = StringField(_("Tags"), [Length(max=300)])
    reason = StringField(_("Why, in a few words"), [Length(max=200)])
    version = HiddenField()
