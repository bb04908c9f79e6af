"""Who is told of what: authors of what became of their things, flaggers of what came of their flags, the sanctioned."""

from sqlalchemy import select

from accounts.models import User
from activity.actions import notify, take_back_notices
from activity.models import Notice
from activity.sentences import sentence_for
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.words import gettext as _
from moderation.actions.appeals import APPEAL
from moderation.actions.sanctions import SANCTION
from moderation.events import (
    AppealDecided,
    ChangeAsked,
    ReviewDecided,
    SanctionImposed,
    SanctionLifted,
    ThingFlagged,
)
from moderation.kinds import REVIEW
from moderation.mails import mail_appeal_decided, mail_suspension, mail_suspension_lifted
from moderation.models import Appeal, Flag, Review, ReviewKind, Sanction, SanctionKind
from moderation.reviewables import Outcome

HIDDEN, ASKED, RULED, FLAG_DECIDED = "review.hidden", "review.asked", "review.ruled", "review.decided"
IMPOSED, LIFTED, ANSWERED = "sanction.imposed", "sanction.lifted", "appeal.decided"


@subscribe(ThingFlagged)
def tell_of_hiding(event: ThingFlagged) -> None:
    """The author hears that it is out of sight until somebody looks."""
    if event.is_hidden:
        review = session().get_one(Review, event.review_id)
        _tell(review.author_id, "my-standing", HIDDEN, Ref(REVIEW, review.id))


@subscribe(ChangeAsked)
def tell_of_request(event: ChangeAsked) -> None:
    """The author hears what to change; asked anew, they hear it anew."""
    review = session().get_one(Review, event.review_id)
    take_back_notices(Ref(REVIEW, review.id), event=ASKED)
    _tell(review.author_id, "my-standing", ASKED, Ref(REVIEW, review.id))


@subscribe(ReviewDecided)
def tell_of_decision(event: ReviewDecided) -> None:
    """The author, unless nothing changed for them, and everybody who flagged it."""
    review = session().get_one(Review, event.review_id)
    if review.why != ReviewKind.FLAG:
        return
    ref = Ref(REVIEW, review.id)
    heard = select(Notice.id).where(Notice.kind == REVIEW, Notice.ref_id == review.id, Notice.event == HIDDEN)
    if review.outcome != Outcome.KEEP or session().scalar(heard.limit(1)) is not None:
        _tell(review.author_id, "my-standing", RULED, ref)
    for user_id in session().scalars(select(Flag.user_id).where(Flag.review_id == review.id)):
        _tell(user_id, "my-flag", FLAG_DECIDED, ref)


@subscribe(SanctionImposed)
def tell_of_sanction(event: SanctionImposed) -> None:
    """By a notice and, since the shut-out read none, by mail."""
    sanction = session().get_one(Sanction, event.sanction_id)
    _tell(sanction.user_id, "my-standing", IMPOSED, Ref(SANCTION, sanction.id))
    if sanction.kind == SanctionKind.SUSPENSION:
        mail_suspension(session().get_one(User, sanction.user_id), sanction)


@subscribe(SanctionLifted)
def tell_of_lifting(event: SanctionLifted) -> None:
    """It is over before its time."""
    sanction = session().get_one(Sanction, event.sanction_id)
    _tell(sanction.user_id, "my-standing", LIFTED, Ref(SANCTION, sanction.id))
    if sanction.kind == SanctionKind.SUSPENSION:
        mail_suspension_lifted(session().get_one(User, sanction.user_id), sanction)


@subscribe(AppealDecided)
def tell_of_answer(event: AppealDecided) -> None:
    """What came of it; to whoever stays shut out, by mail."""
    appeal = session().get_one(Appeal, event.appeal_id)
    user = session().get_one(User, appeal.user_id)
    _tell(user.id, "my-standing", ANSWERED, Ref(APPEAL, appeal.id))
    if user.is_suspended:
        mail_appeal_decided(user, appeal)


def _tell(user_id: int | None, reason: str, event: str, ref: Ref) -> None:
    """From the house and not from a moderator, and only to them."""
    if user_id is not None:
        notify({user_id: reason}, event=event, actor_id=None, ref=ref, place=ref, audience=f"user:{user_id}")


@sentence_for(HIDDEN)
def _hidden(_notice: Notice, _name: str) -> str:
    return _("Members flagged what you wrote; it is out of sight until a moderator looks at it")


@sentence_for(ASKED)
def _asked(_notice: Notice, _name: str) -> str:
    return _("A moderator asks you to change what you wrote")


@sentence_for(RULED)
def _ruled(notice: Notice, _name: str) -> str:
    sentences: dict[str, str] = {
        Outcome.KEEP: _("A moderator looked at it: what you wrote is in sight again"),
        Outcome.REMOVE: _("A moderator removed what you wrote"),
        Outcome.EDITED: _("A moderator edited what you wrote"),
        Outcome.MOVED: _("A moderator moved what you wrote to where it belongs"),
    }
    return sentences.get(_outcome(notice)) or _("A moderator decided about what you wrote")


@sentence_for(FLAG_DECIDED)
def _flag_decided(notice: Notice, _name: str) -> str:
    sentences: dict[str, str] = {
        Outcome.KEEP: _("A moderator looked at what you flagged: it stays as it is"),
        Outcome.REMOVE: _("A moderator removed what you flagged"),
        Outcome.EDITED: _("A moderator put right what you flagged"),
        Outcome.MOVED: _("A moderator moved what you flagged to where it belongs"),
    }
    return sentences.get(_outcome(notice)) or _("A moderator decided about what you flagged")


@sentence_for(IMPOSED)
def _imposed(notice: Notice, _name: str) -> str:
    sanction = session().get(Sanction, notice.ref_id)
    sentences = {
        SanctionKind.WARNING.value: _("The moderators warn you: please read why"),
        SanctionKind.SILENCE.value: _("You are silenced for a time: please read why"),
        SanctionKind.SUSPENSION.value: _("Your account was suspended: please read why"),
    }
    return sentences[sanction.kind if sanction else SanctionKind.WARNING.value]


@sentence_for(LIFTED)
def _lifted(_notice: Notice, _name: str) -> str:
    return _("A sanction against you was lifted")


@sentence_for(ANSWERED)
def _answered(_notice: Notice, _name: str) -> str:
    return _("Your appeal was decided")


def _outcome(notice: Notice) -> str:
    review = session().get(Review, notice.ref_id)
    return review.outcome if review is not None else ""
