"""Alliances as documents, from the day on which they are public."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select

from accounts.places import place_name
from accounts.sectors import sector_name
from alliances.events import AllianceChanged
from alliances.here import visible_alliances
from alliances.kinds.alliances import ALLIANCE
from alliances.models import ENDED, Alliance, State
from alliances.search.sources import tokens
from alliances.words import name_of, names
from kernel.db import session
from kernel.events import subscribe
from kernel.i18n import LOCALES
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source
from search_index.facets import ONE, name_values

PROVINCE = 2  # digits of its code; a city has more
ENDED_BOOST = 0.6


def documents(ids: Sequence[int]) -> Iterable[Document]:
    """Those that are public; what has ended stays findable, lower."""
    rows = session().scalars(select(Alliance).where(Alliance.id.in_(ids), Alliance.audience == PUBLIC))
    return [_document(row) for row in rows]


def _document(alliance: Alliance) -> Document:
    return Document(
        key=str(Ref(ALLIANCE, alliance.id)),
        kind="alliance",
        title=" · ".join(name for name in (alliance.name, alliance.name_en) if name),
        body=_text(alliance, LOCALES),
        audience=PUBLIC,
        at=alliance.opened_at or alliance.created_at,
        sectors=tuple(alliance.sectors),
        regions=tuple(dict.fromkeys(code for code in (alliance.region[:PROVINCE], alliance.region) if code)),
        facets={"alliance_state": (alliance.state,)},
        boost=ENDED_BOOST if alliance.state in ENDED else 1.0,
    )


def _text(alliance: Alliance, locales: Collection[str]) -> str:
    lines = list(dict.fromkeys(alliance.summary_in(locale) for locale in locales))
    for locale in locales:
        words = (
            name_of("template", alliance.template, locale),
            name_of("state", alliance.state, locale),
            *(sector_name(sector, locale) for sector in alliance.sectors),
            place_name(alliance.region, locale),
        )
        lines.append(" · ".join(word for word in words if word))
    return "\n".join(line for line in lines if line)


def ids(after: int, limit: int) -> Sequence[int]:
    """The next public ones."""
    query = select(Alliance.id).where(Alliance.id > after, Alliance.audience == PUBLIC)
    return session().scalars(query.order_by(Alliance.id).limit(limit)).all()


def show(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How they read among what was found."""
    rows = session().scalars(
        select(Alliance).where(Alliance.id.in_(wanted), visible_alliances(viewer), Alliance.state != State.DRAFT)
    )
    return {
        row.id: Shown(
            ref=Ref(ALLIANCE, row.id),
            title=row.name_in(viewer.locale),
            url=row.url,
            text=_text(row, (viewer.locale,)),
            at=row.opened_at or row.created_at,
            kind="alliance",
            facts=tuple(
                fact
                for fact in (
                    name_of("template", row.template, viewer.locale),
                    name_of("state", row.state, viewer.locale),
                    place_name(row.region, viewer.locale),
                )
                if fact
            ),
            sectors=tuple(row.sectors),
        )
        for row in rows
    }


@subscribe(AllianceChanged)
def reindex(event: AllianceChanged) -> None:
    """Its document reads otherwise now."""
    feed.changed(Ref(ALLIANCE, event.alliance_id), hides=event.hides)


def _kind_names(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"alliance": _("Alliances")}


def _one_name(_viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return {"alliance": _("Alliance")}


def _state_names(viewer: Viewer, _values: Collection[str]) -> Mapping[str, str]:
    return names("state", viewer.locale)


name_values("kind", _kind_names)
name_values(ONE, _one_name)
name_values("alliance_state", _state_names)
register_source(Source(kind=ALLIANCE, documents=documents, ids=ids, show=show, tokens=tokens))
