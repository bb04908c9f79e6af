from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from accounts.schemas import Author
from forum.cooking import LONGEST_BODY
from forum.models import Draft
from forum.queries.drafts import DraftRow
from forum.queries.posts import PostText
from forum.queries.rows import RevisionRow
from forum.queries.uploads import UploadRow
from forum.schemas.given import Body, Tags, Title
from forum.schemas.threads import SourceShown, author_of
from kernel.api import Given, Id, Listing, Reason, Shown, link


class ReactionShown(Shown):
    """One kind of reaction under a post."""

    name: str
    count: int
    is_mine: bool


class MyPost(Shown):
    """What you made of a post, and what you may do with it."""

    is_mine: bool
    is_bookmarked: bool
    may_edit: bool
    may_delete: bool


class AnsweredShown(Shown):
    """The post that is answered."""

    id: int
    number: int
    author_name: str


class PostShown(Shown):
    """A post. Of a deleted one only the place is left, except for moderators. `me` is null without a token."""

    id: int
    number: int
    thread_id: int
    url: str
    author: Author
    lang: str
    body_markdown: str | None = Field(description="Null of imported HTML, and where you may not see it.")
    body_html: str | None
    created_at: datetime
    edited_at: datetime | None
    edit_count: int = Field(description="Send it back as `base` with a change, so that nobody's is overwritten.")
    score: int
    reactions: list[ReactionShown]
    is_accepted: bool
    is_deleted: bool
    is_purged: bool
    reply_to: AnsweredShown | None
    source: SourceShown | None = Field(description="Of imported posts: whose terms they stand under.")
    me: MyPost | None

    @classmethod
    def of(cls, found: PostText, *, signed_in: bool) -> "PostShown":
        """From the row of the page, with the text behind it."""
        row = found.row
        source = SourceShown(name=found.source_name, url=found.source_url, licence=found.licence)
        return cls(
            id=row.id,
            number=row.number,
            thread_id=found.thread_id,
            url=link(row.url),
            author=author_of(row.author),
            lang=row.lang,
            body_markdown=found.body,
            body_html=str(row.html) if found.shows else None,
            created_at=row.created_at,
            edited_at=row.edited_at,
            edit_count=row.edit_count,
            score=row.score,
            reactions=[
                ReactionShown(name=reaction.name, count=reaction.count, is_mine=reaction.is_mine)
                for reaction in row.reactions
            ],
            is_accepted=row.is_accepted,
            is_deleted=row.is_deleted,
            is_purged=row.is_purged,
            reply_to=(
                AnsweredShown(id=found.reply_to_id, number=row.reply_to[0], author_name=row.reply_to[1])
                if row.reply_to and found.reply_to_id
                else None
            ),
            source=source if row.author.handle is None and (found.source_name or found.source_url) else None,
            me=(
                MyPost(
                    is_mine=row.is_mine,
                    is_bookmarked=row.is_bookmarked,
                    may_edit=row.may_edit,
                    may_delete=row.may_delete,
                )
                if signed_in
                else None
            ),
        )


class PostList(Listing[PostShown]):
    """Posts of a thread by their number."""


class PostQuery(BaseModel):
    """Which posts of a thread."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    limit: Annotated[int, Field(ge=1, le=100, description="How many items at most.")] = 30
    cursor: Annotated[str | None, Field(description="`next` of the page before.")] = None
    start: Annotated[
        int | None, Field(alias="from", ge=1, le=2**31, description="Begin at this number, without a cursor.")
    ] = None


class PostGiven(Given):
    """A reply."""

    body: Body
    reply_to: Annotated[Id | None, Field(description="The id of the post in this thread that is answered.")] = None


class PostChange(Given):
    """What changes of a post. Title and tags hang on the opening post; what is left out stays."""

    body: Body | None = None
    title: Title | None = None
    tags: Tags | None = None
    reason: Reason = ""
    base: Annotated[
        int | None, Field(ge=0, le=2**31, description="The `edit_count` you started from; 409 when it grew since.")
    ] = None


class PostMade(Shown):
    """A post stands, or was changed."""

    id: int
    thread_id: int
    number: int
    url: str
    edit_count: int


class ReasonQuery(BaseModel):
    """Why something goes."""

    reason: Reason = ""


class RevisionShown(Shown):
    """A text that a post had; the last one is the present."""

    number: int
    editor: Author
    reason: str
    created_at: datetime

    @classmethod
    def of(cls, row: RevisionRow) -> "RevisionShown":
        """From the row of the page."""
        return cls(number=row.number, editor=author_of(row.editor), reason=row.reason, created_at=row.created_at)


class RevisionList(Listing[RevisionShown]):
    """All texts that a post had, the oldest first; always one page."""


class DraftItem(Shown):
    """A draft in the list."""

    place: str
    title: str
    excerpt: str
    url: str | None = Field(description="Where it continues; null when that place is out of sight.")
    updated_at: datetime

    @classmethod
    def of(cls, row: DraftRow) -> "DraftItem":
        """From the row of the page."""
        return cls(
            place=row.place,
            title=row.title,
            excerpt=row.excerpt,
            url=link(row.url) if row.url else None,
            updated_at=row.updated_at,
        )


class DraftList(Listing[DraftItem]):
    """Your drafts, the newest first; always one page."""


class DraftShown(Shown):
    """What you were writing at a place."""

    place: str
    title: str
    body: str
    fields: dict[str, Any]
    version: int
    updated_at: datetime

    @classmethod
    def of(cls, draft: Draft) -> "DraftShown":
        """All that is kept."""
        return cls(
            place=draft.place,
            title=draft.title,
            body=draft.body,
            fields=draft.fields,
            version=draft.version,
            updated_at=draft.updated_at,
        )


class DraftGiven(Given):
    """What you are writing. `version` is the one you saw last, 0 for none."""

    title: Annotated[str, Field(max_length=1000)] = ""
    body: Annotated[str, Field(max_length=2 * LONGEST_BODY)] = ""
    fields: dict[str, str | bool | int | list[str] | None] = Field(default_factory=dict)
    version: Annotated[int, Field(ge=0, le=2**53)] = 0


class DraftKept(Shown):
    """The draft as it is kept now; version 0 when there was nothing to keep."""

    version: int
    updated_at: datetime | None


class FileShown(Shown):
    """A file that was added, and the Markdown that puts it into a text."""

    id: int
    name: str
    url: str
    thumb_url: str | None
    markdown: str
    size: int
    width: int | None
    height: int | None

    @classmethod
    def of(cls, row: UploadRow) -> "FileShown":
        """From the row of the page."""
        return cls(
            id=row.id,
            name=row.name,
            url=link(row.url),
            thumb_url=link(row.thumb_url) if row.thumb_url else None,
            markdown=row.markdown,
            size=row.size,
            width=row.width,
            height=row.height,
        )


class FileList(Listing[FileShown]):
    """The files that were added."""
