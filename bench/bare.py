"""The yardstick: a bare Flask page with one query and one template, of 20 posts that are ready-made."""

import os

from flask import Flask, render_template
from markupsafe import Markup
from sqlalchemy import column, create_engine, select, table

posts = table(
    "post",
    *(column(name) for name in ("id", "thread_id", "number", "author_name", "created_at", "html")),
)
engine = create_engine(os.environ["BENCH_DATABASE_URL"])
PAGE = 20
app = Flask(__name__)
app.jinja_env.filters["ready"] = Markup


@app.get("/threads/<int:thread_id>")
def thread(thread_id: int) -> str:
    """Twenty posts of a thread."""
    query = (
        select(posts.c.id, posts.c.number, posts.c.author_name, posts.c.created_at, posts.c.html)
        .where(posts.c.thread_id == thread_id, posts.c.number <= PAGE)
        .order_by(posts.c.number)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return render_template("bare.html", rows=rows, thread_id=thread_id)
