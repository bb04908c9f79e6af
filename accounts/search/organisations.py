"""What search knows of organisations: those that are open, by name, kind, place and what they say."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import select

from accounts.events import OrganisationChanged
from accounts.kinds import ORGANISATION
from accounts.models import Organisation
from accounts.organisation_kinds import sub_kinds
from accounts.organisation_rows import row_of
from kernel.db import session
from kernel.events import subscribe
from kernel.i18n import LOCALES
from kernel.markup import plain_text
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from search_index import feed
from search_index.documents import Document, Shown, Source, register_source

PROVINCE = 2  # digits of its code; a city has more


def _documents(ids: Sequence[int]) -> Iterator[Document]:
    for one in session().scalars(
        select(Organisation).where(Organisation.id.in_(ids), Organisation.closed_at.is_(None))
    ):
        yield Document(
            key=str(Ref(ORGANISATION, one.id)),
            kind="organisation",
            title=" · ".join(name for name in (one.name, one.name_en) if name),
            body=_text(one),
            audience=PUBLIC,
            at=one.created_at,
            sectors=tuple(one.sectors),
            regions=tuple(dict.fromkeys(code for code in (one.region[:PROVINCE], one.region) if code)),
            facets={"affiliation": (one.kind,)},
        )


def _open(ids: Sequence[int]) -> Iterable[Organisation]:
    return session().scalars(select(Organisation).where(Organisation.id.in_(ids), Organisation.closed_at.is_(None)))


def _text(one: Organisation, locales: Iterable[str] = LOCALES) -> str:
    """All of its words beside its names; what it is, in these languages."""
    names = [name for slug in one.sub_kinds for locale in locales if (name := sub_kinds(locale).get(slug))]
    lines = (" · ".join(names), one.code or "", one.licence_number, one.mail_domain or "", plain_text(one.about_html))
    return "\n".join(line for line in lines if line)


def _ids(after: int, limit: int) -> Sequence[int]:
    query = select(Organisation.id).where(Organisation.id > after, Organisation.closed_at.is_(None))
    return session().scalars(query.order_by(Organisation.id).limit(limit)).all()


def _show(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Shown]:
    found: dict[int, Shown] = {}
    for one in session().scalars(
        select(Organisation).where(Organisation.id.in_(ids), Organisation.closed_at.is_(None))
    ):
        row = row_of(one, viewer.locale)
        facts = (row.other_name, row.kind_name, *row.sub_kind_names, row.place)
        found[one.id] = Shown(
            ref=Ref(ORGANISATION, one.id),
            title=row.title,
            url=row.url,
            text=_text(one, (viewer.locale,)),
            at=one.created_at,
            kind="organisation",
            facts=tuple(fact for fact in facts if fact),
            sectors=tuple(one.sectors),
        )
    return found


register_source(Source(kind=ORGANISATION, documents=_documents, ids=_ids, show=_show, tokens=lambda _viewer: (PUBLIC,)))


@subscribe(OrganisationChanged)
def note_organisation(event: OrganisationChanged) -> None:
    """It is found from now on, or by other words; or, once its page is closed, at once no more."""
    feed.changed(Ref(ORGANISATION, event.organisation_id), hides=event.is_closed)
