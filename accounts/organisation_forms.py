"""Shape and length of what people send about organisations; the rules themselves are in the actions."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, SelectMultipleField, StringField, TextAreaField, URLField
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from accounts.forms import REQUIRED, RoomForm
from accounts.models import Organisation, SeatRole
from accounts.organisation_facts import OrganisationFacts
from accounts.organisation_kinds import organisation_kinds, sub_kinds_of
from accounts.places import place_name
from accounts.sectors import sectors


class OrganisationForm(RoomForm):
    """What an organisation says of itself."""

    name = StringField(_l("Registered name"), [REQUIRED, Length(max=300)])
    name_en = StringField(_l("Name in English"), [Length(max=300)])
    sub_kinds = SelectMultipleField(
        _l("Known as"),
        choices={},
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    code = StringField(_l("Unified social credit code"), [Length(max=60)])
    licence_number = StringField(_l("Licence number"), [Length(max=100)])
    region = StringField(_l("Province or city"), [Length(max=60)])
    sectors = SelectMultipleField(
        _l("Sectors"),
        choices={},
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    about = TextAreaField(_l("About it"), [Length(max=40000)])
    website = URLField(_l("Website"), [Length(max=1000)])

    def facts(self, kind: str) -> OrganisationFacts:
        """As it was typed."""
        return OrganisationFacts(
            kind=kind,
            sub_kinds=tuple(self.sub_kinds.data or ()),
            sectors=tuple(self.sectors.data or ()),
            **{
                name: self.data[name] or ""
                for name in ("name", "name_en", "code", "licence_number", "region", "about", "website")
            },
        )


def organisation_form(kind: str, locale: str, organisation: Organisation | None = None) -> OrganisationForm:
    """As sent, or as it is stored, with the choices of its kind."""
    stored = {}
    if organisation is not None:
        stored = {name: getattr(organisation, name) for name in OrganisationForm().data if name != "csrf_token"}
        stored["region"] = place_name(organisation.region, locale)
    form = OrganisationForm(data=stored)
    form.sub_kinds.choices = sub_kinds_of(kind, locale)
    form.sectors.choices = sectors(locale)
    return form


class SeatForm(RoomForm):
    """Asking for a seat."""

    title = StringField(_l("Your position there"), [Length(max=200)])
    message = TextAreaField(_l("To its admins"), [Length(max=2000)])


class InvitationForm(RoomForm):
    """Offering one."""

    handle = StringField(_l("Handle"), [REQUIRED, Length(max=40)])
    role = SelectField(_l("Role"), choices={}, validate_choice=False, default=SeatRole.MEMBER.value)
    title = StringField(_l("Position"), [Length(max=200)])
    message = TextAreaField(_l("Message"), [Length(max=2000)])


class ColleagueForm(RoomForm):
    """Giving one to somebody whose address proves that they belong here."""

    handle = StringField(_l("Handle"), [REQUIRED, Length(max=40)])
    title = StringField(_l("Position"), [Length(max=200)])


class KindForm(RoomForm):
    """Another kind, and why."""

    kind = SelectField(_l("Kind"), choices={}, validate_choice=False)
    note = TextAreaField(_l("Note to its admins"), [REQUIRED, Length(max=1000)])


class DocumentForm(RoomForm):
    """What the staff saw, and when."""

    what = StringField(_l("What was seen"), [REQUIRED, Length(max=1000)])
    on = DateField(_l("On which day"), [Optional()])


class AppointmentForm(RoomForm):
    """Who is to act for an organisation where nobody can."""

    handle = StringField(_l("Handle"), [REQUIRED, Length(max=40)])
    reason = TextAreaField(_l("Reason"), [REQUIRED, Length(max=1000)])


class ReasonForm(RoomForm):
    """Why something ends."""

    reason = TextAreaField(_l("Reason"), [REQUIRED, Length(max=1000)])


def apart(form: RoomForm, place: str) -> None:
    """Give the fields ids of their own where a page has several forms."""
    for field in form:
        field.id = f"{place}-{field.name}"


def role_names() -> dict[str, str]:
    """The roles, from the least."""
    return {SeatRole.MEMBER.value: _("Member"), SeatRole.EDITOR.value: _("Editor"), SeatRole.ADMIN.value: _("Admin")}


def outcome_names() -> dict[str, str]:
    """How a seat, or a request for one, ended."""
    return {
        "refused": _("Request refused"),
        "declined": _("Invitation declined"),
        "withdrawn": _("Taken back"),
        "left": _("Left"),
        "removed": _("Seat ended by an admin"),
        "closed": _("Page closed"),
    }


def other_kinds(kind: str, locale: str) -> dict[str, str]:
    """What it could be converted to."""
    return {slug: name for slug, name in organisation_kinds(locale).items() if slug != kind}
