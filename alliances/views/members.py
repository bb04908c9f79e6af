"""Who belongs to an alliance, and what one does for a member: who acts for it, what it is, whether it stays."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.places import place_name
from alliances.actions import seats
from alliances.actions.cases import case_of
from alliances.forms.members import CaseForm, DecisionForm, SeatForm, put_errors
from alliances.here import Here, here_at
from alliances.models import PartyKind, Role
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.powers import Power
from alliances.queries import members as queries
from alliances.queries.admission import count_waiting, is_slow_to_answer
from alliances.room import room
from alliances.rules import number_for
from alliances.speakers import speaks_for
from alliances.views.frame import alliance_page
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/members", may=AllianceRight.READ)
def members(slug: str) -> ResponseReturnValue:
    """Everybody who belongs to it; inside, also who acts for them, and who belonged before."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    former = "former" in request.args and here.is_inside
    standing = request.args.get("standing", "")[:10]
    cursor = request.args.get("cursor")
    if former:
        page = queries.member_page(here, state=None, cursor=cursor)
    else:
        page = queries.member_page(here, standing=standing, cursor=cursor)
    return members_page(
        "alliances/members.html",
        here,
        part="members",
        page=page,
        former=former,
        standing=standing,
        counts=queries.member_counts(here),
        mine=queries.my_members(here),
        is_slow=is_slow_to_answer(here.alliance.id),
    )


def members_page(template: str, here: Here, *, part: str, **facts: object) -> str:
    """A page under the members' tab, with the ways between its parts."""
    locale = here.viewer.locale
    named = {"place": lambda region: place_name(region, locale)}
    return alliance_page(template, here, tab="members", part=part, parts=parts(here), **named, **facts)


def parts(here: Here) -> list[tuple[str, str, str, int | None]]:
    """What stands under this tab for this viewer: name, label, address, and how many wait."""
    url = here.alliance.url
    found: list[tuple[str, str, str, int | None]] = [
        ("members", _("Members"), f"{url}/members", None),
        ("offices", _("Offices"), f"{url}/offices", None),
    ]
    if here.is_inside:
        found.append(("groups", _("Working groups"), f"{url}/groups", None))
    decides = here.is_in_council or (bool(here.voices) and here.alliance.admission in ("vote", "sponsors"))
    if decides:
        found.append(("applications", _("Applications"), f"{url}/applications", count_waiting(here)))
    if here.is_in_council:
        found += [
            ("invitations", _("Invitations"), f"{url}/invitations", None),
            ("cases", _("Cases"), f"{url}/cases", None),
        ]
    if here.is_inside:
        found.append(("ending", _("Archive and dissolution"), f"{url}/archive", None))
    return found


@room.page("/alliances/<slug>/members/<int:member_id>", may=AllianceRight.READ)
def member(slug: str, member_id: int) -> ResponseReturnValue:
    """One member: what it is, who acts for it, and what the viewer may do about that."""
    return member_as_page(here_at(current_viewer(), slug), member_id)


def member_as_page(
    here: Here,
    member_id: int,
    *,
    seat_form: SeatForm | None = None,
    standing_form: DecisionForm | None = None,
    case_form: CaseForm | None = None,
) -> str:
    """The page of a member, with what was typed into a form that was refused."""
    viewer = here.viewer
    row = queries.member_at(here, member_id)
    party = Party(row.member.party_kind, row.member.party_id)
    is_mine = any(one.id == member_id for one in here.members)
    represents = any(one.member.id == member_id and one.role == Role.REPRESENTATIVE for one in here.acting)
    is_ours = represents or speaks_for(viewer, party)
    if is_ours and not here.is_inside:
        row = queries.rows_of(here, [row.member], is_mine=True)[0]
    days = number_for(here.alliance, "reply_days")
    return members_page(
        "alliances/member.html",
        here,
        part="members",
        row=row,
        is_ours=is_ours,
        may_seat=is_ours and here.is_open and row.member.party_kind != PartyKind.PERSON,
        may_change=not is_mine and can(viewer, AllianceRight.ADMIT, here),
        may_accuse=not is_mine and can(viewer, AllianceRight.BRING_CASE, here) and here.has(Power.CASES),
        case=case_of(member_id) if here.is_in_council or is_ours else None,
        seat_form=(seat_form or SeatForm(formdata=None, prefix="seat")).offer(viewer.locale),
        standing_form=(
            standing_form or DecisionForm(formdata=None, prefix="standing", standing=row.member.standing)
        ).offer(viewer.locale),
        case_form=case_form or CaseForm(formdata=None, prefix="case", days=days),
        candidates=queries.colleagues(party) if is_ours else [],
    )


@room.page("/alliances/<slug>/members/<int:member_id>/seats", may=AllianceRight.SEAT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def give_seat(slug: str, member_id: int) -> ResponseReturnValue:
    """Somebody acts for the member from now on."""
    viewer, form = current_viewer(), SeatForm(prefix="seat")
    if form.validate():
        try:
            seats.name_seat(viewer, slug=slug, member_id=member_id, role=form.role.data or "", handle=form.handle.data)
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("They act for the member now, and were told."), "success")
            return _back(slug, member_id)
    return member_as_page(here_at(viewer, slug), member_id, seat_form=form), 422


@room.page("/alliances/<slug>/members/<int:member_id>/seats/end", may=AllianceRight.SEAT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_seat(slug: str, member_id: int) -> ResponseReturnValue:
    """They act for it no more."""
    seats.end_seat(current_viewer(), slug=slug, member_id=member_id, handle=request.form.get("handle", ""))
    flash(_("They do not act for the member any more."), "success")
    return _back(slug, member_id)


@room.page("/alliances/<slug>/members/<int:member_id>/standing", may=AllianceRight.ADMIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def change_standing(slug: str, member_id: int) -> ResponseReturnValue:
    """Full, associate or observer, with the reason."""
    viewer, form = current_viewer(), DecisionForm(prefix="standing")
    if form.validate():
        try:
            seats.set_standing(
                viewer,
                slug=slug,
                member_id=member_id,
                standing=form.standing.data or "",
                message=form.message.data,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The standing was changed; the reason stands in the log."), "success")
            return _back(slug, member_id)
    return member_as_page(here_at(viewer, slug), member_id, standing_form=form), 422


def _back(slug: str, member_id: int) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/members/{member_id}", 303)
