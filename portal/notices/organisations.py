"""Who is told of what around organisations, how it reads, and what of it stands in the log of acts."""

from accounts.events import PersonVouched, SeatMoved, StaffActed
from accounts.kinds import ORGANISATION, SEAT, USER
from accounts.organisations import people_with_role
from accounts.policy import admin_token
from activity.actions import notify, record_act, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _

TO_ADMINS = {"asked", "joined", "left", "declined"}
TO_HOLDER = {"invited", "refused", "added", "appointed", "role", "removed"}


@subscribe(SeatMoved)
def tell_of_seat(event: SeatMoved) -> None:
    """The other side hears of it: its holder, or those who act for the organisation."""
    seat = Ref(SEAT, event.seat_id)
    if event.deed in {"withdrawn", "accepted", "refused", "joined", "added"}:
        take_back_notices(seat, event="seat.asked")
    if event.deed == "withdrawn":
        take_back_notices(seat, event="seat.invited")
    is_holder = event.actor_id == event.user_id
    if event.deed in TO_ADMINS or (event.deed == "accepted" and is_holder):
        _tell_admins(event, seat)
    elif event.deed in TO_HOLDER or event.deed == "accepted":
        take_back_notices(seat, event=f"seat.{event.deed}")
        notify(
            {event.user_id: "my-seat"},
            event=f"seat.{event.deed}",
            actor_id=event.actor_id,
            ref=seat,
            place=Ref(ORGANISATION, event.organisation_id),
            audience=f"user:{event.user_id}",
        )


@subscribe(PersonVouched)
def tell_person(event: PersonVouched) -> None:
    """Something stands on their profile from now on."""
    place = Ref(USER, event.user_id) if event.organisation_id is None else Ref(ORGANISATION, event.organisation_id)
    said = "person.document" if event.organisation_id is None else "person.vouched"
    take_back_notices(place, event=said)
    notify(
        {event.user_id: "vouched"},
        event=said,
        actor_id=event.actor_id,
        ref=place,
        place=place,
        audience=f"user:{event.user_id}",
    )


@subscribe(StaffActed)
def log_and_tell(event: StaffActed) -> None:
    """Everybody may read what the staff did; whoever acts for the organisation is told."""
    of_person = event.organisation_id is None
    ref = Ref(USER, event.user_id or 0) if of_person else Ref(ORGANISATION, event.organisation_id or 0)
    actor = Viewer(user_id=event.actor_id)
    record_act(actor, act=event.act, ref=ref, place=ref, audience=PUBLIC, reason=event.reason)
    if of_person and event.act == "person.withdraw-assertion":
        take_back_notices(ref, event=event.act)
        told = {event.user_id or 0: "vouched"}
        notify(told, event=event.act, actor_id=event.actor_id, ref=ref, place=ref, audience=f"user:{ref.id}")
    if not of_person:
        take_back_notices(ref, event=event.act)
        notify(
            {admin.id: "my-organisation" for admin in people_with_role(ref.id)},
            event=event.act,
            actor_id=event.actor_id,
            ref=ref,
            place=ref,
            audience=admin_token(ref.id),
        )


def _tell_admins(event: SeatMoved, seat: Ref) -> None:
    deed = "took" if event.deed == "accepted" else event.deed
    notify(
        {admin.id: "my-organisation" for admin in people_with_role(event.organisation_id)},
        event=f"seat.{deed}",
        actor_id=event.user_id,
        ref=seat,
        place=Ref(ORGANISATION, event.organisation_id),
        audience=admin_token(event.organisation_id),
    )


@sentence_for("seat.asked")
def _asked(_notice: Notice, name: str) -> str:
    return _("%(name)s asks for a seat", name=name)


@sentence_for("seat.joined")
def _joined(_notice: Notice, name: str) -> str:
    return _("%(name)s joined by their address", name=name)


@sentence_for("seat.left")
def _left(_notice: Notice, name: str) -> str:
    return _("%(name)s has left", name=name)


@sentence_for("seat.declined")
def _declined(_notice: Notice, name: str) -> str:
    return _("%(name)s declined the invitation", name=name)


@sentence_for("seat.took")
def _took(_notice: Notice, name: str) -> str:
    return _("%(name)s accepted the invitation", name=name)


@sentence_for("seat.invited")
def _invited(_notice: Notice, name: str) -> str:
    return _("%(name)s invites you to take a seat", name=name)


@sentence_for("seat.accepted")
def _accepted(_notice: Notice, name: str) -> str:
    return _("%(name)s gave you the seat that you asked for", name=name)


@sentence_for("seat.refused")
def _refused(_notice: Notice, name: str) -> str:
    return _("%(name)s refused your request for a seat; the reason stands on the page", name=name)


@sentence_for("seat.added")
def _added(_notice: Notice, name: str) -> str:
    return _("%(name)s added you as a colleague", name=name)


@sentence_for("seat.appointed")
def _appointed(_notice: Notice, _name: str) -> str:
    return _("The staff made you an admin")


@sentence_for("seat.role")
def _role(_notice: Notice, name: str) -> str:
    return _("%(name)s gave you another role", name=name)


@sentence_for("seat.removed")
def _removed(_notice: Notice, name: str) -> str:
    return _("%(name)s ended your seat; the reason stands on the page", name=name)


@sentence_for("person.vouched")
def _vouched(_notice: Notice, name: str) -> str:
    return _("%(name)s said for the organisation that you work there", name=name)


@sentence_for("person.document")
def _document(_notice: Notice, _name: str) -> str:
    return _("The staff noted a document of yours on your profile")


@sentence_for("person.withdraw-assertion")
def _withdrew_of_person(_notice: Notice, _name: str) -> str:
    return _("The staff withdrew what was asserted of you; the reason stands in the log")


@sentence_for("organisation.convert")
def _converted(_notice: Notice, _name: str) -> str:
    return _("The staff converted the kind of your organisation; the reason stands in the log")


@sentence_for("organisation.document")
def _seen(_notice: Notice, _name: str) -> str:
    return _("The staff noted a document of your organisation")


@sentence_for("organisation.withdraw-assertion")
def _withdrew(_notice: Notice, _name: str) -> str:
    return _("The staff withdrew what was asserted of your organisation; the reason stands in the log")


@sentence_for("organisation.appoint")
def _appoint(_notice: Notice, _name: str) -> str:
    return _("The staff appointed an admin of your organisation")
