"""How notices about members, seats, offices, groups and cases read."""

from activity.models import Notice
from activity.sentences import sentence_for
from kernel.words import gettext as _


@sentence_for("application.made")
def _made(_notice: Notice, name: str) -> str:
    return _("%(name)s applies to join the alliance", name=name)


@sentence_for("application.sponsors")
def _sponsors(_notice: Notice, name: str) -> str:
    return _("%(name)s applies to join, and needs members who speak for that", name=name)


@sentence_for("application.waiting")
def _waiting(_notice: Notice, _name: str) -> str:
    return _("An application has waited for a week")


@sentence_for("application.accepted")
def _accepted(_notice: Notice, _name: str) -> str:
    return _("Your application was accepted")


@sentence_for("application.refused")
def _refused(_notice: Notice, _name: str) -> str:
    return _("Your application was not accepted; the reason stands on its page")


@sentence_for("application.withdrawn")
def _withdrawn(_notice: Notice, name: str) -> str:
    return _("%(name)s took the application back", name=name)


@sentence_for("application.lapsed")
def _application_lapsed(_notice: Notice, _name: str) -> str:
    return _("Your application ended without a decision")


@sentence_for("invitation.sent")
def _invited(_notice: Notice, name: str) -> str:
    return _("%(name)s invites you to an alliance", name=name)


@sentence_for("invitation.accepted")
def _invitation_accepted(_notice: Notice, _name: str) -> str:
    return _("The invitation was accepted")


@sentence_for("invitation.refused")
def _invitation_refused(_notice: Notice, _name: str) -> str:
    return _("The invitation was declined")


@sentence_for("invitation.withdrawn")
def _invitation_withdrawn(_notice: Notice, _name: str) -> str:
    return _("The invitation was taken back")


@sentence_for("invitation.lapsed")
def _invitation_lapsed(_notice: Notice, _name: str) -> str:
    return _("Nobody answered the invitation in time")


@sentence_for("member.joined")
def _joined(_notice: Notice, _name: str) -> str:
    return _("A new member has joined the alliance")


@sentence_for("member.leaving")
def _leaving(_notice: Notice, _name: str) -> str:
    return _("A member has given notice")


@sentence_for("member.left")
def _left(_notice: Notice, _name: str) -> str:
    return _("The membership has ended")


@sentence_for("member.expelled")
def _member_expelled(_notice: Notice, _name: str) -> str:
    return _("The member was expelled from the alliance")


@sentence_for("member.ended")
def _member_ended(_notice: Notice, _name: str) -> str:
    return _("The membership has ended, because the member itself has")


@sentence_for("standing.full")
def _full(_notice: Notice, _name: str) -> str:
    return _("Your member is a full member now, and votes")


@sentence_for("standing.associate")
def _associate(_notice: Notice, _name: str) -> str:
    return _("Your member is an associate now")


@sentence_for("standing.observer")
def _observer(_notice: Notice, _name: str) -> str:
    return _("Your member is an observer now")


@sentence_for("seat.representative")
def _representative(_notice: Notice, _name: str) -> str:
    return _("You represent a member of this alliance now")


@sentence_for("seat.alternate")
def _alternate(_notice: Notice, _name: str) -> str:
    return _("You are the alternate of a member of this alliance now")


@sentence_for("seat.delegate")
def _delegate(_notice: Notice, _name: str) -> str:
    return _("You work for a member of this alliance now")


@sentence_for("seat.ended")
def _unseated(_notice: Notice, _name: str) -> str:
    return _("You do not act for a member of this alliance any more")


@sentence_for("seat.vacant")
def _vacant(_notice: Notice, _name: str) -> str:
    return _("Your member has no representative in this alliance; name one")


@sentence_for("term.began")
def _began(_notice: Notice, _name: str) -> str:
    return _("You hold an office now")


@sentence_for("term.ended")
def _ended(_notice: Notice, _name: str) -> str:
    return _("You do not hold this office any more")


@sentence_for("term.ending")
def _ending(_notice: Notice, _name: str) -> str:
    return _("A term ends within a month: an election is due")


@sentence_for("term.over")
def _over(_notice: Notice, _name: str) -> str:
    return _("A term has run out, and nobody follows yet")


@sentence_for("group.added")
def _added(_notice: Notice, name: str) -> str:
    return _("%(name)s added you to a working group", name=name)


@sentence_for("case.opened")
def _case_opened(_notice: Notice, _name: str) -> str:
    return _("It was asked that your member be expelled; you may reply")


@sentence_for("case.answered")
def _case_answered(_notice: Notice, name: str) -> str:
    return _("%(name)s replied to the grounds", name=name)


@sentence_for("case.expelled")
def _case_expelled(_notice: Notice, _name: str) -> str:
    return _("The members have decided: the member is expelled")


@sentence_for("case.kept")
def _case_kept(_notice: Notice, _name: str) -> str:
    return _("The members have decided: the member stays")


@sentence_for("case.dropped")
def _case_dropped(_notice: Notice, _name: str) -> str:
    return _("The case was dropped")
