"""Small deeds on a page: react, accept, vote. Each answers with the piece that changed, or leads back."""

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from activity.actions import follow
from activity.models import Level
from activity.policy import ActivityRight
from forum.actions.answers import accept_answer, unaccept_answer
from forum.actions.polls import vote as cast_vote
from forum.actions.reactions import toggle_reaction
from forum.addresses import number_url, thread_url
from forum.loading import post_of
from forum.policy import ForumRight
from forum.queries.threads import one_post, thread_view
from forum.room import room
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.refs import Ref
from kernel.rooms import id_of, is_fragment
from kernel.web import current_viewer, safe_next


@room.page("/posts/<int:post_id>/reactions/<name>", may=ForumRight.REACT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def react(post_id: int, name: str) -> ResponseReturnValue:
    """Add my reaction or take it back."""
    toggle_reaction(current_viewer(), post_id=post_id, name=name)
    session().expire_all()
    post, view = one_post(current_viewer(), post_id)
    if is_fragment():
        return render_template("forum/_reactions.html", post=post, thread=view.thread)
    return redirect(post.url, 303)


@room.page("/threads/<int:thread_id>/accepted/<int:number>", may=ForumRight.ACCEPT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def accept(thread_id: int, number: int) -> ResponseReturnValue:
    """This reply is the answer."""
    accept_answer(current_viewer(), thread_id=thread_id, number=number)
    return redirect(thread_view(current_viewer(), thread_id).thread.url, 303)


@room.page("/threads/<int:thread_id>/accepted/<int:number>/withdrawal", may=ForumRight.ACCEPT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def unaccept(thread_id: int, number: int) -> ResponseReturnValue:
    """The question is open again."""
    unaccept_answer(current_viewer(), thread_id=thread_id)
    return redirect(f"{thread_view(current_viewer(), thread_id).thread.url}?at={number}#post-{number}", 303)


@room.page("/posts/<int:post_id>/muting", may=ActivityRight.FOLLOW, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def mute_author(post_id: int) -> ResponseReturnValue:
    """I do not want to see what its author writes."""
    return _set_author(post_id, Level.MUTED)


@room.page("/posts/<int:post_id>/unmuting", may=ActivityRight.FOLLOW, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def unmute_author(post_id: int) -> ResponseReturnValue:
    """I do again."""
    return _set_author(post_id, Level.NORMAL)


def _set_author(post_id: int, level: Level) -> ResponseReturnValue:
    viewer = current_viewer()
    post, thread, _board = post_of(viewer, post_id)
    if post.author_id is None or post.author_id == viewer.me:
        raise NotFoundError
    follow(viewer, ref=Ref("accounts.user", post.author_id), level=level)
    return redirect(number_url(thread_url(thread.id, thread.slug), post.number), 303)


@room.page("/threads/<int:thread_id>/poll", may=ForumRight.VOTE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def vote(thread_id: int) -> ResponseReturnValue:
    """Cast, change or take back my vote."""
    viewer = current_viewer()
    cast_vote(
        viewer,
        thread_id=thread_id,
        option_ids={id_of(value) or 0 for value in request.form.getlist("option") if value.isdecimal()},
    )
    session().expire_all()
    view = thread_view(viewer, thread_id)
    if is_fragment():
        return render_template("forum/_poll.html", poll=view.poll, thread=view.thread)
    return redirect(safe_next(request.form.get("next"), default=view.thread.url + "#poll"), 303)
