"""What search knows of people: confirmed ones who are not suspended, by name, work, fields and what they say."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import select

from accounts.events import PersonConfirmed, PersonSuspended, ProfileChanged
from accounts.kinds import USER
from accounts.models import User
from accounts.organisations import workplaces
from accounts.places import affiliation_kinds, region_name
from accounts.queries import is_shown
from kernel.db import session
from kernel.events import subscribe
from kernel.markup import plain_text
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source


def _documents(ids: Sequence[int]) -> Iterator[Document]:
    users = session().scalars(select(User).where(User.id.in_(ids), *is_shown())).all()
    places = workplaces(Viewer(), [user.id for user in users])
    for user in users:
        seated = " · ".join(f"{place.title} {place.other_name}" for place, _seat in places.get(user.id, []))
        regions = (user.region[:2], user.region) if len(user.region) > 2 else (user.region,)  # noqa: PLR2004 - of a city
        yield Document(
            key=str(Ref(USER, user.id)),
            kind="person",
            title=user.display_name,
            body=f"{_text(user)}\n{seated}".strip(),
            audience=PUBLIC,
            at=user.created_at,
            tags=tuple(user.fields),
            authors=(user.handle, user.display_name),
            sectors=tuple(user.sectors),
            regions=tuple(region for region in regions if region),
            facets={"affiliation": (user.affiliation_kind,)} if user.affiliation_kind else {},
        )


def _text(user: User) -> str:
    lines = (user.affiliation, user.job_title, " · ".join(user.fields), plain_text(user.bio_html))
    return "\n".join(line for line in lines if line)


def _ids(after: int, limit: int) -> Sequence[int]:
    query = select(User.id).where(User.id > after, *is_shown()).order_by(User.id).limit(limit)
    return session().scalars(query).all()


def _show(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Shown]:
    kinds = affiliation_kinds(viewer.locale)
    found: dict[int, Shown] = {}
    for user in session().scalars(select(User).where(User.id.in_(ids), *is_shown())):
        facts = (
            user.job_title,
            user.affiliation,
            kinds.get(user.affiliation_kind, ""),
            region_name(user.region, viewer.locale),
        )
        found[user.id] = Shown(
            ref=Ref(USER, user.id),
            title=user.display_name,
            url=f"/people/{user.handle}",
            text=_text(user),
            at=user.created_at,
            kind="person",
            facts=tuple(fact for fact in facts if fact),
        )
    return found


register_source(Source(kind=USER, documents=_documents, ids=_ids, show=_show, tokens=lambda _viewer: (PUBLIC,)))


@subscribe(PersonConfirmed, ProfileChanged)
def note_person(event: PersonConfirmed | ProfileChanged) -> None:
    """Somebody is found from now on, or by other words."""
    feed.changed(Ref(USER, event.user_id))


@subscribe(PersonSuspended)
def note_suspension(event: PersonSuspended) -> None:
    """Whoever is shut out is not found from this moment on."""
    feed.changed(Ref(USER, event.user_id), hides=event.is_suspended)
