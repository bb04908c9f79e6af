"""The demo town as a whole: its people, organisations and alliances, what they discuss, offer, need and registered."""

from sqlalchemy import delete, select

from accounts.models import User
from activity.models import Delivery
from forum.models import Board, Community
from ip_registry.sequencing import sequence
from kernel.clock import now
from kernel.db import session
from kernel.viewer import MEMBERS
from kernel.work import unit_of_work
from search_index import feed
from search_index.documents import every_key
from seeds.alliances import add_alliances, read_alliances
from seeds.discussions import Town, add_threads, read_boards
from seeds.feedback import add_feedback, read_feedback
from seeds.habits import add_habits
from seeds.moderation import add_moderation
from seeds.needs import add_needs, read_needs
from seeds.offers import add_listings, read_listings
from seeds.organisations import add_organisations, read_organisations
from seeds.parsing import read_people, read_threads
from seeds.people import DOMAIN, PASSWORD, add_people
from seeds.registry import add_cards, add_records, read_cards, read_records

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
    organisations, alliances = read_organisations(people), read_alliances(people)
    feedback = read_feedback(people)
    records, cards = read_records(people), read_cards(threads)
    with unit_of_work():
        if session().scalar(select(User.id).where(User.email == f"{STEWARD}@{DOMAIN}")) is not None:
            return
        moment = now().replace(microsecond=0)
        _ensure_members_room()
        users = add_people(people, moment=moment)
        names = add_organisations(organisations, users=users, steward=STEWARD, moment=moment)
        town = Town(moment=moment, users=users, boards=read_boards())
        add_habits(town, add_threads(town, threads))
        shelf = add_listings(listings, users=users, organisations=names, moment=moment)
        add_needs(needs, users=users, listings=shelf, moment=moment)
        feed.note(every_key())
    ids = add_records(records, users=users, moment=moment)
    with unit_of_work():
        add_cards(cards, threads, records=ids)
    add_alliances(alliances, users=users, moment=moment)
    add_feedback(*feedback, users=users, steward=STEWARD, moment=moment)
    suspended = {person.handle: moment - person.joined / 10 for person in people.values() if person.suspended}
    add_moderation(users, moderator=MODERATOR, steward=STEWARD, suspended=suspended, moment=moment)
    sequence()  # what alliances filed gets its place
    with unit_of_work() as work:
        work.execute(delete(Delivery))  # what happened before anybody came is mailed to nobody


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
