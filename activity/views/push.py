"""The browsers that are told while no page is open: one lets this one be told, ends it, or tries it."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity.policy import ActivityRight
from activity.push.sealing import Browser
from activity.push.sending import push_trial
from activity.push.subscribing import push_no_more, push_to
from activity.queries.push import my_browsers
from activity.room import room
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, TRIALS, limiter
from kernel.web import current_viewer

BACK = "/settings/notices#push"


@room.page("/settings/push", may=ActivityRight.CHOOSE_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def let_push() -> ResponseReturnValue:
    """This browser, as it names itself to a script once its owner has said yes."""
    endpoint, p256dh, auth = (request.form.get(name, "")[:2100] for name in ("endpoint", "p256dh", "auth"))
    push_to(current_viewer(), Browser(endpoint, p256dh, auth))
    return "", 204


@room.page("/settings/push/<int:subscription_id>/end", may=ActivityRight.CHOOSE_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_push(subscription_id: int) -> ResponseReturnValue:
    """Not this one any more."""
    push_no_more(current_viewer(), subscription_id=subscription_id)
    flash(_("Nothing is pushed to that browser any more."), "success")
    return redirect(BACK, 303)


@room.page("/settings/push/<int:subscription_id>/trial", may=ActivityRight.CHOOSE_NOTICES, methods=("POST",))
@limiter.limit(TRIALS)
def try_push(subscription_id: int) -> ResponseReturnValue:
    """Something harmless, to see whether it arrives."""
    viewer = current_viewer()
    if subscription_id not in {row.id for row in my_browsers(viewer)}:
        raise NotFoundError
    push_trial(subscription_id=subscription_id)
    flash(_("A trial is on its way. It should appear within a minute."), "success")
    return redirect(BACK, 303)
