"""Shape and length of what is typed to found an alliance, to change its page, and to declare rights."""

from collections.abc import Iterable
from dataclasses import fields

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.sectors import sectors
from alliances.facts import LONGEST_NAME, LONGEST_SUMMARY, SORTS, TEXTS, Details, FoundingFacts
from alliances.models import Member
from alliances.parties import PartyFacts
from alliances.words import names
from kernel.ids import new_token

LINES = 2_500
MOST_DIGITS = 9


def number_in(text: str | None) -> int:
    """The whole number that was typed; -1, which is out of every range, for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else -1


class _BoxesField(SelectMultipleField):
    """Boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class FoundForm(FlaskForm):
    """What is asked of somebody who founds an alliance. `once` makes the second sending harmless."""

    template = HiddenField()
    name = StringField(_("Name in Chinese"), [Length(max=LONGEST_NAME)])
    name_en = StringField(_("Name in English"), [Length(max=LONGEST_NAME)])
    summary = TextAreaField(_("What is it for?"), [Length(max=LONGEST_SUMMARY)])
    summary_en = TextAreaField(_("The same in English"), [Length(max=LONGEST_SUMMARY)])
    sectors = _BoxesField(_("Sectors"), validate_choice=False)
    place = StringField(_("Province or city"), [Length(max=60)])
    party = RadioField(_("For whom do you found it?"), validate_choice=False)
    once = HiddenField(default=new_token)

    def offer(self, locale: str, spoken: Iterable[PartyFacts]) -> "FoundForm":
        """Fill in what can be chosen, in the language of the page."""
        self.sectors.choices = list(sectors(locale).items())
        self.party.choices = [(str(one.party), one.name_in(locale)) for one in spoken]
        return self

    @property
    def facts(self) -> FoundingFacts:
        """What was typed."""
        return FoundingFacts(
            template=self.template.data or "",
            name=self.name.data or "",
            name_en=self.name_en.data or "",
            summary=self.summary.data or "",
            summary_en=self.summary_en.data or "",
            sectors=tuple(self.sectors.data or ()),
            place=self.place.data or "",
        )


class DetailsForm(FlaskForm):
    """The page of an alliance, and the settings that are not its charter's."""

    name = StringField(_("Name in Chinese"), [Length(max=LONGEST_NAME)])
    name_en = StringField(_("Name in English"), [Length(max=LONGEST_NAME)])
    summary = TextAreaField(_("What is it for?"), [Length(max=LONGEST_SUMMARY)])
    summary_en = TextAreaField(_("The same in English"), [Length(max=LONGEST_SUMMARY)])
    sectors = _BoxesField(_("Sectors"), validate_choice=False)
    place = StringField(_("Province or city"), [Length(max=60)])
    questions = TextAreaField(_("What applicants answer, one question a line"), [Length(max=LINES)])
    open_seats = StringField(_("Open seats"), [Length(max=MOST_DIGITS)])
    reapply_days = StringField(_("Days until one may apply again"), [Length(max=MOST_DIGITS)])
    secretariat = StringField(_("Secretariat"), [Length(max=TEXTS["secretariat"])])
    registration_no = StringField(_("Registration number"), [Length(max=TEXTS["registration_no"])])
    founding_members = StringField(_("Members that sign at least"), [Length(max=MOST_DIGITS)])
    founding_kinds = StringField(_("Kinds of members among them"), [Length(max=MOST_DIGITS)])
    founding_needs = _BoxesField(_("These must be among them"), validate_choice=False)
    founding_days = StringField(_("Days to gather signatures"), [Length(max=MOST_DIGITS)])

    def offer(self, locale: str) -> "DetailsForm":
        """Fill in what can be chosen, in the language of the page."""
        self.sectors.choices = list(sectors(locale).items())
        classes = names("class", locale)
        self.founding_needs.choices = [(sort, classes[sort]) for sort in SORTS]
        return self

    def facts(self, kept: Details, *, is_draft: bool) -> Details:
        """What was typed; the founding numbers, which only the form of a draft has, stay as they are kept."""
        typed = {
            field.name: getattr(self, field.name).data or ""
            for field in fields(Details)
            if not field.name.startswith("founding_")
        }
        founding = {
            "founding_members": number_in(self.founding_members.data),
            "founding_kinds": number_in(self.founding_kinds.data),
            "founding_needs": tuple(self.founding_needs.data or ()),
            "founding_days": number_in(self.founding_days.data),
        }
        if not is_draft:
            founding = {name: getattr(kept, name) for name in founding}
        seats = (self.open_seats.data or "").strip()
        return Details(
            **typed
            | founding
            | {
                "sectors": tuple(self.sectors.data or ()),
                "questions": tuple((self.questions.data or "").splitlines()),
                "open_seats": number_in(seats) if seats else None,
                "reapply_days": number_in(self.reapply_days.data),
            }
        )


class ReasonForm(FlaskForm):
    """Why something is done."""

    reason = TextAreaField(_("Why?"), [Length(max=1_000)])


class SignForm(FlaskForm):
    """For whom one signs which text."""

    party = RadioField(_("For whom do you sign?"), validate_choice=False)
    accepted = HiddenField()
    message = TextAreaField(_("A few words to the others"), [Length(max=2_000)])

    def offer(self, locale: str, spoken: Iterable[PartyFacts]) -> "SignForm":
        """For whom the viewer may sign."""
        self.party.choices = [(str(one.party), one.name_in(locale)) for one in spoken]
        return self


class BackgroundForm(FlaskForm):
    """Something that a member brings along and keeps."""

    member = SelectField(_("For which member?"), validate_choice=False)
    title = StringField(_("What it is"), [Length(max=200)])
    description = TextAreaField(_("Description"), [Length(max=2_000)])
    record_number = StringField(_("Number of its record"), [Length(max=20)])
    terms = TextAreaField(_("On which terms others may use it"), [Length(max=2_000)])


class ExclusionForm(FlaskForm):
    """Rights that a member keeps out of an adopted document."""

    member = SelectField(_("For which member?"), validate_choice=False)
    version = HiddenField()
    rights = StringField(_("Which rights"), [Length(max=300)])
    reason = TextAreaField(_("Why?"), [Length(max=2_000)])


def member_choices(members: Iterable[tuple[Member, PartyFacts]], locale: str) -> list[tuple[str, str]]:
    """The viewer's members by number and name."""
    return [(str(member.id), party.name_in(locale)) for member, party in members]
