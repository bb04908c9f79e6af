"""Charters and the signatures under them."""

from alliances.actions import charters, signing
from alliances.addresses import api_url
from alliances.here import here_at
from alliances.parties import Party
from alliances.policy import AllianceRight
from alliances.queries.charters import charter_view, versions, whole
from alliances.schemas.charters import (
    CharterItem,
    CharterList,
    CharterShown,
    SignatureGiven,
    SignatureShown,
    TextGiven,
    VersionGiven,
)
from alliances.schemas.shapes import VoteOpened
from kernel.api import Answer, endpoint, room
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import POSTING
from kernel.viewer import Viewer
from kernel.words import gettext as _


@endpoint(room, "GET", "/alliances/<slug>/charters", may=AllianceRight.READ, answers={200: CharterList})
def list_charters(viewer: Viewer, *, slug: str) -> CharterList:
    """The versions of the charter that you may read, the newest first."""
    here = here_at(viewer, slug)
    return CharterList(items=[CharterItem.of(row) for row in versions(here)], next=None)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/charters",
    may=AllianceRight.AMEND,
    body=VersionGiven,
    answers={201: VoteOpened},
    limit=POSTING,
    refusals=(409,),
)
def post_charter(viewer: Viewer, *, slug: str, body: VersionGiven) -> Answer:
    """Put another text of the charter to the vote; what you leave out stays as it is."""
    here = here_at(viewer, slug)
    facts = body.over(charter_view(here, here.alliance.charter_number or 1))
    proposal = charters.propose_charter(viewer, facts, slug=slug, base=body.base, why=body.why)
    return Answer(VoteOpened.of(slug, proposal), 201, api_url(slug, "proposals", proposal.number))


@endpoint(
    room,
    "PATCH",
    "/alliances/<slug>/charters/draft",
    may=AllianceRight.AMEND,
    body=TextGiven,
    answers={200: CharterShown},
    limit=POSTING,
    refusals=(409,),
)
def patch_draft_charter(viewer: Viewer, *, slug: str, body: TextGiven) -> CharterShown:
    """Change the first charter before it is opened for signatures; what you leave out stays as it is."""
    charters.write_draft(viewer, body.over(charter_view(here_at(viewer, slug), 1)), slug=slug)
    return _shown(viewer, slug, 1)


@endpoint(room, "GET", "/alliances/<slug>/charters/<int:number>", may=AllianceRight.READ, answers={200: CharterShown})
def get_charter(viewer: Viewer, *, slug: str, number: int) -> CharterShown:
    """A version with its text, its settings and its hash."""
    return _shown(viewer, slug, number)


@endpoint(
    room,
    "POST",
    "/alliances/<slug>/signatures",
    may=AllianceRight.SIGN,
    body=SignatureGiven,
    answers={200: SignatureShown},
    refusals=(409,),
)
def post_signature(viewer: Viewer, *, slug: str, body: SignatureGiven) -> SignatureShown:
    """Sign the charter whose hash you name, or accept it again; the last signature that is needed founds it."""
    party = Party.parse(body.party)
    if party is None:
        raise InvalidError(_("Choose for whom you sign."), errors={"party": _("Such as organisation:7.")})
    member = signing.sign_charter(viewer, slug=slug, party=party, accepted=body.hash, message=body.message)
    here = here_at(viewer, slug)
    return SignatureShown(member=member.id, charter=member.accepted_number, state=here.alliance.state)


@endpoint(
    room,
    "DELETE",
    "/alliances/<slug>/signatures/<party>",
    may=AllianceRight.SIGN,
    answers={204: None},
    refusals=(409,),
)
def delete_signature(viewer: Viewer, *, slug: str, party: str) -> None:
    """Take a signature back, such as that of `organisation:7`, while others are still asked."""
    signed = Party.parse(party)
    if signed is None:
        raise NotFoundError
    signing.withdraw_signature(viewer, slug=slug, party=signed)


def _shown(viewer: Viewer, slug: str, number: int) -> CharterShown:
    view = charter_view(here_at(viewer, slug), number)
    return CharterShown(
        number=view.version.number,
        state=view.version.state,
        hash=view.version.hash,
        in_force_at=view.version.in_force_at,
        sections=whole(view.version.sections),
        settings=view.version.settings,
        accepted=view.accepted,
    )
