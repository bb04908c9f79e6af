"""Cards of proposals, proxies and resolutions, for who may see them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from alliances.addresses import proposal_url, resolution_url
from alliances.models import Alliance, Member, Proposal, Proxy, Resolution, Seat
from alliances.proposal_loading import visible_proposals
from alliances.proposal_titles import TITLE, title_lang, title_of
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer
from kernel.words import gettext as _

PROPOSAL, PROXY, RESOLUTION = "alliances.proposal", "alliances.proxy", "alliances.resolution"


def _proposals(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Proposal.id, *TITLE, Proposal.number, Alliance.slug)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(Proposal.id.in_(sorted(set(ids))), visible_proposals(viewer))
    )
    return {
        row.id: Card(Ref(PROPOSAL, row.id), title_of(row), proposal_url(row.slug, row.number), title_lang(row))
        for row in rows
    }


def _proxies(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    """For those who act for the giver or the holder."""
    if not viewer.signed_in:
        return {}
    mine = select(Seat.member_id).where(Seat.user_id == viewer.me, Seat.until.is_(None))
    rows = session().execute(
        select(Proxy.id, Alliance)
        .join(Alliance, Alliance.id == Proxy.alliance_id)
        .join(Member, Member.id == Proxy.to_member_id)
        .where(
            Proxy.id.in_(sorted(set(ids))),
            Proxy.from_member_id.in_(mine) | Proxy.to_member_id.in_(mine),
        )
    )
    return {
        row.id: Card(
            Ref(PROXY, row.id),
            _("Proxies in %(name)s", name=row.Alliance.name_in(viewer.locale)),
            f"{row.Alliance.url}/proxies",
        )
        for row in rows
    }


def _resolutions(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    rows = session().execute(
        select(Resolution.id, Resolution.number, *TITLE, Alliance.slug)
        .join(Proposal, Proposal.id == Resolution.proposal_id)
        .join(Alliance, Alliance.id == Resolution.alliance_id)
        .where(Resolution.id.in_(sorted(set(ids))), Resolution.audience.in_(sorted(viewer.audience)))
    )
    return {
        row.id: Card(
            Ref(RESOLUTION, row.id),
            f"{row.number} {title_of(row)}",
            resolution_url(row.slug, row.number),
            title_lang(row),
        )
        for row in rows
    }


for _name, _cards in ((PROPOSAL, _proposals), (PROXY, _proxies), (RESOLUTION, _resolutions)):
    register_kind(Kind(_name, _cards))
