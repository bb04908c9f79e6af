"""What people looked for and did not find: a report for whoever runs the site, without anybody's name in it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from kernel.clock import now
from kernel.db import db, session
from kernel.jobs import job
from kernel.policy import authorise
from kernel.viewer import Viewer
from search_index.analysis import fold
from search_index.asking import Asked
from search_index.policy import SearchRight
from search_index.searching import count, is_building
from search_index.tables import SearchMiss

KEPT = timedelta(days=90)
REPORTED = timedelta(days=30)
MOST = 100
LONGEST = 120


@dataclass(frozen=True, slots=True)
class Miss:
    """A query that found nothing, how often within the days that are reported, and when last."""

    query: str
    count: int
    last_day: str


def note_miss(viewer: Viewer, asked: Asked) -> bool:
    """Count a query that finds nothing; one that does find something, whatever the page says, is not counted."""
    text = " ".join(fold(asked.text).split())
    if not text or len(text) > LONGEST or is_building():
        return False
    parsed = asked.parsed()
    if not parsed.words or count(viewer, parsed.query):
        return False
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(SearchMiss)
    session().execute(
        insert.values(day=now().date(), query=text, count=1).on_conflict_do_update(
            index_elements=["day", "query"], set_={"count": SearchMiss.count + 1}
        )
    )
    return True


def misses(viewer: Viewer) -> list[Miss]:
    """The commonest of the last month."""
    authorise(viewer, SearchRight.TEND)
    times, last = func.sum(SearchMiss.count), func.max(SearchMiss.day)
    rows = session().execute(
        select(SearchMiss.query, times.label("times"), last.label("last"))
        .where(SearchMiss.day > now().date() - REPORTED)
        .group_by(SearchMiss.query)
        .order_by(times.desc(), last.desc(), SearchMiss.query)
        .limit(MOST)
    )
    return [Miss(row.query, row.times, row.last.isoformat()) for row in rows]


@job("search_index.forget_misses", every=timedelta(hours=12))
def forget_misses() -> None:
    """What nobody found a quarter of a year ago is of no use to anybody."""
    session().execute(delete(SearchMiss).where(SearchMiss.day < now().date() - KEPT))
