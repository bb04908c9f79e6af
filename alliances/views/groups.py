"""Working groups: the list, the page of one, and who works in it."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import groups as actions
from alliances.forms.members import GroupForm, HandleForm, put_errors
from alliances.here import Here, here_at
from alliances.policy import AllianceRight
from alliances.queries import groups as queries
from alliances.queries.members import people_acting
from alliances.room import room
from alliances.views.members import members_page
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise, can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/groups", may=AllianceRight.READ_INSIDE)
def groups(slug: str) -> ResponseReturnValue:
    """All of them, and a form to open another."""
    here = here_at(current_viewer(), slug)
    authorise(here.viewer, AllianceRight.READ_INSIDE, here)
    return _list_page(here, GroupForm(formdata=None))


def _list_page(here: Here, form: GroupForm) -> str:
    return members_page(
        "alliances/groups.html",
        here,
        part="groups",
        acting=people_acting(here),
        rows=queries.groups_of(here),
        closed=queries.groups_of(here, closed=True),
        form=form,
        may_open=can(here.viewer, AllianceRight.GROUP, (here, None)),
    )


@room.page("/alliances/<slug>/groups", may=AllianceRight.GROUP, methods=("POST",), endpoint="open_working_group")
@limiter.limit(SMALL_DEEDS)
def open_group(slug: str) -> ResponseReturnValue:
    """Open one."""
    viewer, form = current_viewer(), GroupForm()
    if form.validate():
        try:
            group = actions.open_group(
                viewer,
                slug=slug,
                name=form.name.data,
                purpose=form.purpose.data or "",
                lead=form.lead.data or "",
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The working group is open."), "success")
            return _back(slug, group.id)
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.GROUP, (here, None))
    return _list_page(here, form), 422


@room.page("/alliances/<slug>/groups/<int:group_id>", may=AllianceRight.READ)
def group(slug: str, group_id: int) -> ResponseReturnValue:
    """One of them, for the members and for the experts who work in it."""
    return _as_page(here_at(current_viewer(), slug), group_id)


def _as_page(here: Here, group_id: int, *, form: GroupForm | None = None, adding: HandleForm | None = None) -> str:
    view = queries.group_view(here.viewer, here, group_id)
    group = view.group
    may_lead = group.closed_at is None and can(here.viewer, AllianceRight.GROUP, (here, group.id))
    return members_page(
        "alliances/group.html",
        here,
        part="groups",
        acting=people_acting(here) if may_lead else [],
        view=view,
        group=group,
        may_lead=may_lead,
        may_unlead=may_lead and can(here.viewer, AllianceRight.GROUP, (here, None)),
        may_join=group.closed_at is None and not view.is_mine and bool(here.members) and here.is_open,
        may_leave=view.is_mine and here.is_open,
        form=form or GroupForm(formdata=None, prefix="group", name=group.name, purpose=group.purpose),
        adding=adding or HandleForm(formdata=None, prefix="adding"),
    )


@room.page("/alliances/<slug>/groups/<int:group_id>/text", may=AllianceRight.GROUP, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def edit_group(slug: str, group_id: int) -> ResponseReturnValue:
    """Its name and what it is for."""
    viewer, form = current_viewer(), GroupForm(prefix="group")
    if form.validate():
        try:
            actions.edit_group(
                viewer, slug=slug, group_id=group_id, name=form.name.data, purpose=form.purpose.data or ""
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("Saved."), "success")
            return _back(slug, group_id)
    return _as_page(here_at(viewer, slug), group_id, form=form), 422


@room.page("/alliances/<slug>/groups/<int:group_id>/people", may=AllianceRight.GROUP, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def add_to_group(slug: str, group_id: int) -> ResponseReturnValue:
    """Add somebody: of a member, or an expert from outside; or as another lead."""
    viewer, form = current_viewer(), HandleForm(prefix="adding")
    if form.validate():
        try:
            if request.form.get("as") == "lead":
                actions.name_lead(viewer, slug=slug, group_id=group_id, handle=form.handle.data)
            else:
                actions.add_to_group(viewer, slug=slug, group_id=group_id, handle=form.handle.data)
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("They work in the group now, and were told."), "success")
            return _back(slug, group_id)
    return _as_page(here_at(viewer, slug), group_id, adding=form), 422


@room.page(
    "/alliances/<slug>/groups/<int:group_id>/<any(closing,joining,leaving,removal,unleading):deed>",
    may=AllianceRight.ATTEND,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def change_group(slug: str, group_id: int, deed: str) -> ResponseReturnValue:
    """Close it, join or leave it, take somebody out, or end a lead's office."""
    viewer, handle = current_viewer(), request.form.get("handle", "")
    if deed == "closing":
        actions.close_group(viewer, slug=slug, group_id=group_id)
        flash(_("The working group is closed; what it has can still be read."), "success")
    elif deed == "joining":
        actions.join_group(viewer, slug=slug, group_id=group_id)
        flash(_("You work in this group now."), "success")
    elif deed == "leaving":
        actions.leave_group(viewer, slug=slug, group_id=group_id)
        flash(_("You do not work in this group any more."), "success")
        return redirect(f"/alliances/{slug}", 303)
    elif deed == "removal":
        actions.remove_from_group(viewer, slug=slug, group_id=group_id, handle=handle)
        flash(_("They do not work in the group any more."), "success")
    else:
        actions.end_lead(viewer, slug=slug, group_id=group_id, handle=handle)
        flash(_("They do not lead the group any more."), "success")
    return _back(slug, group_id)


def _back(slug: str, group_id: int) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/groups/{group_id}", 303)
