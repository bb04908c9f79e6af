"""Shape and length of what is typed into achievements and their cards; what is allowed is decided by the actions."""

import re

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import REQUIRED, RoomForm
from forum.cooking import LONGEST_BODY, LONGEST_TITLE
from forum.views.posts import split_tags
from ip_registry.achievement_cards import LONGEST_AWARD, LONGEST_METHOD, LONGEST_PLACE, LONGEST_PROBLEM, CardFacts
from kernel.ids import new_token
from portal.achievement_words import cooperations, ip_statuses, levels, trls
from portal.achievements import Signed, Text

SALT = re.compile(r"[0-9a-f]{64}", re.ASCII)
UNSAID = ("", _("Not said"))


class CardForm(RoomForm):
    """The facts of a card. `version` is how often the opening post had been edited when the form was opened."""

    problem = TextAreaField(_("The problem"), [REQUIRED, Length(max=LONGEST_PROBLEM)])
    method = TextAreaField(_("The method"), [REQUIRED, Length(max=LONGEST_METHOD)])
    trl = SelectField(_("Maturity"), validate_choice=False)
    ip_status = SelectField(_("Intellectual property"), validate_choice=False)
    cooperation = SelectMultipleField(
        _("Cooperation wanted"),
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    place = StringField(_("Province or city"), [Length(max=LONGEST_PLACE)])
    award_name = StringField(_("Name of the award"), [Length(max=LONGEST_AWARD)])
    award_level = SelectField(_("Level"), validate_choice=False)
    award_year = IntegerField(_("Year"), [Optional()])
    record = SelectField(_("Record"), validate_choice=False)
    version = HiddenField()

    def offer(self, locale: str) -> None:
        """Fill in what can be chosen, in the language of the page."""
        self.trl.choices = [UNSAID, *trls(locale).items()]
        self.ip_status.choices = [UNSAID, *ip_statuses(locale).items()]
        self.cooperation.choices = list(cooperations().items())
        self.award_level.choices = [("", _("None")), *levels().items()]

    @property
    def facts(self) -> CardFacts:
        """What was typed."""
        trl = self.trl.data or ""
        return CardFacts(
            problem=self.problem.data or "",
            method=self.method.data or "",
            trl=int(trl) if trl.isascii() and trl.isdecimal() and len(trl) == 1 else None,
            ip_status=self.ip_status.data or "",
            cooperation=tuple(self.cooperation.data or ()),
            place=self.place.data or "",
            award_name=self.award_name.data or "",
            award_level=self.award_level.data or "",
            award_year=self.award_year.data,
        )


class AchievementForm(CardForm):
    """A new achievement. `leaf`, `details` and `salt` come from a browser that signed the disclosure of its record."""

    record = HiddenField()
    scope = HiddenField(default="public")
    leaf = HiddenField()
    details = HiddenField()
    salt = HiddenField()
    once = HiddenField(default=new_token)
    board = SelectField(_("Where"), [InputRequired(_("Choose where it belongs."))])
    title = StringField(_("Title"), [InputRequired(_("A title helps others to find it.")), Length(max=LONGEST_TITLE)])
    body = TextAreaField(_("Data, and what you look for"), [Length(max=LONGEST_BODY)])
    tags = StringField(_("Tags"), [Length(max=300)])
    is_understood = BooleanField(_("I have read this, and I want to publish"))

    @property
    def text(self) -> Text:
        """What is written beside the card."""
        return Text(title=self.title.data or "", more=self.body.data or "", tags=split_tags(self.tags.data))

    @property
    def signed(self) -> Signed | None:
        """The disclosure, if the browser signed one."""
        if not self.leaf.data:
            return None
        salt = self.salt.data or ""
        return Signed(
            leaf=self.leaf.data.encode(),
            details=self.details.data or None,
            salt=bytes.fromhex(salt) if SALT.fullmatch(salt) else None,
        )
