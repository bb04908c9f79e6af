"""People over the API."""

from accounts.assertions import asserted
from accounts.login import token_scopes
from accounts.organisation_schemas import PersonShown
from accounts.organisations import workplaces
from accounts.queries import person_by_handle
from accounts.schemas import Me
from kernel.api import endpoint, room
from kernel.policy import Door
from kernel.viewer import Viewer


@endpoint(room, "GET", "/me", may=Door.SIGNED_IN, answers={200: Me})
def me(viewer: Viewer) -> Me:
    """Whose token this is."""
    return Me.of(viewer, scopes=token_scopes())


@endpoint(room, "GET", "/people/<handle>", may=Door.ANYONE, answers={200: PersonShown})
def person(viewer: Viewer, *, handle: str) -> PersonShown:
    """What somebody tells of themselves, where they have a seat, and what of it was checked by whom."""
    user = person_by_handle(handle)
    return PersonShown.of_page(user, workplaces(viewer, [user.id]).get(user.id, []), asserted(user))
