"""Somebody deletes their account: asked for, waited for, and then done in portions that survive a kill at any moment.

Steps run in one order: nobody signs in any more; the rooms let go what they hold; rows that name the person go; and
last the account itself loses its name, which the steps before still need to find what names it.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, select, tuple_, update

from accounts.actions.grants import shut_out
from accounts.events import ProfileChanged
from accounts.models import Departure, Grant, User
from accounts.personal.letters import mail_departure, mail_departure_hindered, mail_departure_withdrawn
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.retired import retire
from kernel.clock import now
from kernel.db import changed, overwrite_what_is_deleted, session
from kernel.errors import ConflictError
from kernel.events import emit
from kernel.jobs import enqueue, job
from kernel.personal import Column, Fate, Leaver, all_kept, hindrances, steps
from kernel.policy import authorise
from kernel.viewer import MEMBERS, PUBLIC, Viewer
from kernel.words import gettext as _
from kernel.work import after_commit, reading, unit_of_work

WAITING = timedelta(days=14)
AGAIN = timedelta(days=1)
AT_ONCE = 500
SLICE = 1.0  # seconds
BEGIN, ROWS, END = "begin", "rows", "end"


def ask_to_go(viewer: Viewer, *, removes: bool) -> Departure:
    """Delete my account in two weeks, unless I think better of it; `removes` takes along what of mine may go."""
    authorise(viewer, AccountRight.GO)
    if session().get(Departure, viewer.me) is not None:
        raise ConflictError(_("You have asked for that already."))
    if hindrances(viewer):
        raise ConflictError(_("Something has to be handed over first; the page lists it."))
    departure = Departure(user_id=viewer.me, removes=removes, due_at=now() + WAITING)
    session().add(departure)
    session().flush()
    mail_departure(my_account(viewer), due=departure.due_at)
    return departure


def stay(viewer: Viewer) -> None:
    """Think better of it, as long as nothing was done."""
    authorise(viewer, AccountRight.GO)
    departure = session().get(Departure, viewer.me, populate_existing=True, with_for_update=True)
    if departure is None or departure.begun_at is not None:
        raise ConflictError(_("Nothing is waiting to be deleted."))
    session().delete(departure)
    mail_departure_withdrawn(my_account(viewer))


@job("accounts.departures", every=timedelta(seconds=10))
def departures() -> None:
    """Let those go whose time has come."""
    after_commit(go_on)


def go_on(*, seconds: float = SLICE) -> bool:
    """Do portions for a while; says whether there were any. Never inside a unit of work."""
    with reading():
        due = select(Departure.user_id).where(Departure.done_at.is_(None), Departure.due_at <= now())
        if session().scalar(due.limit(1)) is None:
            return False
    end = time.monotonic() + seconds
    while portion():
        if time.monotonic() >= end:
            break
    return True


def portion() -> bool:
    """One portion of one departure, in a unit of its own; says whether there was one."""
    with unit_of_work() as work:
        due = select(Departure).where(Departure.done_at.is_(None), Departure.due_at <= now())
        departure = work.scalars(due.order_by(Departure.due_at).limit(1).with_for_update(skip_locked=True)).first()
        if departure is None:
            return False
        leaver = _leaver(work.get_one(User, departure.user_id), removes=departure.removes)
        if departure.begun_at is None and (open_ones := hindrances(leaver.viewer)):
            departure.due_at = now() + AGAIN
            mail_departure_hindered(work.get_one(User, leaver.id), sentences=[one.sentence for one in open_ones])
            return True
        _do(departure, leaver)
    return True


def _do(departure: Departure, leaver: Leaver) -> None:
    """A portion of the step at hand, and note where to go on."""
    names = [BEGIN, *steps(), ROWS, END]
    step = departure.step or BEGIN
    departure.begun_at = departure.begun_at or now()
    does: dict[str, Callable[[Leaver, int], int | None]] = {BEGIN: _begin, **steps(), ROWS: _let_rows_go, END: _end}
    overwrite_what_is_deleted()
    after = does[step](leaver, departure.after)
    if after is not None:
        departure.step, departure.after = step, after
        return
    position = names.index(step) + 1
    departure.after = 0
    if position < len(names):
        departure.step = names[position]
    else:
        departure.step, departure.done_at = "", now()


def _leaver(user: User, *, removes: bool) -> Leaver:
    """Who goes, with the sight they had: a viewer of their own, for nobody can sign in as them any more."""
    held = session().scalars(select(Grant.token).where(Grant.user_id == user.id)).all()
    rights = frozenset(token for token in held if token == "staff" or token.startswith("moderator:"))  # noqa: S105 - names of rights
    viewer = Viewer(
        user_id=user.id,
        handle=user.handle,
        display_name=user.display_name,
        audience=frozenset({PUBLIC, MEMBERS, f"user:{user.id}", *held}),
        rights=rights,
        locale=user.locale,
        timezone=user.timezone,
    )
    return Leaver(viewer, user.email, stand_in_of(user.id), removes)


def stand_in_of(user_id: int) -> str:
    """What stands where the handle was: nobody can choose it, for handles have no underscore."""
    return f"former_{user_id}"


def _begin(leaver: Leaver, _after: int) -> int | None:
    """From now on nobody is signed in as them, finds them, or writes to them."""
    session().get_one(User, leaver.id).left_at = now()
    shut_out(leaver.id)
    return None


def _let_rows_go(leaver: Leaver, after: int) -> int | None:
    """Rows that name them are deleted, or name nobody; `after` counts the columns that are done."""
    columns = [(column, one.fate) for one in all_kept() for column in one.columns]
    while after < len(columns):
        column, fate = columns[after]
        if fate is Fate.REMOVED and _delete_some(column, leaver.id):
            return after
        if fate is Fate.CLEARED:
            session().execute(
                update(column.class_).where(column == leaver.id).values({column.key: None})
                .execution_options(synchronize_session=False)
            )  # fmt: skip
        after += 1
    return None


def _delete_some(column: Column, user_id: int) -> bool:
    """Delete a portion of the rows; says whether there may be more."""
    table: Table = column.class_.__table__
    keys = tuple_(*table.primary_key.columns)
    some = select(*table.primary_key.columns).where(table.c[column.key] == user_id).limit(AT_ONCE)
    return changed(delete(table).where(keys.in_(some))) == AT_ONCE


def _end(leaver: Leaver, _after: int) -> int | None:
    """The account loses name and address; its number stays for what points at it."""
    user = session().get_one(User, leaver.id)
    retire(user.handle)
    if user.avatar_hash:
        enqueue("accounts.remove_blobs", hashes=[user.avatar_hash])
    user.handle, user.email = leaver.stand_in, f"{leaver.stand_in}@former.invalid"
    user.display_name = user.password_hash = ""
    user.affiliation = user.affiliation_kind = user.job_title = user.region = user.bio = user.bio_html = (
        user.website
    ) = ""
    user.fields, user.sectors = [], []
    user.avatar_hash = user.orcid = user.email_confirmed_at = None
    user.created_at = _day(user.created_at)
    user.set_aside = None
    session().flush()
    emit(ProfileChanged(user_id=leaver.id, is_renamed=True))
    return None


def _day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
