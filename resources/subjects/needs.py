"""What the watch may do with needs: the staff look after them."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from kernel.db import session
from kernel.i18n import guess_lang
from kernel.markup import cook
from kernel.refs import Ref
from kernel.viewer import STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject
from resources.actions.needs import hide_need, show_need
from resources.kinds.needs import NEED
from resources.models import Need, NeedState
from resources.need_addresses import need_url
from resources.policy import visible_needs


def _find_need(viewer: Viewer, need_id: int) -> Flaggable | None:
    need = session().scalars(select(Need).where(Need.id == need_id, visible_needs(viewer))).first()
    if need is None or need.state == NeedState.DRAFT:
        return None
    ref = Ref(NEED, need.id)
    return Flaggable(ref, ref, STAFF, need.audience, need.owner_id, need.audience == STAFF)


def _need_excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    """What everybody in its audience reads; not whose an anonymous one is."""
    rows = session().scalars(select(Need).where(Need.id.in_(ids), visible_needs(viewer)))
    return {row.id: _need_excerpt(row) for row in rows}


def _need_excerpt(need: Need) -> Excerpt:
    parts = [need.teaser, *([need.problem, need.constraints, need.tried] if need.is_full_shown else [])]
    return Excerpt(
        title=need.title,
        html=Markup(cook("\n\n".join(filter(None, parts))).html),  # noqa: S704 - just cooked and sanitised
        url=need_url(need.id, need.slug),
        lang=need.lang or guess_lang(need.title),
        at=need.published_at or need.created_at,
        changed_at=need.full_changed_at,
        is_anonymous=need.is_anonymous,
    )


register_subject(
    Subject(
        NEED,
        find=_find_need,
        hide=lambda _by, need_id, _reason: hide_need(need_id),
        show=lambda _by, need_id, _reason: show_need(need_id),
        excerpts=_need_excerpts,
        edit="/needs/{}/edit",
    )
)
