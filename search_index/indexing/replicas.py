"""What the database knows of the indexes that follow its feed, and how long it keeps changes for them."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import now
from kernel.db import db, session
from search_index import feed
from search_index.models import SearchChange, SearchReplica

GONE_AFTER = timedelta(days=1)


def record(name: str, *, still_at: str | None = None, **facts: str | int) -> None:
    """Say how far the index `name` is, and that it lives; with `still_at`, unless another place took over since."""
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(SearchReplica)
    values = {**facts, "seen_at": now()}
    here = SearchReplica.place == still_at if still_at is not None else None
    session().execute(
        insert.values(name=name, **{"engine": "", **values}).on_conflict_do_update(
            index_elements=["name"], set_=values, where=here
        )
    )


def forget(name: str) -> None:
    """It is no more, and holds nothing up."""
    session().execute(delete(SearchReplica).where(SearchReplica.name == name))


def of(name: str) -> SearchReplica | None:
    """What is known of the index `name`, as of now."""
    return session().get(SearchReplica, name, populate_existing=True)


def prune() -> int:
    """Drop the changes that every living index has applied; one not seen for a day will have to be built anew."""
    living = select(func.min(SearchReplica.position)).where(
        SearchReplica.name != feed.PRUNED, SearchReplica.seen_at > now() - GONE_AFTER
    )
    bound = session().scalar(living)
    if bound is None or bound <= feed.pruned_to():
        return 0
    session().execute(
        delete(SearchReplica).where(SearchReplica.name != feed.PRUNED, SearchReplica.seen_at <= now() - GONE_AFTER)
    )
    gone = session().execute(delete(SearchChange).where(feed.up_to(bound)).execution_options(synchronize_session=False))
    record(feed.PRUNED, position=bound)
    return int(getattr(gone, "rowcount", 0))
