"""Organisations: the directory, a page, founding and describing one."""

from collections.abc import Sequence

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.actions.organisations import change_organisation, claim_domain, found_organisation, release_domain
from accounts.assertions import asserted_of_organisations, mail_host, public_mail_hosts
from accounts.models import Organisation, SeatState
from accounts.organisation_directory import (
    WantedOrganisations,
    organisation_counts,
    organisation_facets,
    organisation_page,
)
from accounts.organisation_facts import read_facts
from accounts.organisation_forms import OrganisationForm, SeatForm, organisation_form, role_names
from accounts.organisation_kinds import PATENT_FIRM, organisation_kinds, sub_kinds_of
from accounts.organisation_rows import OrganisationRow, about_of, holder_of_code, row_of, similar_organisations
from accounts.organisations import my_seat, organisation_at, organisations_of, people_of, reads_mail_at
from accounts.places import regions
from accounts.policy import OrganisationRight
from accounts.queries import my_account
from accounts.room import room
from kernel.errors import InvalidError
from kernel.i18n import guess_lang
from kernel.limits import POSTING, SMALL_DEEDS, is_write, limiter
from kernel.policy import authorise, can
from kernel.viewer import Viewer
from kernel.web import current_viewer

SOME_PEOPLE = 8


@room.page("/organisations", may=OrganisationRight.READ)
def organisations() -> ResponseReturnValue:
    """The directory, under facets with their counts."""
    viewer, wanted = current_viewer(), WantedOrganisations.from_args(request.args)
    counts = organisation_counts(viewer, wanted)
    return render_template(
        "accounts/organisations.html",
        page=organisation_page(viewer, wanted, cursor=request.args.get("cursor")),
        total=counts.total,
        facets=organisation_facets(wanted, counts, locale=viewer.locale),
        mine=[row_of(one, viewer.locale) for one in organisations_of(viewer)],
    )


@room.page("/organisations/new", may=OrganisationRight.FOUND, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def new_organisation() -> ResponseReturnValue:
    """Choose the kind, say what it is; where one of its name is here already, look at that first."""
    viewer = current_viewer()
    authorise(viewer, OrganisationRight.FOUND)
    kind = request.values.get("kind", "")
    kinds = organisation_kinds(viewer.locale)
    if kind not in kinds:
        examples = {slug: list(sub_kinds_of(slug, viewer.locale).values())[:3] for slug in kinds}
        return render_template("accounts/organisation_kinds.html", kinds=kinds, examples=examples)
    form = organisation_form(kind, viewer.locale)
    if not form.validate_on_submit():
        return _form_page(form, kind)
    with form.attempt():
        read_facts(form.facts(kind))
    if not form.is_fine:
        return _form_page(form, kind)
    if "is_other" not in request.form:
        names = (form.name.data, form.name_en.data or "")
        similar = {row.id: row for name in names for row in similar_organisations(viewer, name)}
        if similar:
            return _form_page(form, kind, similar=list(similar.values()))
    made: list[Organisation] = []
    with form.attempt():
        made.append(found_organisation(viewer, form.facts(kind)))
    if not form.is_fine or not made:
        return _form_page(form, kind)
    flash(_("The page stands, and you are its admin. Add your colleagues next."), "success")
    return redirect(f"/organisations/{made[0].slug}", 303)


@room.page("/organisations/<slug>", may=OrganisationRight.READ)
def organisation(slug: str) -> ResponseReturnValue:
    """What it says of itself, what was checked of it, who belongs to it, and how one joins."""
    return organisation_view(organisation_at(current_viewer(), slug))


@room.page("/organisations/<slug>/edit", may=OrganisationRight.EDIT, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def edit_organisation(slug: str) -> ResponseReturnValue:
    """Say it anew."""
    viewer = current_viewer()
    found = organisation_at(viewer, slug, hold=is_write())
    authorise(viewer, OrganisationRight.EDIT, found)
    form = organisation_form(found.kind, viewer.locale, found)
    if form.validate_on_submit():
        with form.attempt():
            change_organisation(viewer, found, form.facts(found.kind))
        if form.is_fine:
            flash(_("Saved."), "success")
            return redirect(f"/organisations/{slug}", 303)
    return _form_page(form, found.kind, organisation=found)


@room.page("/organisations/<slug>/domain", may=OrganisationRight.LEAD, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def domain(slug: str) -> ResponseReturnValue:
    """Claim the domain at which one reads mail, or let it go."""
    viewer = current_viewer()
    found = organisation_at(viewer, slug, hold=True)
    if "release" in request.form:
        release_domain(viewer, found)
        flash(_("Nobody joins by their address any more."), "success")
    else:
        try:
            claimed = claim_domain(viewer, found)
        except InvalidError as refusal:
            flash(refusal.detail, "error")
        else:
            flash(_("Whoever reads mail at %(domain)s can join at once now.", domain=claimed), "success")
    return redirect(f"/organisations/{slug}/people", 303)


def organisation_view(found: Organisation, form: SeatForm | None = None) -> ResponseReturnValue:
    """The page; with `form`, what was typed when asking for a seat."""
    viewer = current_viewer()
    page = render_template(
        "accounts/organisation.html",
        organisation=found,
        row=row_of(found, viewer.locale, asserted_of_organisations([found.id])[found.id]),
        about=about_of(found),
        about_lang=guess_lang(found.about),
        people=people_of(viewer, found.id, limit=SOME_PEOPLE),
        roles=role_names(),
        seat=my_seat(viewer, found.id),
        state=SeatState,
        walks_in=_walks_in(viewer, found),
        form=form or SeatForm(formdata=None),
        may_edit=can(viewer, OrganisationRight.EDIT, found),
        may_lead=can(viewer, OrganisationRight.LEAD, found),
    )
    return make_response(page, 422 if form and form.errors else 200)


def claimable(viewer: Viewer) -> str:
    """The domain that the viewer could claim, or nothing."""
    host = mail_host(my_account(viewer))
    return "" if host in public_mail_hosts() else host


def _walks_in(viewer: Viewer, found: Organisation) -> bool:
    return viewer.is_member and bool(found.mail_domain) and reads_mail_at(my_account(viewer), found.mail_domain)


def _form_page(
    form: OrganisationForm,
    kind: str,
    *,
    organisation: Organisation | None = None,
    similar: Sequence[OrganisationRow] = (),
) -> ResponseReturnValue:
    viewer = current_viewer()
    is_taken = bool(form.code.errors) and bool(form.code.data)
    page = render_template(
        "accounts/organisation_form.html",
        form=form,
        kind=kind,
        kind_name=organisation_kinds(viewer.locale)[kind],
        organisation=organisation,
        similar=similar,
        holder=holder_of_code(viewer, form.code.data.strip().upper()) if is_taken else None,
        is_patent_firm=kind == PATENT_FIRM,
        may_lead=organisation is None or can(viewer, OrganisationRight.LEAD, organisation),
        places=list(regions(viewer.locale).values()),
    )
    return make_response(page, 422 if form.errors or similar else 200)
