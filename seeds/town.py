"""The demo town as a whole: its people, its discussions, what they offer and need, and a room for members only."""

from sqlalchemy import select

from accounts.models import User
from forum.models import Board, Community
from kernel.clock import now
from kernel.db import session
from kernel.viewer import MEMBERS
from kernel.work import unit_of_work
from search_index import feed
from search_index.documents import every_key
from seeds.discussions import Town, add_threads, read_boards
from seeds.habits import add_habits
from seeds.needs import add_needs, read_needs
from seeds.offers import add_listings, read_listings
from seeds.parsing import read_people, read_threads
from seeds.people import DOMAIN, PASSWORD, add_people

MEMBER, MODERATOR, STEWARD = "chen-yu", "lin-wei", "zhou-mingyuan"

SIGN_INS = (
    f"成员 member:    {MEMBER} / {PASSWORD}",
    f"版主 moderator: {MODERATOR} / {PASSWORD}",
    f"站务 staff:     {STEWARD} / {PASSWORD}",
)


def seed_demo() -> None:
    """Fill the site with the demo town; where it is already, nothing changes."""
    people = read_people()
    threads = read_threads(people)
    listings, needs = read_listings(people), read_needs(people)
    with unit_of_work():
        if session().scalar(select(User.id).where(User.email == f"{STEWARD}@{DOMAIN}")) is not None:
            return
        moment = now().replace(microsecond=0)
        _ensure_members_room()
        users = add_people(people, moment=moment)
        town = Town(moment=moment, users=users, boards=read_boards())
        add_habits(town, add_threads(town, threads))
        shelf = add_listings(listings, users=users, moment=moment)
        add_needs(needs, users=users, listings=shelf, moment=moment)
        feed.note(every_key())


def _ensure_members_room() -> None:
    """A board that only members see, in the community that serves all others."""
    community_id = session().scalars(select(Community.id).where(Community.slug == "services")).one()
    is_there = select(Board.id).where(Board.community_id == community_id, Board.slug == "members")
    if session().scalar(is_there) is None:
        session().add(
            Board(
                community_id=community_id,
                slug="members",
                position=9,
                name_zh="会员茶座",
                name_en="Members’ corner",
                audience=MEMBERS,
            )
        )
        session().flush()
