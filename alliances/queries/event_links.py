"""What can be hung on an event: the resolutions, proposals and documents of its host that the viewer sees."""

from collections.abc import Sequence

from sqlalchemy import select

from alliances.here import Here
from alliances.models import Document, Proposal, ProposalState, Resolution
from alliances.proposal_titles import TITLE, title_of
from kernel.db import session
from kernel.refs import Card, Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

SOME = 20


def linkable(viewer: Viewer, here: Here, linked: Sequence[Card]) -> list[tuple[str, str]]:
    """As choices of a form, the newest of each first; what hangs there already is left out."""
    mine = sorted(viewer.audience)
    known = {str(card.ref) for card in linked}
    resolutions = session().execute(
        select(Resolution.id, Resolution.number, *TITLE)
        .join(Proposal, Proposal.id == Resolution.proposal_id)
        .where(Resolution.alliance_id == here.alliance.id, Resolution.audience.in_(mine))
        .order_by(Resolution.id.desc())
        .limit(SOME)
    )
    proposals = session().execute(
        select(Proposal.id, Proposal.number, *TITLE)
        .where(
            Proposal.alliance_id == here.alliance.id,
            Proposal.audience.in_(mine),
            Proposal.state.in_((ProposalState.OPEN, ProposalState.CLOSED)),
        )
        .order_by(Proposal.id.desc())
        .limit(SOME)
    )
    documents = session().execute(
        select(Document.id, Document.title)
        .where(Document.alliance_id == here.alliance.id, Document.audience.in_(mine), Document.archived_at.is_(None))
        .order_by(Document.changed_at.desc())
        .limit(SOME)
    )
    choices = [
        *(
            (
                str(Ref("alliances.resolution", row.id)),
                _("Resolution %(number)s: %(title)s", number=row.number, title=title_of(row)),
            )
            for row in resolutions
        ),
        *(
            (
                str(Ref("alliances.proposal", row.id)),
                _("Proposal %(number)s: %(title)s", number=row.number, title=title_of(row)),
            )
            for row in proposals
        ),
        *((str(Ref("alliances.document", row.id)), _("Document: %(title)s", title=row.title)) for row in documents),
    ]
    return [(ref, name) for ref, name in choices if ref not in known]
