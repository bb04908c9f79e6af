"""What one hears of, and how: by topic, and for each thing that one follows."""

from collections.abc import Mapping

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity import labels
from activity.actions import choose, level_named, mail_follow
from activity.actions import follow as set_level
from activity.channels import channels
from activity.models import Level
from activity.naming import ref_in
from activity.policy import ActivityRight
from activity.push.sealing import public_key
from activity.queries import follow_row, follows_page
from activity.queries.digests import latest_digest
from activity.queries.push import my_browsers
from activity.room import room
from activity.topics import Cadence, Topic, Wish
from activity.wishes import wishes_of
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.web import current_viewer, safe_next


@room.page("/settings/notices", may=ActivityRight.CHOOSE_NOTICES)
def notice_settings() -> ResponseReturnValue:
    """Each topic, and through which channels it comes."""
    viewer = current_viewer()
    return render_template(
        "activity/settings_notices.html",
        tab="notices",
        wishes=wishes_of(viewer.me),
        topics=labels.topics(),
        cadences=labels.cadences(),
        has_push="push" in channels(),
        browsers=my_browsers(viewer),
        push_key=public_key(),
        digest=latest_digest(viewer),
    )


@room.page("/settings/notices", may=ActivityRight.CHOOSE_NOTICES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def choose_notices() -> ResponseReturnValue:
    """As the form says; what it does not name stays."""
    viewer = current_viewer()
    before = wishes_of(viewer.me)
    choose(
        viewer,
        {topic: _wish(request.form, topic, was) for topic, was in before.items() if f"mail-{topic}" in request.form},
    )
    flash(_("From now on you hear of things as you chose."), "success")
    return redirect("/settings/notices", 303)


@room.page("/settings/follows", may=ActivityRight.FOLLOW)
def my_follows() -> ResponseReturnValue:
    """All that one follows or muted; on top the one whose rule a notice named."""
    viewer = current_viewer()
    page = follows_page(viewer, cursor=request.args.get("cursor"))
    named = follow_row(viewer, ref_in(request.args)) if request.args.get("kind") else None
    rows = [row for row in page.items if named is None or row.ref != named.ref]
    return render_template(
        "activity/settings_follows.html",
        tab="follows",
        page=page,
        rows=[named, *rows] if named else rows,
        named=named.ref if named else None,
        was_named=bool(request.args.get("kind")),
        levels=labels.levels(),
        cadences=labels.cadences(),
        kind_name=labels.kind_name,
    )


@room.page("/settings/follows", may=ActivityRight.FOLLOW, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def change_follow() -> ResponseReturnValue:
    """Hear more or less of one of them, or by mail more or less often."""
    viewer, ref = current_viewer(), ref_in(request.form)
    level = level_named(request.form.get("level", ""))
    set_level(viewer, ref=ref, level=level)
    if level is not Level.NORMAL:
        mail = request.form.get("mail", "")
        mail_follow(viewer, ref=ref, mail=_cadence(mail) if mail else None)
    return redirect(safe_next(request.form.get("next"), default="/settings/follows"), 303)


def _wish(form: Mapping[str, str], topic: Topic, was: Wish) -> Wish:
    """A push that is not offered stays as it was."""
    push = f"push-{topic}" in form if "push" in channels() else was.push
    return Wish(bell=f"bell-{topic}" in form, mail=_cadence(form[f"mail-{topic}"]), push=push)


def _cadence(name: str) -> Cadence:
    try:
        return Cadence(name)
    except ValueError:
        raise InvalidError(_("This choice is not known here.")) from None
