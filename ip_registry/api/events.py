from ip_registry.actions.disclosing import keep_presigned
from ip_registry.actions.erasing import erase
from ip_registry.actions.events import add_event
from ip_registry.event_schemas import ErasureShown, EventGiven, EventList, EventMade, EventShown
from ip_registry.policy import RegistryRight
from ip_registry.proving import proven
from ip_registry.queries.erasure import erasure_of
from ip_registry.queries.records import record_view
from ip_registry.record_loading import record_at
from kernel.api import Answer, Later, endpoint, room
from kernel.limits import POSTING
from kernel.policy import Door
from kernel.viewer import Viewer


@endpoint(room, "GET", "/registrations/<number>/events", may=RegistryRight.READ, answers={200: EventList})
def list_registration_events(viewer: Viewer, *, number: str) -> EventList:
    """The life of a record. Of a sealed one, everybody but its parties is told what the log shows, and no more."""
    return EventList(items=[EventShown.of(row) for row in record_view(viewer, number).events])


@endpoint(
    room,
    "POST",
    "/registrations/<number>/events",
    may=Door.MEMBER,
    body=EventGiven,
    answers={201: EventMade},
    limit=POSTING,
    refusals=(403, 409, 503),
)
def post_registration_event(viewer: Viewer, *, number: str, body: EventGiven) -> Later:
    """Add an event to a record. The answer comes when its leaf stands in a durable signed checkpoint."""
    event = add_event(
        viewer,
        record=record_at(viewer, number),
        leaf=body.leaf.encode(),
        details=body.details,
        salt=None if body.salt is None else bytes.fromhex(body.salt),
        password=body.password,
    )
    if body.then is not None:
        signed = body.then
        keep_presigned(
            viewer, record=record_at(viewer, number), leaf=signed.leaf, details=signed.details, salt=signed.salt
        )
    leaf_hash = event.leaf_hash
    return Later(lambda: _made(leaf_hash, number))


@endpoint(
    room,
    "DELETE",
    "/registrations/<number>/deposit",
    may=RegistryRight.MANAGE,
    answers={200: ErasureShown},
    refusals=(403,),
)
def delete_registration_deposit(viewer: Viewer, *, number: str) -> ErasureShown:
    """Erase what opens your record, for good, and get the certificate of that. Its leaves in the log go mute."""
    erase(viewer, record=record_at(viewer, number))
    return ErasureShown.of(erasure_of(viewer, number))


def _made(leaf_hash: bytes, number: str) -> Answer:
    made = proven(leaf_hash)
    shown = EventMade(index=made.index, leaf_hash=made.leaf_hash, proof=made.proof)
    return Answer(shown, 201, location=f"/api/v1/registrations/{number}/events")
