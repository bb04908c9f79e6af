"""Looking after threads and posts: forms that lead to the acts, and the log that tells of them."""

import re
from collections.abc import Callable

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from forum.act_forms import DeletePostForm
from forum.actions import closure, removal
from forum.actions.merging import merge_thread
from forum.actions.moving import move_thread
from forum.actions.purging import purge_post
from forum.actions.splitting import numbers_in, split_thread
from forum.addresses import thread_url
from forum.loading import board_at, post_of, thread_of
from forum.models import Thread
from forum.policy import ForumRight, moderates
from forum.queries.acts import act_page
from forum.queries.threads import one_post, thread_view
from forum.room import room
from forum.views.act_page import ActForms, act_forms, acts, put_errors
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise, can
from kernel.refs import Ref
from kernel.web import current_viewer, safe_next

Act = Callable[[ActForms], Thread]


@room.page("/log", may=ForumRight.READ)
def log() -> ResponseReturnValue:
    """What was done by those who look after the communities, and why."""
    return render_template("forum/log.html", page=act_page(current_viewer(), cursor=request.args.get("cursor")))


@room.page("/threads/<int:thread_id>/moderate", may=ForumRight.MODERATE)
def moderate(thread_id: int) -> ResponseReturnValue:
    """Everything that those who look after a thread can do with it."""
    viewer = current_viewer()
    thread, _board = thread_of(viewer, thread_id)
    authorise(viewer, ForumRight.MODERATE, thread)
    return _act_page(thread_id, act_forms(viewer))


@room.page("/threads/<int:thread_id>/lock", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def lock(thread_id: int) -> ResponseReturnValue:
    """Take no more replies."""
    return _do(
        thread_id,
        "lock",
        lambda forms: closure.lock_thread(current_viewer(), thread_id=thread_id, reason=forms.lock.reason.data or ""),
    )


@room.page("/threads/<int:thread_id>/unlock", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def unlock(thread_id: int) -> ResponseReturnValue:
    """Take replies again."""
    return _do(
        thread_id,
        "lock",
        lambda forms: closure.unlock_thread(current_viewer(), thread_id=thread_id, reason=forms.lock.reason.data or ""),
    )


@room.page("/threads/<int:thread_id>/pin", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def pin(thread_id: int) -> ResponseReturnValue:
    """Show it above the others."""
    return _do(
        thread_id,
        "pin",
        lambda forms: closure.pin_thread(current_viewer(), thread_id=thread_id, reason=forms.pin.reason.data or ""),
    )


@room.page("/threads/<int:thread_id>/unpin", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def unpin(thread_id: int) -> ResponseReturnValue:
    """Let it sink again."""
    return _do(
        thread_id,
        "pin",
        lambda forms: closure.unpin_thread(current_viewer(), thread_id=thread_id, reason=forms.pin.reason.data or ""),
    )


@room.page("/threads/<int:thread_id>/move", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def move(thread_id: int) -> ResponseReturnValue:
    """Put it on another board."""

    def act(forms: ActForms) -> Thread:
        viewer = current_viewer()
        community, _slash, name = (forms.move.place.data or "").partition("/")
        try:
            board = board_at(viewer, community, name)
        except NotFoundError:
            raise InvalidError(_("There is no such board."), errors={"place": _("Choose a board.")}) from None
        return move_thread(viewer, thread_id=thread_id, board=board, reason=forms.move.reason.data or "")

    return _do(thread_id, "move", act)


@room.page("/threads/<int:thread_id>/split", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def split(thread_id: int) -> ResponseReturnValue:
    """Make a thread of its own from some posts, and go there."""

    def act(forms: ActForms) -> Thread:
        form = forms.split
        return split_thread(
            current_viewer(),
            thread_id=thread_id,
            numbers=numbers_in(form.numbers.data),
            title=form.title.data,
            reason=forms.split.reason.data or "",
            once=form.once.data or None,
        )

    return _do(thread_id, "split", act)


@room.page("/threads/<int:thread_id>/merge", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def merge(thread_id: int) -> ResponseReturnValue:
    """Bring it into another thread, and go there."""

    def act(forms: ActForms) -> Thread:
        named = re.search(r"(?:/threads/|^\s*#?)(\d{1,15})", forms.merge.into.data)
        if named is None:
            raise InvalidError(_("There is no such thread."), errors={"into": _("Such as 123.")})
        try:
            return merge_thread(
                current_viewer(), thread_id=thread_id, into_id=int(named[1]), reason=forms.merge.reason.data or ""
            )
        except NotFoundError:
            raise InvalidError(_("There is no such thread."), errors={"into": _("Such as 123.")}) from None

    return _do(thread_id, "merge", act)


@room.page("/threads/<int:thread_id>/delete", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def delete_thread(thread_id: int) -> ResponseReturnValue:
    """Take it out of sight."""
    return _do(
        thread_id,
        "delete",
        lambda forms: removal.delete_thread(
            current_viewer(), thread_id=thread_id, reason=forms.delete.reason.data or ""
        ),
    )


@room.page("/threads/<int:thread_id>/restore", may=ForumRight.MODERATE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def restore_thread(thread_id: int) -> ResponseReturnValue:
    """Bring it back."""
    return _do(
        thread_id,
        "restore",
        lambda forms: removal.restore_thread(
            current_viewer(), thread_id=thread_id, reason=forms.restore.reason.data or ""
        ),
    )


@room.page("/posts/<int:post_id>/delete", may=ForumRight.DELETE_POST, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS)
def delete_post(post_id: int) -> ResponseReturnValue:
    """Ask once and for a reason, then take the post out of sight; the staff may destroy its text."""
    viewer, form = current_viewer(), DeletePostForm()
    post, thread, _board = post_of(viewer, post_id)
    if request.method == "GET":
        authorise(viewer, ForumRight.DELETE_POST, (post, thread))
    elif form.validate():
        try:
            with session().begin_nested():  # what was done before a refusal is undone
                removal.delete_post(viewer, post_id=post_id, reason=form.reason.data or "")
                if form.purge.data:
                    purge_post(viewer, post_id=post_id, reason=form.reason.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            is_gone = thread.deleted_at is not None and not moderates(viewer, thread)
            return redirect("/communities" if is_gone else f"/posts/{post_id}", 303)
    row, view = one_post(viewer, post_id)
    page = render_template(
        "forum/delete_post.html", form=form, post=row, thread=view.thread, may_purge=can(viewer, ForumRight.PURGE, post)
    )
    return page, 422 if form.errors else 200


@room.page("/posts/<int:post_id>/restore", may=ForumRight.RESTORE_POST, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def restore_post(post_id: int) -> ResponseReturnValue:
    """Bring the post back."""
    removal.restore_post(current_viewer(), post_id=post_id, reason=request.form.get("reason", ""))
    return redirect(f"/posts/{post_id}", 303)


def _do(thread_id: int, name: str, act: Act) -> ResponseReturnValue:
    """Do the act and go on; when it is refused for what was typed, say so at the field."""
    viewer = current_viewer()
    thread, _board = thread_of(viewer, thread_id)
    authorise(viewer, ForumRight.MODERATE, thread)
    forms = act_forms(viewer, sent=name)
    form = getattr(forms, name)
    if form.validate():
        try:
            with session().begin_nested():  # what was done before a refusal is undone, a used key included
                result = act(forms)
        except InvalidError as error:
            put_errors(form, error)
        else:
            here = thread_url(result.id, result.slug)
            return redirect(safe_next(request.form.get("next"), default=here), 303)
    return _act_page(thread_id, forms), 422


def _act_page(thread_id: int, forms: ActForms) -> str:
    viewer = current_viewer()
    view = thread_view(viewer, thread_id)
    past = act_page(viewer, place=Ref("forum.thread", thread_id))
    return render_template(
        "forum/moderate.html",
        thread=view.thread,
        acts=[] if view.merged_into_url else acts(view.thread, forms),
        log=[(row.sentence, row.actor, row.reason, row.at) for row in past.items],
    )
