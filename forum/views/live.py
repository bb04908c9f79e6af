"""An open thread: whether posts have come since the page was made, and those posts."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from activity.views.live import pulse, same_reader
from forum.policy import ForumRight
from forum.queries.stamp import stamp_of
from forum.queries.threads import thread_view
from forum.room import room
from forum.views.pieces import posts_after


@room.page("/threads/<int:thread_id>/live", may=ForumRight.READ)
def live_thread(thread_id: int) -> ResponseReturnValue:
    """How many posts there are after the one named, and the number at the bell: one query beside that of the viewer."""
    viewer = same_reader()
    stamp = stamp_of(viewer, thread_id)
    new = max(stamp.post_count - max(request.args.get("after", default=0, type=int), 0), 0)
    words = ngettext("Show %(num)s new post", "Show %(num)s new posts", new) if new else ""
    return pulse(unread=viewer.unread_notices, version=stamp.version, total=stamp.post_count, words=words)


@room.page("/threads/<int:thread_id>/posts/after/<int:number>", may=ForumRight.READ)
def later_posts(thread_id: int, number: int) -> ResponseReturnValue:
    """The posts after this number, as far as they belong on the same page as the next one."""
    return posts_after(thread_view(same_reader(), thread_id, at=number + 1), number)


@room.page("/threads/<int:thread_id>/poll", may=ForumRight.READ)
def live_poll(thread_id: int) -> ResponseReturnValue:
    """How the thread's poll stands now."""
    view = thread_view(same_reader(), thread_id)
    if view.poll is None:
        abort(404)
    return render_template("forum/_poll.html", poll=view.poll, thread=view.thread)
