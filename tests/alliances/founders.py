"""Founding through the real actions, for tests of the life of alliances."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from accounts.models import Organisation, User
from accounts.viewers import viewer_for
from alliances.actions.founding import found, open_for_signatures
from alliances.actions.invitations import invite
from alliances.actions.signing import sign_charter
from alliances.facts import FoundingFacts
from alliances.models import Alliance, CharterVersion, Member
from alliances.parties import Party
from kernel.db import session
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers.alliances import organisation
from tests.makers.people import person


@dataclass
class House:
    """An organisation and who acts for it."""

    admin: User
    organisation: Organisation

    @property
    def viewer(self) -> Viewer:
        """Its admin, as of now."""
        return viewer_for(self.admin.id)

    @property
    def party(self) -> Party:
        """As a party of an alliance."""
        return Party("organisation", self.organisation.id)


def house(kind: str = "firm", **facts: Any) -> House:
    """An organisation of this kind, with an admin of its own."""
    admin = person()
    return House(admin, organisation(admin=admin, kind=kind, **facts))


def facts(**given: Any) -> FoundingFacts:
    """What somebody might type."""
    usual: dict[str, Any] = {
        "template": "innovation",
        "name": "钙钛矿产业联盟",
        "name_en": "Perovskite Alliance",
        "summary": "共同攻克钙钛矿组件的稳定性。",
        "sectors": ("materials",),
        "place": "浙江",
    }
    return FoundingFacts(**{**usual, **given})


def draft(founder: House, **given: Any) -> Alliance:
    """A draft in the name of a house."""
    with unit_of_work():
        return found(founder.viewer, facts(**given), party=founder.party)


def forming(founder: House, *asked: House, **given: Any) -> Alliance:
    """Open for signatures: signed by its founder, the others asked."""
    made = draft(founder, **given)
    for one in asked:
        with unit_of_work():
            invite(founder.viewer, slug=made.slug, kind="organisation", name=one.organisation.slug)
    with unit_of_work():
        return open_for_signatures(founder.viewer, slug=made.slug)


def sign(one: House, alliance: Alliance, *, accepted: str = "") -> Member:
    """Sign the charter as it stands."""
    with unit_of_work():
        return sign_charter(one.viewer, slug=alliance.slug, party=one.party, accepted=accepted or hash_of(alliance))


def founded() -> tuple[Alliance, list[House]]:
    """A firm, an institute and a firm have signed: the alliance lives."""
    houses = [house("firm"), house("institute"), house("firm")]
    made = forming(houses[0], *houses[1:])
    for one in houses[1:]:
        sign(one, made)
    return made, houses


def hash_of(alliance: Alliance) -> str:
    """Of the charter that is open for signatures, or in force."""
    query = select(CharterVersion.hash).where(
        CharterVersion.alliance_id == alliance.id, CharterVersion.number == max(alliance.charter_number, 1)
    )
    return session().scalars(query).one()
