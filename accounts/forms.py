"""Shape and length of what people send; the rules themselves are in the actions."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    URLField,
)
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.i18n import LOCALES

ANY_PASSWORD = Length(max=1000)
REQUIRED = InputRequired(_l("Please fill this in."))


class RoomForm(FlaskForm):
    """A form that shows the refusals of an action beside its fields."""

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Run an action; when it refuses, undo what it did so far and take its reasons into the form."""
        try:
            with session().begin_nested():
                yield
        except (InvalidError, ConflictError) as refusal:
            for name, message in refusal.errors.items():
                field = self._fields.get(name)
                if field is not None:
                    field.errors = [*field.errors, message]
            if refusal.detail and not any(name in self._fields for name in refusal.errors):
                self.form_errors: list[str] = [*(self.form_errors or ()), refusal.detail]

    @property
    def is_fine(self) -> bool:
        """Whether nothing was refused."""
        return not self.errors


class SignUpForm(RoomForm):
    """All it takes to become a member."""

    handle = StringField(_l("Handle"), [REQUIRED, Length(max=30)])
    display_name = StringField(_l("Name"), [REQUIRED, Length(max=200)])
    email = EmailField(_l("E-mail address"), [REQUIRED, Length(max=320)])
    password = PasswordField(_l("Password"), [REQUIRED, ANY_PASSWORD])


class SignInForm(RoomForm):
    """Who, and the proof."""

    name = StringField(_l("Handle or e-mail address"), [REQUIRED, Length(max=320)])
    password = PasswordField(_l("Password"), [REQUIRED, ANY_PASSWORD])
    remember = BooleanField(_l("Keep me signed in on this device"))


class ProofForm(RoomForm):
    """That it is still the same person; its names collide with those of no form that waits for the proof."""

    proof_next = HiddenField()
    proof_password = PasswordField(_l("Password"), [ANY_PASSWORD])
    proof_code = StringField(_l("Verification code"), [Length(max=100)])
    proof_credential = HiddenField()


class JoinForm(RoomForm):
    """How somebody wants to be called whom an institution brings; the address only where it vouches for none."""

    handle = StringField(_l("Handle"), [Length(max=30)])
    display_name = StringField(_l("Name"), [Length(max=200)])
    email = EmailField(_l("E-mail address"), [Length(max=320)])


class CodeForm(RoomForm):
    """The second step: a code, or what a passkey signed."""

    code = StringField(_l("Verification code"), [Length(max=100)])
    credential = HiddenField()


class AuthenticatorForm(RoomForm):
    """An app that shows codes: what its owner calls it, its encrypted secret, and its first code."""

    name = StringField(_l("Name of the app or phone"), [REQUIRED, Length(max=200)])
    sealed = HiddenField(validators=[REQUIRED, Length(max=1000)])
    code = StringField(_l("Code that the app shows"), [REQUIRED, Length(max=100)])


class PasskeyForm(RoomForm):
    """A passkey: what its owner calls it, and what the browser made."""

    name = StringField(_l("Name of the passkey"), [REQUIRED, Length(max=200)])
    credential = HiddenField()


class AddressForm(RoomForm):
    """Only an address: for links sent by mail."""

    email = EmailField(_l("E-mail address"), [REQUIRED, Length(max=320)])


class ResetForm(RoomForm):
    """A new password."""

    password = PasswordField(_l("New password"), [REQUIRED, ANY_PASSWORD])
    ends_tokens = BooleanField(_l("Revoke my API tokens too"))


class EmailForm(RoomForm):
    """A new address."""

    email = EmailField(_l("New e-mail address"), [REQUIRED, Length(max=320)])


class ProfileForm(RoomForm):
    """What one says about oneself."""

    display_name = StringField(_l("Name"), [REQUIRED, Length(max=200)])
    affiliation = StringField(_l("Affiliation"), [Length(max=200)])
    affiliation_kind = SelectField(_l("Kind of organisation"), choices={}, validate_choice=False)
    job_title = StringField(_l("Job title"), [Length(max=200)])
    region = SelectField(_l("Region"), choices={}, validate_choice=False)
    fields = StringField(_l("Fields of work"), [Length(max=500)])
    sectors = SelectMultipleField(
        _l("Sectors"),
        choices={},
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    bio = TextAreaField(_l("About you"), [Length(max=20000)])
    website = URLField(_l("Website"), [Length(max=1000)])
    orcid = StringField(_l("ORCID iD"), [Length(max=100)])


class PhotoForm(RoomForm):
    """A picture of oneself."""

    photo = FileField(_l("Photo"), [FileRequired(_l("Please choose a picture first."))])


class TokenForm(RoomForm):
    """A key for a program."""

    name = StringField(_l("What it is for"), [REQUIRED, Length(max=200)])
    scopes = SelectMultipleField(
        _l("What it may do"),
        choices=[
            SelectChoice("read", _l("Read what I may read")),
            SelectChoice("write", _l("Write in my name")),
        ],
        validate_choice=False,
        default=["read"],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    lifetime = SelectField(
        _l("How long it works"),
        choices=[
            SelectChoice("30", _l("30 days")),
            SelectChoice("90", _l("90 days")),
            SelectChoice("365", _l("One year")),
            SelectChoice("", _l("Until I revoke it")),
        ],
        default="90",
    )


class AppearanceForm(RoomForm):
    """How the site looks to one."""

    locale = RadioField(_l("Language"), choices=LOCALES)
    timezone = SelectField(_l("Time zone"), choices={}, validate_choice=False)
    theme = RadioField(
        _l("Colours"),
        choices=[
            SelectChoice("system", _l("As the device")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
    )
