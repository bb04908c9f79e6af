"""What somebody takes along of alliances: for whom they act, what they decided and wrote, and open ballots.

Of a secret vote there is only that they voted: nothing leads from them to the ballot.
"""

from collections.abc import Iterable

from sqlalchemy import String, case, cast, func, literal, null, or_, select

from accounts.blobs import blob_store
from alliances.event_sight import visible_events
from alliances.models import (
    Acceptance,
    Alliance,
    Application,
    Attendance,
    Bid,
    Call,
    CastBallot,
    Document,
    DocumentVersion,
    Event,
    Group,
    GroupMember,
    LogLine,
    Member,
    PartyKind,
    Proposal,
    ScoreSheet,
    Seat,
    Term,
    Voter,
)
from kernel.db import session
from kernel.personal import Blob, Piece, Table, exports
from kernel.viewer import Viewer


@exports("alliances")
def my_alliances(viewer: Viewer) -> Iterable[Piece]:
    """Memberships, seats, offices, votes, and what I wrote."""
    yield from _belonging(viewer)
    yield _votes(viewer)
    yield from _writings(viewer)
    yield Table(
        "alliance-acts",
        "What I did in alliances, as their logs say it",
        select(Alliance.slug.label("alliance"), LogLine.number, LogLine.at, LogLine.act, LogLine.content, LogLine.hash)
        .join(Alliance, Alliance.id == LogLine.alliance_id)
        .where(LogLine.actor_id == viewer.me),
        key=(LogLine.id,),
    )


def _belonging(viewer: Viewer) -> Iterable[Piece]:
    me = (Member.party_kind == PartyKind.PERSON, Member.party_id == viewer.me)
    of_alliance = (Alliance, Alliance.id == Member.alliance_id)
    yield Table(
        "alliance-memberships",
        "Alliances of which I am a member myself",
        select(
            Alliance.slug.label("alliance"), Alliance.name, Member.standing, Member.state, Member.is_founder,
            Member.joined_at, Member.leaving_at, Member.leaving_reason, Member.ended_at, Member.ended_reason,
        )
        .join(*of_alliance)
        .where(*me),
        key=(Member.id,),
    )  # fmt: skip
    yield Table(
        "alliance-seats",
        "Members for which I act",
        select(
            Alliance.slug.label("alliance"), Member.party_kind, Member.party_id, Seat.role, Seat.since, Seat.until
        )
        .join(Member, Member.id == Seat.member_id)
        .join(*of_alliance)
        .where(Seat.user_id == viewer.me),
        key=(Seat.id,),
    )  # fmt: skip
    yield Table(
        "alliance-offices",
        "Offices",
        select(
            Alliance.slug.label("alliance"), Term.office, Group.name.label("group"), Term.is_interim, Term.started_at,
            Term.ends_at, Term.ended_at, Term.ended_reason,
        )
        .join(Alliance, Alliance.id == Term.alliance_id)
        .outerjoin(Group, Group.id == Term.group_id)
        .where(Term.user_id == viewer.me),
        key=(Term.id,),
    )  # fmt: skip
    yield Table(
        "alliance-groups",
        "Working groups",
        select(Alliance.slug.label("alliance"), Group.name.label("group"), GroupMember.since)
        .join(Group, Group.id == GroupMember.group_id)
        .join(Alliance, Alliance.id == Group.alliance_id)
        .where(GroupMember.user_id == viewer.me),
    )
    yield Table(
        "alliance-acceptances",
        "Charters that I signed, by their hashes",
        select(Alliance.slug.label("alliance"), Acceptance.hash, Acceptance.at)
        .join(Member, Member.id == Acceptance.member_id)
        .join(*of_alliance)
        .where(Acceptance.user_id == viewer.me),
    )
    yield Table(
        "alliance-applications",
        "Applications that I made",
        select(
            Alliance.slug.label("alliance"), Application.party_kind, Application.party_id, Application.standing,
            Application.message, Application.questions, Application.answers, Application.state, Application.answer,
            Application.created_at, Application.decided_at,
        )
        .join(Alliance, Alliance.id == Application.alliance_id)
        .where(Application.applied_by_id == viewer.me),
        key=(Application.id,),
    )  # fmt: skip


def _votes(viewer: Viewer) -> Table:
    """Rolls on which I stand or for which I voted; the choice only where the vote was open."""
    is_open = Proposal.is_secret.is_(False)
    return Table(
        "alliance-votes",
        "Votes; of secret ones only that I took part",
        select(
            Alliance.slug.label("alliance"), Proposal.number, Proposal.title, Proposal.about, Proposal.is_secret,
            Proposal.state, Proposal.outcome, Voter.has_voted, Voter.voted_as,
            (Voter.voted_by_id == viewer.me).label("by_me"),
            case((is_open, CastBallot.choice), else_=null()).label("choice"),
            case((is_open, CastBallot.reason), else_="").label("reason"),
            case((is_open, CastBallot.cast_at), else_=null()).label("cast_at"),
        )
        .join(Proposal, Proposal.id == Voter.proposal_id)
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .outerjoin(CastBallot, CastBallot.voter_id == Voter.id)
        .where(or_(Voter.user_id == viewer.me, Voter.voted_by_id == viewer.me)),
        key=(Voter.id,),
    )  # fmt: skip


def _writings(viewer: Viewer) -> Iterable[Piece]:
    yield Table(
        "alliance-proposals",
        "Proposals that I wrote",
        select(
            Alliance.slug.label("alliance"), Proposal.number, Proposal.title, Proposal.about, Proposal.body,
            Proposal.matter, Proposal.method, Proposal.state, Proposal.outcome, Proposal.statement, Proposal.created_at,
            Proposal.opened_at, Proposal.closed_at,
        )
        .join(Alliance, Alliance.id == Proposal.alliance_id)
        .where(Proposal.author_id == viewer.me),
        key=(Proposal.id,),
    )  # fmt: skip
    place = (
        literal("files/alliances/")
        .concat(cast(DocumentVersion.id, String))
        .concat("/")
        .concat(DocumentVersion.file_name)
    )
    mine = (
        select(DocumentVersion)
        .join(Document, Document.id == DocumentVersion.document_id)
        .join(Alliance, Alliance.id == Document.alliance_id)
        .where(DocumentVersion.created_by_id == viewer.me)
    )
    yield Table(
        "alliance-documents",
        "Versions of documents that I wrote or added",
        mine.with_only_columns(
            Alliance.slug.label("alliance"), Document.title, DocumentVersion.number, DocumentVersion.body,
            DocumentVersion.note, DocumentVersion.hash, DocumentVersion.file_name, DocumentVersion.media_type,
            DocumentVersion.size, DocumentVersion.created_at, DocumentVersion.adopted_at,
            case((DocumentVersion.blob_hash.is_not(None), place), else_="").label("path"),
        ),
        key=(DocumentVersion.id,),
    )  # fmt: skip
    store = blob_store()
    for row in session().scalars(mine.where(DocumentVersion.blob_hash.is_not(None)).order_by(DocumentVersion.id)):
        yield Blob(f"files/alliances/{row.id}/{row.file_name}", store.path(row.blob_hash or ""))
    yield Table(
        "alliance-events",
        "Meetings that I called",
        select(
            Alliance.slug.label("alliance"), Event.title, Event.body, Event.place, Event.link, Event.state,
            Event.starts_at, Event.ends_at, Event.minutes, Event.created_at,
        )
        .join(Alliance, Alliance.id == Event.alliance_id)
        .where(Event.created_by_id == viewer.me),
        key=(Event.id,),
    )  # fmt: skip
    yield Table(
        "alliance-attendance",
        "Meetings for which I signed up",
        select(
            case((visible_events(viewer), Event.title), else_="").label("title"), Event.starts_at, Attendance.state,
            Attendance.was_there, Attendance.at,
        )
        .join(Event, Event.id == Attendance.event_id)
        .where(Attendance.user_id == viewer.me),
    )  # fmt: skip
    yield Table(
        "alliance-bids",
        "Bids that I made",
        select(
            Alliance.slug.label("alliance"), Call.title.label("call"), Bid.team, Bid.body, Bid.state, Bid.answer,
            Bid.created_at, Bid.changed_at,
        )
        .join(Call, Call.id == Bid.call_id)
        .join(Alliance, Alliance.id == Call.alliance_id)
        .where(Bid.author_id == viewer.me),
        key=(Bid.id,),
    )  # fmt: skip
    yield Table(
        "alliance-scores",
        "Bids that I scored",
        select(
            func.coalesce(Call.title, "").label("call"), ScoreSheet.scores, ScoreSheet.comment, ScoreSheet.conflict,
            ScoreSheet.at,
        )
        .join(Bid, Bid.id == ScoreSheet.bid_id)
        .join(Call, Call.id == Bid.call_id)
        .where(ScoreSheet.user_id == viewer.me),
    )  # fmt: skip
