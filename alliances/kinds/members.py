"""Cards of members, offices, groups, and of what waits for a decision, for who may see each."""

from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import ColumnElement, or_, select

from alliances.here import visible_alliances
from alliances.models import Alliance, Application, ExpulsionCase, Group, Invitation, Member, Term
from alliances.parties import Party, parties
from alliances.sight import inside, visible_applications, visible_cases, visible_invitations
from alliances.words import name_of
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer

APPLICATION, INVITATION, CASE = "alliances.application", "alliances.invitation", "alliances.case"
MEMBER, TERM, GROUP = "alliances.member", "alliances.term", "alliances.group"

Asked = Application | Invitation | Member


def _asked(
    kind: str, model: type[Asked], place: str, sight: Callable[[Viewer], ColumnElement[bool]]
) -> Callable[[Viewer, Iterable[int]], Mapping[int, Card]]:
    """Cards that name a party and its alliance; `place` is the address behind the alliance's."""

    def cards(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
        query = select(model.id, model.party_kind, model.party_id, Alliance).join(
            Alliance, Alliance.id == model.alliance_id
        )
        seen = query.where(model.id.in_(set(ids)), sight(viewer), visible_alliances(viewer))
        rows = session().execute(seen).all()
        facts = parties([Party(party_kind, party_id) for _number, party_kind, party_id, _alliance in rows])
        found = {}
        for number, party_kind, party_id, alliance in rows:
            party = facts.get(Party(party_kind, party_id))
            names = [party.name_in(viewer.locale)] if party else []
            title = " · ".join([*names, alliance.name_in(viewer.locale)])
            found[number] = Card(Ref(kind, number), title, f"{alliance.url}/{place.format(id=number)}")
        return found

    return cards


def _cases(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(ExpulsionCase.id, Alliance)
        .join(Alliance, Alliance.id == ExpulsionCase.alliance_id)
        .where(ExpulsionCase.id.in_(set(ids)), visible_cases(viewer), visible_alliances(viewer))
    )
    return {
        row.id: Card(Ref(CASE, row.id), row.Alliance.name_in(viewer.locale), f"{row.Alliance.url}/cases/{row.id}")
        for row in rows
    }


def _terms(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Term.id, Term.office, Alliance)
        .join(Alliance, Alliance.id == Term.alliance_id)
        .where(Term.id.in_(set(ids)), visible_alliances(viewer))
    )
    return {
        row.id: Card(
            Ref(TERM, row.id),
            f"{name_of('office', row.office, viewer.locale)} · {row.Alliance.name_in(viewer.locale)}",
            f"{row.Alliance.url}/offices",
        )
        for row in rows
    }


def visible_groups(viewer: Viewer) -> ColumnElement[bool]:
    """The members of the alliance, and the experts who work in the group."""
    groups = [token.rpartition(":group")[2] for token in viewer.audience if ":group" in token]
    mine = [int(number) for number in groups if number.isdecimal()]
    return or_(Group.alliance_id.in_(inside(viewer)), Group.id.in_(mine))


def _groups(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Group, Alliance)
        .join(Alliance, Alliance.id == Group.alliance_id)
        .where(Group.id.in_(set(ids)), visible_groups(viewer), visible_alliances(viewer))
    )
    return {
        row.Group.id: Card(Ref(GROUP, row.Group.id), row.Group.name, f"{row.Alliance.url}/groups/{row.Group.id}")
        for row in rows
    }


for _name, _cards in (
    (APPLICATION, _asked(APPLICATION, Application, "applications/{id}", visible_applications)),
    (INVITATION, _asked(INVITATION, Invitation, "invitations/{id}", visible_invitations)),
    (MEMBER, _asked(MEMBER, Member, "members", visible_alliances)),
    (CASE, _cases),
    (TERM, _terms),
    (GROUP, _groups),
):
    register_kind(Kind(_name, _cards))
