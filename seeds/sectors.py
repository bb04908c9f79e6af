import tomllib
from pathlib import Path

from sqlalchemy import select

from forum.models import Board, Community
from forum.models.community import GENERAL
from kernel.db import session
from kernel.work import unit_of_work
from search_index.synonyms import ensure_synonyms

TAXONOMY = Path(__file__).resolve().parent.parent / "forum" / "data" / "sei2018.toml"


def ensure_sectors() -> None:
    """Make the communities and boards that are missing, and the synonyms of search; running again changes nothing."""
    data = tomllib.loads(TAXONOMY.read_text(encoding="utf-8"))
    with unit_of_work():
        known = {community.slug: community for community in session().scalars(select(Community))}
        boards = set(session().execute(select(Board.community_id, Board.slug)))
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
        ensure_synonyms()
