"""How listings and needs are published that had to be approved first: as drafts of their owners, as they were then."""

from collections.abc import Mapping
from typing import Any

from kernel.db import session
from kernel.errors import ConflictError, NotFoundError
from kernel.refs import Card, Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.subjects import Verb, register_verb
from resources.actions.listings import publish_listing
from resources.actions.needs import publish_need
from resources.addresses import listing_url
from resources.contributions import LISTING, NEED, PUBLISH_LISTING, PUBLISH_NEED, said_by
from resources.models import Listing, Need
from resources.need_addresses import need_url


def _listing(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    _must_be_the_same(session().get(Listing, payload["id"]), payload)
    made = publish_listing(viewer, listing_id=payload["id"])
    return Card(Ref(LISTING, made.id), made.title, listing_url(made.id, made.slug), made.lang)


def _need(viewer: Viewer, payload: Mapping[str, Any]) -> Card:
    _must_be_the_same(session().get(Need, payload["id"]), payload)
    made = publish_need(viewer, need_id=payload["id"])
    return Card(Ref(NEED, made.id), made.title, need_url(made.id, made.slug), made.lang)


def _must_be_the_same(thing: Listing | Need | None, payload: Mapping[str, Any]) -> None:
    """What is approved is what was read."""
    if thing is None:
        raise NotFoundError
    if [thing.title, said_by(thing)] != payload["said"]:
        raise ConflictError(_("Its owner has changed it since; it waits until they publish it again."))


for _name, _publish in ((PUBLISH_LISTING, _listing), (PUBLISH_NEED, _need)):
    register_verb(Verb(_name, _publish))
