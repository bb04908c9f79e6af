from collections.abc import Sequence
from typing import Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectField, StringField
from wtforms.validators import Length

from accounts.forms import RoomForm
from moderation.models import HouseRule


class BlockForm(RoomForm):
    """Why somebody is blocked, or why that is undone."""

    rule_id = SelectField(_l("Rule"), validate_choice=False)
    reason = StringField(_l("Reason"), [Length(max=500)])

    def offer(self, locale: str, rules: Sequence[HouseRule]) -> Self:
        """The rules to choose from."""
        self.rule_id.choices = [SelectChoice("", _("None of them"))]
        self.rule_id.choices += [SelectChoice(str(rule.id), rule.title(locale)) for rule in rules]
        return self
