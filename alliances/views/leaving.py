"""A member leaves, and the pages of cases about members."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import cases, leaving
from alliances.forms.members import CaseForm, MessageForm, ReasonForm, ReplyForm, put_errors
from alliances.handover import hand_over
from alliances.here import Here, here_at
from alliances.models import CaseState
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.powers import Power
from alliances.queries import ending as queries
from alliances.queries.members import member_at, people_acting, rows_of
from alliances.queries.offices import terms_as_rows
from alliances.room import room
from alliances.speakers import speaks_for
from alliances.views.members import member_as_page, members_page
from kernel.clock import now
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/members/<int:member_id>/leave", may=AllianceRight.LEAVE)
def leave(slug: str, member_id: int) -> ResponseReturnValue:
    """What has to be settled before the member goes, what stays, and the notice itself."""
    return _leave_page(here_at(current_viewer(), slug), member_id, ReasonForm(formdata=None))


def _leave_page(here: Here, member_id: int, form: ReasonForm) -> str:
    row = member_at(here, member_id)
    is_mine = row.member in here.members or speaks_for(here.viewer, Party(row.member.party_kind, row.member.party_id))
    if not is_mine:
        raise NotFoundError
    settled = hand_over(here.alliance, row.member)
    return members_page(
        "alliances/leave.html",
        here,
        part="members",
        row=rows_of(here, [row.member], is_mine=True)[0],
        settled=settled,
        acting=people_acting(here),
        terms=terms_as_rows(settled.terms),
        needed={term.id for term in settled.needed},
        days=leaving.notice_days(here.alliance, row.member),
        open_proposals=queries.count_open_proposals(row.member),
        form=form,
        me=here.viewer.user_id,
    )


@room.page(
    "/alliances/<slug>/members/<int:member_id>/leave",
    may=AllianceRight.LEAVE,
    methods=("POST",),
    endpoint="give_notice",
)
@limiter.limit(SMALL_DEEDS)
def give_notice(slug: str, member_id: int) -> ResponseReturnValue:
    """Say that the member goes."""
    viewer, form = current_viewer(), ReasonForm()
    if form.validate():
        try:
            member = leaving.leave(viewer, slug=slug, member_id=member_id, reason=form.reason.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            if member.ended_at is not None:
                flash(_("The membership has ended. What was licensed before stays in force."), "success")
                return redirect(f"/alliances/{slug}", 303)
            flash(_("Notice is given. Until its end the member takes part as before."), "success")
            return redirect(f"/alliances/{slug}/members/{member_id}", 303)
    return _leave_page(here_at(viewer, slug), member_id, form), 422


@room.page("/alliances/<slug>/members/<int:member_id>/stay", may=AllianceRight.LEAVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def take_notice_back(slug: str, member_id: int) -> ResponseReturnValue:
    """It stays after all."""
    leaving.stay(current_viewer(), slug=slug, member_id=member_id)
    flash(_("The notice was taken back."), "success")
    return redirect(f"/alliances/{slug}/members/{member_id}", 303)


@room.page("/alliances/<slug>/cases", may=AllianceRight.READ)
def case_list(slug: str) -> ResponseReturnValue:
    """The cases that the viewer may see."""
    here = here_at(current_viewer(), slug)
    page = queries.case_page(here.viewer, here, cursor=request.args.get("cursor"))
    return members_page("alliances/cases.html", here, part="cases", page=page)


@room.page("/alliances/<slug>/members/<int:member_id>/case", may=AllianceRight.BRING_CASE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def bring_case(slug: str, member_id: int) -> ResponseReturnValue:
    """Tell a member why it should go."""
    viewer, form = current_viewer(), CaseForm(prefix="case")
    if form.validate():
        try:
            case = cases.open_case(
                viewer, slug=slug, member_id=member_id, grounds=form.grounds.data, days=form.days.data
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The member was told, and may reply."), "success")
            return _back(slug, case.id)
    return member_as_page(here_at(viewer, slug), member_id, case_form=form), 422


@room.page("/alliances/<slug>/cases/<int:case_id>", may=AllianceRight.ANSWER_INVITATION)
def case(slug: str, case_id: int) -> ResponseReturnValue:
    """The grounds, the reply, the vote: for the member and for the council."""
    return _case_page(here_at(current_viewer(), slug), case_id)


def _case_page(here: Here, case_id: int, *, reply: ReplyForm | None = None, dropping: MessageForm | None = None) -> str:
    row = queries.case_at(here.viewer, here, case_id)
    is_mine = row.member in here.members
    is_theirs = is_mine or speaks_for(here.viewer, Party(row.member.party_kind, row.member.party_id))
    waits = row.case.state == CaseState.OPEN
    leads = not is_mine and here.has(Power.CASES) and can(here.viewer, AllianceRight.BRING_CASE, here)
    return members_page(
        "alliances/case.html",
        here,
        part="cases",
        row=row,
        may_reply=waits and is_theirs,
        may_vote=waits and leads and (bool(row.case.replied_at) or row.case.reply_until <= now()),
        may_drop=waits and leads,
        reply=reply or ReplyForm(formdata=None, prefix="reply", reply=row.case.reply),
        dropping=dropping or MessageForm(formdata=None, prefix="dropping"),
    )


@room.page("/alliances/<slug>/cases/<int:case_id>/reply", may=AllianceRight.ANSWER_INVITATION, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def reply_to_case(slug: str, case_id: int) -> ResponseReturnValue:
    """What the member says to it."""
    viewer, form = current_viewer(), ReplyForm(prefix="reply")
    if form.validate():
        try:
            cases.reply_to_case(viewer, slug=slug, case_id=case_id, reply=form.reply.data)
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("Your reply was sent, and stands beside the grounds."), "success")
            return _back(slug, case_id)
    return _case_page(here_at(viewer, slug), case_id, reply=form), 422


@room.page(
    "/alliances/<slug>/cases/<int:case_id>/<any(vote,dropping):deed>", may=AllianceRight.BRING_CASE, methods=("POST",)
)
@limiter.limit(SMALL_DEEDS)
def move_case(slug: str, case_id: int, deed: str) -> ResponseReturnValue:
    """Let the members vote on it, or let it be."""
    viewer, form = current_viewer(), MessageForm(prefix="dropping")
    if deed == "vote":
        cases.vote_on_case(viewer, slug=slug, case_id=case_id)
        flash(_("The members are asked."), "success")
        return _back(slug, case_id)
    if form.validate():
        try:
            cases.drop_case(viewer, slug=slug, case_id=case_id, message=form.message.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The case was dropped, and the member told."), "success")
            return _back(slug, case_id)
    return _case_page(here_at(viewer, slug), case_id, dropping=form), 422


def _back(slug: str, case_id: int) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/cases/{case_id}", 303)
