"""What the forum takes from somebody's archive: files, threads and posts, drafts, bookmarks.

Every post that comes in is the importer's own, whatever the archive says of its writer, and its thread says for good
where it comes from. Posts from places that not everybody saw stay outside. Of threads that others started, the
importer's posts come as a thread of their own, each under a short quote of what it answered.
"""

import io
import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from typing import Annotated, Any
from urllib.parse import quote

from flask import current_app
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Select, select

from accounts.blobs import blob_store
from activity.actions import put_aside
from activity.models import Bookmark
from forum.actions import drafts
from forum.actions.posts import link_uploads
from forum.actions.uploads import add_upload, inspect
from forum.importing.preparing import PreparedThread, Refused, prepare
from forum.importing.reading import RawLine
from forum.importing.writing import write_threads
from forum.models import Board, Community, Post, Thread, Upload
from forum.policy import visible_threads
from kernel.db import session
from kernel.errors import GuildhallError
from kernel.markup.cooking import pointed_at
from kernel.personal import Report, Source, imports
from kernel.refs import Ref
from kernel.viewer import PUBLIC, Viewer
from kernel.words import gettext as _

AT_ONCE = 50
TEXT_AT_ONCE = 500_000  # characters: what is cooked in a second or so
LONGEST_THREAD = 2_000_000  # characters of one's own
A_POST = 200  # what an empty one counts
MOST_THREADS = 50_000
MOST_BOARDS = 1_000
LONGEST_SOURCE = 120
_FILE = re.compile(r"(?P<site>https?://[^/\s)\"']+)?/files/(?P<id>\d{1,18})/[^\s)\"'>\]]*")


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class FileRow(_Row):
    """A file in the archive."""

    id: int
    name: str = Field(max_length=300)
    path: str = Field(max_length=300)


class ThreadRow(_Row):
    """A thread that the archive's owner started."""

    id: int
    url: str = Field(default="", max_length=500)
    kind: str = ""
    title: str = Field(min_length=1, max_length=300)
    lang: str | None = ""
    tags: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=100)
    deleted_at: datetime | None = None


class PostRow(_Row):
    """A post of theirs, in whatever thread."""

    id: int
    thread_id: int
    thread_url: str = Field(default="", max_length=500)
    thread_title: str = Field(default="", max_length=300)
    is_my_thread: bool = False
    is_public: bool = False
    community: str = Field(max_length=100)
    board: str = Field(max_length=100)
    reply_to_id: int | None = None
    reply_to_me: bool = False
    reply_to_author: str | None = ""
    reply_to_excerpt: str | None = ""
    body: str = Field(max_length=200_000)
    body_format: str = "markdown"
    created_at: str
    deleted_at: datetime | None = None
    purged_at: datetime | None = None


def read(model: type[_Row], row: dict[str, Any], report: Report, what: str) -> Any:
    """The row if it is what it should be; else it is reported, and None."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        fault = error.errors()[0]
        report.skip(what, _("It cannot be read: %(field)s.", field=".".join(map(str, fault["loc"])) or "row"))
        return None


@imports("forum-files")
def take_files(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Every file once, looked into as if it were sent anew."""
    limit, seen = current_app.config["SETTINGS"].upload_limit_mb * 1_000_000, set()
    for raw in source.rows("forum-files"):
        row = read(FileRow, raw, report, _("A file"))
        if row is None or row.path in seen:
            continue
        if (content := source.blob(row.path, most=limit)) is None:
            report.skip(row.name, _("Its bytes are not in the archive, or there are too many of them."))
            continue
        seen.add(row.path)
        _add_file(viewer, source, row, content, report, limit=limit)
        yield 1


def _add_file(viewer: Viewer, source: Source, row: FileRow, content: bytes, report: Report, *, limit: int) -> None:
    before = session().scalar(select(Upload.id).where(Upload.owner_id == viewer.me).order_by(Upload.id.desc()).limit(1))
    try:
        file = inspect(viewer, stream=io.BytesIO(content), name=row.name, limit_bytes=limit)
        made = add_upload(viewer, file=file, store=blob_store())
    except GuildhallError as refusal:
        report.skip(row.name, refusal.detail)
        return
    source.notes.setdefault("forum-files", {})[row.id] = f"/files/{made.id}/{quote(made.name)}"
    if made.id > (before or 0):
        report.took("files")
    else:
        report.knew("files")


@imports("forum-posts")
def take_posts(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Thread by thread; without the staff's word they are only counted."""
    threads = islice(source.rows("forum-threads"), MOST_THREADS)
    mine = {row.id: row for row in (read(ThreadRow, raw, report, _("A thread")) for raw in threads) if row is not None}
    files = source.notes.get("forum-files", {})
    boards: dict[tuple[str, str], int | None] = {}
    waiting: dict[int, list[PreparedThread]] = {}
    seen = text = 0
    rows = filter(None, (read(PostRow, raw, report, _("A post")) for raw in source.rows("forum-posts")))
    for thread_id, posts in groupby(rows, key=lambda row: row.thread_id):
        group, length = [], 0
        for post in posts:
            seen, length = seen + 1, length + len(post.body) + A_POST
            if length <= LONGEST_THREAD:
                group.append(post)
        thread = mine.get(thread_id)
        if length > LONGEST_THREAD:
            report.skip(_title(thread, group), _("It is longer than what is taken in."))
            continue
        made = _thread(viewer, source, report, thread, group, boards=boards, files=files)
        if made is not None:
            waiting.setdefault(made[0], []).append(made[1])
        text += length
        if seen >= AT_ONCE or text >= TEXT_AT_ONCE:
            _write(viewer, report, waiting)
            yield seen
            waiting, seen, text = {}, 0, 0
    _write(viewer, report, waiting)
    yield seen


def _thread(
    viewer: Viewer,
    source: Source,
    report: Report,
    thread: ThreadRow | None,
    posts: list[PostRow],
    *,
    boards: dict[tuple[str, str], int | None],
    files: dict[int, str],
) -> tuple[int, PreparedThread] | None:
    """The board and the cooked thread, or None and the reason in the report. What waits for a word is not cooked."""
    first, title = posts[0], _title(thread, posts)
    if source.is_from_here and session().scalar(_still_here(viewer, first)) is not None:
        report.knew("posts", len(posts))
        return None
    live = [post for post in posts if post.deleted_at is None and post.purged_at is None and post.body.strip()]
    board_id = _board(first, boards)
    if reason := _obstacle(thread, first, has_text=bool(live), has_board=board_id is not None):
        report.skip(title, reason)
        return None
    if not source.may_post:
        report.wait(title, [post.body for post in live])
        return None
    line = json.dumps(_topic(viewer, source, thread, live, title=title, files=files)).encode()
    (made,) = prepare([RawLine(first.id, line)])
    if isinstance(made, Refused):
        report.skip(title, made.reason)
        return None
    made.author_id = viewer.me
    return board_id or 0, made


def _obstacle(thread: ThreadRow | None, first: PostRow, *, has_text: bool, has_board: bool) -> str:
    if not has_text or (thread is not None and thread.deleted_at is not None):
        return str(_("It was deleted at the old place."))
    if not first.is_public:
        return str(_("It stood where not everybody reads, and is not shown to others here."))
    return "" if has_board else str(_("There is no community “%(name)s” here.", name=first.community))


def _title(thread: ThreadRow | None, posts: list[PostRow]) -> str:
    if thread is not None:
        return thread.title
    return str(_("Re: %(title)s", title=posts[0].thread_title or posts[0].thread_url if posts else "…"))


def _still_here(viewer: Viewer, post: PostRow) -> Select[int]:
    """Of an archive of this very site: the post itself, unless its writer deleted their account since."""
    return select(Post.id).where(Post.id == post.id, Post.author_id == viewer.me)


def _topic(
    viewer: Viewer, source: Source, thread: ThreadRow | None, posts: list[PostRow], *, title: str, files: dict[int, str]
) -> dict[str, Any]:
    """As a line of an import file, whose reader checks it like every other."""
    opening, *replies = posts
    known = {post.id for post in replies}
    return {
        "id": f"archive:{source.host[:LONGEST_SOURCE]}:{viewer.me}:{opening.thread_id}",
        "source": source.site[:1000],
        "community": source.host[:200],
        "url": (thread.url if thread else opening.thread_url)[:500],
        "title": title[:200],
        "kind": thread.kind if thread and thread.kind in {"question", "discussion"} else "discussion",
        "lang": (thread.lang or "") if thread else "",
        "tags": thread.tags[:50] if thread else [],
        "created_at": opening.created_at,
        **_text(source, opening, files=files),
        "replies": [
            {
                "id": str(post.id),
                "parent_id": str(post.reply_to_id) if post.reply_to_id in known else None,
                "created_at": post.created_at,
                **_text(source, post, files=files),
            }
            for post in replies
        ],
    }


def _text(source: Source, post: PostRow, *, files: dict[int, str]) -> dict[str, str]:
    """The text, its files at their new addresses, under a quote of what somebody else said."""

    def moved(found: re.Match[str]) -> str:
        is_theirs = found["site"] is None or found["site"] == source.site
        return files.get(int(found["id"]), found[0]) if is_theirs else found[0]

    form = post.body_format if post.body_format in {"markdown", "html", "text"} else "markdown"
    body = _FILE.sub(moved, post.body)
    excerpt = " ".join((post.reply_to_excerpt or "").split())
    if excerpt and not post.reply_to_me and form == "markdown":
        who = "".join(char for char in post.reply_to_author or "" if char not in "*_[]<>`@")
        body = f"> **{who or '…'}**: {excerpt}…\n\n{body}"
    return {"body": body, "body_format": form}


def _board(post: PostRow, boards: dict[tuple[str, str], int | None]) -> int | None:
    """The public board of the same name, else the general one of the community."""
    place = (post.community, post.board)
    if len(boards) > MOST_BOARDS:
        boards.clear()
    if place not in boards:
        query = (
            select(Board.slug, Board.id)
            .join(Community, Community.id == Board.community_id)
            .where(Community.slug == post.community, Board.audience == PUBLIC, Board.closed_at.is_(None))
            .where(Board.slug.in_((post.board, "general")))
        )
        found = {row.slug: row.id for row in session().execute(query)}
        boards[place] = found.get(post.board, found.get("general"))
    return boards[place]


def _write(viewer: Viewer, report: Report, waiting: dict[int, list[PreparedThread]]) -> None:
    for board_id, threads in waiting.items():
        added = write_threads(threads, board_id=board_id)
        ids = {thread.source_id for thread in added}
        report.took("threads", len(added))
        report.took("posts", sum(len(thread.posts) for thread in added))
        for thread in threads:
            if thread.source_id not in ids:
                _compare(thread, report)
        _link_files(viewer, [thread.source_id for thread in threads])


def _compare(thread: PreparedThread, report: Report) -> None:
    """A thread that came before stays as it is; what was written in it since is named."""
    count = session().scalar(select(Thread.post_count).where(Thread.source_id == thread.source_id)) or 0
    report.knew("threads")
    report.knew("posts", min(count, len(thread.posts)))
    if len(thread.posts) > count:
        report.skip(
            thread.values["title"], _("It came with an earlier archive; what you wrote in it since stays outside.")
        )


def _link_files(viewer: Viewer, source_ids: list[str]) -> None:
    """Let whoever reads the posts see their files; doing it twice changes nothing."""
    query = (
        select(Post)
        .join(Thread, Thread.id == Post.thread_id)
        .where(Thread.source_id.in_(source_ids), Post.author_id == viewer.me, Post.html.contains("/files/"))
    )
    for post in session().scalars(query):
        link_uploads(post, pointed_at(post.html), owner_id=viewer.me)


@imports("forum-drafts")
def take_drafts(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Drafts of new threads; those of replies belong to threads that are not here."""
    for row in source.rows("forum-drafts"):
        place, title = str(row.get("place", "")), str(row.get("title", "") or _("A draft"))
        body, fields = row.get("body"), row.get("fields")
        if not place.startswith(("new", "achievement")) or not isinstance(body, str):
            report.skip(title, _("It belongs to a thread at the old place; its text is in the archive."))
        else:
            _save_draft(viewer, report, place=place, title=str(row.get("title", "")), body=body, fields=fields)
        yield 1


def _save_draft(viewer: Viewer, report: Report, *, place: str, title: str, body: str, fields: Any) -> None:
    try:
        present = drafts.find(viewer, place=place)
        if present is None:
            drafts.save(viewer, place=place, title=title, body=body, fields=fields if isinstance(fields, dict) else {})
    except GuildhallError as refusal:
        report.skip(title or _("A draft"), refusal.detail or _("There is no such place here."))
        return
    if present is None:
        report.took("drafts")
    elif present.body == body:
        report.knew("drafts")
    else:
        report.skip(title or _("A draft"), _("You are writing something else there already."))


@imports("bookmarks")
def take_bookmarks(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Bookmarks of threads that came here from the same address."""
    for row in source.rows("bookmarks"):
        url, title = str(row.get("url") or ""), str(row.get("title") or row.get("url") or _("A bookmark"))
        thread = (
            session().execute(visible_threads(viewer).where(Thread.source_url == url).limit(1)).first() if url else None
        )
        if thread is None:
            report.skip(title, _("What it leads to is not here."))
        else:
            _put_aside(viewer, report, thread.Thread.id, note=row.get("note"))
        yield 1


def _put_aside(viewer: Viewer, report: Report, thread_id: int, *, note: Any) -> None:
    mine = (Bookmark.user_id == viewer.me, Bookmark.kind == "forum.thread", Bookmark.ref_id == thread_id)
    if session().scalar(select(Bookmark.id).where(*mine)) is not None:
        report.knew("bookmarks")
        return
    put_aside(viewer, ref=Ref("forum.thread", thread_id), note=note if isinstance(note, str) else "")
    report.took("bookmarks")
