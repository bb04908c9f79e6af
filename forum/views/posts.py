from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from forum.actions.drafts import discard
from forum.actions.posts import edit_post as change_post
from forum.addresses import number_url, thread_url
from forum.cooking import preview
from forum.forms import EditForm
from forum.loading import post_of
from forum.policy import ForumRight
from forum.queries.history import diff_between, revisions_of
from forum.queries.threads import one_post
from forum.room import room
from forum.views.drafts import arrived
from kernel.diff import readable_diff
from kernel.errors import ConflictError, InvalidError
from kernel.limits import POSTING, is_write, limiter
from kernel.policy import authorise
from kernel.rooms import id_of
from kernel.web import current_viewer
from moderation.models import Submission
from moderation.views.waiting import waits


@room.page("/posts/<int:post_id>", may=ForumRight.READ)
def post(post_id: int) -> ResponseReturnValue:
    """A post's permanent address leads to where it stands now, in whichever thread."""
    found, thread, _board = post_of(current_viewer(), post_id)
    return redirect(number_url(thread_url(thread.id, thread.slug), found.number), 302)


@room.page("/posts/<int:post_id>/edit", may=ForumRight.EDIT_POST, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def edit_post(post_id: int) -> ResponseReturnValue:
    """Change a post; when somebody else changed it meanwhile, both texts are on the page."""
    viewer = current_viewer()
    found, thread, _board = post_of(viewer, post_id)
    authorise(viewer, ForumRight.EDIT_POST, (found, thread))
    form = EditForm(
        data={
            "title": thread.title,
            "body": found.body,
            "tags": ", ".join(thread.tags),
            "version": found.edit_count,
        }
    )
    conflict = shown = None
    if request.method == "POST" and form.validate():
        is_opening = found.number == 1
        try:
            if request.form.get("preview"):
                shown = preview(form.body.data)
            else:
                changed = change_post(
                    viewer,
                    post_id=post_id,
                    body=form.body.data,
                    reason=form.reason.data or "",
                    title=form.title.data if is_opening else None,
                    tags=split_tags(form.tags.data) if is_opening else None,
                    base=id_of(form.version.data),
                )
                discard(viewer, f"post:{post_id}")
                if isinstance(changed, Submission):
                    return arrived(waits(changed), f"post:{post_id}")
                return arrived(number_url(thread_url(thread.id, thread.slug), found.number), f"post:{post_id}")
        except ConflictError as error:
            conflict = error.detail
            form.version.data = str(found.edit_count)
        except InvalidError as error:
            put_errors(form, error)
    row, view = one_post(viewer, post_id)
    page = render_template(
        "forum/edit_post.html",
        form=form,
        post=row,
        thread=view.thread,
        conflict=conflict,
        diff=readable_diff(found.body, form.body.data or "") if conflict else [],
        preview_html=shown,
    )
    return page, 409 if conflict else 422 if form.errors else 200


@room.page("/posts/<int:post_id>/history", may=ForumRight.READ)
def history(post_id: int) -> ResponseReturnValue:
    """How a post came to read as it does: two of its texts, compared."""
    viewer = current_viewer()
    row, view = one_post(viewer, post_id)
    revisions = revisions_of(viewer, post_id)
    last = len(revisions)
    to_number = min(max(request.args.get("to", default=last, type=int), 1), last)
    from_number = min(max(request.args.get("from", default=to_number - 1, type=int), 1), last)
    return render_template(
        "forum/history.html",
        post=row,
        thread=view.thread,
        revisions=revisions,
        diff=diff_between(viewer, post_id, from_number, to_number),
        from_number=from_number,
        to_number=to_number,
    )


def split_tags(text: str | None) -> list[str]:
    """Tags as people separate them."""
    return [
        tag
        for tag in (text or "").replace("，", ",").replace("、", ",").replace(";", ",").replace("；", ",").split(",")
        if tag.strip()
    ]


def put_errors(form: EditForm, error: InvalidError) -> None:
    """Show an action's refusal at the fields it names; what no field is named for, as a whole at the text."""
    for name, message in (error.errors or {"body": error.detail}).items():
        is_here = name in form
        field = form[name if is_here else "body"]
        field.errors = [*field.errors, message if is_here else error.detail or message]
