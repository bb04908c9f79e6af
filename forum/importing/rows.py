"""What a line of an import file must be, and how its refusal is worded."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

from forum.cooking import LONGEST_TITLE
from kernel.clock import now
from kernel.texts import clean_body, clean_line

LONGEST_SOURCE_ID = 200
LONGEST_BODY = 200_000
MOST_REPLIES = 50_000
OLDEST = datetime(1900, 1, 1, tzinfo=UTC)
LONGEST_REASON = 300

Format = Literal["markdown", "html", "text"]


def _moment(value: object) -> datetime:
    """An instant with its zone, in UTC."""
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("not an ISO 8601 time") from None
    else:
        raise ValueError("not an ISO 8601 time")  # noqa: TRY004 - pydantic collects ValueErrors
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of the calendar") from None
    if moment < OLDEST:
        raise ValueError("before 1900")
    if moment > now() + timedelta(days=1):
        raise ValueError("lies in the future")
    return moment


def _address(value: str) -> str:
    """A web address, or nothing."""
    value = clean_line(value)
    try:
        parts = urlsplit(value)
    except ValueError:
        raise ValueError("not an address") from None
    if value and (parts.scheme not in ("http", "https") or not parts.netloc or " " in value):
        raise ValueError("not an http(s) address")
    return value


def _identity(value: object) -> object:
    """Identifiers come as text or as whole numbers."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _nothing(value: object) -> object:
    """`null` means the same as an absent text."""
    return "" if value is None else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Identity = Annotated[StrictStr, BeforeValidator(_identity), Field(min_length=1, max_length=500)]
Score = Annotated[StrictInt, Field(ge=-(10**12), le=10**12)]
Name = Annotated[StrictStr, BeforeValidator(_nothing), AfterValidator(clean_line), Field(max_length=120)]
Line = Annotated[StrictStr, BeforeValidator(_nothing), AfterValidator(clean_line), Field(max_length=200)]
Licence = Annotated[StrictStr, BeforeValidator(_nothing), AfterValidator(clean_line), Field(max_length=120)]
PersonAddress = Annotated[StrictStr, BeforeValidator(_nothing), AfterValidator(_address), Field(max_length=300)]
SourceAddress = Annotated[StrictStr, BeforeValidator(_nothing), AfterValidator(_address), Field(max_length=500)]
Title = Annotated[StrictStr, AfterValidator(clean_line), Field(min_length=1, max_length=LONGEST_TITLE)]
Body = Annotated[StrictStr, AfterValidator(clean_body), Field(max_length=LONGEST_BODY)]
Lang = Annotated[
    StrictStr,
    BeforeValidator(_nothing),
    Field(pattern=r"^([A-Za-z]{2,3}(-[A-Za-z0-9]{2,6})?)?$", max_length=10),
]
Tags = Annotated[list[Annotated[StrictStr, Field(max_length=200)]], Field(max_length=50)]


class Writing(BaseModel):
    """What a topic and a reply have in common: somebody wrote one text, in one format, at some time."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    author: Name = ""
    author_url: PersonAddress = ""
    created_at: Moment
    score: Score | None = None
    body: Body | None = None
    body_format: Format | None = None
    body_html: Body | None = None
    body_markdown: Body | None = None
    body_text: Body | None = None

    @property
    def text(self) -> tuple[str, Format]:
        """The text and its format."""
        if self.body is not None:
            return self.body, self.body_format or "markdown"
        if self.body_html is not None:
            return self.body_html, "html"
        if self.body_markdown is not None:
            return self.body_markdown, "markdown"
        return self.body_text or "", "text"

    @model_validator(mode="after")
    def _one_text(self) -> Self:
        given = [part for part in (self.body, self.body_html, self.body_markdown, self.body_text) if part is not None]
        if len(given) > 1:
            raise ValueError("two bodies that contradict each other")
        if not given or not given[0].strip():
            raise ValueError("no text")
        return self


class Reply(Writing):
    """An answer, a comment or a reply."""

    id: Identity | None = None
    parent_id: Identity | None = None
    kind: StrictStr | None = None
    lang: Lang = ""
    accepted: StrictBool = False


class Topic(Writing):
    """A thread with all its replies."""

    id: Identity | None = None
    source: Annotated[StrictStr, BeforeValidator(_nothing), Field(max_length=1000)] = ""
    licence: Licence = ""
    community: Line = ""
    url: SourceAddress = ""
    lang: Lang = ""
    kind: StrictStr | None = None
    title: Title
    tags: Tags = []
    replies: Annotated[list[Reply], Field(max_length=MOST_REPLIES)] = []

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        known = [reply.id for reply in self.replies if reply.id is not None]
        parents: dict[str | None, str | None] = {
            reply.id: reply.parent_id for reply in self.replies if reply.id is not None
        }
        if len(parents) < len(known):
            raise ValueError("two replies with one id")
        if sum(reply.accepted for reply in self.replies) > 1:
            raise ValueError("two accepted answers")
        for reply in self.replies:
            if reply.parent_id is not None and reply.parent_id not in parents and reply.parent_id != self.id:
                raise ValueError(f"parent_id {reply.parent_id[:40]!r} names no reply of this thread")
        _refuse_circles(parents)
        return self


def _refuse_circles(parents: Mapping[str | None, str | None]) -> None:
    """Following parents must end; each reply is walked over once."""
    sound: set[str | None] = set()
    for start in parents:
        path: set[str | None] = set()
        at: str | None = start
        while at in parents and at not in sound:
            if at in path:
                raise ValueError("replies that answer each other in a circle")
            path.add(at)
            at = parents[at]
        sound |= path


def source_id_of(row: Mapping[str, Any]) -> str | None:
    """What a row is recognised by when it comes again; None when it has nothing to be recognised by.

    An `id` that does not say where it comes from is put under its community: every forum has a thread 1.
    """
    identity = _identity(row.get("id"))
    if isinstance(identity, str) and identity:
        if ":" not in identity:
            identity = f"{row.get('community') or row.get('source') or ''}:{identity}"
        return identity if len(identity) <= LONGEST_SOURCE_ID and identity.isprintable() else _hashed(identity)
    if not isinstance(row.get("title"), str):
        return None
    return _hashed(*(str(row.get(key) or "") for key in ("source", "title", "created_at")))


def _hashed(*parts: str) -> str:
    return "sha256:" + hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def reason_of(error: ValidationError) -> str:
    """What is wrong with a line, in one line: the first three faults with their places."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False)[:3]:
        place = ".".join(str(step) for step in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] in ("too_long", "string_too_long"):
            message = f"longer than {fault['ctx']['max_length']}"
        elif fault["type"] in ("too_short", "string_too_short"):
            message = "empty"
        faults.append(f"{place}: {message}" if place else message)
    more = error.error_count() - len(faults)
    return ("; ".join(faults) + (f"; and {more} more" if more > 0 else ""))[:LONGEST_REASON]
