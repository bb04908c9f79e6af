"""What alliances keep of a person, and why."""

from flask_babel import lazy_gettext as _l

from alliances.models import (
    Acceptance,
    Alliance,
    Application,
    Attendance,
    Background,
    Bid,
    CalendarKey,
    Call,
    CharterVersion,
    Dissolution,
    Document,
    DocumentVersion,
    Event,
    EventAlly,
    EventLink,
    ExclusionNotice,
    ExpulsionCase,
    Group,
    GroupMember,
    Invitation,
    LogLine,
    Milestone,
    Option,
    Proposal,
    Proxy,
    Scorer,
    ScoreSheet,
    Seat,
    Sponsor,
    Term,
    Voter,
)
from kernel.personal import Fate, keeps

keeps(
    Seat.user_id,
    Seat.given_by_id,
    Term.user_id,
    Term.given_by_id,
    Acceptance.user_id,
    Application.applied_by_id,
    Application.decided_by_id,
    Invitation.invited_by_id,
    Invitation.decided_by_id,
    Sponsor.user_id,
    what=_l("For whom you act in alliances, offices you hold, what you signed, applications and invitations."),
    why=_l("An alliance has to be able to show who acted for whom, and since when."),
    until=_l("As long as the alliance; without your name once you have gone. Seats and offices end then."),
    fate=Fate.NAMELESS,
    order=60,
)
keeps(
    GroupMember.user_id,
    what=_l("In which working groups you are."),
    why=_l("So that you see what is the group’s."),
    until=_l("Until you leave the group, or delete your account."),
    fate=Fate.REMOVED,
    order=61,
)
keeps(
    Voter.user_id,
    Voter.voted_by_id,
    Proxy.given_by_id,
    Option.user_id,
    what=_l("That you were entitled to vote, whether you voted, and in an open vote how; proxies; candidacies."),
    why=_l("A count that was closed must be counted again by anybody, at any time."),
    until=_l(
        "As long as the alliance; without your name once you have gone. How you voted in a secret vote is known to "
        "nobody, not even to us."
    ),
    fate=Fate.NAMELESS,
    order=62,
)
keeps(
    Alliance.founder_id,
    CharterVersion.written_by_id,
    Proposal.author_id,
    Document.created_by_id,
    DocumentVersion.created_by_id,
    Event.created_by_id,
    EventAlly.asked_by_id,
    EventAlly.answered_by_id,
    EventLink.added_by_id,
    Attendance.user_id,
    Group.created_by_id,
    Milestone.created_by_id,
    Call.created_by_id,
    Bid.author_id,
    Scorer.user_id,
    Scorer.named_by_id,
    ScoreSheet.user_id,
    ExpulsionCase.opened_by_id,
    ExpulsionCase.replied_by_id,
    Background.told_by_id,
    ExclusionNotice.filed_by_id,
    Dissolution.started_by_id,
    what=_l("What you wrote and did in alliances: proposals, documents, events, bids, scores, statements of rights."),
    why=_l("They are the alliance’s, and others decided by them."),
    until=_l("As long as the alliance; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=63,
)
keeps(
    LogLine.actor_id,
    what=_l("The log of each alliance: who did what, and when."),
    why=_l("So that no step of an alliance can be denied afterwards."),
    until=_l(
        "As long as the alliance. Once you have gone, your name is taken out of every line; its hash stays, so that "
        "the chain can still be checked."
    ),
    fate=Fate.NAMELESS,
    order=64,
)
keeps(
    CalendarKey.user_id,
    what=_l("Hashes of the addresses under which your calendar reads meetings."),
    why=_l("So that a calendar program sees what you see."),
    until=_l("Until you revoke them, or delete your account."),
    fate=Fate.REMOVED,
    order=65,
)
