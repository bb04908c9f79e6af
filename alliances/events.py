"""What happened in alliances. Each is emitted inside the transaction of the deed, after its rows are flushed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AllianceChanged:
    """What its page or its place in lists shows is otherwise now; `hides` if some may not see it any more."""

    alliance_id: int
    hides: bool = False


@dataclass(frozen=True, slots=True)
class StateChanged:
    """It moved on in its life, from one of `models.State` to another."""

    alliance_id: int
    actor_id: int | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SuccessorNamed:
    """An alliance that has ended asks another to go on with its work."""

    alliance_id: int
    successor_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class CharterSigned:
    """A founding party signed the first version, or a member accepted a later one."""

    charter_id: int
    member_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class CharterInForce:
    """A version is the charter from now on; members are asked to accept it."""

    charter_id: int


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """A party is a member."""

    alliance_id: int
    member_id: int
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class MemberEnded:
    """A member left, was expelled, or ended with something else; `state` says which."""

    alliance_id: int
    member_id: int
    actor_id: int | None
    state: str


@dataclass(frozen=True, slots=True)
class NoticeGiven:
    """A member says that it will leave, and on which day."""

    member_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class StandingChanged:
    """A member votes from now on, or does not any more."""

    member_id: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SeatGiven:
    """Somebody acts for a member from now on."""

    member_id: int
    user_id: int
    role: str
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class SeatEnded:
    """Somebody does not act for a member any more, and nobody took their place in that role."""

    member_id: int
    user_id: int
    role: str
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class InvitationSent:
    """A party is asked to join, or to sign."""

    invitation_id: int


@dataclass(frozen=True, slots=True)
class InvitationEnded:
    """It was accepted, refused, withdrawn, or nobody answered in time."""

    invitation_id: int


@dataclass(frozen=True, slots=True)
class ApplicationMade:
    """A party asks to join."""

    application_id: int


@dataclass(frozen=True, slots=True)
class ApplicationEnded:
    """It was accepted, refused, withdrawn, or lapsed."""

    application_id: int


@dataclass(frozen=True, slots=True)
class TermBegan:
    """Somebody holds an office."""

    term_id: int
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class TermEnded:
    """Somebody does not hold it any more."""

    term_id: int
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class GroupOpened:
    """There is a new working group."""

    group_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class PlaceGiven:
    """Somebody works in a group from now on."""

    group_id: int
    user_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class GroupClosed:
    """A working group has ended; its rooms can only be read."""

    group_id: int
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class ProposalOpened:
    """The roll is frozen and ballots can be cast."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class ProposalClosed:
    """It was counted: `Proposal.outcome`, `tally`, `tally_hash` are there."""

    proposal_id: int


@dataclass(frozen=True, slots=True)
class ProposalWithdrawn:
    """It was taken back before it was decided."""

    proposal_id: int
    actor_id: int | None


@dataclass(frozen=True, slots=True)
class ObjectionRaised:
    """Somebody objects or vetoes in an open vote whose results are seen; perhaps again, with another reason."""

    proposal_id: int
    voter_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class ProxyGiven:
    """A member lets another vote for it."""

    proxy_id: int


@dataclass(frozen=True, slots=True)
class ResolutionRegistered:
    """A decision stands in the register."""

    resolution_id: int


@dataclass(frozen=True, slots=True)
class CaseOpened:
    """A member is told why it should go, and may reply."""

    case_id: int


@dataclass(frozen=True, slots=True)
class CaseAnswered:
    """The member has replied to the grounds."""

    case_id: int


@dataclass(frozen=True, slots=True)
class CaseEnded:
    """It was expelled, kept, or the case was dropped."""

    case_id: int


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """A document has a new version, another audience, or was archived."""

    document_id: int
    actor_id: int | None
    hides: bool = False


@dataclass(frozen=True, slots=True)
class DocumentAdopted:
    """A vote adopted this version; its exclusion clock began at its first adoption."""

    version_id: int


@dataclass(frozen=True, slots=True)
class EventChanged:
    """An event was planned, moved, cancelled, or has minutes now."""

    event_id: int
    actor_id: int | None
    what: str


@dataclass(frozen=True, slots=True)
class PlaceFreed:
    """Somebody who waited for a place at an event has one."""

    event_id: int
    user_id: int


@dataclass(frozen=True, slots=True)
class AllyAsked:
    """An alliance asks another one to hold an event together; or the other one answered."""

    event_id: int
    alliance_id: int
    actor_id: int


@dataclass(frozen=True, slots=True)
class CallChanged:
    """A call was opened, is being evaluated, was awarded, runs, is closed or cancelled."""

    call_id: int
    actor_id: int | None
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class BidChanged:
    """A team bid, changed its bid, withdrew it, or heard what became of it."""

    bid_id: int
    actor_id: int | None
    state: str
