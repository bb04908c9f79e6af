from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from forum.actions.drafts import discard
from forum.actions.posts import reply
from forum.actions.reading import mark_thread_read
from forum.addresses import number_url, page_of, thread_url
from forum.cooking import LONGEST_BODY, preview
from forum.forms import ReplyForm
from forum.policy import ForumRight
from forum.queries.rows import DraftRow, ThreadView
from forum.queries.stamp import stamp_of
from forum.queries.threads import thread_view
from forum.room import room
from forum.views.drafts import arrived
from forum.views.pieces import pieces_of
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.marks import ONCE
from kernel.pagecache import page_for_member, page_for_strangers
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.web import current_viewer
from moderation.models import Submission
from moderation.queries.submissions import waiting_at
from moderation.views.waiting import waits

LAST = 2**31


@room.page("/threads/<int:thread_id>", may=ForumRight.READ)
def thread_without_slug(thread_id: int) -> ResponseReturnValue:
    """The same thread under its full address."""
    return thread(thread_id, "")


@room.page("/threads/<int:thread_id>-<slug>", may=ForumRight.READ)
def thread(thread_id: int, slug: str) -> ResponseReturnValue:
    """A thread, at the page that holds the post asked for."""
    viewer = current_viewer()
    at = request.args.get("at", default=1, type=int)
    if viewer.signed_in:
        return _render(thread_id, slug=slug, at=at)
    stamp = stamp_of(viewer, thread_id)
    if stamp.slug != slug or stamp.merged_into_id is not None:
        return _render(thread_id, slug=slug, at=at)
    page = min(page_of(at), page_of(stamp.post_count)) if at > 0 else 1
    return page_for_strangers(
        ("thread", thread_id, page),
        version=stamp.version,
        render=lambda: str(_render(thread_id, slug=slug, at=at)),
    )


def _render(thread_id: int, *, slug: str, at: int) -> ResponseReturnValue:
    viewer = current_viewer()
    view = thread_view(viewer, thread_id, at=at)
    if view.merged_into_url and not view.may_moderate:
        return redirect(view.merged_into_url, 301)
    if view.thread.url != thread_url(thread_id, slug):
        query = request.query_string.decode("ascii", "ignore")
        return redirect(view.thread.url + (f"?{query}" if query else ""), 301)
    draft = view.draft if view.may_reply else None
    reply_to = request.args.get("reply_to", "")[:20]
    form = ReplyForm(formdata=None, body=draft.body if draft else "", reply_to=reply_to) if draft or reply_to else None
    return _page(view, form=form, draft=draft)


def _page(
    view: ThreadView, *, form: ReplyForm | None = None, draft: DraftRow | None = None, shown: Markup | None = None
) -> str:
    """The thread's page; without a form of its own, with the empty one that everybody gets."""
    waiting = waiting_at(current_viewer(), Ref("forum.thread", view.thread.id))

    def render() -> str:
        return render_template(
            "forum/thread.html",
            view=view,
            pieces=pieces_of(view),
            form=form,
            blank_form=lambda: ReplyForm(formdata=None, once=ONCE),
            draft=draft,
            preview_html=shown,
            waiting=waiting,
        )

    if form or shown or waiting or not current_viewer().signed_in:
        return render()
    return page_for_member((view.page.key, view.thread, view.poll, view.my_level, view.is_bookmarked), render)


@room.page("/threads/<int:thread_id>/posts", may=ForumRight.REPLY, methods=("POST",), endpoint="reply")
@limiter.limit(POSTING)
def send_reply(thread_id: int) -> ResponseReturnValue:
    """Post a reply and go to it; what cannot be posted stays in the form."""
    viewer, form = current_viewer(), ReplyForm()
    view = thread_view(viewer, thread_id, at=LAST)
    if request.form.get("preview") and len(form.body.data or "") <= LONGEST_BODY:
        return _page(view, form=form, shown=preview(form.body.data))
    if form.validate():
        try:
            post = reply(
                viewer,
                thread_id=thread_id,
                body=form.body.data,
                reply_to=id_of(form.reply_to.data),
                once=form.once.data or None,
            )
        except InvalidError as error:
            form.body.errors = [*form.body.errors, error.errors.get("body", error.detail)]
        else:
            discard(viewer, f"thread:{thread_id}")
            if isinstance(post, Submission):
                waits(post)
                end = number_url(view.thread.url, view.pages.total).partition("#")[0]
                return arrived(f"{end}#waiting-{post.id}", f"thread:{thread_id}")
            return arrived(number_url(view.thread.url, post.number), f"thread:{thread_id}")
    return _page(view, form=form), 422


@room.page("/threads/<int:thread_id>/read", may=ForumRight.READ_MARK, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def read(thread_id: int) -> ResponseReturnValue:
    """I read up to this post."""
    number = request.form.get("number", type=int)
    if number is None:
        abort(400)
    mark_thread_read(current_viewer(), thread_id=thread_id, number=number)
    return "", 204
