"""One's own settings: profile, account, sessions, appearance."""

from datetime import datetime
from typing import NamedTuple

from flask import flash, make_response, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import login
from accounts.actions import credentials, profiles, registration, signing
from accounts.actions.photos import change_photo, portrait, remove_photo
from accounts.avatars import avatar_url
from accounts.devices import device_of, place_of
from accounts.forms import AppearanceForm, EmailForm, PhotoForm, ProfileForm, ResetForm
from accounts.places import affiliation_kinds, regions, zone_choices
from accounts.policy import AccountRight
from accounts.queries import my_account, my_sessions
from accounts.room import room
from accounts.sectors import sectors
from accounts.security_log import log_line, my_impersonations, way_of
from kernel.errors import InvalidError
from kernel.limits import SIGNING, limiter
from kernel.web import current_viewer
from kernel.work import step_aside

WRITTEN = ("display_name", "affiliation", "affiliation_kind", "job_title", "region", "bio", "website", "orcid")


class SessionLine(NamedTuple):
    """A session as its owner recognises it."""

    id: int
    device: str
    place: str
    way: str
    since: datetime
    seen_at: datetime
    is_this: bool


@room.page("/settings", may=AccountRight.EDIT_PROFILE, methods=("GET", "POST"))
def settings() -> ResponseReturnValue:
    """The profile."""
    form = _profile_form()
    if form.validate_on_submit():
        facts = {name: value or "" for name, value in form.data.items() if name in WRITTEN}
        with form.attempt():
            profiles.change_profile(
                current_viewer(), **facts, fields=_split(form.fields.data), sectors=form.sectors.data or ()
            )
        if form.is_fine:
            flash(_("Your profile is saved."), "success")
            return redirect("/settings", 303)
    return _profile_page(form, PhotoForm(formdata=None))


@room.page("/settings/photo", may=AccountRight.EDIT_PROFILE, methods=("POST",))
def photo() -> ResponseReturnValue:
    """A new photo."""
    form = PhotoForm()
    if form.validate_on_submit():
        viewer, sent = current_viewer(), form.photo.data
        step_aside()
        try:
            picture = portrait(sent.stream, name=sent.filename)
        except InvalidError as refusal:
            form.photo.errors = list(refusal.errors.values())
            return _profile_page(_profile_form(is_sent=False), form)
        with form.attempt():
            change_photo(viewer, picture=picture)
        if form.is_fine:
            flash(_("Your photo is saved."), "success")
            return redirect("/settings", 303)
    return _profile_page(_profile_form(is_sent=False), form)


@room.page("/settings/photo/remove", may=AccountRight.EDIT_PROFILE, methods=("POST",))
def remove_my_photo() -> ResponseReturnValue:
    """Back to the initials."""
    remove_photo(current_viewer())
    flash(_("Your photo is removed."), "success")
    return redirect("/settings", 303)


@room.page("/settings/account", may=AccountRight.CHANGE_SIGN_IN)
def account() -> ResponseReturnValue:
    """Address and password."""
    return _account_page(EmailForm(formdata=None), ResetForm(formdata=None))


@room.page("/settings/email", may=AccountRight.CHANGE_SIGN_IN, methods=("POST",))
@limiter.limit(SIGNING)
def change_email() -> ResponseReturnValue:
    """Ask for a new address."""
    form = EmailForm()
    if form.validate_on_submit():
        with form.attempt():
            credentials.change_email(current_viewer(), email=form.email.data)
        if form.is_fine:
            flash(_("A link is on its way to the new address; it counts once you have confirmed it."), "success")
            return redirect("/settings/account", 303)
    return _account_page(form, ResetForm(formdata=None))


@room.page("/settings/confirmation", may=AccountRight.CHANGE_SIGN_IN, methods=("POST",))
@limiter.limit(SIGNING)
def confirmation() -> ResponseReturnValue:
    """Send me the confirming link once more."""
    viewer = current_viewer()
    registration.send_confirmation_again(viewer, email=my_account(viewer).email)
    flash(_("Another link is on its way."), "success")
    return redirect("/settings/account", 303)


@room.page("/settings/password", may=AccountRight.CHANGE_SIGN_IN, methods=("POST",))
@limiter.limit(SIGNING)
def change_password() -> ResponseReturnValue:
    """A new password."""
    form = ResetForm()
    if form.validate_on_submit():
        with form.attempt():
            credentials.change_password(
                current_viewer(), password=form.password.data, ends_tokens=form.ends_tokens.data
            )
        if form.is_fine:
            flash(_("Your password is changed, and you are signed out everywhere else."), "success")
            return redirect("/settings/account", 303)
    return _account_page(EmailForm(formdata=None), form)


@room.page("/settings/sessions", may=AccountRight.CHANGE_SIGN_IN)
def sessions() -> ResponseReturnValue:
    """Where I am signed in."""
    viewer = current_viewer()
    lines = [
        SessionLine(
            row.id,
            device_of(row.user_agent),
            place_of(row.ip),
            way_of(row.way) if row.way else "",
            row.created_at,
            row.last_seen_at,
            row.id == viewer.session_id,
        )
        for row in my_sessions(viewer)
    ]
    return render_template(
        "accounts/settings_sessions.html",
        tab="sessions",
        sessions=lines,
        impersonations=[log_line(event) for event in my_impersonations(viewer)],
    )


@room.page("/settings/sessions/<int:session_id>/revoke", may=AccountRight.CHANGE_SIGN_IN, methods=("POST",))
def revoke_session(session_id: int) -> ResponseReturnValue:
    """End one of them."""
    viewer = current_viewer()
    signing.revoke_session(viewer, session_id=session_id)
    if session_id == viewer.session_id:
        login.close_session()
        return redirect("/", 303)
    flash(_("That session is over."), "success")
    return redirect("/settings/sessions", 303)


@room.page("/settings/sessions/revoke-others", may=AccountRight.CHANGE_SIGN_IN, methods=("POST",))
def revoke_other_sessions() -> ResponseReturnValue:
    """End all but this one."""
    signing.revoke_other_sessions(current_viewer())
    flash(_("You are signed out everywhere else."), "success")
    return redirect("/settings/sessions", 303)


@room.page("/settings/appearance", may=AccountRight.EDIT_PROFILE, methods=("GET", "POST"))
def appearance() -> ResponseReturnValue:
    """Language, time zone, colours."""
    viewer = current_viewer()
    user = my_account(viewer)
    form = AppearanceForm(obj=user)
    form.timezone.choices = zone_choices(user.timezone, viewer.locale)
    if form.validate_on_submit():
        with form.attempt():
            profiles.change_appearance(
                viewer, locale=form.locale.data, timezone=form.timezone.data, theme=form.theme.data
            )
        if form.is_fine:
            return redirect("/settings/appearance", 303)
    page = render_template("accounts/settings_appearance.html", tab="appearance", form=form)
    return make_response(page, 422 if form.errors else 200)


def _profile_page(form: ProfileForm, photo_form: PhotoForm) -> ResponseReturnValue:
    user = my_account(current_viewer())
    page = render_template(
        "accounts/settings_profile.html",
        tab="profile",
        form=form,
        photo_form=photo_form,
        photo_url=avatar_url(user.handle, user.avatar_hash),
    )
    return make_response(page, 422 if form.errors or photo_form.errors else 200)


def _account_page(email_form: EmailForm, password_form: ResetForm) -> ResponseReturnValue:
    user = my_account(current_viewer())
    page = render_template(
        "accounts/settings_account.html",
        tab="account",
        email=user.email,
        is_confirmed=user.email_confirmed_at is not None,
        email_form=email_form,
        password_form=password_form,
    )
    return make_response(page, 422 if email_form.errors or password_form.errors else 200)


def _profile_form(*, is_sent: bool = True) -> ProfileForm:
    """As sent, or as stored where nothing of it was sent."""
    viewer = current_viewer()
    user = my_account(viewer)
    stored = {name: getattr(user, name) for name in (*WRITTEN, "sectors")} | {"fields": ", ".join(user.fields)}
    form = ProfileForm(data=stored) if is_sent else ProfileForm(formdata=None, data=stored)
    form.affiliation_kind.choices = {"": _("Not said"), **affiliation_kinds(viewer.locale)}
    form.region.choices = {"": _("Not said, or abroad"), **regions(viewer.locale)}
    form.sectors.choices = sectors(viewer.locale)
    return form


def _split(text: str) -> list[str]:
    for mark in "，、；;":
        text = text.replace(mark, ",")
    return text.split(",")
