"""Who hears when the staff look as somebody or turn their second step off: the person, and the log of the staff."""

from accounts.events import StaffHelped
from accounts.kinds import USER
from activity.actions import notify, record_act, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _


@subscribe(StaffHelped)
def log_and_tell(event: StaffHelped) -> None:
    """Only the staff read it in the log: that somebody needed help is nobody else's business."""
    person, act = Ref(USER, event.user_id), f"person.{event.act}"
    record_act(Viewer(user_id=event.actor_id), act=act, ref=person, place=person, audience=STAFF, reason=event.reason)
    take_back_notices(person, event=act)
    notify(
        {event.user_id: "my-account"},
        event=act,
        actor_id=event.actor_id,
        ref=person,
        place=person,
        audience=f"user:{event.user_id}",
    )


@sentence_for("person.impersonate")
def _looked(_notice: Notice, name: str) -> str:
    return _("%(name)s of the staff looked at the site as you; the reason stands in your settings", name=name)


@sentence_for("person.reset-factors")
def _resets(_notice: Notice, name: str) -> str:
    return _("%(name)s of the staff will turn your second step off; the mail says how to stop it", name=name)
