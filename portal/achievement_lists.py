"""The gallery of achievements: always scoped to what the viewer sees of the forum, narrowed and paged in SQL."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, select

from accounts.models import OrganisationSeat, SeatState
from accounts.sectors import is_sector
from forum.addresses import thread_url
from forum.models import Board, Community, Thread
from forum.policy import live_threads
from ip_registry.achievement_cards import PROVINCE, TRL
from ip_registry.models import Achievement, AchievementWish, AwardLevel, Cooperation, Record
from ip_registry.policy import visible_records
from kernel.db import session
from kernel.paging import Key, Page, keyset_page
from kernel.refs import Card, Ref
from kernel.viewer import PUBLIC, Viewer
from portal.achievement_rows import AchievementRow, rows_of, statement

LIST = 30
MOST_AWARDS = 300
MOST_OF_A_RECORD = 20
YEARS = 4  # digits


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the gallery is narrowed to; empty is no filter. `view` is `awarded`, or empty for everything."""

    view: str = ""
    year: str = ""
    level: str = ""
    award: str = ""
    sector: str = ""
    region: str = ""
    trl: str = ""
    cooperation: str = ""
    record: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "Wanted":
        """What an address asks for; a value that nothing could have is no filter."""
        asked = {one.name: args.get(one.name, "")[:120] for one in fields(cls)}
        fits = {
            "view": asked["view"] == "awarded",
            "year": asked["year"].isascii() and asked["year"].isdecimal() and len(asked["year"]) == YEARS,
            "level": asked["level"] in set(AwardLevel),
            "sector": is_sector(asked["sector"]),
            "region": asked["region"].isascii() and asked["region"].isdecimal() and len(asked["region"]) in {2, 4},
            "trl": asked["trl"] in {str(level) for level in TRL},
            "cooperation": asked["cooperation"] in set(Cooperation),
            "record": asked["record"] == "1",
        }
        return cls(**{name: value for name, value in asked.items() if fits.get(name, True)})

    @property
    def given(self) -> dict[str, str]:
        """The filters that are set."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


@dataclass(frozen=True, slots=True)
class Awards:
    """The years and names of awards that this viewer can look for, the latest year first."""

    years: list[int]
    names: list[str]


def achievement_page(
    viewer: Viewer, wanted: Wanted, *, cursor: str | None = None, limit: int = LIST
) -> Page[AchievementRow]:
    """Achievements that the viewer sees: the newest first, or those with an award by its year."""
    query = statement().where(live_threads(viewer), *_conditions(wanted))
    keys: tuple[Key, ...] = (Achievement.id,)
    if wanted.view == "awarded":
        query = query.where(Achievement.award_year.is_not(None))
        keys = (Achievement.award_year, Achievement.id)
    page = keyset_page(query, keys=keys, limit=limit, cursor=cursor)
    return Page(rows_of(viewer, page.items), page.next)


def achievement(viewer: Viewer, achievement_id: int) -> AchievementRow | None:
    """One that the viewer sees."""
    query = statement().where(live_threads(viewer), Achievement.id == achievement_id)
    rows = rows_of(viewer, session().execute(query).all())
    return rows[0] if rows else None


def achievements_of_organisation(organisation_id: int, *, limit: int) -> list[AchievementRow]:
    """What those who hold a seat in it achieved, as far as everybody sees it, the newest first."""
    seated = select(OrganisationSeat.user_id).where(
        OrganisationSeat.organisation_id == organisation_id, OrganisationSeat.state == SeatState.ACTIVE
    )
    anybody = Viewer()
    query = statement().where(live_threads(anybody), Thread.author_id.in_(seated))
    return rows_of(anybody, session().execute(query.order_by(Achievement.id.desc()).limit(limit)).all())


def awards(viewer: Viewer) -> Awards:
    """What can be chosen, among the achievements that the viewer sees."""
    query = _seen(viewer, select(Achievement.award_year, Achievement.award_name).distinct())
    rows = session().execute(
        query.where(Achievement.award_year.is_not(None)).order_by(Achievement.award_year.desc()).limit(MOST_AWARDS)
    )
    found = [(row.award_year, row.award_name) for row in rows]
    return Awards(
        years=list(dict.fromkeys(year for year, _name in found)), names=sorted({name for _year, name in found})
    )


def achievements_of_record(viewer: Viewer, record_id: int) -> list[Card]:
    """The threads in which a record is shown, as far as the viewer sees both."""
    query = _seen(viewer, select(Thread.id, Thread.title, Thread.slug, Thread.lang))
    rows = session().execute(
        query.join(Record, Record.id == Achievement.record_id)
        .where(Record.id == record_id, visible_records(viewer))
        .order_by(Achievement.id)
        .limit(MOST_OF_A_RECORD)
    )
    return [Card(Ref("forum.thread", row.id), row.title, thread_url(row.id, row.slug), row.lang) for row in rows]


def has_card() -> ColumnElement[bool]:
    """Threads with a card, for lists of the forum."""
    return Thread.id.in_(select(Achievement.thread_id))


def _seen(viewer: Viewer, query: Any) -> Any:
    return (
        query.select_from(Achievement)
        .join(Thread, Thread.id == Achievement.thread_id)
        .join(Board, Board.id == Thread.board_id)
        .where(live_threads(viewer))
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    wished = select(AchievementWish.kind).where(
        AchievementWish.achievement_id == Achievement.id, AchievementWish.kind == wanted.cooperation
    )
    place = Achievement.region if len(wanted.region) == PROVINCE else Achievement.city
    chosen: dict[str, ColumnElement[bool]] = {
        "year": Achievement.award_year == int(wanted.year or 0),
        "level": Achievement.award_level == wanted.level,
        "award": Achievement.award_name == wanted.award,
        "sector": Community.slug == wanted.sector,
        "region": place == wanted.region,
        "trl": Achievement.trl >= int(wanted.trl or 0),
        "cooperation": wished.correlate(Achievement).exists(),
        "record": Record.audience == PUBLIC,
    }
    return [chosen[name] for name in wanted.given if name in chosen]
