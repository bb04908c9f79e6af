"""What moderators tell each other about a person or a thing; nobody else ever reads it."""

from sqlalchemy import select

from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_body
from kernel.viewer import Viewer
from kernel.words import gettext as _
from moderation.models import StaffNote
from moderation.policy import ModerationRight, visible_notes

LONGEST_NOTE = 1000


def add_note(viewer: Viewer, *, ref: Ref, scope: str, body: str) -> StaffNote:
    """Leave a note for those who look after `scope`; that the viewer may see the thing is the caller's to know."""
    authorise(viewer, ModerationRight.NOTE, scope)
    body = clean_body(body).strip()
    if not body:
        raise InvalidError(errors={"body": _("Write something first.")})
    if len(body) > LONGEST_NOTE:
        raise InvalidError(errors={"body": _("At most %(count)s characters.", count=LONGEST_NOTE)})
    note = StaffNote(kind=ref.kind, ref_id=ref.id, scope=scope, author_id=viewer.me, body=body)
    session().add(note)
    session().flush()
    return note


def remove_note(viewer: Viewer, *, note_id: int) -> None:
    """Take one's own note back; the staff, any that they see."""
    authorise(viewer, ModerationRight.NOTE)
    note = session().get(StaffNote, note_id)
    if note is None or not (note.author_id == viewer.me or viewer.is_staff) or not _sees(viewer, note_id):
        raise NotFoundError
    session().delete(note)


def _sees(viewer: Viewer, note_id: int) -> bool:
    seen = select(StaffNote.id).where(StaffNote.id == note_id, visible_notes(viewer))
    return session().scalar(seen) is not None
