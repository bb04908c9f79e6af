"""What the staff do with organisations, and what they note of people: one page for each."""

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.actions import keeping
from accounts.actions.seat_holding import has_admin
from accounts.actions.vouching import document_of_organisation, document_of_person
from accounts.assertions import asserted, asserted_of_organisations
from accounts.organisation_forms import AppointmentForm, DocumentForm, KindForm, ReasonForm, apart, other_kinds
from accounts.organisation_rows import row_of
from accounts.organisations import organisation_at
from accounts.policy import AccountRight, OrganisationRight
from accounts.queries import person_by_handle
from accounts.room import room
from kernel.web import current_viewer

DEEDS = ("kind", "document", "appointment", "closing")


@room.page("/organisations/<slug>/staff", may=OrganisationRight.KEEP, methods=("GET", "POST"))
def keep_organisation(slug: str) -> ResponseReturnValue:
    """Convert its kind, note a document, find an admin, close its page: whichever was sent."""
    viewer, deed = current_viewer(), request.form.get("deed", "")
    found = organisation_at(viewer, slug)
    forms = {
        "kind": KindForm(formdata=request.form if deed == "kind" else None),
        "document": DocumentForm(formdata=request.form if deed == "document" else None),
        "appointment": AppointmentForm(formdata=request.form if deed == "appointment" else None),
        "closing": ReasonForm(formdata=request.form if deed == "closing" else None),
    }
    forms["kind"].kind.choices = {"": _("Choose one"), **other_kinds(found.kind, viewer.locale)}
    for name, one in forms.items():
        apart(one, name)
    form = forms.get(deed)
    if form is not None and form.validate_on_submit():
        with form.attempt():
            _do(deed, slug, form)
        if form.is_fine:
            flash(_("Done; its admins are told, and it stands in the log."), "success")
            return redirect(f"/organisations/{slug}/staff", 303)
    page = render_template(
        "accounts/organisation_staff.html",
        organisation=found,
        row=row_of(found, viewer.locale, asserted_of_organisations([found.id])[found.id]),
        forms=forms,
        is_without_admin=found.closed_at is None and not has_admin(found.id),
    )
    return make_response(page, 422 if form is not None and form.errors else 200)


def _do(deed: str, slug: str, form: KindForm | DocumentForm | AppointmentForm | ReasonForm) -> None:
    viewer = current_viewer()
    if isinstance(form, KindForm):
        keeping.convert_organisation(viewer, slug=slug, kind=form.kind.data, note=form.note.data)
    elif isinstance(form, DocumentForm):
        found = organisation_at(viewer, slug, hold=True)
        document_of_organisation(viewer, found, what=form.what.data, on=form.on.data)
    elif isinstance(form, AppointmentForm):
        keeping.appoint_admin(viewer, slug=slug, handle=form.handle.data, reason=form.reason.data)
    elif deed == "closing":
        keeping.close_organisation(viewer, slug=slug, reason=form.reason.data)


@room.page("/people/<handle>/documents", may=AccountRight.VOUCH, methods=("GET", "POST"))
def documents_of_person(handle: str) -> ResponseReturnValue:
    """Note what was seen of somebody, and withdraw what does not stand."""
    viewer, person = current_viewer(), person_by_handle(handle)
    form = DocumentForm()
    if form.validate_on_submit():
        with form.attempt():
            document_of_person(viewer, person, what=form.what.data, on=form.on.data)
        if form.is_fine:
            flash(_("It stands on their profile now, with its date and your name."), "success")
            return redirect(f"/people/{person.handle}/documents", 303)
    page = render_template(
        "accounts/person_documents.html",
        handle=person.handle,
        name=person.display_name,
        asserted=asserted(person),
        form=form,
    )
    return make_response(page, 422 if form.errors else 200)
