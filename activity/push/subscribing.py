"""A person lets a browser be told while no page is open, and takes that back."""

from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import delete, or_, select

from activity.models import PushSubscription
from activity.policy import ActivityRight
from activity.push.sealing import Browser
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.http import ForbiddenAddressError, Reach, check_address
from kernel.ids import hash_token
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST = 10


def reach_of(endpoint: str) -> Reach:
    """Anywhere only for the push services that the operator named; for all others, the open internet."""
    parts = urlsplit(endpoint)
    return Reach.NAMED if f"{parts.scheme}://{parts.netloc}" in current_app.config["PUSH_SERVICES"] else Reach.PUBLIC


def push_to(viewer: Viewer, browser: Browser) -> PushSubscription:
    """From now on this browser is told, as long as this session lasts; whoever it was told for before, no more."""
    authorise(viewer, ActivityRight.CHOOSE_NOTICES)
    if viewer.session_id is None:
        raise NotFoundError
    parts = _checked(browser)
    endpoint_hash = hash_token(browser.endpoint)
    again = or_(PushSubscription.endpoint_hash == endpoint_hash, PushSubscription.session_id == viewer.session_id)
    session().execute(delete(PushSubscription).where(again))
    mine = select(PushSubscription.id).where(PushSubscription.user_id == viewer.me)
    too_many = session().scalars(mine.order_by(PushSubscription.id.desc()).offset(MOST - 1)).all()
    session().execute(delete(PushSubscription).where(PushSubscription.id.in_(too_many)))
    row = PushSubscription(
        user_id=viewer.me,
        session_id=viewer.session_id,
        endpoint_hash=endpoint_hash,
        service=parts,
        sealed=browser.kept(),
    )
    session().add(row)
    session().flush()
    return row


def push_no_more(viewer: Viewer, *, subscription_id: int) -> None:
    """One of my browsers is not told any more."""
    authorise(viewer, ActivityRight.CHOOSE_NOTICES)
    mine = select(PushSubscription).where(PushSubscription.id == subscription_id, PushSubscription.user_id == viewer.me)
    row = session().scalars(mine).one_or_none()
    if row is None:
        raise NotFoundError
    session().delete(row)


def _checked(browser: Browser) -> str:
    """The host of a push service that may be asked; raises `InvalidError`."""
    reach = reach_of(browser.endpoint)
    try:
        parts = check_address(browser.endpoint, reach=reach)
    except ForbiddenAddressError:
        raise InvalidError(_("This browser names a push service that cannot be reached from here.")) from None
    if (parts.scheme != "https" and reach is Reach.PUBLIC) or not browser.is_sound:
        raise InvalidError(_("This browser names a push service that cannot be reached from here."))
    return (parts.hostname or "")[:255]
