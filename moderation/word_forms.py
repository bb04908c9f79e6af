from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectChoice, StringField
from wtforms.validators import InputRequired, Length

from accounts.forms import RoomForm
from moderation.models import WatchAction
from moderation.watching import LONGEST_PATTERN


class WordForm(RoomForm):
    """A word to watch for."""

    pattern = StringField(_l("Word"), [InputRequired(_l("Please fill this in.")), Length(max=LONGEST_PATTERN)])
    action = RadioField(
        _l("What contains it"),
        choices=[SelectChoice(action.value, action.value) for action in WatchAction],
        default=WatchAction.HOLD.value,
    )
    note = StringField(_l("Why it is watched"), [Length(max=200)])
