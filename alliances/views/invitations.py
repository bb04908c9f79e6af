"""Inviting parties, and answering."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import invitations as actions
from alliances.actions.admitting import admits
from alliances.charters import charter_of
from alliances.forms.members import InviteForm, MessageForm, put_errors
from alliances.here import Here, here_at
from alliances.models import Application, AskState, Invitation, State
from alliances.parties import Party, spoken_for
from alliances.policy import AllianceRight
from alliances.queries import admission as queries
from alliances.room import room
from alliances.views.members import members_page
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise, can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/invitations", may=AllianceRight.READ_INSIDE)
def invitations(slug: str) -> ResponseReturnValue:
    """Whom the alliance asked, and a form to ask others."""
    here = here_at(current_viewer(), slug)
    authorise(here.viewer, AllianceRight.READ_INSIDE, here)
    return _list_page(here, InviteForm(formdata=None))


def _list_page(here: Here, form: InviteForm) -> str:
    state = request.args.get("state", "")[:10]
    return members_page(
        "alliances/invitations.html",
        here,
        part="invitations",
        page=queries.invitation_page(here.viewer, here, state=state, cursor=request.args.get("cursor")),
        form=form.offer(here.viewer.locale),
        may_invite=can(here.viewer, AllianceRight.INVITE, here),
        state=state,
    )


@room.page("/alliances/<slug>/invitations", may=AllianceRight.INVITE, methods=("POST",), endpoint="invite_party")
@limiter.limit(POSTING)
def send_invitation(slug: str) -> ResponseReturnValue:
    """Ask a party; one that has applied is accepted."""
    viewer, form = current_viewer(), InviteForm()
    if form.validate():
        try:
            made = actions.invite(
                viewer,
                slug=slug,
                kind=form.kind.data or "",
                name=form.name.data,
                standing=form.standing.data or "",
                message=form.message.data or "",
                days=form.days.data,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            here = here_at(viewer, slug)
            if isinstance(made, Application):
                flash(_("It had applied already, and was accepted with that."), "success")
            elif here.alliance.state == State.DRAFT:
                flash(_("The invitation is kept, and sent when the charter is opened for signatures."), "success")
            else:
                flash(_("The invitation was sent."), "success")
            return redirect(f"/alliances/{slug}/invitations", 303)
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.INVITE, here)
    return _list_page(here, form), 422


@room.page("/alliances/<slug>/invitations/<int:invitation_id>", may=AllianceRight.ANSWER_INVITATION)
def invitation(slug: str, invitation_id: int) -> ResponseReturnValue:
    """One invitation, for who was asked and for who asked."""
    return _as_page(here_at(current_viewer(), slug), invitation_id)


def _as_page(
    here: Here, invitation_id: int, *, form: MessageForm | None = None, extra: dict[str, str] | None = None
) -> str:
    row = queries.invitation_at(here.viewer, here, invitation_id)
    asked = row.asked
    is_mine = Party(asked.party_kind, asked.party_id) in spoken_for(here.viewer)
    waits = asked.state == AskState.OPEN and isinstance(asked, Invitation) and asked.expires_at > now()
    return members_page(
        "alliances/invitation.html",
        here,
        part="invitations",
        row=row,
        may_answer=is_mine and waits and here.alliance.state in (State.FORMING, State.ACTIVE),
        may_withdraw=waits and here.is_inside and can(here.viewer, AllianceRight.INVITE, here),
        is_for_members=isinstance(asked, Invitation) and not admits(here.alliance, asked),
        charter=charter_of(here.alliance),
        form=form or MessageForm(formdata=None),
        extra=extra or {},
        is_over=asked.state == AskState.OPEN and not waits,
    )


@room.page(
    "/alliances/<slug>/invitations/<int:invitation_id>/<any(acceptance,refusal,withdrawal):deed>",
    may=AllianceRight.ANSWER_INVITATION,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def answer_invitation(slug: str, invitation_id: int, deed: str) -> ResponseReturnValue:
    """Accept with the charter, decline, or take it back."""
    viewer, form = current_viewer(), MessageForm()
    message, extra = form.message.data or "", {}
    if form.validate():
        try:
            if deed == "acceptance":
                accepted = request.form.get("accepted", "")
                made = actions.accept_invitation(
                    viewer, slug=slug, invitation_id=invitation_id, message=message, accepted=accepted
                )
                alliance = here_at(viewer, slug).alliance
                if alliance.state == State.ACTIVE and not admits(alliance, made):
                    flash(_("You have accepted; now the members decide, and you are told the result."), "success")
                    return redirect(f"/alliances/{slug}/join", 303)
                flash(_("You have accepted the invitation."), "success")
                return redirect(f"/alliances/{slug}", 303)
            if deed == "refusal":
                actions.decline_invitation(viewer, slug=slug, invitation_id=invitation_id, message=message)
                flash(_("You have declined the invitation."), "success")
            else:
                actions.withdraw_invitation(viewer, slug=slug, invitation_id=invitation_id, message=message)
                flash(_("The invitation was taken back."), "success")
            return redirect(f"/alliances/{slug}/invitations/{invitation_id}", 303)
        except InvalidError as error:
            extra = {name: text for name, text in error.errors.items() if name == "accepted"}
            if not extra:
                put_errors(form, error)
    return _as_page(here_at(viewer, slug), invitation_id, form=form, extra=extra), 422
