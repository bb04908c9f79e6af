"""The yardstick: a bare Flask page with one query and one template, of 20 posts that are ready-made."""

import json
import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask, render_template, request
from markupsafe import Markup
from sqlalchemy import column, create_engine, insert, select, table

from kernel.db import prepare_engine

posts = table(
    "post",
    *(column(name) for name in ("id", "thread_id", "number", "author_name", "created_at", "html")),
)
leaves = table("bare_leaf", column("leaf"))
engine = create_engine(os.environ["BENCH_DATABASE_URL"])
prepare_engine(engine)  # as durable as the site
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


@app.post("/registrations")
def register() -> tuple[str, int]:
    """One signature checked, one row durably inserted."""
    sent = json.loads(request.get_data())
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(sent["key"])).verify(
        bytes.fromhex(sent["signature"]), sent["leaf"].encode()
    )
    with engine.begin() as connection:
        connection.execute(insert(leaves).values(leaf=sent["leaf"]))
    return "kept", 201
