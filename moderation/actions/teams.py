"""The moderators of a community: appointed and dismissed by the staff, and every change written down."""

import re

from sqlalchemy import select

from accounts.actions.grants import grant, revoke
from accounts.events import GrantChanged
from accounts.models import User
from activity.actions import record_act
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.events import subscribe
from kernel.refs import Ref, cards
from kernel.viewer import PUBLIC, STAFF, Viewer
from kernel.words import gettext as _

COMMUNITY, USER = "forum.community", "accounts.user"
APPOINT, DISMISS = "moderator.appoint", "moderator.dismiss"
_OF_COMMUNITY = re.compile(r"moderator:(\d+)")


def appoint(viewer: Viewer, *, community_id: int, handle: str) -> User:
    """Let somebody look after a community."""
    _must_exist(viewer, community_id)
    name = handle.strip().removeprefix("@").lower()
    person = session().scalar(
        select(User).where(User.handle == name, User.suspended_at.is_(None), User.email_confirmed_at.is_not(None))
    )
    if person is None:
        raise InvalidError(errors={"handle": _("Nobody here goes by this handle.")})
    grant(viewer, user_id=person.id, token=f"moderator:{community_id}")
    return person


def dismiss(viewer: Viewer, *, community_id: int, handle: str) -> User:
    """They look after it no more; what they decided stands."""
    _must_exist(viewer, community_id)
    person = session().scalar(select(User).where(User.handle == handle.lower()))
    if person is None:
        raise NotFoundError
    revoke(viewer, user_id=person.id, token=f"moderator:{community_id}")
    return person


@subscribe(GrantChanged)
def write_down(event: GrantChanged) -> None:
    """Who appoints and dismisses stands in the log; what a rule gives, not. That somebody was dismissed is for few."""
    named = _OF_COMMUNITY.fullmatch(event.token)
    if named is None or event.actor_id is None:
        return
    act = APPOINT if event.is_held else DISMISS
    place = Ref(COMMUNITY, int(named[1]))
    audience = PUBLIC if event.is_held else STAFF
    record_act(Viewer(user_id=event.actor_id), act=act, ref=Ref(USER, event.user_id), place=place, audience=audience)


def _must_exist(viewer: Viewer, community_id: int) -> None:
    ref = Ref(COMMUNITY, community_id)
    if ref not in cards(viewer, [ref]):
        raise NotFoundError
