"""Somebody answers a need; its owner decides; every answer ends in a state with a message."""

from sqlalchemy import select

from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.idempotency import claim, fingerprint, keep
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.actions.conversations import begin, end, say
from resources.contributions import screen_words
from resources.models import Answer, AnswerState, Conversation, Listing, ListingState, Need, NeedReading
from resources.models.answer import WAITING
from resources.need_events import AnswerGiven, AnswerMoved
from resources.need_loading import answer_of, need_of
from resources.need_text import check_message, check_short
from resources.need_words import names
from resources.policy import NeedRight

NEED = "resources.need"


def give_answer(
    viewer: Viewer,
    *,
    need_id: int,
    message: str,
    listing_id: int | None = None,
    price: str = "",
    time_needed: str = "",
    once: str | None = None,
) -> Answer:
    """Answer a need, perhaps with a listing of one's own; one answer a person."""
    need = need_of(viewer, need_id, hold=True)
    authorise(viewer, NeedRight.ANSWER, need)
    message = check_message(message)
    price, time_needed = check_short(price, field="price"), check_short(time_needed, field="time_needed")
    if once:
        sent = fingerprint("answer", str(need_id), message, str(listing_id), price, time_needed)
        done = claim(viewer.me, once, sent)
        if done is not None:
            return session().get_one(Answer, int(done))
    if session().scalar(select(Answer.id).where(Answer.need_id == need.id, Answer.author_id == viewer.me)):
        raise ConflictError(_("You have answered this need already; write in your conversation instead."))
    screen_words(viewer, Ref(NEED, need.id), message, field="message", is_new=True)
    conversation = begin(
        subject=Ref(NEED, need.id),
        purpose="answer",
        asker_id=viewer.me,
        owner_id=need.owner_id,
        body=message,
        owner_alias=need.alias if need.is_anonymous else "",
        tell=False,
    )
    answer = Answer(
        need_id=need.id,
        author_id=viewer.me,
        conversation_id=conversation.id,
        listing_id=_own_listing(viewer, listing_id),
        message=message,
        price=price,
        time_needed=time_needed,
    )
    session().add(answer)
    session().flush()
    if once:
        keep(viewer.me, once, str(answer.id))
    emit(AnswerGiven(answer.id))
    return answer


def shortlist(viewer: Viewer, *, answer_id: int, message: str = "") -> Answer:
    """Say that an answer is among those that are looked at closely."""
    answer, need = _to_decide(viewer, answer_id)
    if answer.state == AnswerState.SHORTLISTED:
        return answer
    words = check_message(message or _("Your answer is on the short list."))
    _move(answer, AnswerState.SHORTLISTED, by=need.owner_id, words=words)
    return answer


def accept(viewer: Viewer, *, answer_id: int, message: str) -> Answer:
    """Take an answer: the full text is opened to its author, and the two learn each other's names."""
    answer, need = _to_decide(viewer, answer_id, but=AnswerState.ACCEPTED)
    if answer.state == AnswerState.ACCEPTED:
        return answer
    conversation = _move(answer, AnswerState.ACCEPTED, by=need.owner_id, words=check_message(message))
    conversation.owner_alias = ""
    answer.opened_at = answer.opened_at or now()
    return answer


def decline(viewer: Viewer, *, answer_id: int, reason: str, message: str) -> Answer:
    """Do not take an answer, and say why."""
    answer, need = _to_decide(viewer, answer_id, but=AnswerState.DECLINED)
    if answer.state == AnswerState.DECLINED:
        return answer
    if reason not in names("decline", "en"):
        raise InvalidError(_("Choose why."), errors={"reason": _("Choose one of the list.")})
    answer.reason = reason
    _move(answer, AnswerState.DECLINED, by=need.owner_id, words=check_message(message))
    return answer


def withdraw(viewer: Viewer, *, answer_id: int, message: str) -> Answer:
    """Take one's own answer back."""
    answer, _need = answer_of(viewer, answer_id)
    authorise(viewer, NeedRight.WITHDRAW, answer)
    if answer.state == AnswerState.WITHDRAWN:
        return answer
    _must_wait(answer)
    _move(answer, AnswerState.WITHDRAWN, by=answer.author_id, words=check_message(message))
    return answer


def open_full_text(viewer: Viewer, *, answer_id: int) -> Answer:
    """Let the author of an answer read the full text."""
    answer, need = _to_decide(viewer, answer_id, but=AnswerState.ACCEPTED)
    if answer.opened_at is None:
        answer.opened_at = now()
        conversation = session().get_one(Conversation, answer.conversation_id)
        say(conversation, author_id=need.owner_id, body="", deed="opened", tell=False)
        emit(AnswerMoved(answer.id, is_opening=True))
    return answer


def read_full_text(viewer: Viewer, *, need_id: int) -> Need:
    """Note that somebody reads the full text, for whom it is open: its owner sees who did, and when."""
    need = need_of(viewer, need_id)
    authorise(viewer, NeedRight.READ)
    if not is_open_to(viewer, need):
        raise ConflictError(_("The full text is not open to you; its owner opens it to those whose answer fits."))
    if need.owner_id != viewer.me:
        session().add(NeedReading(need_id=need.id, user_id=viewer.me, read_at=now()))
    return need


def is_open_to(viewer: Viewer, need: Need) -> bool:
    """Whether the viewer may read the full text."""
    if need.is_full_shown or need.owner_id == viewer.user_id:
        return True
    mine = select(Answer.opened_at).where(Answer.need_id == need.id, Answer.author_id == viewer.user_id)
    return viewer.signed_in and session().scalar(mine) is not None


def end_waiting(need: Need, *, message: str) -> None:
    """The need, which is held, has ended: so do the answers that still wait, with its owner's message."""
    waiting = select(Answer).where(Answer.need_id == need.id, Answer.state.in_(WAITING)).order_by(Answer.id)
    for answer in session().scalars(waiting):
        _move(answer, AnswerState.CLOSED, by=need.owner_id, words=message)


def _to_decide(viewer: Viewer, answer_id: int, *, but: AnswerState | None = None) -> tuple[Answer, Need]:
    """The answer for its need's owner, while it waits (or is in the state that the deed would bring about)."""
    answer, need = answer_of(viewer, answer_id)
    authorise(viewer, NeedRight.DECIDE, need)
    if answer.state != but:
        _must_wait(answer)
    return answer, need


def _must_wait(answer: Answer) -> None:
    if answer.state not in WAITING:
        raise ConflictError(_("This answer has ended in the meantime. Reload the page to see how."))


def _move(answer: Answer, state: AnswerState, *, by: int, words: str) -> Conversation:
    """Into another state, with words that the other side reads in the conversation; an end ends it, except success."""
    conversation = session().get_one(Conversation, answer.conversation_id)
    answer.state = state.value
    if state not in WAITING:
        answer.ended_at, answer.ending_message = now(), words
    say(conversation, author_id=by, body=words, deed=state.value, tell=False)
    if state not in (*WAITING, AnswerState.ACCEPTED):
        end(conversation, message=words)
    emit(AnswerMoved(answer.id))
    return conversation


def _own_listing(viewer: Viewer, listing_id: int | None) -> int | None:
    if listing_id is None:
        return None
    mine = select(Listing.id).where(
        Listing.id == listing_id, Listing.owner_id == viewer.user_id, Listing.state == ListingState.PUBLISHED
    )
    if session().scalar(mine) is None:
        raise InvalidError(
            _("Offer a listing of your own."), errors={"listing": _("Choose one of your published listings.")}
        )
    return listing_id


def need_of_answer(viewer: Viewer, answer_id: int) -> int:
    """The need of an answer, for the two sides of it."""
    answer, _need = answer_of(viewer, answer_id)
    return answer.need_id
