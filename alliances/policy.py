"""Who may do what in an alliance: one rule per right, asked of the alliance as the viewer stands in it (`Here`)."""

from enum import StrEnum

from flask_babel import gettext as _

from alliances.here import Here
from alliances.models import ENDED, Proposal, ProposalState, State
from alliances.powers import Power
from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer


class AllianceRight(StrEnum):
    """Every deed in an alliance that somebody may or may not do."""

    READ = "alliance.read"
    READ_INSIDE = "alliance.read-inside"
    FOUND = "alliance.found"
    EDIT = "alliance.edit"
    OPEN = "alliance.open"
    SIGN = "alliance.sign"
    AMEND = "alliance.amend"
    FREEZE = "alliance.freeze"
    REPLACE = "alliance.replace"
    INVITE = "alliance.invite"
    ANSWER_INVITATION = "alliance.answer-invitation"
    APPLY = "alliance.apply"
    ADMIT = "alliance.admit"
    SPONSOR = "alliance.sponsor"
    SEAT = "alliance.seat"
    APPOINT = "alliance.appoint"
    GROUP = "alliance.group"
    PROPOSE = "alliance.propose"
    OPEN_VOTE = "alliance.open-vote"
    VOTE = "alliance.vote"
    GIVE_PROXY = "alliance.give-proxy"
    WRITE_DOCUMENT = "alliance.write-document"
    HOLD_EVENT = "alliance.hold-event"
    ATTEND = "alliance.attend"
    SUBSCRIBE = "alliance.subscribe"
    RUN_CALL = "alliance.run-call"
    BID = "alliance.bid"
    DECLARE = "alliance.declare"
    LEAVE = "alliance.leave"
    BRING_CASE = "alliance.bring-case"
    DISSOLVE = "alliance.dissolve"


@rule(AllianceRight.READ, door=Door.ANYONE)
def _read(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # what is read is scoped by `visible_alliances` and by the audience of each thing


@rule(AllianceRight.READ_INSIDE, door=Door.MEMBER)
def _read_inside(_viewer: Viewer, here: Here) -> Verdict:
    if not here.is_inside:
        return Denied(_("This is for the members of the alliance."))
    return ALLOWED


@rule(AllianceRight.FOUND, door=Door.SPEAKER)
def _found(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED


@rule(AllianceRight.EDIT, door=Door.MEMBER)
def _edit(_viewer: Viewer, here: Here) -> Verdict:
    return _by_office(here, Power.PAGE, while_frozen=False)


@rule(AllianceRight.OPEN, door=Door.MEMBER)
def _open(_viewer: Viewer, here: Here) -> Verdict:
    if here.alliance.state != State.DRAFT:
        return Denied(_("It is no draft any more."))
    return _by_office(here, Power.PAGE, while_frozen=False)


@rule(AllianceRight.SIGN, door=Door.MEMBER)
def _sign(_viewer: Viewer, here: Here) -> Verdict:
    """The first charter, by those who were invited to; or a new one, by members. The action looks who."""
    if here.alliance.state not in (State.FORMING, State.ACTIVE):
        return Denied(_("There is nothing to sign now."))
    return ALLOWED


@rule(AllianceRight.AMEND, door=Door.MEMBER)
def _amend(_viewer: Viewer, here: Here) -> Verdict:
    """Whoever may propose may propose another charter."""
    if here.alliance.state == State.DRAFT:
        return _by_office(here, Power.PAGE, while_frozen=False)
    return _as_voice(here)


@rule(AllianceRight.FREEZE, door=Door.MEMBER)
def _freeze(viewer: Viewer, here: Here) -> Verdict:
    """Officers who bring cases, the chair among them, or the staff of the site."""
    if here.alliance.state not in (State.ACTIVE, State.FROZEN):
        return Denied(_("Only an active alliance is frozen."))
    if viewer.is_staff:
        return ALLOWED
    return _by_office(here, Power.CASES, while_frozen=True)


@rule(AllianceRight.REPLACE, door=Door.MEMBER)
def _replace(_viewer: Viewer, here: Here) -> Verdict:
    """Only an alliance that has ended is replaced: nobody ends one by naming another."""
    if here.alliance.state not in (State.DISSOLVED, State.LAPSED):
        return Denied(_("An alliance is dissolved before another replaces it."))
    if here.has(Power.CASES):
        return ALLOWED
    return Denied(_("This needs an office of the alliance; its chair and secretary give them."))


@rule(AllianceRight.INVITE, door=Door.MEMBER)
def _invite(_viewer: Viewer, here: Here) -> Verdict:
    if here.alliance.state not in (State.DRAFT, State.FORMING, State.ACTIVE):
        return Denied(_("Nobody is admitted now."))
    return _by_office(here, Power.ADMIT, while_frozen=False)


@rule(AllianceRight.ANSWER_INVITATION, door=Door.MEMBER)
def _answer_invitation(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # the action looks whether it is for a party for which the viewer speaks


@rule(AllianceRight.APPLY, door=Door.MEMBER)
def _apply(_viewer: Viewer, here: Here) -> Verdict:
    if here.alliance.state not in (State.FORMING, State.ACTIVE):
        return Denied(_("This alliance takes no applications now."))
    return ALLOWED


@rule(AllianceRight.ADMIT, door=Door.MEMBER)
def _admit(_viewer: Viewer, here: Here) -> Verdict:
    return _by_office(here, Power.ADMIT, while_frozen=False)


@rule(AllianceRight.SPONSOR, door=Door.MEMBER)
def _sponsor(_viewer: Viewer, here: Here) -> Verdict:
    return _as_voice(here)


@rule(AllianceRight.SEAT, door=Door.MEMBER)
def _seat(_viewer: Viewer, here: Here) -> Verdict:
    """A member says who acts for it: by its representative, or an admin of the organisation. The action looks which."""
    return ALLOWED if here.is_open else Denied(_ended())


@rule(AllianceRight.APPOINT, door=Door.MEMBER)
def _appoint(_viewer: Viewer, here: Here) -> Verdict:
    """Nobody changes their own; the action looks whose."""
    return _by_office(here, Power.OFFICES, while_frozen=False)


@rule(AllianceRight.GROUP, door=Door.MEMBER)
def _group(_viewer: Viewer, subject: tuple[Here, int | None]) -> Verdict:
    here, group_id = subject
    return _by_office(here, Power.GROUPS, while_frozen=False, group_id=group_id)


@rule(AllianceRight.PROPOSE, door=Door.MEMBER)
def _propose(_viewer: Viewer, here: Here) -> Verdict:
    """Whoever votes for a member, or runs votes: in the alliance, or as the lead of a working group."""
    if here.is_alive and (here.has(Power.VOTES) or any(term.group_id is not None for term in here.terms)):
        return ALLOWED
    return _as_voice(here)


@rule(AllianceRight.OPEN_VOTE, door=Door.MEMBER)
def _open_vote(viewer: Viewer, subject: tuple[Here, Proposal]) -> Verdict:
    """Its author, or whoever runs votes, opens it and takes it back."""
    here, proposal = subject
    if not here.is_alive:
        return Denied(_ended())
    if proposal.author_id == viewer.user_id:
        return ALLOWED
    return _by_office(here, Power.VOTES, while_frozen=False, group_id=proposal.group_id)


@rule(AllianceRight.VOTE, door=Door.MEMBER)
def _vote(_viewer: Viewer, subject: tuple[Here, Proposal]) -> Verdict:
    """Whether one is on the roll, or votes for who is, the action looks up."""
    here, proposal = subject
    if not here.holds(proposal.audience):
        return Denied(_("This is for the members of the alliance."))
    if proposal.state != ProposalState.OPEN:
        return Denied(_("No votes are taken on this now."))
    return ALLOWED if here.is_alive else Denied(_ended())


@rule(AllianceRight.GIVE_PROXY, door=Door.MEMBER)
def _give_proxy(_viewer: Viewer, here: Here) -> Verdict:
    return _as_voice(here)


@rule(AllianceRight.WRITE_DOCUMENT, door=Door.MEMBER)
def _write_document(_viewer: Viewer, subject: tuple[Here, int | None]) -> Verdict:
    """Officers write the alliance's; in a working group, everybody in it."""
    here, group_id = subject
    if not here.is_open:
        return Denied(_ended())
    if group_id is not None and here.holds(f"{here.alliance.everybody}:group{group_id}"):
        return ALLOWED
    return _by_office(here, Power.DOCUMENTS, while_frozen=False, group_id=group_id)


@rule(AllianceRight.HOLD_EVENT, door=Door.MEMBER)
def _hold_event(_viewer: Viewer, subject: tuple[Here, int | None]) -> Verdict:
    here, group_id = subject
    if not here.is_alive:
        return Denied(_ended())
    return _by_office(here, Power.EVENTS, while_frozen=False, group_id=group_id)


@rule(AllianceRight.ATTEND, door=Door.MEMBER)
def _attend(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # whoever sees an event may say whether they come


@rule(AllianceRight.SUBSCRIBE, door=Door.MEMBER)
def _subscribe(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # to a calendar of one's own, which shows what one sees


@rule(AllianceRight.RUN_CALL, door=Door.MEMBER)
def _run_call(_viewer: Viewer, here: Here) -> Verdict:
    if not here.is_alive:
        return Denied(_ended())
    return _by_office(here, Power.CALLS, while_frozen=False)


@rule(AllianceRight.BID, door=Door.MEMBER)
def _bid(_viewer: Viewer, _subject: object) -> Verdict:
    return ALLOWED  # whoever sees an open call


@rule(AllianceRight.DECLARE, door=Door.MEMBER)
def _declare(_viewer: Viewer, here: Here) -> Verdict:
    """Background rights and exclusion notices: by whoever speaks for a member, observers too."""
    if not here.is_open:
        return Denied(_ended())
    return ALLOWED if here.members else Denied(_("This is for those who act for a member of the alliance."))


@rule(AllianceRight.LEAVE, door=Door.MEMBER)
def _leave(_viewer: Viewer, here: Here) -> Verdict:
    """Nobody is kept: one goes while it is frozen, too."""
    if here.alliance.state in ENDED:
        return Denied(_ended())
    if not here.members:
        return Denied(_("You act for no member of this alliance."))
    return ALLOWED


@rule(AllianceRight.BRING_CASE, door=Door.MEMBER)
def _bring_case(_viewer: Viewer, here: Here) -> Verdict:
    if not here.is_alive:
        return Denied(_ended())
    return _by_office(here, Power.CASES, while_frozen=False)


@rule(AllianceRight.DISSOLVE, door=Door.MEMBER)
def _dissolve(_viewer: Viewer, here: Here) -> Verdict:
    if here.alliance.state == State.FROZEN:
        return Denied(_("It is frozen, and nobody can vote: let it go on first."))
    if not here.is_alive:
        return Denied(_ended())
    return _by_office(here, Power.CASES, while_frozen=False)


def _by_office(here: Here, power: Power, *, while_frozen: bool, group_id: int | None = None) -> Verdict:
    if not here.is_open and not (while_frozen and here.alliance.state == State.FROZEN):
        return Denied(_ended())
    if here.has(power, group_id=group_id):
        return ALLOWED
    return Denied(_("This needs an office of the alliance; its chair and secretary give them."))


def _as_voice(here: Here) -> Verdict:
    if not here.is_alive:
        return Denied(_ended())
    if not here.voices:
        return Denied(_("This is for representatives and alternates of full members."))
    return ALLOWED


def _ended() -> str:
    sentence: str = _("Nothing changes in this alliance now: it is not active.")
    return sentence
