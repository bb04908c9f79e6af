"""Everything on the page of a listing."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import select

from accounts.assertions import Assertion, asserted
from accounts.models import User
from activity.queries import bookmarked, levels_for
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.i18n import guess_lang
from kernel.policy import can
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _
from resources.addresses import listing_file_url
from resources.facts import written
from resources.kinds.listings import LISTING
from resources.models import Listing, ListingFile, ListingState
from resources.policy import ListingRight, is_theirs, visible_listings
from resources.queries.listing_rows import ListingRow, row_of, rows_query
from resources.queries.listings import similar_listings
from resources.vocabulary import KINDS, Access, name_of


@dataclass(frozen=True, slots=True)
class FactRow:
    """One line of the table of facts."""

    label: str
    text: str
    url: str = ""
    lang: str = ""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A picture or document."""

    id: int
    name: str
    url: str
    size: int
    is_picture: bool
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class ListingView:
    """A listing as its page shows it to one viewer."""

    row: ListingRow
    listing: Listing
    body_html: Markup
    facts: Sequence[FactRow]
    pictures: Sequence[FileRow]
    documents: Sequence[FileRow]
    access: Access
    checked: Sequence[Assertion]
    my_level: str
    is_bookmarked: bool
    is_mine: bool
    may_edit: bool
    may_change_state: bool
    is_public: bool


def listing_view(viewer: Viewer, listing_id: int) -> ListingView:
    """The page of a listing that the viewer may open; raises `NotFoundError`."""
    found = (
        session()
        .execute(rows_query().add_columns(Listing, User).where(Listing.id == listing_id, visible_listings(viewer)))
        .first()
    )
    if found is None or (found.User.suspended_at is not None and not viewer.is_staff):
        raise NotFoundError
    listing, owner = found.Listing, found.User
    files = session().scalars(
        select(ListingFile).where(ListingFile.listing_id == listing.id).order_by(ListingFile.position)
    )
    rows = [_file(file) for file in files]
    ref = Ref(LISTING, listing.id)
    return ListingView(
        row=row_of(found, viewer),
        listing=listing,
        body_html=Markup(listing.body_html),  # noqa: S704 - cooked and sanitised when it was stored
        facts=_facts(listing, viewer.locale),
        pictures=[file for file in rows if file.is_picture],
        documents=[file for file in rows if not file.is_picture],
        access=Access(listing.access),
        checked=asserted(owner),
        my_level=str(levels_for(viewer, [ref])[ref]) if viewer.signed_in else "normal",
        is_bookmarked=ref in bookmarked(viewer, [ref]) if viewer.signed_in else False,
        is_mine=is_theirs(viewer, listing),
        may_edit=can(viewer, ListingRight.EDIT, listing),
        may_change_state=can(viewer, ListingRight.CHANGE_STATE, listing),
        is_public=listing.state == ListingState.PUBLISHED,
    )


def similar(viewer: Viewer, view: ListingView) -> list[ListingRow]:
    """Others like it, where it stands on the shelf."""
    return similar_listings(viewer, view.listing) if view.is_public else []


def seen_file(viewer: Viewer, listing_id: int, file_id: int) -> tuple[ListingFile, bool]:
    """A file of a listing that the viewer may open, and whether everybody may; raises `NotFoundError`."""
    row = (
        session()
        .execute(
            select(ListingFile, Listing.state, Listing.audience)
            .join(Listing, Listing.id == ListingFile.listing_id)
            .join(User, User.id == Listing.owner_id)
            .where(
                ListingFile.id == file_id,
                Listing.id == listing_id,
                visible_listings(viewer),
                User.suspended_at.is_(None),
            )
        )
        .first()
    )
    if row is None:
        raise NotFoundError
    return row.ListingFile, row.state == ListingState.PUBLISHED and row.audience in Viewer().audience


def _facts(listing: Listing, locale: str) -> list[FactRow]:
    """The facts of its kind in the order of the declaration, those without a value left out."""
    rows = []
    for field in KINDS[listing.kind].fields:
        if field.name not in listing.facts:
            continue
        value = listing.facts[field.name]
        text = written(field, value, locale)
        lang = guess_lang(text) if field.type == "text" and any(map(str.isalpha, text)) else ""
        url = text if field.type == "url" else _link(field.name, text)
        rows.append(FactRow(field.label.of(locale), text, url=url, lang=lang))
    if listing.trl is not None:
        rows.append(FactRow(_("Technology readiness"), name_of("trl", str(listing.trl), locale)))
    return rows


def _link(name: str, text: str) -> str:
    """Where identifiers lead."""
    if name == "doi" and text.startswith("10."):
        return f"https://doi.org/{text}"
    return text if text.startswith("https://ror.org/") else ""


def _file(file: ListingFile) -> FileRow:
    return FileRow(
        id=file.id,
        name=file.name,
        url=listing_file_url(file.listing_id, file.id, file.name),
        size=file.size,
        is_picture=file.thumb_sha256 is not None,
        width=file.width,
        height=file.height,
    )
