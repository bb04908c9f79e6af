from sqlalchemy import delete

from activity.models import Bookmark
from activity.policy import ActivityRight
from activity.sight import must_see
from activity.upsert import insert_into
from kernel.clock import now
from kernel.db import changed, session
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer

LONGEST_NOTE = 300


def bookmark(viewer: Viewer, *, ref: Ref, note: str = "") -> bool:
    """Put a thing aside, or take it back; says whether it is put aside now."""
    if take_back(viewer, ref=ref):
        return False
    put_aside(viewer, ref=ref, note=note)
    return True


def put_aside(viewer: Viewer, *, ref: Ref, note: str = "") -> None:
    """Put a thing aside, with a note for oneself; the note of one that is put aside already is changed."""
    authorise(viewer, ActivityRight.BOOKMARK)
    must_see(viewer, ref)
    insert = insert_into(Bookmark).values(
        user_id=viewer.me, kind=ref.kind, ref_id=ref.id, note=note[:LONGEST_NOTE], created_at=now()
    )
    session().execute(
        insert.on_conflict_do_update(index_elements=["user_id", "kind", "ref_id"], set_={"note": insert.excluded.note})
    )


def take_back(viewer: Viewer, *, ref: Ref) -> bool:
    """A thing is not put aside any more; says whether it was."""
    authorise(viewer, ActivityRight.BOOKMARK)
    mine = (Bookmark.user_id == viewer.me, Bookmark.kind == ref.kind, Bookmark.ref_id == ref.id)
    return changed(delete(Bookmark).where(*mine)) > 0
