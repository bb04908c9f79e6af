from flask_babel import lazy_gettext as _l
from wtforms import RadioField, StringField
from wtforms.validators import Length

from accounts.forms import RoomForm

BY_NUMBERS = "numbers"


class TrustForm(RoomForm):
    """The level that the staff give somebody, and why."""

    level = RadioField(_l("Level"))
    reason = StringField(_l("Reason"), [Length(max=500)], description=_l("It stands in the log of the staff."))
