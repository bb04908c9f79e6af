"""Who is told of the life of an alliance and of its charter, and how it reads."""

from sqlalchemy import select

from activity.actions import follow_quietly, notify
from activity.models import Level, Notice
from activity.sentences import sentence_for
from alliances.events import CharterInForce, StateChanged, SuccessorNamed
from alliances.kinds.alliances import ALLIANCE, CHARTER
from alliances.models import Alliance, CharterVersion, Member, MemberState, Role, Seat, State, Term
from alliances.powers import POWERS, Power
from kernel.db import session
from kernel.events import subscribe
from kernel.jobs import enqueue
from kernel.refs import Ref
from kernel.viewer import PUBLIC
from kernel.words import gettext as _

OPENED, IN_FORCE, SUCCESSOR = "alliance.opened", "charter.in-force", "alliance.successor-named"
DECIDING = tuple(office for office, powers in POWERS.items() if Power.CASES in powers)


@subscribe(StateChanged)
def tell_of_state(event: StateChanged) -> None:
    """Opened: whoever watches the founder. Later: everybody in it, and whoever watches it."""
    if event.after == State.FORMING:
        alliance = session().get_one(Alliance, event.alliance_id)
        place = Ref(ALLIANCE, alliance.id)
        follow_quietly(alliance.founder_id, place, Level.WATCHING)
        notify(
            {},
            event=OPENED,
            actor_id=alliance.founder_id,
            ref=place,
            place=place,
            audience=alliance.audience,
            watched=[Ref("accounts.user", alliance.founder_id)],
        )
    elif event.before != State.DRAFT:
        name = "alliance.thawed" if event.before == State.FROZEN else f"alliance.{event.after}"
        enqueue("alliances.tell_everybody", event=name, alliance_id=event.alliance_id, actor_id=event.actor_id)


@subscribe(CharterInForce)
def ask_to_accept(event: CharterInForce) -> None:
    """Of a later version every member is asked; the first one they have just signed."""
    charter = session().get_one(CharterVersion, event.charter_id)
    if charter.number > 1:
        enqueue("alliances.tell_everybody", event=IN_FORCE, alliance_id=charter.alliance_id, charter_id=charter.id)


@subscribe(SuccessorNamed)
def ask_successor(event: SuccessorNamed) -> None:
    """Those of the other alliance who may accept."""
    ended, place = Ref(ALLIANCE, event.alliance_id), Ref(ALLIANCE, event.successor_id)
    chairs = select(Term.user_id).where(
        Term.alliance_id == event.successor_id, Term.ended_at.is_(None), Term.office.in_(DECIDING)
    )
    reasons = dict.fromkeys(session().scalars(chairs), "my-alliance")
    notify(reasons, event=SUCCESSOR, actor_id=event.actor_id, ref=ended, place=place, audience=PUBLIC)


def tell_everybody(event: str, *, alliance_id: int, charter_id: int | None, actor_id: int | None) -> None:
    """Tell who acts for a member, and who watches the alliance; the charter, those who can accept it."""
    alliance = session().get_one(Alliance, alliance_id)
    place = Ref(ALLIANCE, alliance.id)
    seats = (
        select(Seat.user_id)
        .join(Member, Member.id == Seat.member_id)
        .where(Member.alliance_id == alliance_id, Member.state == MemberState.ACTIVE, Seat.until.is_(None))
    )
    if charter_id is not None:
        seats = seats.where(Seat.role != Role.DELEGATE)
    notify(
        dict.fromkeys(session().scalars(seats), "my-alliance"),
        event=event,
        actor_id=actor_id,
        ref=Ref(CHARTER, charter_id) if charter_id else place,
        place=place,
        audience=alliance.audience,
        watched=[] if charter_id else [place],
    )


@sentence_for(OPENED)
def _opened(_notice: Notice, name: str) -> str:
    return _("%(name)s founds an alliance; it gathers signatures", name=name)


@sentence_for("alliance.active")
def _active(_notice: Notice, _name: str) -> str:
    return _("Enough have signed: the alliance is founded, and its charter in force")


@sentence_for("alliance.lapsed")
def _lapsed(_notice: Notice, _name: str) -> str:
    return _("The alliance was not founded")


@sentence_for("alliance.frozen")
def _frozen(_notice: Notice, _name: str) -> str:
    return _("The alliance is frozen; the reason stands on its page")


@sentence_for("alliance.thawed")
def _thawed(_notice: Notice, _name: str) -> str:
    return _("The alliance goes on")


@sentence_for("alliance.dissolving")
def _dissolving(_notice: Notice, _name: str) -> str:
    return _("The alliance is being dissolved")


@sentence_for("alliance.dissolved")
def _dissolved(_notice: Notice, _name: str) -> str:
    return _("The alliance is dissolved; its archive can be read")


@sentence_for("alliance.replaced")
def _replaced(_notice: Notice, _name: str) -> str:
    return _("Another alliance has taken its place")


@sentence_for(SUCCESSOR)
def _successor(_notice: Notice, _name: str) -> str:
    return _("An alliance that has ended names yours as the one that goes on; its settings page asks you to answer")


@sentence_for(IN_FORCE)
def _in_force(_notice: Notice, _name: str) -> str:
    return _("The charter has changed; you are asked to accept it")
