"""Whoever asked for an archive, or brought one, finds in the bell that it is done; the mail is written by accounts."""

from sqlalchemy import delete

from accounts.events import ArchiveFinished
from accounts.kinds.archives import ARCHIVE
from activity.actions import notify
from activity.models import Delivery, Notice
from activity.sentences import sentence_for
from kernel.db import session
from kernel.events import subscribe
from kernel.refs import Ref
from kernel.words import gettext as _

READY, FAILED = "archive.ready", "archive.failed"


@subscribe(ArchiveFinished)
def tell_owner(event: ArchiveFinished) -> None:
    """In the bell alone: a mail about the same is on its way already."""
    ref = Ref(ARCHIVE, event.archive_id)
    notify(
        {event.user_id: "my-archive"},
        event=FAILED if event.has_failed else READY,
        actor_id=None,
        ref=ref,
        place=ref,
        audience=f"user:{event.user_id}",
    )
    session().execute(
        delete(Delivery).where(
            Delivery.user_id == event.user_id, Delivery.source_kind == ARCHIVE, Delivery.source_id == event.archive_id
        )
    )


@sentence_for(READY)
def _ready(_notice: Notice, _name: str) -> str:
    return _("Your archive is done")


@sentence_for(FAILED)
def _failed(_notice: Notice, _name: str) -> str:
    return _("Your archive failed")
