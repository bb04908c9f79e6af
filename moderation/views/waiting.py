"""What I sent in and nobody has approved yet: the list, one of them, correcting it, taking it back."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.limits import POSTING, is_write, limiter
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from moderation.actions.submissions import correct, withdraw
from moderation.models import Submission
from moderation.policy import ModerationRight
from moderation.queries.submissions import my_submission, my_submissions
from moderation.room import room
from moderation.waiting_forms import CorrectionForm


def waits(submission: Submission) -> str:
    """Tell whoever sent it; answers where they find it."""
    flash(_("Thank you. A moderator looks at it before it appears; you are told as soon as they have."), "success")
    return f"/submissions/{submission.id}"


@room.page("/submissions", may=ModerationRight.READ_OWN)
def submissions() -> ResponseReturnValue:
    """All of mine, newest first."""
    page = my_submissions(current_viewer(), cursor=request.args.get("cursor"))
    return render_template("moderation/submissions.html", page=page)


@room.page("/submissions/<int:submission_id>", may=ModerationRight.READ_OWN)
def submission(submission_id: int) -> ResponseReturnValue:
    """One of mine: what it says, why it waits, what was decided."""
    row = my_submission(current_viewer(), submission_id)
    return render_template("moderation/submission.html", row=row)


@room.page("/submissions/<int:submission_id>/edit", may=ModerationRight.READ_OWN, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def edit_submission(submission_id: int) -> ResponseReturnValue:
    """Correct what waits."""
    viewer = current_viewer()
    row = my_submission(viewer, submission_id)
    if not row.may_change:
        return redirect(f"/submissions/{submission_id}", 303)
    form = CorrectionForm(data={"title": row.title, "body": row.body})
    if form.validate_on_submit():
        with form.attempt():
            correct(viewer, submission_id=submission_id, title=form.title.data or "", body=form.body.data or "")
        if form.is_fine:
            return redirect(f"/submissions/{submission_id}", 303)
    return render_template("moderation/submission_edit.html", row=row, form=form), 422 if form.errors else 200


@room.page("/submissions/<int:submission_id>/withdrawal", may=ModerationRight.READ_OWN, methods=("POST",))
@limiter.limit(POSTING)
def withdraw_submission(submission_id: int) -> ResponseReturnValue:
    """Take it back."""
    withdraw(current_viewer(), submission_id=submission_id)
    flash(_("It is taken back; nobody will read it."), "success")
    return redirect(safe_next(request.form.get("next"), default="/submissions"), 303)
