from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, Optional

from alliances.actions.milestones import LONGEST_TITLE


class MilestoneForm(FlaskForm):
    """What should be there, and by when."""

    title = StringField(_("What should be there?"), [InputRequired(_("Give it a title.")), Length(max=LONGEST_TITLE)])
    due_on = DateField(_("By"), [Optional()])
