"""The queue: what waits for a decision, one thing with all that is known of it, and the decision."""

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from accounts.models import User
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from moderation.actions.appeals import is_for_others
from moderation.actions.notes import add_note, remove_note
from moderation.actions.outcomes import ask_for_change, pass_to_staff
from moderation.actions.reviews import decide
from moderation.actions.rules import stock_reasons
from moderation.forms import ASK, PASS_ON, DecisionForm, NoteForm
from moderation.models import HouseRule, ReviewKind, ReviewState
from moderation.policy import ModerationRight
from moderation.queries.queue import AGES, QueueRow, Wanted, notes_on, queue_page, queue_row, scopes_in_queue
from moderation.queries.rules import rules_in_force
from moderation.queries.standing import sanction_rows
from moderation.room import room
from moderation.wording import outcome_names, sanction_names


@room.page("/moderation", may=ModerationRight.DECIDE)
def queue() -> ResponseReturnValue:
    """What waits where I moderate, the heaviest first; or what was decided, the latest first."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.DECIDE)
    wanted = _wanted()
    return render_template(
        "moderation/queue.html",
        page=queue_page(viewer, wanted, cursor=request.args.get("cursor")),
        wanted=wanted,
        scopes=scopes_in_queue(viewer),
        ages=AGES,
        outcomes=outcome_names(),
    )


@room.page("/moderation/<int:review_id>", may=ModerationRight.DECIDE)
def review(review_id: int) -> ResponseReturnValue:
    """One thing: where it stands, who wrote it, who flagged it and why, and what may be decided."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.DECIDE)
    return _review_page(viewer, queue_row(viewer, review_id), None)


@room.page("/moderation/<int:review_id>/decision", may=ModerationRight.DECIDE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def decision(review_id: int) -> ResponseReturnValue:
    """Decide; the first of two counts, and the second is told."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.DECIDE)
    row = queue_row(viewer, review_id)
    form = DecisionForm().offer(viewer, row.review.why, rules_in_force())
    if form.validate() and form.is_offered:
        with form.attempt():
            _carry_out(viewer, review_id, form)
        if form.is_fine:
            flash(_("It is decided."), "success")
            return redirect(safe_next(request.form.get("next"), default="/moderation"), 303)
    elif not form.errors:
        form.outcome.errors = [_("Choose one of these.")]
    row = queue_row(viewer, review_id)
    return make_response(_review_page(viewer, row, form), 422 if row.review.state == ReviewState.OPEN else 409)


@room.page("/moderation/<int:review_id>/notes", may=ModerationRight.NOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def note_on_review(review_id: int) -> ResponseReturnValue:
    """Tell the other moderators of the place something about it."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.DECIDE)
    row = queue_row(viewer, review_id)
    add_note(viewer, ref=row.review.ref, scope=row.review.scope, body=request.form.get("body", ""))
    return redirect(f"{row.url}#notes", 303)


@room.page("/moderation/notes/<int:note_id>/removal", may=ModerationRight.NOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def forget_note(note_id: int) -> ResponseReturnValue:
    """Take a note back."""
    remove_note(current_viewer(), note_id=note_id)
    return redirect(safe_next(request.form.get("next"), default="/moderation"), 303)


def _carry_out(viewer: Viewer, review_id: int, form: DecisionForm) -> None:
    reason, note = form.reason.data or "", form.note.data or ""
    if form.outcome.data == ASK:
        ask_for_change(viewer, review_id=review_id, reason=reason)
    elif form.outcome.data == PASS_ON:
        pass_to_staff(viewer, review_id=review_id, note=note or reason)
    else:
        decide(viewer, review_id=review_id, decision=form.decision)


def _wanted() -> Wanted:
    """The filter, as far as it is one."""
    asked = request.args
    state = asked.get("state", ReviewState.OPEN.value)
    if state not in set(ReviewState):
        raise NotFoundError
    days = id_of(asked.get("days")) or 0
    return Wanted(
        state=state,
        why=asked.get("why", "") if asked.get("why") in set(ReviewKind) else "",
        kind=asked.get("kind", "")[:30],
        scope=asked.get("scope", "")[:80],
        days=days if days in AGES else 0,
    )


def _review_page(viewer: Viewer, row: QueueRow, form: DecisionForm | None) -> str:
    rules = rules_in_force()
    author_id = row.review.author_id if row.author is not None else None
    lang = _language_of(row.review.author_id)
    if form is None:
        form = DecisionForm(formdata=None, data=_suggested(row, lang)).offer(viewer, row.review.why, rules)
    return render_template(
        "moderation/review.html",
        row=row,
        is_for_others=row.review.state == ReviewState.OPEN and is_for_others(viewer, row.review),
        form=form,
        note_form=NoteForm(formdata=None),
        texts={str(rule.id): rule.text(lang) for rule in rules},
        stock=stock_reasons(lang),
        lang=lang,
        outcomes=outcome_names(),
        names=sanction_names(),
        sanctions=sanction_rows(viewer, author_id) if author_id is not None else [],
        author_notes=_author_notes(viewer, author_id),
    )


def _author_notes(viewer: Viewer, author_id: int | None) -> list[object]:
    if author_id is None:
        return []
    ref = Ref("accounts.user", author_id)
    return list(notes_on(viewer, [ref]).get(ref, []))


def _suggested(row: QueueRow, lang: str) -> dict[str, str]:
    """The rule that most named, and its text as the reason, in the language of whoever reads it."""
    named = [flag.rule for flag in row.flags if flag.rule is not None and flag.rule.retired_at is None]
    rule: HouseRule | None = max(named, key=lambda one: sum(other.id == one.id for other in named), default=None)
    return {"rule_id": str(rule.id), "reason": rule.text(lang)} if rule is not None else {}


def _language_of(author_id: int | None) -> str:
    author = session().get(User, author_id) if author_id is not None else None
    return author.locale if author is not None else "zh_Hans"
