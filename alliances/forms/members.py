"""Shape and length of what is typed around members, offices and groups; what is allowed is decided by the actions."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from alliances.actions.admission import LONGEST_ANSWER
from alliances.actions.admitting import INVITED_FOR
from alliances.actions.invitations import LONGEST as LONGEST_INVITATION
from alliances.messages import LONGEST_LINE, LONGEST_MESSAGE
from alliances.parties import Party, PartyFacts
from alliances.words import names
from kernel.errors import InvalidError

NAME = [InputRequired(_("This is needed.")), Length(max=LONGEST_LINE)]
WORDS = [Length(max=LONGEST_MESSAGE)]
NEEDED = [InputRequired(_("Please write a sentence or two.")), Length(max=LONGEST_MESSAGE)]


def put_errors(form: FlaskForm, error: InvalidError) -> None:
    """Each error beside its field; what belongs to none stands beside the first."""
    for name, message in (error.errors or {"": error.detail}).items():
        field = form[name] if name in form else next(iter(form))
        field.errors = [*field.errors, message]


class JoinForm(FlaskForm):
    """For whom one applies, as what, and why; the answers to the alliance's questions stand beside it."""

    party = SelectField(_("For whom do you apply?"), validate_choice=False)
    standing = RadioField(_("As what?"), validate_choice=False)
    message = TextAreaField(_("A word to those who decide"), WORDS)

    def offer(self, locale: str, mine: Iterable[tuple[Party, PartyFacts]]) -> "JoinForm":
        """Fill in what can be chosen, in the language of the page."""
        self.party.choices = [(str(party), facts.name_in(locale)) for party, facts in mine]
        self.standing.choices = list(names("standing", locale).items())
        return self


class AnswerForm(FlaskForm):
    """One answer; a form asks as many as there are questions."""

    answer = TextAreaField("", [Length(max=LONGEST_ANSWER)])


class InviteForm(FlaskForm):
    """Whom to invite, as what, and until when they may answer."""

    kind = SelectField(_("What is it?"), validate_choice=False)
    name = StringField(_("Name, address or handle"), NAME)
    standing = SelectField(_("As what?"), validate_choice=False)
    message = TextAreaField(_("A word to them"), WORDS)
    days = IntegerField(_("Days to answer"), [NumberRange(min=1, max=LONGEST_INVITATION)], default=INVITED_FOR.days)

    def offer(self, locale: str) -> "InviteForm":
        """Fill in what can be chosen."""
        self.kind.choices = list(names("party", locale).items())
        self.standing.choices = list(names("standing", locale).items())
        return self


class DecisionForm(FlaskForm):
    """A decision with its message; `standing` where something else than what was wished is given."""

    standing = SelectField(_("As what?"), validate_choice=False)
    message = TextAreaField(_("Message"), NEEDED)

    def offer(self, locale: str) -> "DecisionForm":
        """Fill in what can be chosen."""
        self.standing.choices = list(names("standing", locale).items())
        return self


class MessageForm(FlaskForm):
    """A few words that go with a deed."""

    message = TextAreaField(_("Message"), WORDS)


class SponsorForm(FlaskForm):
    """For which member one speaks for an application, and in which words."""

    member = SelectField(_("For whom do you act?"), validate_choice=False)
    message = TextAreaField(_("Why you speak for it"), NEEDED)


class SeatForm(FlaskForm):
    """Who acts for a member, and how."""

    role = SelectField(_("Role"), validate_choice=False)
    handle = StringField(_("Handle"), NAME)

    def offer(self, locale: str) -> "SeatForm":
        """Fill in what can be chosen."""
        self.role.choices = list(names("role", locale).items())
        return self


class AppointForm(FlaskForm):
    """Who gets which office, until when."""

    office = SelectField(_("Office"), validate_choice=False)
    handle = StringField(_("Handle"), NAME)
    ends_on = DateField(_("Until"), [Optional()])

    def offer(self, locale: str) -> "AppointForm":
        """Fill in what can be chosen; leads are named in their group."""
        self.office.choices = [(code, name) for code, name in names("office", locale).items() if code != "lead"]
        return self


class TermForm(FlaskForm):
    """Until when an office is held."""

    ends_on = DateField(_("Until"), [Optional()])


class ResignForm(FlaskForm):
    """Giving an office up, perhaps to a successor."""

    successor = StringField(_("Handle of your successor"), [Length(max=LONGEST_LINE)])
    reason = TextAreaField(_("Reason"), WORDS)


class ReasonForm(FlaskForm):
    """Why something ends."""

    reason = TextAreaField(_("Reason"), WORDS)


class GroupForm(FlaskForm):
    """What a working group is called and for, and who leads it."""

    name = StringField(_("Name"), NAME)
    purpose = TextAreaField(_("What for"), WORDS)
    lead = StringField(_("Handle of its lead"), [Length(max=LONGEST_LINE)])


class HandleForm(FlaskForm):
    """Somebody, by their handle."""

    handle = StringField(_("Handle"), NAME)


class CaseForm(FlaskForm):
    """Why a member should go, and how long it may reply."""

    grounds = TextAreaField(_("Grounds"), NEEDED)
    days = IntegerField(_("Days to reply"), [InputRequired(_("Give a whole number."))])


class ReplyForm(FlaskForm):
    """What the member says to it."""

    reply = TextAreaField(_("Reply"), NEEDED)


class NoteForm(FlaskForm):
    """How a point of the checklist was settled."""

    note = TextAreaField(_("How it was settled"), WORDS)
