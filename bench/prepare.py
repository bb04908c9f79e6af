"""Makes the site that is measured, and notes which pages to ask for."""

import json
import sys
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select

from accounts.models import User
from bench.filling import HANDLE, LONG_THREAD, PASSWORD, POSTS, fill
from forum.models import Community, Thread
from guildhall.app import create_app
from guildhall.migrations import with_migrations
from kernel.db import db
from kernel.work import unit_of_work

ENOUGH = 20


def main() -> None:
    """Fill the site in the directory that is named, with as many posts as are said."""
    data = Path(sys.argv[1])
    with with_migrations(create_app()).app_context():
        upgrade()
        db.engine.dispose()
        fill(int(sys.argv[2]) if len(sys.argv) > 2 else POSTS)  # noqa: PLR2004 - the second argument
        with unit_of_work() as work:
            long_thread = work.scalars(select(Thread).where(Thread.post_count == LONG_THREAD)).one()
            full = select(Thread.id, Thread.slug).where(Thread.post_count >= ENOUGH, Thread.id != long_thread.id)
            many = [f"/threads/{row.id}-{row.slug}" for row in work.execute(full.order_by(Thread.id))]
            me = work.scalars(select(User.id).where(User.handle == HANDLE)).one()
            slug = work.scalars(select(Community.slug).where(Community.id == long_thread.community_id)).one()
        db.engine.dispose()
    address = f"/threads/{long_thread.id}-{long_thread.slug}"
    facts = {
        "thread": address,
        "last": f"{address}?at={LONG_THREAD}",
        "many": " ".join(many),
        "community": f"/communities/{slug}",
        "bare": f"/threads/{long_thread.id}",
        "me": str(me),
        "handle": HANDLE,
        "password": PASSWORD,
    }
    (data / "bench.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
