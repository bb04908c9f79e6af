"""Who acts in which alliance of the demo town, and what its stories call by name."""

from dataclasses import dataclass

from sqlalchemy import select

from accounts.models import Organisation, User
from alliances.charters import charter_of
from alliances.joining import member_of
from alliances.models import Alliance, Bid, Call, Document, Event, Group, Member, PartyKind, Proposal
from alliances.parties import Party
from alliances.proposal_titles import every_title
from kernel.db import session
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Scene:
    """Who acts in which alliance."""

    viewer: Viewer
    alliance: Alliance

    @property
    def slug(self) -> str:
        """What stands in its address."""
        return self.alliance.slug


def party_named(name: str) -> Party:
    """An organisation by its address, or somebody by `@handle`."""
    if name.startswith("@"):
        found = session().scalars(select(User.id).where(User.handle == name[1:])).one()
        return Party(PartyKind.PERSON, found)
    number = session().scalars(select(Organisation.id).where(Organisation.slug == name)).one()
    return Party(PartyKind.ORGANISATION, number)


def member_named(scene: Scene, name: str) -> Member:
    """A member by its party."""
    member = member_of(scene.alliance.id, party_named(name))
    if member is None:
        raise LookupError(f"{name} is no member of {scene.alliance.name}")
    return member


def charter_hash(scene: Scene) -> str:
    """What whoever signs accepts."""
    charter = charter_of(scene.alliance)
    return charter.hash if charter else ""


def group_named(scene: Scene, name: str) -> int:
    """A working group."""
    query = select(Group.id).where(Group.alliance_id == scene.alliance.id, Group.name == name)
    return session().scalars(query).one()


def proposal_about(scene: Scene, title: str) -> Proposal:
    """The newest with these words in its title, or on this matter."""
    query = select(Proposal).where(Proposal.alliance_id == scene.alliance.id).order_by(Proposal.id.desc())
    return next(one for one in session().scalars(query) if title == one.matter or title in every_title(one))


def event_titled(scene: Scene, title: str) -> int:
    """An event."""
    return session().scalars(select(Event.id).where(Event.alliance_id == scene.alliance.id, Event.title == title)).one()


def call_titled(scene: Scene, title: str) -> int:
    """A call."""
    return session().scalars(select(Call.id).where(Call.alliance_id == scene.alliance.id, Call.title == title)).one()


def bid_of(call_id: int, team: str) -> int:
    """The bid of a team."""
    return session().scalars(select(Bid.id).where(Bid.call_id == call_id, Bid.team == team)).one()


def document_titled(scene: Scene, title: str) -> Document:
    """A document."""
    query = select(Document).where(Document.alliance_id == scene.alliance.id, Document.title == title)
    return session().scalars(query).one()
