"""What somebody asks for: an archive of theirs, or to be brought in from one; and what the staff decide on it."""

from datetime import datetime, timedelta
from typing import IO

from sqlalchemy import Select, func, select

from accounts.blobs import blob_store, hold_blobs, point_at_blobs, remove_blobs
from accounts.events import ArchiveFinished
from accounts.models import ArchiveKind, ArchiveState, Departure, PersonArchive, User
from accounts.personal.letters import mail_archive_failed, mail_archive_ready
from accounts.personal.opening import Archive
from accounts.policy import AccountRight
from accounts.queries import my_account
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.files import clean_name
from kernel.jobs import enqueue, job
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _
from kernel.work import reading

KEPT_FOR = timedelta(days=7)
MOST = 20
LOOKING, TAKING = "looking", "taking"

point_at_blobs(PersonArchive.sha256)


def ask_for_archive(viewer: Viewer) -> PersonArchive:
    """Have all that is mine packed; one at a time, and asking again while it is made is asking once."""
    authorise(viewer, AccountRight.TAKE_ALONG)
    present = session().scalar(_mine(viewer, ArchiveKind.EXPORT).where(PersonArchive.state == ArchiveState.WAITING))
    if present is not None:
        return present
    return _add(PersonArchive(user_id=viewer.me, kind=ArchiveKind.EXPORT.value, name=f"guildhall-{viewer.handle}.zip"))


def bring_archive(viewer: Viewer, *, file: IO[bytes], name: str, may_post: bool | None = None) -> PersonArchive:
    """Keep the bytes of an archive; the worker looks through it and takes it in, or says why not.

    `may_post` is what is known of the staff's word on its posts: None is to be asked, and then only whose the archive
    is brings it.
    """
    authorise(viewer, AccountRight.BRING)
    if session().scalar(_mine(viewer, ArchiveKind.IMPORT).where(PersonArchive.state == ArchiveState.WAITING)):
        raise ConflictError(_("Another archive of yours is being taken in. Wait until it is done."))
    hold_blobs(exclusive=False)
    file.seek(0)
    sha256 = blob_store().put(file)
    size = file.seek(0, 2)
    return _add(
        PersonArchive(
            user_id=viewer.me,
            kind=ArchiveKind.IMPORT.value,
            name=clean_name(name, ending="zip"),
            sha256=sha256,
            size=size,
            may_post=may_post,
            report={"step": LOOKING},
        )
    )


def refuse_archive(archive: PersonArchive, *, reason: str) -> None:
    """It is not taken in, and not kept: its owner reads why."""
    archive.report = {**archive.report, "refused": reason}
    archive.state, archive.finished_at = ArchiveState.FAILED.value, now()
    if archive.sha256 is not None:
        enqueue("accounts.remove_blobs", hashes=[archive.sha256])
        archive.sha256 = None
    tell_ready(archive)


def decide_posts(viewer: Viewer, *, archive_id: int, let_in: bool) -> PersonArchive:
    """Let the posts of an import in, under their writer's name and with their old dates, or not."""
    authorise(viewer, AccountRight.LET_IN)
    query = select(PersonArchive).where(PersonArchive.id == archive_id, PersonArchive.kind == ArchiveKind.IMPORT)
    archive = session().scalars(query.with_for_update()).first()
    if archive is None:
        raise NotFoundError
    if archive.state != ArchiveState.ASKED:
        raise ConflictError(_("Somebody decided on this already."))
    archive.may_post, archive.decided_by_id = let_in, viewer.me
    archive.report = {**archive.report, "shown": []}
    archive.state = ArchiveState.WAITING.value if let_in else ArchiveState.READY.value
    archive.worker = ""
    return archive


def my_archives(viewer: Viewer, kind: ArchiveKind) -> list[PersonArchive]:
    """What I asked for lately, the newest first."""
    return list(session().scalars(_mine(viewer, kind).limit(MOST)))


def my_archive(viewer: Viewer, archive_id: int, kind: ArchiveKind) -> PersonArchive:
    """One of mine; raises `NotFoundError`."""
    found = session().scalar(_mine(viewer, kind).where(PersonArchive.id == archive_id))
    if found is None:
        raise NotFoundError
    return found


def archive_now(archive_id: int) -> PersonArchive:
    """Where it is now, for a command that waits for it."""
    with reading():
        return session().get_one(PersonArchive, archive_id, populate_existing=True)


def asked_of_staff() -> list[tuple[PersonArchive, User]]:
    """Imports whose posts wait for a word, the oldest first."""
    query = (
        select(PersonArchive, User)
        .join(User, User.id == PersonArchive.user_id)
        .where(PersonArchive.state == ArchiveState.ASKED)
        .order_by(PersonArchive.id)
        .limit(200)
    )
    return [(row.PersonArchive, row.User) for row in session().execute(query)]


def waits_for_staff() -> tuple[int, datetime | None]:
    """How many imports wait for a word, and since when the oldest does."""
    query = select(func.count(), func.min(PersonArchive.asked_at)).where(PersonArchive.state == ArchiveState.ASKED)
    count, since = session().execute(query).one()
    return count, since


def departure_of(viewer: Viewer) -> Departure | None:
    """Whether and when I go."""
    return session().get(Departure, viewer.me, populate_existing=True)


def tell_ready(archive: PersonArchive) -> None:
    """To its owner: what they asked for is done, or was not possible."""
    user = session().get_one(User, archive.user_id)
    has_failed = archive.state == ArchiveState.FAILED
    if has_failed:
        mail_archive_failed(user, kind=archive.kind, reason=archive.report.get("refused", ""))
    else:
        waiting = archive.report.get("waiting", 0) if archive.state == ArchiveState.ASKED else 0
        mail_archive_ready(user, kind=archive.kind, until=archive.asked_at + KEPT_FOR, waiting=waiting)
    emit(ArchiveFinished(archive.user_id, archive.id, has_failed))


@job("accounts.forget_archives", every=timedelta(hours=1))
def forget_archives() -> None:
    """Archives are here for a week, and not as long as somebody still decides on them."""
    old = select(PersonArchive).where(PersonArchive.asked_at < now() - KEPT_FOR, PersonArchive.sha256.is_not(None))
    hashes = set()
    for archive in session().scalars(old.where(PersonArchive.state != ArchiveState.ASKED).limit(MOST)):
        hashes.add(archive.sha256 or "")
        archive.sha256 = None
    if hashes:
        enqueue("accounts.remove_blobs", hashes=sorted(hashes))


@job("accounts.remove_blobs")
def remove(hashes: list[str]) -> None:
    """Their bytes are gone, unless something else points at them."""
    remove_blobs(hashes, store=blob_store())


def must_be_theirs(viewer: Viewer, archive: Archive) -> None:
    """An archive names the address of its owner; only who reads mail there brings it by themselves."""
    mine = my_account(viewer)
    profile = next(archive.rows("profile"), {})
    if str(profile.get("email", "")).lower() != mine.email or mine.email_confirmed_at is None:
        reason = _(
            "This archive belongs to somebody with another e-mail address than yours. Use that address here first, "
            "or ask the staff: they can take it in for you."
        )
        raise InvalidError(reason, errors={"file": reason})


def _mine(viewer: Viewer, kind: ArchiveKind) -> Select[PersonArchive]:
    return (
        select(PersonArchive)
        .where(PersonArchive.user_id == viewer.me, PersonArchive.kind == kind)
        .order_by(PersonArchive.id.desc())
    )


def _add(archive: PersonArchive) -> PersonArchive:
    session().add(archive)
    session().flush()
    return archive
