from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import HiddenInput

from alliances.actions.documents import LONGEST_BODY, LONGEST_NOTE, LONGEST_TITLE
from kernel.rooms import LARGEST_ID

TEXT = [Length(max=LONGEST_BODY)]


class VersionForm(FlaskForm):
    """A version: a text, or a file. `base` is the number that it was written on."""

    base = IntegerField("", [Optional(), NumberRange(0, LARGEST_ID)], widget=HiddenInput())
    body = TextAreaField(_("Text"), TEXT)
    file = FileField(_("File"))
    comment = StringField(_("What is new"), [Length(max=LONGEST_NOTE)])
    files_it = BooleanField(_("Register it in the ledger once it is adopted"))


class DocumentForm(VersionForm):
    """A new document with its first version."""

    title = StringField(_("Title"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    audience = SelectField(_("Who reads it"))


class DocumentSettingsForm(FlaskForm):
    """Its title, and who reads it."""

    title = StringField(_("Title"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    audience = SelectField(_("Who reads it"))
