"""People over the API."""

from accounts.login import token_scopes
from accounts.queries import person_by_handle
from accounts.schemas import Me, Person
from kernel.api import endpoint, room
from kernel.policy import Door
from kernel.viewer import Viewer


@endpoint(room, "GET", "/me", may=Door.SIGNED_IN, answers={200: Me})
def me(viewer: Viewer) -> Me:
    """Whose token this is."""
    return Me.of(viewer, scopes=token_scopes())


@endpoint(room, "GET", "/people/<handle>", may=Door.ANYONE, answers={200: Person})
def person(_viewer: Viewer, *, handle: str) -> Person:
    """What somebody tells of themselves."""
    return Person.of(person_by_handle(handle))
