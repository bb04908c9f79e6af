"""What the API says and takes of documents."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.schemas import Author
from alliances.actions.documents import LONGEST_BODY, LONGEST_NOTE, LONGEST_TITLE
from alliances.queries.documents import DocumentRow, DocumentView
from alliances.readers import Readers
from alliances.schemas.shapes import Words
from kernel.api import Given, Id, Listing, PageQuery, Plain, Shown, link

Title = Annotated[Plain, Field(min_length=1, max_length=LONGEST_TITLE)]
Long = Annotated[Plain, Field(max_length=LONGEST_BODY)]
Note = Annotated[Plain, Field(max_length=LONGEST_NOTE)]


class DocumentItem(Shown):
    """A document in a list. `adopted` is the version that a vote adopted last; 0 where none was."""

    id: int
    title: str
    url: str
    readers: Readers
    latest: int
    adopted: int
    is_file: bool
    is_archived: bool
    changed_at: datetime

    @classmethod
    def of(cls, row: DocumentRow) -> "DocumentItem":
        """From the row of the page."""
        return cls(
            id=row.id,
            title=row.title,
            url=link(row.url),
            readers=row.readers,
            latest=row.latest,
            adopted=row.adopted,
            is_file=row.is_file,
            is_archived=row.is_archived,
            changed_at=row.changed_at,
        )


class DocumentList(Listing[DocumentItem]):
    """Documents, the last changed first."""


class VersionShown(Shown):
    """A version: its text, or where its file is. `hash` is SHA-256 of the exact bytes."""

    number: int
    hash: str
    note: str
    author: Author
    created_at: datetime
    adopted_at: datetime | None


class DocumentShown(DocumentItem):
    """A document at one of its versions, with the numbers of all."""

    version: VersionShown
    body: str | None = Field(description="Markdown; null where the version is a file.")
    file_url: str | None
    file_name: str
    media_type: str
    versions: list[VersionShown]
    vote: int | None = Field(description="The number of the proposal by which a version is being voted on.")
    group_id: int | None

    @classmethod
    def of_view(cls, view: DocumentView) -> "DocumentShown":
        """From all that its page shows."""
        shown = {
            one.number: VersionShown(
                number=one.number,
                hash=one.hash,
                note=one.note,
                author=Author.of(name=one.author.name, handle=one.author.handle, url=one.author.url),
                created_at=one.created_at,
                adopted_at=one.adopted_at,
            )
            for one in view.versions
        }
        version = view.version
        here = VersionShown(
            number=version.number,
            hash=version.hash,
            note=version.note,
            author=Author.of(name=view.author.name, handle=view.author.handle, url=view.author.url),
            created_at=version.created_at,
            adopted_at=version.adopted_at,
        )
        is_file = version.blob_hash is not None
        return cls(
            **dict(DocumentItem.of(view.row)),
            version=here,
            body=None if is_file else version.body,
            file_url=link(f"{view.row.url}/versions/{version.number}/file") if is_file else None,
            file_name=version.file_name,
            media_type=version.media_type,
            versions=list(shown.values()),
            vote=view.vote.number if view.vote else None,
            group_id=view.group_id,
        )


class DocumentQuery(PageQuery):
    """Which documents."""

    archived: bool = False
    group_id: Id | None = None


class VersionQuery(PageQuery):
    """Which version of it."""

    version: Annotated[Id | None, Field(description="The newest where nothing is said.")] = None


class DocumentGiven(Given):
    """A new document with its first version, a text in Markdown."""

    title: Title
    body: Long
    readers: Readers = Field(default=Readers.MEMBERS, strict=False)
    note: Note = ""
    register_when_adopted: bool = False
    group_id: Annotated[Id | None, Field(description="The working group whose document it is.")] = None


class VersionGiven(Given):
    """The next version, written on version `base`."""

    base: Id
    body: Long
    register_when_adopted: bool = False
    note: Note = ""


class DocumentFileQuery(Given):
    """What is said of a document whose first version is a file."""

    title: Title
    readers: Readers = Field(default=Readers.MEMBERS, strict=False)
    note: Note = ""
    register_when_adopted: bool = False
    group_id: Annotated[Id | None, Field(description="The working group whose document it is.")] = None


class VersionFileQuery(Given):
    """What is said of the next version, a file, added on version `base`."""

    base: Id
    note: Note = ""
    register_when_adopted: bool = False


class DocumentChange(Given):
    """Its title and who reads it; what is left out stays."""

    title: Title = ""
    readers: Readers = Field(default=Readers.MEMBERS, strict=False)


class AdoptionGiven(Given):
    """Which version is put to the vote, with which words."""

    version: Id
    words: Words = ""
