"""Shape and length of what is typed into an act on a record; what is allowed is decided by the actions.

A browser that signs fills in `leaf`, `details` and `salt`. One without script sends the plain fields: they become the
details of an event that the registry signs, if the key of the record is kept here.
"""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from accounts.forms import RoomForm

LONGEST_NAME = 200
LONGEST_HANDLE = 64
LONGEST_REASON = 2000
LONGEST_STATEMENT = 4000
LONGEST_KEY = 200

REASON = [Length(max=LONGEST_REASON)]
STATEMENT = [InputRequired(_("Write what the log shall commit to.")), Length(max=LONGEST_STATEMENT)]


def _words(typed: str | None) -> str:
    return (typed or "").strip()


def _text(typed: str | None) -> str:
    return (typed or "").replace("\r\n", "\n")


def _if_any(typed: str | None) -> str | None:
    return _words(typed) or None


def _handle(typed: str | None) -> str | None:
    return _words(typed).lstrip("@") or None


def _day(typed: date | None) -> str | None:
    return typed.isoformat() if typed else None


def _some(chosen: list[str] | None) -> list[str] | None:
    return chosen or None


def _number(typed: int | None) -> int | None:
    return typed


class ActForm(RoomForm):
    """One act. `leaf`, `details` and `salt` come from a browser that signed; they are empty without script.

    `says` names the fields that become the details of the event, and how each is read.
    """

    says: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    leaf = HiddenField()
    details = HiddenField()
    salt = HiddenField()

    def facts(self) -> dict[str, Any]:
        """What was typed, as the details of the event have it, without version and record."""
        return {name: read(self[name].data) for name, read in self.says.items()}

    @property
    def unseen_errors(self) -> list[str]:
        """What was refused and belongs to no field that is seen."""
        unseen = [field for field in self if isinstance(field.widget, HiddenInput)]
        return [*(self.form_errors or ()), *(error for field in unseen for error in field.errors)]

    def forget_signature(self) -> None:
        """What was signed and refused is of no more use: the form is signed anew."""
        for name in ("leaf", "details", "salt", "then"):
            if name in self:
                self[name].data = ""

    def offer(self, **choices: list[tuple[str, str]]) -> None:
        """Fill in what can be chosen, where this form has such a field."""
        for name, some in choices.items():
            if name in self:
                self[name].choices = some


class RevealForm(ActForm):
    """Show everything to everybody, single files to everybody, or all or some of it to one person."""

    says = MappingProxyType({"scope": _words, "paths": _some, "to": _handle})

    scope = HiddenField(default="public")
    to = StringField(_("To whom"), [Length(max=LONGEST_HANDLE)])
    paths = SelectMultipleField(
        _("Files"), validate_choice=False, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    is_understood = BooleanField(_("I have read this, and I want to publish"))


class EmbargoForm(ActForm):
    """Until when a record stays sealed, and what happens on the day.

    `then` is the disclosure of that day as a browser signed it beforehand: leaf, details and salt as JSON.
    """

    says = MappingProxyType({"until": _day, "mode": _words})

    then = HiddenField()
    until = DateField(_("Sealed until"), [Optional()])
    mode = RadioField(
        _("On that day"),
        choices=[SelectChoice("remind", _("Remind me; nothing is published")), SelectChoice("reveal", _("Publish it"))],
        default="remind",
    )


class ConsentForm(ActForm):
    """A named author says: yes, this is also my work, and I agree to its registration."""

    says = MappingProxyType({"author": _number, "id_commit": _words})

    author = IntegerField(widget=HiddenInput())
    id_commit = HiddenField()


class DeclineForm(ActForm):
    """A named author says no; this is told to the owner and not logged."""

    message = TextAreaField(_("Why not"), REASON)


class AssignForm(ActForm):
    """Hand a record over. It changes hands when the next owner accepts with the key named here."""

    says = MappingProxyType({"to": _handle, "to_name": _words, "note": _text})

    to = StringField(_("Their account here"), [Length(max=LONGEST_HANDLE)])
    to_name = StringField(_("Next owner"), [InputRequired(_("Say who it is.")), Length(max=LONGEST_NAME)])
    next_key = StringField(_("Their public key"), [Length(max=LONGEST_KEY)])
    note = TextAreaField(_("Note"), REASON)


class AcceptForm(ActForm):
    """Take over a record that was assigned."""

    says = MappingProxyType({"assign": _words})

    assign = HiddenField()


class LicenceForm(ActForm):
    """Let somebody use the work."""

    says = MappingProxyType({"to_name": _words, "terms": _text, "exclusive": bool, "until": _day})

    to_name = StringField(_("Licensee"), [InputRequired(_("Say who it is.")), Length(max=LONGEST_NAME)])
    terms = TextAreaField(_("Terms"), STATEMENT)
    exclusive = BooleanField(_("Exclusive: nobody else gets a licence while it lasts"))
    until = DateField(_("Until"), [Optional()])


class WithdrawForm(ActForm):
    """Say that one does not stand by a record any more. The proof stays."""

    says = MappingProxyType({"reason": _text})

    reason = TextAreaField(_("Reason"), REASON)


class DisputeForm(ActForm):
    """Put a contrary statement beside somebody else's record."""

    says = MappingProxyType({"statement": _text, "own_record": _if_any})

    statement = TextAreaField(_("Your statement"), STATEMENT)
    own_record = SelectField(_("A record of your own as evidence"), validate_choice=False)


class AnswerForm(ActForm):
    """The owner answers a dispute."""

    says = MappingProxyType({"dispute": _words, "statement": _text})

    dispute = HiddenField()
    statement = TextAreaField(_("Your answer"), STATEMENT)


class KeyRotateForm(ActForm):
    """Replace the key that signs for a record, seven days after everybody could see it coming."""

    says = MappingProxyType({"reason": _text})

    reason = TextAreaField(_("Reason"), REASON)
    is_lost = BooleanField(_("The present key is lost, so the new one signs"))
    password = PasswordField(_("Your password"), [InputRequired(_("Your password is asked for again here."))])


class EraseForm(ActForm):
    """Delete what opens a record. The owner types its number, so that nobody erases by a slip."""

    number = StringField(_("Number of the record"), [InputRequired(_("Type the number to confirm."))])


FORMS: Mapping[str, type[ActForm]] = {
    "reveal": RevealForm,
    "embargo": EmbargoForm,
    "consent": ConsentForm,
    "decline": DeclineForm,
    "assign": AssignForm,
    "accept": AcceptForm,
    "licence": LicenceForm,
    "withdraw": WithdrawForm,
    "dispute": DisputeForm,
    "answer": AnswerForm,
    "key-rotate": KeyRotateForm,
    "erase": EraseForm,
}
