"""Posts rendered once: for every viewer alike where nothing is theirs, and the text of a post for everybody."""

from dataclasses import dataclass

from flask import render_template
from markupsafe import Markup

from forum.queries.rows import PostRow, ThreadView
from kernel.pagecache import piece
from kernel.web import current_viewer


@dataclass(frozen=True, slots=True)
class Pieces:
    """The posts of a thread's page, rendered: the opening post, the accepted answer put under it, and the rest."""

    opening: Markup
    accepted: Markup
    rest: Markup


def pieces_of(view: ThreadView) -> Pieces:
    """The page's posts, ready-made when somebody alike saw this version before; only then are they read at all."""
    viewer = current_viewer()
    key = (view.page.key, view.may_reply, view.may_accept, viewer.locale, viewer.timezone)
    opening = accepted = Markup()
    if view.pages.number == 1:
        opening = piece(("opening", key), lambda: _posts(view, [post for post in view.page.posts if post.number == 1]))
        if (view.accepted_number or 0) > 2:  # noqa: PLR2004 - the second post follows the first anyway
            accepted = piece(
                ("accepted", key),
                lambda: _posts(view, [view.page.accepted] if view.page.accepted else [], anchor=False),
            )
    rest = piece(("rest", key), lambda: _posts(view, [post for post in view.page.posts if post.number > 1]))
    return Pieces(opening, accepted, rest)


def posts_after(view: ThreadView, number: int) -> str:
    """The posts of the page that come after this one, for those who have the ones before."""
    return _posts(view, [post for post in view.page.posts if post.number > number])


def _posts(view: ThreadView, posts: list[PostRow], *, anchor: bool = True) -> str:
    return render_template("forum/_posts.html", view=view, posts=posts, anchor=anchor, post_body=post_body)


def post_body(post: PostRow) -> Markup:
    """The post as everybody sees it, in the viewer's language and zone."""
    viewer = current_viewer()
    key = (
        "post",
        post.id,
        post.version,
        post.url,
        post.author,
        post.reply_to,
        bool(post.html),
        viewer.locale,
        viewer.timezone,
    )
    return piece(key, lambda: render_template("forum/_post_body.html", post=post))
