from ip_registry.actions.file_stamps import stamp_file
from ip_registry.policy import RegistryRight
from ip_registry.queries.file_stamps import file_stamps
from ip_registry.record_loading import record_at
from ip_registry.stamp_schemas import StampList, StampShown, StampWish
from ip_registry.time.configured import configured_authorities
from kernel.api import Answer, Later, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer


@endpoint(
    room,
    "GET",
    "/registrations/<number>/stamps",
    may=RegistryRight.MANAGE,
    answers={200: StampList},
    refusals=(403,),
)
def list_registration_stamps(viewer: Viewer, *, number: str) -> StampList:
    """The time stamps over single files of your record, with the tokens that came."""
    return StampList(items=[StampShown.of(row) for row in file_stamps(viewer, record_at(viewer, number))])


@endpoint(
    room,
    "POST",
    "/registrations/<number>/stamps",
    may=RegistryRight.MANAGE,
    body=StampWish,
    answers={202: StampList},
    limit=POSTING,
    refusals=(403, 409),
)
def post_registration_stamp(viewer: Viewer, *, number: str, body: StampWish) -> Later:
    """Have the time authorities stamp one file itself, beside the log. They are shown its bare SHA-256, and no more.

    The stamps are there within moments, or as soon as an authority answers.
    """
    record = record_at(viewer, number)
    stamp_file(viewer, record=record, path=body.path, authorities=configured_authorities())
    # Made afterwards, so that no kept answer tells the file's hash when the record is erased.
    return Later(lambda: Answer(StampList(items=[StampShown.of(row) for row in file_stamps(viewer, record)]), 202))
