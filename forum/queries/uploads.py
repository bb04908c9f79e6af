"""Which files a viewer may have: their own, and those in live posts that they see; nothing else is ever served."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, String, cast, func, literal, or_, select

from forum.models import Post, PostUpload, Thread, Upload
from forum.policy import visible_threads
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from moderation.queries.submissions import is_shown_to

AT_ONCE = 30
ESCAPED = str.maketrans({char: "\\" + char for char in "\\[]`*_<>$!"})


@dataclass(frozen=True, slots=True)
class SeenUpload:
    """A file the viewer may have; `is_public` when everybody may, so that shared caches may keep it."""

    upload: Upload
    is_public: bool


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A file in the list of mine, with the Markdown that puts it into a text."""

    id: int
    name: str
    url: str
    thumb_url: str | None
    markdown: str
    size: int
    width: int | None
    height: int | None
    is_used: bool


def seen_upload(viewer: Viewer, upload_id: int) -> SeenUpload:
    """The file, in one query, if the viewer may have it; else Not Found.

    That is: their own, one in a live post that they see, one in a text that waits for their decision.
    """
    mine = [Upload.owner_id == viewer.own_id] if viewer.own_id is not None else []
    decided = is_shown_to(viewer, author_id=Upload.owner_id, text=address_in_text())
    row = (
        session()
        .execute(
            select(Upload, _used_on_sight_of(Viewer()).label("is_public")).where(
                Upload.id == upload_id,
                or_(*mine, _used_on_sight_of(viewer), *([] if decided is None else [decided])),
            )
        )
        .first()
    )
    if row is None:
        raise NotFoundError
    return SeenUpload(row.Upload, bool(row.is_public))


def my_uploads(viewer: Viewer, *, cursor: str | None = None, limit: int = AT_ONCE) -> Page[UploadRow]:
    """What the viewer added, the newest first."""
    is_used = select(PostUpload.post_id).where(PostUpload.upload_id == Upload.id).correlate(Upload).exists()
    mine: Any = select(Upload, is_used.label("is_used")).where(Upload.owner_id == viewer.me)
    page = keyset_page(mine, keys=[Upload.id], limit=limit, cursor=cursor)
    return page.map(lambda row: upload_row(row.Upload, is_used=row.is_used))


def used_bytes(viewer: Viewer) -> int:
    """How much room the viewer's files take, by the index on their owner."""
    return int(session().scalar(select(func.sum(Upload.size)).where(Upload.owner_id == viewer.me)) or 0)


def upload_row(upload: Upload, *, is_used: bool = False) -> UploadRow:
    """What a page or a script is told of a file."""
    url = file_url(upload.id, upload.name)
    return UploadRow(
        id=upload.id,
        name=upload.name,
        url=url,
        thumb_url=f"{url}?size=thumb" if upload.thumb_sha256 else None,
        markdown=_markdown(upload, url),
        size=upload.size,
        width=upload.width,
        height=upload.height,
        is_used=is_used,
    )


def file_url(upload_id: int, name: str) -> str:
    """Where a file is; the name is for people, and safe within Markdown."""
    return f"/files/{upload_id}/{quote(name, safe='')}"


def address_in_text() -> ColumnElement[str]:
    """What stands in every text that uses the file of the statement's row."""
    return literal("/files/") + cast(Upload.id, String) + literal("/")


def _markdown(upload: Upload, url: str) -> str:
    label = upload.name.translate(ESCAPED)
    if not upload.is_inline:
        return f"[{label} ({size_text(upload.size)})]({url})"
    return f"[![{label}]({url}?size=display)]({url})" if upload.display_sha256 else f"![{label}]({url})"


def size_text(size: int) -> str:
    """A size as people say it."""
    if size < 1000:  # noqa: PLR2004 - the step between the units
        return str(_("%(count)s bytes", count=size))
    if size < 1_000_000:  # noqa: PLR2004 - the same
        return f"{size / 1000:.0f} kB"
    return f"{size / 1_000_000:.1f} MB"


def _used_on_sight_of(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a live post uses the file that this viewer sees."""
    return (
        visible_threads(viewer)
        .with_only_columns(Post.id)
        .join(Post, Post.thread_id == Thread.id)
        .join(PostUpload, PostUpload.post_id == Post.id)
        .where(PostUpload.upload_id == Upload.id, Post.deleted_at.is_(None), Thread.deleted_at.is_(None))
        .correlate(Upload)
        .exists()
    )
