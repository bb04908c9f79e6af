import tomllib
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import select

from forum.models import Board, Community
from forum.models.community import FEEDBACK, GENERAL, SITE
from kernel.db import session
from kernel.work import unit_of_work
from moderation.actions.rules import ensure_rules
from search_index.synonyms import ensure_synonyms

TAXONOMY = Path(__file__).resolve().parent.parent / "forum" / "data" / "sei2018.toml"


def ensure_sectors() -> None:
    """Make the communities and boards that are missing, synonyms of search, house rules; again, it changes nothing."""
    data = tomllib.loads(TAXONOMY.read_text(encoding="utf-8"))
    with unit_of_work():
        known = {community.slug: community for community in session().scalars(select(Community))}
        boards = {(row.community_id, row.slug) for row in session().execute(select(Board.community_id, Board.slug))}
        for position, sector in enumerate(data["sector"], start=1):
            community = known.get(sector["slug"]) or Community(
                slug=sector["slug"],
                position=position,
                taxonomy=data["version"],
                code=sector["sei"],
                hitech_fields=sector["hitech"],
                name_zh=sector["name"]["zh"],
                name_en=sector["name"]["en"],
                about_zh=sector["about"]["zh"],
                about_en=sector["about"]["en"],
            )
            session().add(community)
            session().flush()
            general = {"slug": GENERAL, "zh": "综合", "en": "General"}
            for place, board in enumerate([general, *sector["boards"]]):
                if (community.id, board["slug"]) not in boards:
                    session().add(
                        Board(
                            community_id=community.id,
                            slug=board["slug"],
                            position=place,
                            name_zh=board["zh"],
                            name_en=board["en"],
                        )
                    )
        _ensure_site(known, boards)
        ensure_synonyms()
        ensure_rules()


def _ensure_site(known: Mapping[str, Community], boards: set[tuple[int, str]]) -> None:
    """The community about the site itself: talk about it, and the board of suggestions."""
    site = known.get(SITE) or Community(
        slug=SITE,
        position=99,
        taxonomy="",
        code="",
        hitech_fields=[],
        name_zh="本站",
        name_en="This site",
        about_zh="会馆本身：怎么用、哪里不好用、还缺什么。",
        about_en="The house itself: how to use it, what hurts, what is missing.",
    )
    session().add(site)
    session().flush()
    for place, (slug, zh, en) in enumerate(((GENERAL, "综合", "General"), (FEEDBACK, "意见反馈", "Feedback"))):
        if (site.id, slug) not in boards:
            session().add(Board(community_id=site.id, slug=slug, position=place, name_zh=zh, name_en=en))
