from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from accounts.forms import RoomForm


class CorrectionForm(RoomForm):
    """Another text for something that waits; which lengths hold, its room says."""

    title = StringField(_l("Title"), [Length(max=500)])
    body = TextAreaField(_l("Text"), [Length(max=200_000)])
