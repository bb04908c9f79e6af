"""Pages of suggestions and of what changed, and the card above a thread that suggests something."""

from itertools import groupby

from flask import current_app, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from feedback import actions, queries
from feedback.forms import ChangeForm, DecisionForm, SuggestionForm
from feedback.models import SuggestionState
from feedback.policy import FeedbackRight
from feedback.room import room
from feedback.words import states
from forum.addresses import thread_url
from forum.models import Thread
from forum.models.thread import ThreadKind
from forum.queries.rows import ThreadView
from kernel.clock import now
from kernel.errors import NotFoundError
from kernel.i18n import month, zone
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.slots import fill
from kernel.viewer import Viewer
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from moderation.models import Submission
from moderation.views.waiting import waits
from search_index.similar import similar

ORDERS = ("votes", "newest")


@room.page("/feedback", may=FeedbackRight.READ)
def suggestions() -> ResponseReturnValue:
    """What was suggested, by where it stands; most wanted first, or newest."""
    viewer = current_viewer()
    state = request.args.get("state", "")
    state = state if state in set(SuggestionState) else ""
    order = "newest" if request.args.get("order") == "newest" else "votes"
    page = queries.suggestion_page(viewer, state=state, by_votes=order == "votes", cursor=request.args.get("cursor"))
    return render_template(
        "feedback/suggestions.html",
        page=page,
        state=state,
        order=order,
        states=states(),
        counts=queries.counts(viewer),
    )


@room.page("/feedback/new", may=FeedbackRight.SUGGEST)
def new_suggestion() -> ResponseReturnValue:
    """Suggest something; what was suggested already shows up while one types."""
    return _form_page(SuggestionForm(formdata=None, title=request.args.get("title", "")[:200]))


@room.page("/feedback", may=FeedbackRight.SUGGEST, methods=("POST",), endpoint="suggest")
@limiter.limit(POSTING)
def send_suggestion() -> ResponseReturnValue:
    """Start the thread and go there; what cannot be started stays in the form."""
    form = SuggestionForm()
    if form.validate():
        with form.attempt():
            made = actions.suggest(
                current_viewer(), title=form.title.data, body=form.body.data, once=form.once.data or None
            )
        if form.is_fine:
            return redirect(_address(made), 303)
    return _form_page(form), 422


@room.page("/feedback/<int:thread_id>/vote", may=FeedbackRight.VOTE, methods=("POST",), endpoint="vote")
@limiter.limit(SMALL_DEEDS)
def send_vote(thread_id: int) -> ResponseReturnValue:
    """I want it too, or not any more."""
    actions.vote(current_viewer(), thread_id=thread_id, wanted=request.form.get("wanted") == "1")
    return redirect(safe_next(request.form.get("next"), default="/feedback"), 303)


@room.page("/feedback/<int:thread_id>/decision", may=FeedbackRight.DECIDE)
def decision(thread_id: int) -> ResponseReturnValue:
    """Say what becomes of it."""
    row = _found(thread_id)
    return _decision_page(row, DecisionForm(formdata=None, state=row.state, note=row.note, link=row.link))


@room.page("/feedback/<int:thread_id>/decision", may=FeedbackRight.DECIDE, methods=("POST",), endpoint="decide")
@limiter.limit(SMALL_DEEDS)
def send_decision(thread_id: int) -> ResponseReturnValue:
    """The decision itself."""
    row, form = _found(thread_id), DecisionForm()
    if form.validate():
        with form.attempt():
            actions.decide(
                current_viewer(),
                thread_id=thread_id,
                state=form.state.data,
                note=form.note.data or "",
                link=form.link.data or "",
            )
        if form.is_fine:
            flash(_("It is decided."), "success")
            return redirect(row.thread.url, 303)
    return _decision_page(row, form), 422


@room.page("/changes", may=FeedbackRight.READ)
def changes() -> ResponseReturnValue:
    """What changed, month by month."""
    viewer = current_viewer()
    page = queries.change_page(viewer, cursor=request.args.get("cursor"))
    months = [
        (key, month(rows[0].created_at, viewer.timezone, viewer.locale), rows)
        for key, group in groupby(
            page.items, lambda row: row.created_at.astimezone(zone(viewer.timezone)).strftime("%Y-%m")
        )
        if (rows := list(group))
    ]
    return render_template("feedback/changes.html", page=page, months=months)


@room.page("/feeds/changes.atom", may=Door.ANYONE)
def changes_feed() -> ResponseReturnValue:
    """The same for feed readers, as a stranger sees it."""
    rows = queries.change_page(Viewer(locale=current_viewer().locale)).items
    body = render_template(
        "feedback/feed.atom",
        base=current_app.config["BASE_URL"],
        rows=rows,
        updated=max((row.created_at for row in rows), default=now()),
    )
    response = make_response(body)
    response.content_type = "application/atom+xml; charset=utf-8"
    return response


@room.page("/changes/new", may=FeedbackRight.DECIDE)
def new_change() -> ResponseReturnValue:
    """A line that nobody suggested."""
    return render_template("feedback/change_form.html", form=ChangeForm(formdata=None))


@room.page("/changes", may=FeedbackRight.DECIDE, methods=("POST",), endpoint="announce_change")
@limiter.limit(SMALL_DEEDS)
def send_change() -> ResponseReturnValue:
    """The line itself."""
    form = ChangeForm()
    if form.validate():
        with form.attempt():
            actions.announce_change(
                current_viewer(),
                title_zh=form.title_zh.data,
                title_en=form.title_en.data,
                note=form.note.data or "",
                link=form.link.data or "",
            )
        if form.is_fine:
            return redirect("/changes", 303)
    return render_template("feedback/change_form.html", form=form), 422


@room.page("/changes/<int:change_id>/end", may=FeedbackRight.DECIDE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def take_back_change(change_id: int) -> ResponseReturnValue:
    """Take the line away."""
    actions.take_back_change(current_viewer(), change_id=change_id)
    return redirect("/changes", 303)


@fill("thread.card")
def show_state(viewer: Viewer, view: ThreadView) -> Markup | None:
    """Where a suggestion stands, above its text."""
    if view.thread.kind != ThreadKind.SUGGESTION:
        return None
    row = queries.suggestion_of(viewer, view.thread.id)
    if row is None:
        return None
    page = render_template("feedback/_card.html", row=row, states=states())
    return Markup(page)  # noqa: S704 - rendered by a template that escapes


def _address(made: Thread | Submission) -> str:
    return waits(made) if isinstance(made, Submission) else thread_url(made.id, made.slug)


def _found(thread_id: int) -> queries.SuggestionRow:
    row = queries.suggestion_of(current_viewer(), thread_id)
    if row is None:
        raise NotFoundError
    return row


def _form_page(form: SuggestionForm) -> str:
    title = form.title.data or ""
    return render_template("feedback/new.html", form=form, similar=similar(current_viewer(), title) if title else [])


def _decision_page(row: queries.SuggestionRow, form: DecisionForm) -> str:
    form.offer()
    return render_template("feedback/decision.html", row=row, form=form)
