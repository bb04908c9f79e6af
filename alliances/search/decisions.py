"""Proposals and resolutions as findable things, each filed under the token of its electorate; never who voted how."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from alliances.addresses import proposal_url, resolution_url
from alliances.events import ProposalClosed, ProposalOpened, ProposalWithdrawn, ResolutionRegistered
from alliances.kinds.decisions import PROPOSAL, RESOLUTION
from alliances.models import Alliance, Proposal, ProposalState, Resolution
from alliances.proposal_loading import visible_proposals
from alliances.proposal_titles import every_title, title_of
from alliances.search.sources import numbers_of
from alliances.words import name_of
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import plain_text
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source
from search_index.facets import ONE, name_values

LONGEST = 20_000
FINDABLE = (ProposalState.OPEN, ProposalState.CLOSED)


def proposals(ids: Sequence[int]) -> Iterable[Document]:
    """Those that were opened and not withdrawn."""
    rows = session().execute(
        select(Proposal, Alliance)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(Proposal.id.in_(ids), Proposal.state.in_(FINDABLE))
    )
    return [
        Document(
            key=f"{PROPOSAL}:{proposal.id}",
            kind="proposal",
            title=every_title(proposal),
            body=_text(proposal),
            audience=proposal.audience,
            at=proposal.opened_at or proposal.created_at,
            sectors=tuple(alliance.sectors),
            lang=proposal.lang,
        )
        for proposal, alliance in rows
    ]


def show_proposals(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = session().execute(
        select(Proposal, Alliance)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(Proposal.id.in_(wanted), Proposal.state.in_(FINDABLE), visible_proposals(viewer))
    )
    return {
        proposal.id: Shown(
            ref=Ref(PROPOSAL, proposal.id),
            title=title_of(proposal),
            url=proposal_url(alliance.slug, proposal.number),
            text=_text(proposal),
            at=proposal.opened_at or proposal.created_at,
            kind="proposal",
            lang=proposal.lang,
            facts=(
                alliance.name_in(viewer.locale),
                name_of("outcome", proposal.outcome, viewer.locale)
                if proposal.outcome
                else name_of("proposal_state", proposal.state, viewer.locale),
            ),
        )
        for proposal, alliance in rows
    }


def resolutions(ids: Sequence[int]) -> Iterable[Document]:
    """The register."""
    rows = session().execute(
        select(Resolution, Proposal, Alliance)
        .join(Proposal, Proposal.id == Resolution.proposal_id)
        .join(Alliance, Alliance.id == Resolution.alliance_id)
        .where(Resolution.id.in_(ids))
    )
    return [
        Document(
            key=f"{RESOLUTION}:{resolution.id}",
            kind="resolution",
            title=f"{resolution.number} {every_title(proposal)}",
            body=resolution.statement,
            audience=resolution.audience,
            at=resolution.decided_at,
            sectors=tuple(alliance.sectors),
            lang=proposal.lang,
        )
        for resolution, proposal, alliance in rows
    ]


def show_resolutions(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = session().execute(
        select(Resolution, Proposal, Alliance)
        .join(Proposal, Proposal.id == Resolution.proposal_id)
        .join(Alliance, Alliance.id == Resolution.alliance_id)
        .where(Resolution.id.in_(wanted), Resolution.audience.in_(sorted(viewer.audience)))
    )
    return {
        resolution.id: Shown(
            ref=Ref(RESOLUTION, resolution.id),
            title=f"{resolution.number} {title_of(proposal)}",
            url=resolution_url(alliance.slug, resolution.number),
            text=resolution.statement,
            at=resolution.decided_at,
            kind="resolution",
            lang=proposal.lang,
            facts=(alliance.name_in(viewer.locale),),
        )
        for resolution, proposal, alliance in rows
    }


def _text(proposal: Proposal) -> str:
    said = proposal.statement if proposal.state == ProposalState.CLOSED else ""
    return "\n".join(filter(None, [plain_text(proposal.body_html)[:LONGEST], said]))


@subscribe(ProposalOpened, ProposalClosed, ProposalWithdrawn)
def reindex_proposal(event: ProposalOpened | ProposalClosed | ProposalWithdrawn) -> None:
    """Its document reads otherwise now; a withdrawn one is not found until that is applied."""
    feed.changed(Ref(PROPOSAL, event.proposal_id), hides=isinstance(event, ProposalWithdrawn))


@subscribe(ResolutionRegistered)
def reindex_resolution(event: ResolutionRegistered) -> None:
    """There is one more."""
    feed.changed(Ref(RESOLUTION, event.resolution_id))


proposal_ids = numbers_of(PROPOSAL, Proposal, Proposal.state.in_(FINDABLE))
register_source(Source(kind=PROPOSAL, documents=proposals, ids=proposal_ids, show=show_proposals))
resolution_ids = numbers_of(RESOLUTION, Resolution)
register_source(Source(kind=RESOLUTION, documents=resolutions, ids=resolution_ids, show=show_resolutions))
name_values("kind", lambda _viewer, _values: {"proposal": _("Proposals"), "resolution": _("Resolutions")})
name_values(ONE, lambda _viewer, _values: {"proposal": _("Proposal"), "resolution": _("Resolution")})
