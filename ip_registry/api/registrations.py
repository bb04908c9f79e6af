from ip_registry.actions.registering import Checked, register_checked
from ip_registry.addresses import parse_number, record_url
from ip_registry.envelopes.leaves import FIRST, parse_leaf
from ip_registry.policy import RegistryRight
from ip_registry.proving import Proven, proven, proven_at
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.proofs import entry_at, entry_of, paths, proof_text
from ip_registry.schemas import (
    BatchGiven,
    BatchMade,
    PlacedItem,
    RegistrationGiven,
    RegistrationMade,
    RegistrationShown,
)
from ip_registry.sequencing import sequenced
from ip_registry.together import register_together
from kernel.api import Answer, Later, endpoint, link, read_key, room
from kernel.errors import ConflictError, NotFoundError
from kernel.limits import POSTING, REGISTERING
from kernel.viewer import Viewer
from kernel.words import gettext as _
from ledger.encoding import to_base64


@endpoint(
    room,
    "POST",
    "/registrations",
    may=RegistryRight.REGISTER,
    body=RegistrationGiven,
    check=lambda body: [body.checked],
    answers={201: RegistrationMade},
    limit=REGISTERING,
    refusals=(403, 409, 503),
)
def post_registration(viewer: Viewer, *, body: RegistrationGiven, checked: list[Checked]) -> Later:
    """Register a leaf. The answer comes when it stands in a durable signed checkpoint; sent again, it is the same."""
    del body
    (one,) = checked
    if read_key() is None:
        return Later(lambda: _made(proven_at(register_together(viewer, one), one.leaf_hash)))
    register_checked(viewer, checked)  # a refusal undoes the claim of the key with everything else
    return Later(lambda: _made(proven(one.leaf_hash)))


@endpoint(
    room,
    "POST",
    "/registrations:batch",
    may=RegistryRight.REGISTER,
    body=BatchGiven,
    check=lambda body: [item.checked for item in body.items],
    answers={201: BatchMade},
    limit=POSTING,
    refusals=(403, 409, 503),
)
def post_registrations(viewer: Viewer, *, body: BatchGiven, checked: list[Checked]) -> Later:
    """Register up to 10,000 leaves at once, all or none; their proofs share one checkpoint."""
    del body
    register_checked(viewer, checked)
    return Later(lambda: _all_made([one.leaf_hash for one in checked]))


@endpoint(
    room,
    "GET",
    "/registrations/<number>",
    may=RegistryRight.READ,
    answers={200: RegistrationShown},
)
def get_registration(_viewer: Viewer, *, number: str) -> RegistrationShown:
    """A record as the log shows it to everybody, with its proof under the newest checkpoint."""
    wanted = parse_number(number)
    if wanted is None:
        raise NotFoundError
    entry = entry_at(*wanted)
    if parse_leaf(entry.leaf).type not in FIRST:
        raise NotFoundError
    return RegistrationShown(
        number=entry.number,
        index=entry.index,
        leaf_hash=entry.leaf_hash.hex(),
        leaf=entry.leaf.decode(),
        url=link(record_url(entry.number)),
        proof=proof_text(entry.index, label=entry.label),
    )


def _made(made: Proven) -> Answer:
    shown = RegistrationMade(
        number=made.number,
        index=made.index,
        leaf_hash=made.leaf_hash,
        url=link(record_url(made.number)),
        proof=made.proof,
    )
    return Answer(shown, 201, location=f"/api/v1/registrations/{made.number}")


def _all_made(hashes: list[bytes]) -> Answer:
    for leaf_hash in hashes:
        sequenced(leaf_hash)
    entries = [entry for entry in map(entry_of, hashes) if entry is not None]
    if len({entry.log_id for entry in entries}) > 1:
        raise ConflictError(_("These leaves stand in different logs. All were accepted: ask for each by its number."))
    under = latest_checkpoint(entries[0].label)
    items = [
        PlacedItem(
            number=entry.number,
            index=entry.index,
            leaf_hash=entry.leaf_hash.hex(),
            url=link(record_url(entry.number)),
            path=[to_base64(one) for one in path],
        )
        for entry, path in zip(entries, paths(under, [entry.index for entry in entries]), strict=True)
    ]
    first = link(f"/api/v1/registrations/{items[0].number}")
    return Answer(BatchMade(items=items, checkpoint=under.note), 201, first)
