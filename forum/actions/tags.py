from sqlalchemy import delete, select

from forum.counters import recount_tags
from forum.models import Tag, Thread, ThreadTag
from kernel.db import db, session
from kernel.ids import hash_token


def set_tags(thread: Thread, names: list[str]) -> list[int]:
    """Make `names` (already checked) the tags of the thread; returns the ids of the tags it bears now."""
    before = list(session().scalars(select(ThreadTag.tag_id).where(ThreadTag.thread_id == thread.id)))
    known = {tag.name: tag for tag in session().scalars(select(Tag).where(Tag.name.in_(names)))} if names else {}
    for name in sorted(set(names) - set(known)):  # in one order, so that two new threads never wait for each other
        known[name] = _make_tag(name)
    after = [known[name].id for name in names]
    session().execute(delete(ThreadTag).where(ThreadTag.thread_id == thread.id))
    session().add_all(ThreadTag(tag_id=tag_id, thread_id=thread.id) for tag_id in after)
    thread.tags = names
    recount_tags(sorted({*before, *after}))
    return after


def _make_tag(name: str) -> Tag:
    """A new tag; when somebody else makes the same one at this moment, theirs."""
    if db.engine.dialect.name == "postgresql":
        from sqlalchemy import func

        session().execute(select(func.pg_advisory_xact_lock(int(hash_token(f"tag:{name}")[:15], 16))))
        found = session().scalars(select(Tag).where(Tag.name == name)).first()
        if found is not None:
            return found
    tag = Tag(name=name)
    session().add(tag)
    session().flush()
    return tag
