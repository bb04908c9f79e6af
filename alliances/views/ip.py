"""Rights among members: the policy, what each brings along, and exclusion notices with their clocks."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from alliances.actions import ip
from alliances.forms.life import BackgroundForm, ExclusionForm, member_choices
from alliances.forms.members import put_errors
from alliances.here import Here, here_at
from alliances.parties import Party, parties
from alliances.policy import AllianceRight
from alliances.queries.ip import adopted_page, background_page
from alliances.room import room
from alliances.views.frame import alliance_page
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.rooms import id_of
from kernel.web import current_viewer


@room.page("/alliances/<slug>/ip", may=AllianceRight.READ_INSIDE)
def rights_among_members(slug: str) -> ResponseReturnValue:
    """The registers."""
    return _page(here_at(current_viewer(), slug))


@room.page("/alliances/<slug>/ip/backgrounds", may=AllianceRight.DECLARE, methods=("POST",))
@limiter.limit(POSTING)
def add_background(slug: str) -> ResponseReturnValue:
    """List something that a member brings along."""
    viewer, form = current_viewer(), BackgroundForm()
    if form.validate():
        try:
            ip.add_background(
                viewer,
                slug=slug,
                member_id=id_of(form.member.data),
                title=form.title.data or "",
                description=form.description.data or "",
                record_number=form.record_number.data or "",
                terms=form.terms.data or "",
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("It stands in the register."), "success")
            return redirect(f"/alliances/{slug}/ip#backgrounds", 303)
    return _page(here_at(viewer, slug), background=form), 422


@room.page("/alliances/<slug>/ip/backgrounds/<int:background_id>/withdrawal", may=AllianceRight.DECLARE,
           methods=("POST",))  # fmt: skip
@limiter.limit(SMALL_DEEDS)
def withdraw_background(slug: str, background_id: int) -> ResponseReturnValue:
    """Take it off the list."""
    ip.withdraw_background(current_viewer(), slug=slug, background_id=background_id)
    flash(_("It was taken back; that it stood there stays."), "success")
    return redirect(f"/alliances/{slug}/ip#backgrounds", 303)


@room.page("/alliances/<slug>/ip/exclusions", may=AllianceRight.DECLARE, methods=("POST",))
@limiter.limit(POSTING)
def file_exclusion(slug: str) -> ResponseReturnValue:
    """Keep rights out of an adopted document."""
    viewer, form = current_viewer(), ExclusionForm()
    if form.validate():
        try:
            ip.file_exclusion(
                viewer,
                slug=slug,
                member_id=id_of(form.member.data),
                version_id=id_of(form.version.data) or 0,
                rights=form.rights.data or "",
                reason=form.reason.data or "",
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The notice is filed, and everybody who reads the document sees it."), "success")
            return redirect(f"/alliances/{slug}/ip#exclusions", 303)
    return _page(here_at(viewer, slug), exclusion=form), 422


@room.page("/alliances/<slug>/ip/exclusions/<int:notice_id>/withdrawal", may=AllianceRight.DECLARE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw_exclusion(slug: str, notice_id: int) -> ResponseReturnValue:
    """License the rights after all."""
    ip.withdraw_exclusion(current_viewer(), slug=slug, notice_id=notice_id)
    flash(_("It was taken back; that it stood there stays."), "success")
    return redirect(f"/alliances/{slug}/ip#exclusions", 303)


def _page(here: Here, *, background: FlaskForm | None = None, exclusion: FlaskForm | None = None) -> str:
    authorise(here.viewer, AllianceRight.READ_INSIDE, here)
    mine = [(member, Party(member.party_kind, member.party_id)) for member in here.members]
    known = parties(party for _member, party in mine)
    choices = member_choices([(member, known[party]) for member, party in mine if party in known], here.viewer.locale)
    forms = (background or BackgroundForm(formdata=None), exclusion or ExclusionForm(formdata=None))
    for form in forms:
        form["member"].choices = choices
    return alliance_page(
        "alliances/ip.html",
        here,
        tab="charter",
        backgrounds=background_page(here, cursor=request.args.get("listed")),
        documents=adopted_page(here, cursor=request.args.get("adopted")),
        background_form=forms[0],
        exclusion_form=forms[1],
        chosen=request.form.get("version", ""),
    )
