"""All of an alliance that one viewer may read, as plain data: for the download, and for the page that comes with it."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from alliances.charters import charter_text
from alliances.here import Here
from alliances.models import (
    Alliance,
    CharterState,
    CharterVersion,
    Document,
    DocumentVersion,
    Event,
    MemberState,
    Option,
    Proposal,
    ProposalState,
    Resolution,
)
from alliances.proposal_titles import TITLE, title_of
from alliances.queries.counts import open_ballots
from alliances.queries.groups import groups_of
from alliances.queries.log import LineRow, whole_log
from alliances.queries.members import MemberRow, member_page
from alliances.queries.offices import officers, past_terms
from kernel.db import session

AT_ONCE = 500
FACTS = (
    "slug", "template", "name", "name_en", "summary", "summary_en", "state", "region", "sectors", "admission",
    "sponsors_needed", "questions", "rules", "ip_policy", "exclusion_days", "liable_body", "secretariat",
    "registration_no", "charter_number", "member_count", "created_at", "opened_at", "activated_at", "ended_at",
)  # fmt: skip


def alliance_facts(alliance: Alliance) -> dict[str, Any]:
    """What its page says of it."""
    return {name: plain(getattr(alliance, name)) for name in FACTS}


def charter_versions(here: Here) -> list[tuple[CharterVersion, str]]:
    """Every version that was signed or voted on, with the exact text whose hash it bears; inside, all of them."""
    query = select(CharterVersion).where(CharterVersion.alliance_id == here.alliance.id)
    query = query.where(CharterVersion.state != CharterState.DRAFT).order_by(CharterVersion.number)
    return [(version, charter_text(here.alliance, version)) for version in session().scalars(query)]


def members(here: Here) -> Iterator[dict[str, Any]]:
    """Members and former members, with those who act for them."""
    for state in (MemberState.ACTIVE, None):
        cursor: str | None = None
        while True:
            page = member_page(here, state=state, cursor=cursor, limit=AT_ONCE)
            yield from map(_member, page.items)
            if (cursor := page.next) is None:
                break


def _member(row: MemberRow) -> dict[str, Any]:
    return {
        "party": f"{row.member.party_kind}:{row.member.party_id}",
        "name": row.party.name if row.party else "",
        "standing": row.member.standing,
        "state": row.member.state,
        "joined_at": plain(row.member.joined_at),
        "ended_at": plain(row.member.ended_at),
        "accepted_charter": row.member.accepted_number,
        "people": [{"handle": seat.person.handle, "role": seat.role} for seat in row.seats],
    }


def offices(here: Here) -> list[dict[str, Any]]:
    """Terms that run and that have ended."""
    rows = [*officers(here), *past_terms(here, limit=AT_ONCE).items]
    return [
        {
            "office": row.term.office,
            "holder": row.person.handle,
            "name": row.person.name,
            "interim": row.term.is_interim,
            "started_at": plain(row.term.started_at),
            "ends_at": plain(row.term.ends_at),
            "ended_at": plain(row.term.ended_at),
            "ended_reason": row.term.ended_reason,
        }
        for row in rows
    ]


def groups(here: Here) -> list[dict[str, Any]]:
    """Working groups, those that have ended too."""
    return [
        {
            "id": row.group.id,
            "name": row.group.name,
            "purpose": row.group.purpose,
            "leads": [lead.handle for lead in row.leads],
            "people": row.people,
            "created_at": plain(row.group.created_at),
            "closed_at": plain(row.group.closed_at),
        }
        for closed in (False, True)
        for row in groups_of(here, closed=closed)
    ]


def decisions(here: Here) -> Iterator[dict[str, Any]]:
    """What was put to the vote, with tally and ballots where it is counted; of a secret vote the tally alone."""
    query = select(Proposal).where(
        Proposal.alliance_id == here.alliance.id,
        Proposal.audience.in_(sorted(here.viewer.audience)),
        Proposal.state != ProposalState.DRAFT,
    )
    for proposal in session().scalars(query.order_by(Proposal.number)):
        query_options = select(Option).where(Option.proposal_id == proposal.id).order_by(Option.position)
        options = session().scalars(query_options).all()
        numbers = [option.id for option in options]
        is_closed = proposal.state == ProposalState.CLOSED
        yield {
            "number": proposal.number,
            "title": title_of(proposal),
            "body": proposal.body,
            "matter": proposal.matter,
            "electorate": proposal.electorate,
            "method": proposal.method,
            "rules": proposal.rules,
            "secret": proposal.is_secret,
            "state": proposal.state,
            "opened_at": plain(proposal.opened_at),
            "closes_at": plain(proposal.closes_at),
            "closed_at": plain(proposal.closed_at),
            "roll_size": proposal.roll_size,
            "roll_hash": proposal.roll_hash,
            "quorum": proposal.quorum,
            "options": [{"id": option.id, "label": option.label} for option in options],
            "outcome": proposal.outcome if is_closed else "",
            "statement": proposal.statement,
            "tally": proposal.tally if is_closed else None,
            "tally_hash": proposal.tally_hash if is_closed else "",
            "ballots": list(open_ballots(here, proposal, numbers)) if is_closed and not proposal.is_secret else None,
        }


def resolutions(here: Here) -> list[dict[str, Any]]:
    """The register."""
    query = select(Resolution, *TITLE).join(Proposal, Proposal.id == Resolution.proposal_id)
    query = query.where(
        Resolution.alliance_id == here.alliance.id, Resolution.audience.in_(sorted(here.viewer.audience))
    )
    return [
        {
            "number": row.Resolution.number,
            "title": title_of(row),
            "statement": row.Resolution.statement,
            "decided_at": plain(row.Resolution.decided_at),
            "review_on": plain(row.Resolution.review_on),
            "review_note": row.Resolution.review_note,
        }
        for row in session().execute(query.order_by(Resolution.id))
    ]


def documents(here: Here) -> Iterator[tuple[Document, list[DocumentVersion]]]:
    """Documents with all their versions."""
    query = select(Document).where(
        Document.alliance_id == here.alliance.id, Document.audience.in_(sorted(here.viewer.audience))
    )
    for document in session().scalars(query.order_by(Document.id)):
        versions = select(DocumentVersion).where(DocumentVersion.document_id == document.id)
        yield document, list(session().scalars(versions.order_by(DocumentVersion.number)))


def meetings(here: Here) -> list[dict[str, Any]]:
    """Events with their minutes."""
    query = select(Event).where(Event.alliance_id == here.alliance.id, Event.audience.in_(sorted(here.viewer.audience)))
    return [
        {
            "uid": row.uid,
            "title": row.title,
            "body": row.body,
            "place": row.place,
            "state": row.state,
            "starts_at": plain(row.starts_at),
            "ends_at": plain(row.ends_at),
            "timezone": row.timezone,
            "minutes": row.minutes,
        }
        for row in session().scalars(query.order_by(Event.starts_at, Event.id))
    ]


def log_lines(here: Here) -> Iterator[tuple[LineRow, dict[str, Any]]]:
    """Every line of the log; of those that are withheld, or out of which a name was taken, what chains them."""
    for line in whole_log(here):
        shown = {"number": line.number, "digest": line.digest, "hash": line.hash}
        yield line, {**shown, "content": line.content} if line.content else shown


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
