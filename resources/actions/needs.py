"""A need is written, published, changed, shown to the invited, and ends."""

import secrets

from sqlalchemy import delete, select

from accounts.actions.grants import grant_by_rule, revoke_by_rule
from accounts.models import User
from activity.actions import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.events import emit
from kernel.i18n import guess_lang
from kernel.idempotency import claim, fingerprint, keep
from kernel.ids import slug_of
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from kernel.words import gettext as _
from moderation.actions.holding import forget_waiting_at
from resources.actions.answers import NEED, end_waiting
from resources.contributions import said_by, screen_change, waits_as_draft
from resources.models import Answer, AnswerState, Need, NeedSector, NeedState, Visibility
from resources.need_events import NeedChanged, NeedEnded, NeedPublished, PersonInvited
from resources.need_loading import my_need, need_of
from resources.need_text import NeedFacts, check_message, check_need, today
from resources.policy import NeedRight

FULL = ("problem", "constraints", "tried", "is_full_shown")


def draft_need(viewer: Viewer, facts: NeedFacts, *, once: str | None = None) -> Need:
    """Keep a new need as a draft that nobody else sees."""
    authorise(viewer, NeedRight.POST)
    columns = check_need(facts, audience=viewer.audience)
    if once:
        done = claim(viewer.me, once, fingerprint("need", repr(facts)))
        if done is not None:
            return _kept(int(done))
    need = Need(
        owner_id=viewer.me,
        alias=secrets.token_hex(2),
        audience=f"user:{viewer.me}",
        state=NeedState.DRAFT.value,
        slug=slug_of(facts.title),
        **columns,
    )
    need.lang = guess_lang(need.title + need.teaser)
    session().add(need)
    session().flush()
    _set_sectors(need)
    if once:
        keep(viewer.me, once, str(need.id))
    return need


def edit_need(viewer: Viewer, facts: NeedFacts, *, need_id: int) -> Need:
    """Change a draft or an open need; what ended stays as it was."""
    need = need_of(viewer, need_id, hold=True)
    authorise(viewer, NeedRight.MANAGE, need)
    _must_not_have_ended(need)
    columns = check_need(facts, audience=viewer.audience)
    if need.state == NeedState.OPEN and not columns["teaser"]:
        raise InvalidError(_("Please look at the marked fields."), errors={"teaser": _teaser_lacks()})
    if any(getattr(need, name) != columns[name] for name in FULL):
        need.full_changed_at = now()
    before = (need.audience, need.is_anonymous, need.is_full_shown)
    said = said_by(need)
    for name, value in columns.items():
        setattr(need, name, value)
    need.slug, need.lang = slug_of(need.title), guess_lang(need.title + need.teaser)
    _set_sectors(need)
    if need.state == NeedState.OPEN:
        _let_see(need)
        screen_change(viewer, need, title=need.title, now=said_by(need), before=said)
        session().flush()
        emit(NeedChanged(need.id, hides=before != (need.audience, need.is_anonymous, need.is_full_shown)))
    return need


def publish_need(viewer: Viewer, *, need_id: int) -> Need:
    """Open it to its audience; from now on it takes answers. Doing it twice is doing it once.

    What has to be approved first stays a draft, and waits.
    """
    need = need_of(viewer, need_id, hold=True)
    authorise(viewer, NeedRight.MANAGE, need)
    if need.state == NeedState.OPEN:
        return need
    _must_not_have_ended(need)
    errors = {}
    if not need.teaser:
        errors["teaser"] = _teaser_lacks()
    if need.deadline is not None and need.deadline < today():
        errors["deadline"] = _("This day has passed.")
    if need.visibility == Visibility.ALLIANCE and need.alliance not in viewer.audience:
        errors["alliance"] = _("Choose an alliance of which you are a member.")
    if errors:
        raise InvalidError(_("Before it can be published, something is missing."), errors=errors)
    if waits_as_draft(viewer, need):
        return need
    need.state, need.published_at = NeedState.OPEN.value, now()
    _let_see(need)
    session().flush()
    emit(NeedPublished(need.id))
    return need


def discard_need(viewer: Viewer, *, need_id: int) -> None:
    """Throw a draft away."""
    need = my_need(viewer, need_id)
    authorise(viewer, NeedRight.MANAGE, need)
    if need.state != NeedState.DRAFT:
        raise ConflictError(_("It was published in the meantime; it can only be closed."))
    forget_waiting_at(Ref(NEED, need.id))
    session().delete(need)


def invite(viewer: Viewer, *, need_id: int, handle: str) -> User:
    """Let somebody see the need; inviting twice is inviting once."""
    need = my_need(viewer, need_id)
    authorise(viewer, NeedRight.MANAGE, need)
    if need.visibility != Visibility.INVITED or need.state != NeedState.OPEN:
        raise ConflictError(_("People are invited to an open need that only the invited see."))
    name = handle.strip().removeprefix("@").lower()
    person = session().scalar(select(User).where(User.handle == name, User.suspended_at.is_(None)))
    if person is None or person.id == viewer.me:
        raise InvalidError(errors={"handle": _("Nobody to be invited goes by this handle.")})
    grant_by_rule(user_id=person.id, token=need.audience)
    emit(PersonInvited(need_id=need.id, user_id=person.id))
    return person


def uninvite(viewer: Viewer, *, need_id: int, handle: str) -> None:
    """They do not see it any more; what they answered stays between the two."""
    need = my_need(viewer, need_id)
    authorise(viewer, NeedRight.MANAGE, need)
    person = session().scalar(select(User).where(User.handle == handle.lower()))
    if person is not None and person.id != viewer.me:
        revoke_by_rule(user_id=person.id, token=f"need:{need.id}")


def end_need(viewer: Viewer, *, need_id: int, state: NeedState, message: str) -> Need:
    """Met, or closed, with a message to everybody whose answer still waits."""
    need = need_of(viewer, need_id, hold=True)
    authorise(viewer, NeedRight.MANAGE if state is NeedState.MET else NeedRight.CLOSE, need)
    if need.state == NeedState.DRAFT:
        raise ConflictError(_("A draft is thrown away, not closed."))
    if need.state == state:
        return need
    _must_not_have_ended(need)
    message = check_message(message)
    if state is NeedState.MET and not _has_accepted(need):
        raise ConflictError(_("A need is met by an answer that was accepted: accept one first."))
    by_staff = need.owner_id != viewer.user_id
    if by_staff:
        record_act(
            viewer,
            act="need.close",
            ref=Ref("resources.need", need.id),
            place=Ref("resources.need", need.id),
            audience=need.audience,
            reason=message[:200],
        )
        message = _("The staff closed this need: %(message)s", message=message)  # no words of its owner
    _end(need, state, message=message, by_staff=by_staff)
    return need


def hide_need(need_id: int) -> None:
    """Out of sight of all but its owner and the staff, by a decision of the watch; it goes on as it is otherwise."""
    need = session().get_one(Need, need_id, with_for_update=True, populate_existing=True)
    if need.state != NeedState.DRAFT and need.audience != STAFF:
        need.audience = STAFF
        session().flush()
        emit(NeedChanged(need.id, hides=True))


def show_need(need_id: int) -> None:
    """In the sight of its audience again."""
    need = session().get_one(Need, need_id, with_for_update=True, populate_existing=True)
    if need.audience == STAFF:
        need.audience = ""
        _let_see(need)
        session().flush()
        emit(NeedChanged(need.id, hides=False))


def lapse_needs() -> int:
    """End the open needs whose last day has passed; says how many. For the worker, so nobody decides."""
    due = select(Need).where(Need.state == NeedState.OPEN, Need.deadline < today()).order_by(Need.id)
    needs = list(session().scalars(due.with_for_update().limit(200)))
    for need in needs:
        _end(need, NeedState.LAPSED, message=_("The last day of this need has passed. Thank you for your answer."))
    return len(needs)


def _kept(need_id: int) -> Need:
    """What the same form made before, unless it was thrown away since."""
    need = session().get(Need, need_id)
    if need is None:
        raise ConflictError(_("The draft is gone."))
    return need


def _teaser_lacks() -> str:
    return _("Two or three sentences, so that those who can help see that it is for them.")


def _end(need: Need, state: NeedState, *, message: str, by_staff: bool = False) -> None:
    need.state, need.ended_at, need.ending_message = state.value, now(), message
    end_waiting(need, message=message)
    session().flush()
    emit(NeedEnded(need.id, by_staff=by_staff))


def _has_accepted(need: Need) -> bool:
    accepted = select(Answer.id).where(Answer.need_id == need.id, Answer.state == AnswerState.ACCEPTED).limit(1)
    return session().scalar(accepted) is not None


def _must_not_have_ended(need: Need) -> None:
    if need.state not in (NeedState.DRAFT, NeedState.OPEN):
        raise ConflictError(_("This need has ended."))


def _let_see(need: Need) -> None:
    """The token that shows a need, given to its owner where it is a token of this need alone.

    What the watch took out of sight, the watch alone brings back.
    """
    if need.audience == STAFF:
        return
    need.audience = {
        Visibility.ALLIANCE.value: need.alliance,
        Visibility.INVITED.value: f"need:{need.id}",
    }.get(need.visibility, PUBLIC)
    if need.visibility == Visibility.INVITED:
        grant_by_rule(user_id=need.owner_id, token=need.audience)


def _set_sectors(need: Need) -> None:
    """The rows by which lists are filtered are the sectors that are shown."""
    session().execute(delete(NeedSector).where(NeedSector.need_id == need.id))
    session().add_all(NeedSector(need_id=need.id, sector=sector) for sector in need.sectors)
