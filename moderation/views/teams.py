"""The moderators of a community, and how they came to be."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from accounts.policy import AccountRight
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.refs import Ref, cards
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.teams import COMMUNITY, appoint, dismiss
from moderation.forms import AppointForm
from moderation.queries.teams import changes_of, team_of
from moderation.room import room


@room.page("/moderators/<int:community_id>", may=Door.ANYONE)
def team(community_id: int) -> ResponseReturnValue:
    """Who looks after the community, and since when."""
    return _page(community_id, AppointForm(formdata=None))


@room.page("/moderators/<int:community_id>", may=AccountRight.GRANT, methods=("POST",), endpoint="appoint_moderator")
@limiter.limit(SMALL_DEEDS)
def appoint_moderator(community_id: int) -> ResponseReturnValue:
    """The staff let somebody look after it."""
    form = AppointForm()
    if form.validate():
        with form.attempt():
            appoint(current_viewer(), community_id=community_id, handle=form.handle.data or "")
        if form.is_fine:
            flash(_("From now on they look after it."), "success")
            return redirect(f"/moderators/{community_id}", 303)
    return _page(community_id, form), 422


@room.page("/moderators/<int:community_id>/<handle>/dismissal", may=AccountRight.GRANT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def dismiss_moderator(community_id: int, handle: str) -> ResponseReturnValue:
    """They look after it no more."""
    dismiss(current_viewer(), community_id=community_id, handle=handle)
    flash(_("They look after it no more; what they decided stands."), "success")
    return redirect(f"/moderators/{community_id}", 303)


def _page(community_id: int, form: AppointForm) -> str:
    viewer, ref = current_viewer(), Ref(COMMUNITY, community_id)
    card = cards(viewer, [ref]).get(ref)
    if card is None:
        raise NotFoundError
    history = changes_of(viewer, community_id, cursor=request.args.get("cursor"))
    return render_template("moderation/team.html", card=card, people=team_of(community_id), page=history, form=form)
