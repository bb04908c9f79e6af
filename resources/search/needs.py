"""Needs as documents: what everybody in their audience sees, and never whose an anonymous one is."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from accounts.models import User
from accounts.places import place_name
from accounts.sectors import sector_name
from kernel.db import session
from kernel.events import subscribe
from kernel.i18n import LOCALES
from kernel.refs import Ref
from kernel.viewer import Viewer
from resources.kinds.needs import NEED
from resources.models import Need, NeedState
from resources.need_addresses import need_url
from resources.need_events import NeedChanged, NeedEnded, NeedPublished
from resources.need_words import name_of
from resources.policy import visible_needs
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source

ENDED_BOOST = 0.7


def documents(ids: Sequence[int]) -> Iterable[Document]:
    """Needs that were published; those that have ended stay findable, a little lower."""
    rows = session().execute(
        select(Need, User.handle, User.display_name)
        .join(User, User.id == Need.owner_id)
        .where(Need.id.in_(ids), Need.state != NeedState.DRAFT)
    )
    return [_document(need, handle, name) for need, handle, name in rows]


def _document(need: Need, handle: str, name: str) -> Document:
    return Document(
        key=f"{NEED}:{need.id}",
        kind="need",
        title=need.title,
        body=public_text(need, LOCALES),
        audience=need.audience,
        at=need.published_at or need.created_at,
        authors=() if need.is_anonymous else (handle, name),
        sectors=tuple(need.sectors),
        regions=tuple(dict.fromkeys(filter(None, (need.region[:2], need.region)))),
        facets={"need_kind": (need.kind,), "need_state": (need.state,)},
        lang=need.lang,
        boost=1.0 if need.state == NeedState.OPEN else ENDED_BOOST,
    )


def public_text(need: Need, locales: Iterable[str]) -> str:
    """All of its words that its whole audience sees, beside the title; what has a name in each language, in these."""
    figures = [" ".join(filter(None, (row["quantity"], row["value"], row["unit"]))) for row in need.targets]
    full = [need.problem, need.constraints, need.tried] if need.is_full_shown else []
    names = [
        name
        for locale in locales
        for name in (
            name_of("kind", need.kind, locale),
            *(sector_name(sector, locale) for sector in need.sectors),
            place_name(need.region, locale),
        )
    ]
    return "\n".join(filter(None, [need.teaser, *figures, *full, " · ".join(filter(None, names))]))


def ids(after: int, limit: int) -> Sequence[int]:
    """The next published needs."""
    query = select(Need.id).where(Need.id > after, Need.state != NeedState.DRAFT).order_by(Need.id).limit(limit)
    return list(session().scalars(query))


def show(viewer: Viewer, wanted: Sequence[int]) -> Mapping[int, Shown]:
    """How needs read among what was found."""
    found = session().scalars(
        select(Need).where(Need.id.in_(wanted), Need.state != NeedState.DRAFT, visible_needs(viewer))
    )
    return {
        need.id: Shown(
            ref=Ref(NEED, need.id),
            title=need.title,
            url=need_url(need.id, need.slug),
            text=public_text(need, (viewer.locale,)),
            at=need.published_at or need.created_at,
            kind="need",
            lang=need.lang,
            facts=tuple(
                filter(
                    None,
                    (
                        name_of("kind", need.kind, viewer.locale),
                        place_name(need.region, viewer.locale),
                        name_of("state", need.state, viewer.locale),
                    ),
                )
            ),
        )
        for need in found
    }


@subscribe(NeedPublished, NeedChanged, NeedEnded)
def reindex(event: NeedPublished | NeedChanged | NeedEnded) -> None:
    """Its document reads otherwise now; when fewer people see it than before, nobody finds it until that is applied."""
    feed.changed(Ref(NEED, event.need_id), hides=isinstance(event, NeedChanged) and event.hides)


register_source(Source(kind=NEED, documents=documents, ids=ids, show=show))
