from datetime import UTC, datetime

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from accounts.queries import person_by_handle
from forum.actions.drafts import discard
from forum.actions.threads import PollDraft, start_of, start_thread
from forum.addresses import achievement_url, thread_url
from forum.cooking import LONGEST_BODY, preview
from forum.forms import ThreadForm
from forum.loading import board_at
from forum.models import Draft
from forum.models.community import FEEDBACK, GENERAL, SITE
from forum.models.thread import Lens, ThreadKind
from forum.policy import ForumRight
from forum.queries.communities import communities, reasons_against
from forum.room import room
from forum.views.drafts import arrived
from forum.views.posts import put_errors, split_tags
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.i18n import zone
from kernel.limits import POSTING, limiter
from kernel.viewer import Viewer
from kernel.web import current_viewer
from moderation.models import Submission
from moderation.views.waiting import waits
from search_index.similar import similar


def _form(viewer: Viewer, *, from_request: bool) -> ThreadForm:
    form = ThreadForm() if from_request else ThreadForm(formdata=None, data=_start_values(viewer))
    form.place.choices = [SelectChoice("", _("Choose a board…"))]
    form.place.choices += [
        SelectChoice(
            f"{community.place.slug}/{board.place.slug}",
            f"{community.place.name} · {board.place.name}",
            optgroup=community.place.name,
        )
        for community in communities(viewer)
        for board in community.boards
    ]
    return form


def _start_values(viewer: Viewer) -> dict[str, str]:
    """What the address asks for, else the draft that was left."""
    place = request.args.get("place", "")[:80]
    if place and "/" not in place:
        place = f"{place}/{GENERAL}"
    draft = session().get(Draft, (viewer.user_id, "new"))
    kept = {"title": draft.title, "body": draft.body, **{str(k): v for k, v in draft.fields.items()}} if draft else {}
    asked = {name: request.args[name][:200] for name in ("kind", "lens", "title") if request.args.get(name)}
    if (whom := _asked_person()) and f"@{whom}" not in kept.get("body", ""):
        asked["body"] = f"@{whom} {kept.get('body', '')}"
    return {**kept, **asked, **({"place": place} if place else {})}


def _asked_person() -> str:
    """The handle of whoever the question is for, when the address names somebody who is here."""
    try:
        return person_by_handle(request.args.get("ask", "")[:30]).handle
    except NotFoundError:
        return ""


@room.page("/new", may=ForumRight.START)
def compose() -> ResponseReturnValue:
    """Write something new."""
    viewer = current_viewer()
    if request.args.get("kind") == ThreadKind.ACHIEVEMENT:
        return redirect(achievement_url(board=request.args.get("place", ""), title=request.args.get("title", "")))
    if request.args.get("place") == f"{SITE}/{FEEDBACK}":
        return redirect("/feedback/new")
    form = _form(viewer, from_request=False)
    return _page(viewer, form, draft=session().get(Draft, (viewer.user_id, "new")))


@room.page("/threads", may=ForumRight.START, methods=("POST",), endpoint="start_thread")
@limiter.limit(POSTING)
def send_thread() -> ResponseReturnValue:
    """Start the thread and go there; what cannot be started stays in the form."""
    viewer = current_viewer()
    form = _form(viewer, from_request=True)
    if request.form.get("preview") and len(form.body.data or "") <= LONGEST_BODY:
        return _page(viewer, form, shown=preview(form.body.data))
    if form.validate():
        community, _slash, board = form.place.data.partition("/")
        try:
            thread = start_thread(
                viewer,
                board=board_at(viewer, community, board),
                kind=ThreadKind(form.kind.data),
                lens=Lens(form.lens.data) if form.lens.data else None,
                title=form.title.data,
                body=form.body.data,
                tags=split_tags(form.tags.data),
                poll=_poll(viewer, form),
                once=form.once.data or None,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            discard(viewer, "new")
            if isinstance(thread, Submission):
                return arrived(waits(thread), "new")
            return arrived(thread_url(thread.id, thread.slug), "new")
    return _page(viewer, form), 422


def _poll(viewer: Viewer, form: ThreadForm) -> PollDraft | None:
    if not (form.poll_question.data or form.poll_options.data):
        return None
    closes = form.poll_closes_at.data
    return PollDraft(
        question=form.poll_question.data or "",
        options=(form.poll_options.data or "").splitlines(),
        max_choices=form.poll_max_choices.data or 1,
        closes_at=_instant(closes, viewer) if closes else None,
    )


def _instant(typed: datetime, viewer: Viewer) -> datetime:
    """The instant that somebody means by a date and time in their zone."""
    try:
        return typed.replace(tzinfo=zone(viewer.timezone)).astimezone(UTC)
    except OverflowError:  # the first or last day that a calendar knows
        return typed.replace(tzinfo=UTC)


def _page(viewer: Viewer, form: ThreadForm, *, draft: Draft | None = None, shown: str | None = None) -> str:
    return render_template(
        "forum/compose.html",
        form=form,
        draft=draft,
        preview_html=shown,
        may_start=may_start(viewer, form.place.data, form.lens.data),
        similar=similar(viewer, form.title.data or "") if form.title.data else [],
    )


def may_start(viewer: Viewer, place: str | None, lens: str | None) -> dict[str, bool]:
    """Which kinds of thread this viewer may start at `community/board`, through a lens or none."""
    community, _slash, board_slug = (place or "").partition("/")
    try:
        board = board_at(viewer, community, board_slug or GENERAL)
    except NotFoundError:
        moderates = viewer.is_staff or any(right.startswith("moderator:") for right in viewer.rights)
        return {kind.value: moderates or kind is not ThreadKind.ANNOUNCEMENT for kind in ThreadKind}
    chosen = Lens(lens) if lens in set(Lens) else None
    start = start_of(viewer, board=board, kind=ThreadKind.DISCUSSION, lens=chosen)
    return {kind: not reason for kind, reason in reasons_against(viewer, start).items()}
