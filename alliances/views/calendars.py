"""Calendars for programs: one event, an alliance's, and one's own over all alliances at a secret address."""

from collections.abc import Iterable

from flask import Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import calendar_keys as keys
from alliances.here import here_at
from alliances.models import Alliance, Event
from alliances.policy import AllianceRight
from alliances.queries import events as queries
from alliances.room import room
from alliances.views.events import BASE
from kernel.i18n import speaking
from kernel.limits import SIGNING, limiter
from kernel.web import current_viewer

MEDIA_TYPE = "text/calendar; charset=utf-8"


@room.page(f"{BASE}/<int:event_id>.ics", may=AllianceRight.READ)
def event_ics(slug: str, event_id: int) -> ResponseReturnValue:
    """One event, to be put into a calendar."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    found = queries.one_for_calendar(here, event_id)
    content = _calendar([found], name=found[0].title, locale=viewer.locale)
    return _answer(content, name=f"event-{event_id}.ics")


@room.page("/alliances/<slug>/events.ics", may=AllianceRight.READ)
def alliance_ics(slug: str) -> ResponseReturnValue:
    """The calendar of an alliance; whoever is not signed in, as calendar programs are not, sees what is public."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    name = here.alliance.name_in(viewer.locale)
    content = _calendar(queries.feed_of_alliance(viewer, here), name=name, locale=viewer.locale)
    return _answer(content, name=f"{here.alliance.slug}.ics")


@room.page("/calendars", may=AllianceRight.SUBSCRIBE, methods=("GET", "POST"))
@limiter.limit(SIGNING, methods=["POST"])
def calendars() -> ResponseReturnValue:
    """My secret addresses, and a new one; it is on the page that answers, and never again."""
    viewer = current_viewer()
    secret = keys.make_key(viewer) if request.method == "POST" else ""
    page = render_template(
        "alliances/calendars.html",
        keys=keys.my_keys(viewer),
        address=_base() + url_for("alliances.personal_ics", token=secret) if secret else "",
    )
    response = make_response(page, 201 if secret else 200)
    if secret:
        response.headers["Cache-Control"] = "no-store"
    return response


@room.page("/calendars/<int:key_id>/revocation", may=AllianceRight.SUBSCRIBE, methods=("POST",))
def revoke_calendar(key_id: int) -> ResponseReturnValue:
    """An address shows nothing any more."""
    keys.revoke_key(current_viewer(), key_id=key_id)
    flash(_("This address shows nothing any more."), "success")
    return redirect("/calendars", 303)


@room.page("/calendars/<token>.ics", may=AllianceRight.READ)
def personal_ics(token: str) -> ResponseReturnValue:
    """What its owner may see at this moment, over all their alliances."""
    owner = keys.viewer_of_key(token)
    with speaking(owner.locale):
        content = _calendar(queries.feed_of_person(owner), name=_("My alliances"), locale=owner.locale)
    return _answer(content, name="alliances.ics")


def _base() -> str:
    return str(current_app.config["BASE_URL"])


def _calendar(events: Iterable[tuple[Event, Alliance]], *, name: str, locale: str) -> bytes:
    from alliances.calendars import calendar_of  # its library takes long to load

    return calendar_of(events, base_url=_base(), name=name, locale=locale)


def _answer(content: bytes, *, name: str) -> Response:
    response = make_response(content)
    response.headers["Content-Type"] = MEDIA_TYPE
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.add_etag()
    response.make_conditional(request)
    return response
