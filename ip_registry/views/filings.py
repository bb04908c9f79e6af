"""Decisions of alliances in the log: a line on their own pages, and a page with all that proves it."""

import json

from flask import Response, make_response, render_template
from markupsafe import Markup

from alliances.models import CharterVersion, DocumentVersion, Proposal
from ip_registry.actions.filing import CHARTER, DOCUMENT, TALLY
from ip_registry.policy import RegistryRight
from ip_registry.queries.filings import evidence_of, filing_at, filing_of
from ip_registry.room import room
from kernel.refs import Ref, cards
from kernel.slots import fill
from kernel.viewer import Viewer
from kernel.web import current_viewer


@room.page("/registry/filings/<int:filing_id>", may=RegistryRight.READ)
def filing(filing_id: int) -> str:
    """What was filed, where it stands in the log, and how to check it without us."""
    viewer = current_viewer()
    view = filing_at(viewer, filing_id)
    return render_template("ip_registry/filing.html", filing=view, card=cards(viewer, [view.ref]).get(view.ref))


@room.page("/registry/filings/<int:filing_id>/evidence", may=RegistryRight.READ)
def filing_evidence(filing_id: int) -> Response:
    """The statement, what opens the commitment, the leaf, and the proof of its place."""
    response = make_response(json.dumps(evidence_of(filing_at(current_viewer(), filing_id)), ensure_ascii=False))
    response.content_type = "application/json"
    response.headers["Content-Disposition"] = f'attachment; filename="filing-{filing_id}.json"'
    return response


@fill("alliance.charter")
def show_charter(viewer: Viewer, charter: CharterVersion) -> Markup | None:
    """On the page of a version of a charter."""
    return _line(viewer, Ref(CHARTER, charter.id))


@fill("alliance.tally")
def show_tally(viewer: Viewer, proposal: Proposal) -> Markup | None:
    """On the page of a result."""
    return _line(viewer, Ref(TALLY, proposal.id))


@fill("alliance.document")
def show_document(viewer: Viewer, version: DocumentVersion) -> Markup | None:
    """On the page of an adopted version."""
    return _line(viewer, Ref(DOCUMENT, version.id))


def _line(viewer: Viewer, ref: Ref) -> Markup | None:
    view = filing_of(viewer, ref)
    if view is None:
        return None
    return Markup(render_template("ip_registry/_filing_line.html", filing=view))  # noqa: S704 - rendered by a template that escapes
