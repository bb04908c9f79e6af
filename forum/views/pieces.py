"""Posts rendered once: the part of a post that is the same for every viewer is kept ready-made."""

from flask import render_template
from markupsafe import Markup

from forum.queries.rows import PostRow
from kernel.pagecache import piece
from kernel.web import current_viewer


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
