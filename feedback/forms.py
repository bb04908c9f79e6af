"""Shape and length of what is typed; what is allowed is decided by the actions."""

from flask_babel import lazy_gettext as _
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length

from accounts.forms import REQUIRED, RoomForm
from feedback.actions import LONGEST_NOTE, LONGEST_TITLE
from feedback.words import states
from forum.cooking import LONGEST_BODY
from forum.cooking import LONGEST_TITLE as LONGEST_THREAD_TITLE
from kernel.ids import new_token


class SuggestionForm(RoomForm):
    """One wish, in a sentence and in detail."""

    title = StringField(_("Your suggestion in one sentence"), [REQUIRED, Length(max=LONGEST_THREAD_TITLE)])
    body = TextAreaField(_("What would be better, and for whom"), [REQUIRED, Length(max=LONGEST_BODY)])
    once = HiddenField(default=new_token)


class DecisionForm(RoomForm):
    """What becomes of it."""

    state = SelectField(_("State"), validate_choice=False)
    note = StringField(_("What you say about it"), [Length(max=LONGEST_NOTE)])
    link = StringField(_("Where it can be seen"), [Length(max=LONGEST_NOTE)])

    def offer(self) -> None:
        """Put the states in the reader's language."""
        self.state.choices = list(states().items())


class ChangeForm(RoomForm):
    """A line of what changed, in both languages."""

    title_zh = StringField(_("What changed, in Chinese"), [REQUIRED, Length(max=LONGEST_TITLE)])
    title_en = StringField(_("What changed, in English"), [REQUIRED, Length(max=LONGEST_TITLE)])
    note = StringField(_("More about it"), [Length(max=LONGEST_NOTE)])
    link = StringField(_("Where it can be seen"), [Length(max=LONGEST_NOTE)])
