from typing import Any
from urllib.parse import quote

from flask import Response, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.actions import drafts as actions
from forum.cooking import LONGEST_BODY, cook_post
from forum.models import Draft
from forum.policy import ForumRight
from forum.queries import drafts as queries
from forum.room import room
from kernel.errors import InvalidError, NotFoundError, TooLargeError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.texts import clean_body
from kernel.web import current_viewer, problem, safe_next


@room.page("/drafts", may=ForumRight.DRAFT)
def drafts() -> ResponseReturnValue:
    """The drafts of whoever asks, each with a link to where it continues."""
    return render_template("forum/drafts.html", drafts=queries.drafts(current_viewer()))


@room.page("/drafts/<path:place>", may=ForumRight.DRAFT)
def draft(place: str) -> ResponseReturnValue:
    """The draft of a place, for the script that restores it."""
    found = actions.find(current_viewer(), place=place)
    if found is None:
        raise NotFoundError
    return jsonify(_shown(found))


@room.page("/drafts/<path:place>", may=ForumRight.DRAFT, methods=("PUT",))
@limiter.limit(SMALL_DEEDS)
def save_draft(place: str) -> ResponseReturnValue:
    """Keep what is being written; 409 with the server's text when another device wrote in between."""
    sent = _sent()
    try:
        kept = actions.save(current_viewer(), place=place, **sent)
    except actions.StaleDraftError as stale:
        answer = problem(409, stale.code, _("It has changed in between"), stale.detail)
        answer.set_data(jsonify({**answer.get_json(), "draft": _shown(stale.draft)}).get_data())
        return answer
    if kept is None:
        return jsonify(version=0, updated_at=None)
    return jsonify(version=kept.version, updated_at=kept.updated_at.isoformat())


@room.page("/drafts/<path:place>", may=ForumRight.DRAFT, methods=("DELETE",))
def discard_draft(place: str) -> ResponseReturnValue:
    """Throw a draft away; done twice is done once."""
    actions.discard(current_viewer(), place)
    return Response(status=204)


@room.page("/drafts", may=ForumRight.DRAFT, methods=("POST",))
def discard_draft_by_form() -> ResponseReturnValue:
    """The same from the list of drafts, without script."""
    actions.discard(current_viewer(), request.form.get("place", ""))
    return redirect(safe_next(request.form.get("next"), default="/drafts"), 303)


@room.page("/preview", may=ForumRight.DRAFT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def preview() -> ResponseReturnValue:
    """How a text would look as a post: a fragment of HTML, cooked as posts are and kept nowhere."""
    sent = request.get_json(silent=True) if request.is_json else request.form
    body = sent.get("body", "") if sent is not None and hasattr(sent, "get") else ""
    if not isinstance(body, str):
        raise InvalidError(_("The text cannot be read."), errors={"body": _("Send the text as “body”.")})
    body = clean_body(body)
    if len(body) > LONGEST_BODY:
        raise TooLargeError(
            _("The text is too long."),
            errors={"body": _("At most %(count)s characters.", count=LONGEST_BODY)},
        )
    return Response(cook_post(body).html, content_type="text/html; charset=utf-8")


def _shown(found: Draft) -> dict[str, Any]:
    return {
        "place": found.place,
        "title": found.title,
        "body": found.body,
        "fields": found.fields,
        "version": found.version,
        "updated_at": found.updated_at.isoformat(),
    }


def _sent() -> dict[str, Any]:
    """Title, text, other fields and version as JSON or as a form; of the wrong type: `InvalidError`."""
    if request.is_json:
        sent = request.get_json(silent=True)
    else:
        known = {"title", "body", "version", "csrf_token"}
        fields = {
            name: values if len(values) > 1 else values[0] for name, values in request.form.lists() if name not in known
        }
        sent = {**request.form.to_dict(), "fields": fields}
    if not isinstance(sent, dict):
        raise InvalidError(_("The draft cannot be read."))
    title, body, fields = sent.get("title") or "", sent.get("body") or "", sent.get("fields") or {}
    try:
        version = min(max(int(sent.get("version") or 0), 0), 2**53)
    except (TypeError, ValueError, OverflowError):
        raise InvalidError(_("The draft cannot be read."), errors={"version": _("Send a number.")}) from None
    if not isinstance(title, str) or not isinstance(body, str) or not isinstance(fields, dict):
        raise InvalidError(_("The draft cannot be read."))
    return {"title": title, "body": body, "fields": fields, "version": version}


def arrived(address: str, place: str) -> Response:
    """Lead on after a text was sent, and tell the browser to give up its own copy of it."""
    answer = make_response(redirect(address, 303))
    answer.set_cookie("sent", quote(place), max_age=600, samesite="Lax", secure=request.is_secure)
    return answer
