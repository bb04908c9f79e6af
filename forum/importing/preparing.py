"""From lines to cooked rows: the expensive part, in processes that know no site and no database."""

import json
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from forum.cooking import MOST_TAGS, clean_tag
from forum.importing.reading import RawLine
from forum.importing.rows import Reply, Topic, reason_of, source_id_of
from kernel.i18n import guess_lang
from kernel.ids import slug_of
from kernel.markup import cook
from kernel.texts import storable

QUESTIONS = re.compile(
    r"stackexchange|stackoverflow|serverfault|superuser|askubuntu|mathoverflow|answers|wenda|问答|問答|q&a",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that does not go in, and why."""

    line: RawLine
    reason: str


@dataclass(slots=True)
class PreparedPost:
    """A post, but for its keys. `parent` is the number of the post that it answers."""

    number: int
    author_name: str
    author_url: str
    lang: str
    body: str
    body_format: str
    html: str
    has_math: bool
    created_at: datetime
    score: int
    parent: int | None


@dataclass(slots=True)
class PreparedThread:
    """A thread, but for its keys. `author_id` is the member whose all of it is, if it came with them."""

    line: RawLine
    source_id: str
    values: dict[str, Any]
    tags: list[str]
    posts: list[PreparedPost] = field(default_factory=list)
    author_id: int | None = None


def start_process() -> None:
    """Make a process of the pool ready: Ctrl-C is its parent's business, and it never outlives its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(0)

        threading.Thread(target=follow, daemon=True).start()


def prepare(lines: list[RawLine]) -> list[PreparedThread | Refused]:
    """One result for each line, in order. No line, however bad, harms another."""
    results: list[PreparedThread | Refused] = []
    for line in lines:
        try:
            results.append(_prepare(line))
        except ValidationError as error:
            results.append(Refused(line, reason_of(error)))
        except RecursionError:
            results.append(Refused(line, "nested too deeply"))
        except ValueError as error:
            results.append(Refused(line, str(error) or type(error).__name__))
        except Exception as error:  # noqa: BLE001 - whatever it was, the other lines go in
            results.append(Refused(line, f"cannot be prepared: {type(error).__name__}: {error}"))
    return results


def parse(line: RawLine) -> dict[str, Any]:
    """The JSON object of a line; raises `ValueError` with the reason when it has none."""
    try:
        text = line.text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    try:
        row = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(row, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error means a bad line
    kept: dict[str, Any] = storable(row) if "\\u" in text else row
    return kept


def _prepare(line: RawLine) -> PreparedThread | Refused:
    if line.fault:
        return Refused(line, line.fault)
    row = parse(line)
    topic = Topic.model_validate(row)
    source_id = source_id_of(row)
    if source_id is None:
        return Refused(line, "nothing to recognise it by")
    lang = topic.lang or guess_lang(topic.title + topic.text[0])
    replies = list(_in_order(topic))
    numbers = {reply.id: number for number, reply in enumerate(replies, start=2) if reply.id is not None}
    posts = [_post(topic, number=1, lang=lang, parent=None)]
    posts += [
        _post(
            reply,
            number=number,
            lang=reply.lang or lang,
            parent=numbers.get(reply.parent_id) if reply.parent_id else None,
        )
        for number, reply in enumerate(replies, start=2)
    ]
    accepted = next((number for number, reply in enumerate(replies, start=2) if reply.accepted), None)
    values = {
        "kind": _kind(topic, source_id),
        "title": topic.title,
        "slug": slug_of(topic.title),
        "lang": lang,
        "author_name": topic.author,
        "author_url": topic.author_url,
        "created_at": topic.created_at,
        "last_post_at": max(post.created_at for post in posts),
        "last_author_name": posts[-1].author_name,
        "post_count": len(posts),
        "live_post_count": len(posts),
        "accepted_number": accepted,
        "has_math": any(post.has_math for post in posts),
        "source_id": source_id,
        "source_name": topic.community or topic.source[:200],
        "source_url": topic.url,
        "licence": topic.licence,
    }
    tags = list(dict.fromkeys(tag for tag in map(clean_tag, topic.tags) if tag))[:MOST_TAGS]
    return PreparedThread(line, source_id, values, tags, posts)


def _kind(topic: Topic, source_id: str) -> str:
    """Questions are what is answered, and what comes from a place for questions."""
    if topic.kind == "question" or any(reply.accepted or reply.kind == "answer" for reply in topic.replies):
        return "question"
    is_asked = topic.kind != "discussion" and QUESTIONS.search(f"{topic.community} {topic.url} {source_id}")
    return "question" if is_asked else "discussion"


def _in_order(topic: Topic) -> Iterator[Reply]:
    """Replies by time, as in the file where times are equal; none before the one that it answers."""
    by_id = {reply.id: reply for reply in topic.replies if reply.id is not None}
    given: set[int] = set()
    for reply in sorted(topic.replies, key=lambda reply: reply.created_at):
        chain: list[Reply] = []
        at: Reply | None = reply
        while at is not None and id(at) not in given:
            given.add(id(at))
            chain.append(at)
            at = by_id.get(at.parent_id) if at.parent_id is not None else None
        yield from reversed(chain)


def _post(writing: Topic | Reply, *, number: int, lang: str, parent: int | None) -> PreparedPost:
    body, body_format = writing.text
    cooked = cook(body, format=body_format, mentions=False)
    return PreparedPost(
        number=number,
        author_name=writing.author,
        author_url=writing.author_url,
        lang=lang,
        body=body,
        body_format=body_format,
        html=cooked.html,
        has_math=cooked.has_math,
        created_at=writing.created_at,
        score=writing.score or 0,
        parent=parent,
    )
