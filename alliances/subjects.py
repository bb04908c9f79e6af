"""What the watch may do with the public page of an alliance: the staff look after it. Its rooms are its officers'."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from alliances.actions.hiding import hide_alliance, show_alliance
from alliances.charters import LANGUAGES, SECTIONS
from alliances.here import visible_alliances
from alliances.kinds.alliances import ALLIANCE, PUBLIC_STATES
from alliances.models import Alliance, CharterVersion, State
from kernel.db import session
from kernel.i18n import guess_lang
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject


def _find(viewer: Viewer, alliance_id: int) -> Flaggable | None:
    seen = select(Alliance).where(Alliance.id == alliance_id, visible_alliances(viewer), Alliance.state != State.DRAFT)
    found = session().scalars(seen).first()
    if found is None:
        return None
    ref = Ref(ALLIANCE, found.id)
    return Flaggable(ref, ref, STAFF, PUBLIC, found.founder_id, found.hidden_at is not None)


def _excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    """What everybody could read of it; out of sight, for the staff, who decide on that, and for its members."""
    sight = Alliance.hidden_at.is_not(None) if viewer.is_staff else visible_alliances(viewer)
    query = select(Alliance).where(Alliance.id.in_(ids), Alliance.state != State.DRAFT)
    rows = session().scalars(query.where(sight | visible_alliances(viewer))).all()
    charters = session().scalars(
        select(CharterVersion)
        .where(CharterVersion.alliance_id.in_([row.id for row in rows]), CharterVersion.state.in_(PUBLIC_STATES))
        .order_by(CharterVersion.number)
    )
    newest = {charter.alliance_id: charter for charter in charters}
    return {row.id: _excerpt(row, newest.get(row.id)) for row in rows}


def _excerpt(alliance: Alliance, charter: CharterVersion | None) -> Excerpt:
    said = [alliance.summary, alliance.summary_en]
    if charter is not None:
        texts = (charter.sections.get(key, {}) for key in SECTIONS)
        said += [text.get(language, "") for text in texts for language in LANGUAGES]
    return Excerpt(
        title=" · ".join(name for name in (alliance.name, alliance.name_en) if name),
        html=Markup("").join(Markup("<p>{}</p>").format(text) for text in said if text),
        url=alliance.url if alliance.hidden_at is None else "",
        lang=guess_lang(alliance.summary or alliance.name),
        at=alliance.opened_at or alliance.created_at,
    )


register_subject(
    Subject(
        ALLIANCE,
        find=_find,
        hide=lambda _by, alliance_id, _reason: hide_alliance(alliance_id),
        show=lambda _by, alliance_id, _reason: show_alliance(alliance_id),
        excerpts=_excerpts,
    )
)
