"""People's photos; their profiles are pages of the portal, because they show what other rooms know."""

from flask import make_response
from flask.typing import ResponseReturnValue

from accounts.avatars import HASH_IN_URL
from accounts.blobs import blob_store
from accounts.queries import person_by_handle
from accounts.room import room
from kernel.errors import NotFoundError
from kernel.policy import Door

FOREVER = "public, max-age=31536000, immutable"


@room.page("/people/<handle>/avatar/<digest>.webp", may=Door.ANYONE)
def avatar(handle: str, digest: str) -> ResponseReturnValue:
    """The present photo under its present address; an older address shows nothing."""
    person = person_by_handle(handle)
    if person.avatar_hash is None or person.avatar_hash[:HASH_IN_URL] != digest:
        raise NotFoundError
    with blob_store().open(person.avatar_hash) as stored:
        response = make_response(stored.read())
    response.content_type = "image/webp"
    response.headers["Cache-Control"] = FOREVER
    return response
