"""Secret addresses at which calendar programs read the events of one's alliances."""

from alliances.actions import calendar_keys as keys
from alliances.policy import AllianceRight
from alliances.schemas.calendars import KeyList, KeyMade, KeyShown
from kernel.api import Answer, endpoint, link, read_key, room
from kernel.errors import InvalidError
from kernel.limits import SIGNING
from kernel.viewer import Viewer
from kernel.words import gettext as _


@endpoint(room, "GET", "/calendars", may=AllianceRight.SUBSCRIBE, answers={200: KeyList})
def list_calendars(viewer: Viewer) -> KeyList:
    """Your addresses that work; what they are was told when they were made."""
    return KeyList(items=[KeyShown(id=key.id, created_at=key.created_at) for key in keys.my_keys(viewer)])


@endpoint(
    room, "POST", "/calendars", may=AllianceRight.SUBSCRIBE, answers={201: KeyMade}, limit=SIGNING, refusals=(409,)
)
def post_calendar(viewer: Viewer) -> Answer:
    """A new address. It takes no `Idempotency-Key`: what is kept under it would be the secret itself."""
    if read_key() is not None:
        raise InvalidError(
            _("A secret address is made without an idempotency key."),
            errors={"Idempotency-Key": _("What is kept under it would be the secret itself.")},
        )
    secret = keys.make_key(viewer)
    key = keys.my_keys(viewer)[0]
    made = KeyMade(id=key.id, created_at=key.created_at, address=link(f"/calendars/{secret}.ics"))
    return Answer(made, 201, "/api/v1/calendars")


@endpoint(room, "DELETE", "/calendars/<int:key_id>", may=AllianceRight.SUBSCRIBE, answers={204: None})
def delete_calendar(viewer: Viewer, *, key_id: int) -> None:
    """The address shows nothing any more."""
    keys.revoke_key(viewer, key_id=key_id)
