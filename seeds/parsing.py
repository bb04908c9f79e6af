"""The demo town's files, read strictly: whatever is wrong is named with its file and line."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from accounts.sectors import is_sector

TOWN = Path(__file__).resolve().parent / "town"
THREADS = Path(__file__).resolve().parent / "threads"

KINDS = ("discussion", "question", "announcement", "achievement")
LENSES = ("experts", "achievements", "enterprises")
REACTIONS = ("like", "thanks", "insight", "agree", "funny")
LANGS = ("zh-Hans", "en")
HEADER_KEYS = {"title", "board", "kind", "lens", "lang", "tags", "author", "age", "pinned", "poll", "votes"}
REQUIRED_KEYS = {"title", "board", "kind", "lang", "tags", "author", "age"}
AFFILIATIONS = ("firm", "university", "institute", "provider", "patent-firm", "government", "independent")
PERSON_KEYS = {
    "handle", "name", "lang", "affiliation", "kind", "role", "region", "fields", "sectors", "bio", "joined",
    "moderates", "staff", "suspended",
}  # fmt: skip
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)([mhd])")
_HEADING = re.compile(r"=== ([a-z0-9-]+) \+([0-9.]+[mhd])((?: \|.*)?)")
_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{1,29}")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_QUOTE = re.compile(r"> \[@([a-z0-9-]+)\]\(#([0-9]+)\)\s*")


class SeedError(ValueError):
    """A fault in a seed file."""

    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.parent.name}/{path.name}:{line}: {what}")


@dataclass(frozen=True, slots=True)
class SeedPerson:
    """Somebody of the town."""

    handle: str
    name: str
    lang: str
    affiliation: str
    kind: str
    role: str
    bio: str
    joined: timedelta
    region: str = ""
    fields: list[str] = field(default_factory=list)
    sectors: list[str] = field(default_factory=list)
    moderates: list[str] = field(default_factory=list)
    staff: bool = False
    suspended: bool = False


@dataclass(slots=True)
class SeedPost:
    """A post; `age` is how long before the moment of seeding it was written, `line` where its text begins."""

    author: str
    lang: str
    age: timedelta
    line: int
    body: str = ""
    accepted: bool = False
    reply_to: int | None = None
    edited: str = ""
    reactions: dict[str, list[str]] = field(default_factory=dict)


@dataclass(slots=True)
class SeedThread:
    """A thread with its posts, the opening one first."""

    path: Path
    title: str
    community: str
    board: str
    kind: str
    lens: str | None
    lang: str
    tags: list[str]
    pinned: bool
    poll: tuple[str, list[str]] | None
    votes: list[int]
    posts: list[SeedPost]


def duration(text: str) -> timedelta | None:
    """`12d`, `3h` or `20m`; None for anything else."""
    found = _DURATION.fullmatch(text)
    return timedelta(**{UNITS[found[2]]: float(found[1])}) if found else None


def read_people(folder: Path = TOWN) -> dict[str, SeedPerson]:
    """Everybody, by handle."""
    people: dict[str, SeedPerson] = {}
    for path in sorted(folder.glob("people-*.toml")):
        text = path.read_text(encoding="utf-8")
        starts = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[person]]"]
        try:
            rows = tomllib.loads(text)["person"]
        except (tomllib.TOMLDecodeError, KeyError) as error:
            raise SeedError(path, 1, str(error)) from None
        for line, row in zip(starts, rows, strict=True):
            person = _person(path, line, row)
            if person.handle in people:
                raise SeedError(path, line, f"{person.handle} is there already")
            people[person.handle] = person
    return people


def _person(path: Path, line: int, row: dict[str, Any]) -> SeedPerson:
    unknown = sorted(set(row) - PERSON_KEYS)
    missing = sorted({"handle", "name", "lang", "affiliation", "kind", "role", "bio", "joined"} - set(row))
    if unknown or missing:
        raise SeedError(path, line, f"unknown keys {unknown}, missing keys {missing}")
    joined = duration(row["joined"])
    for is_wrong, what in (
        (not _HANDLE.fullmatch(row["handle"]), "handle"),
        (row["lang"] not in LANGS, "lang"),
        (row["kind"] not in AFFILIATIONS, "kind"),
        (joined is None, "joined"),
        (not all(is_sector(sector) for sector in row.get("sectors", ())), "sectors"),
    ):
        if is_wrong:
            raise SeedError(path, line, f"{what} of {row['handle']} is not possible")
    return SeedPerson(**{**row, "joined": joined})


def read_threads(people: dict[str, SeedPerson], folder: Path = THREADS) -> list[SeedThread]:
    """Every thread, checked against the people."""
    return [read_thread(path, people) for path in sorted(folder.glob("*/*.md"))]


def read_thread(path: Path, people: dict[str, SeedPerson]) -> SeedThread:
    """One thread."""
    lines = path.read_text(encoding="utf-8").splitlines()
    header, start = _header(path, lines)
    thread = _thread(path, header)
    opening = thread.posts[0]
    opening.line = start + 1
    age, in_fence = opening.age, ""
    body: list[str] = []
    for number, line in enumerate(lines[start:], start + 1):
        fence = _FENCE.match(line)
        if fence and (not in_fence or (fence[1].startswith(in_fence) and not line.strip(" `~"))):
            in_fence = "" if in_fence else fence[1]
        if in_fence or not line.startswith("==="):
            body.append(line)
            continue
        thread.posts[-1].body = "\n".join(body).strip()
        body = []
        post = _post(path, number, line, thread)
        age -= post.age
        post.age = age
        thread.posts.append(post)
    thread.posts[-1].body = "\n".join(body).strip()
    if in_fence:
        raise SeedError(path, len(lines), "a code block is never closed")
    _check(thread, people)
    return thread


def _header(path: Path, lines: list[str]) -> tuple[dict[str, str], int]:
    header: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            missing = sorted(REQUIRED_KEYS - set(header))
            if missing:
                raise SeedError(path, number, f"missing in the header: {', '.join(missing)}")
            return header, number
        key, colon, value = line.partition(":")
        if not colon or key not in HEADER_KEYS or key in header:
            raise SeedError(path, number, f"{key[:40]!r} is no header, or there twice")
        header[key] = value.strip()
    raise SeedError(path, len(lines), "there is no text after the header")


def _thread(path: Path, header: dict[str, str]) -> SeedThread:
    age = duration(header["age"])
    community, _slash, board = header["board"].partition("/")
    poll = [part.strip() for part in header["poll"].split("|")] if "poll" in header else []
    try:
        votes = [int(part) for part in header.get("votes", "").split(",") if part.strip()]
    except ValueError:
        raise SeedError(path, 1, "votes are whole numbers") from None
    for is_wrong, what in (
        (age is None, "age"),
        (header["kind"] not in KINDS, "kind"),
        (header.get("lens", LENSES[0]) not in LENSES, "lens"),
        (header["lang"] not in LANGS, "lang"),
        (not board, "board"),
        (header.get("pinned", "yes") not in ("yes", "no"), "pinned"),
        (bool(poll) and len(poll) < 3, "poll"),  # noqa: PLR2004 - a question and two answers
        (bool(votes) and len(votes) != len(poll) - 1, "votes"),
        (header["kind"] == "achievement" and header.get("lens", "achievements") != "achievements", "lens"),
    ):
        if is_wrong:
            raise SeedError(path, 1, f"{what} is not possible")
    return SeedThread(
        path=path,
        title=header["title"],
        community=community,
        board=board,
        kind=header["kind"],
        lens=header.get("lens") or ("achievements" if header["kind"] == "achievement" else None),
        lang=header["lang"],
        tags=[tag.strip() for tag in header["tags"].replace("，", ",").split(",") if tag.strip()],
        pinned=header.get("pinned") == "yes",
        poll=(poll[0], poll[1:]) if poll else None,
        votes=votes,
        posts=[SeedPost(header["author"], header["lang"], age or timedelta(), 1)],
    )


def _post(path: Path, number: int, line: str, thread: SeedThread) -> SeedPost:
    """The head of a reply; its `age` is, for now, the time since the post before."""
    found = _HEADING.fullmatch(line.rstrip())
    since = duration(found[2]) if found else None
    if not found or since is None:
        raise SeedError(path, number, f"cannot be read: {line[:60]}")
    post = SeedPost(found[1], thread.lang, since, number + 1)
    for option in filter(None, (part.strip() for part in found[3].split("|"))):
        key, colon, value = (part.strip() for part in option.partition(":"))
        if key == "accepted" and not colon:
            post.accepted = True
        elif key == "lang" and value in LANGS:
            post.lang = value
        elif key == "reply-to" and value.isdecimal():
            post.reply_to = int(value)
        elif key == "edited" and value:
            post.edited = value
        elif key in REACTIONS and value:
            post.reactions[key] = [name.strip() for name in value.split(",") if name.strip()]
        else:
            raise SeedError(path, number, f"unknown option {option!r}")
    return post


def _check(thread: SeedThread, people: dict[str, SeedPerson]) -> None:
    """What only shows when the whole thread is there."""
    accepted = 0
    for number, post in enumerate(thread.posts, 1):
        accepted += post.accepted
        names = {post.author, *(name for names in post.reactions.values() for name in names)}
        for is_wrong, what in (
            (bool(names - set(people)), f"nobody is called {', '.join(sorted(names - set(people)))}"),
            (not post.body, "a post without text"),
            (post.age <= timedelta(), "lies in the future"),
            (post.accepted and thread.kind != "question", "only questions accept answers"),
            (accepted > 1, "two accepted answers"),
            (
                post.reply_to is not None and not 1 <= post.reply_to < number,
                "answers a post that is not before it",
            ),
            (
                post.author in {name for names in post.reactions.values() for name in names},
                "reacts to itself",
            ),
            (any(len(set(given)) < len(given) for given in post.reactions.values()), "reacts twice"),
        ):
            if is_wrong:
                raise SeedError(thread.path, post.line, what)
        for offset, line in enumerate(post.body.splitlines()):
            quote = _QUOTE.fullmatch(line)
            if quote and not (int(quote[2]) < number and thread.posts[int(quote[2]) - 1].author == quote[1]):
                raise SeedError(thread.path, post.line + offset, f"post {quote[2]} is not by {quote[1]}")


def link_quotes(body: str, post_ids: dict[int, int]) -> str:
    """The text with `> [@handle](#N)` made into the link to post N that quotes carry."""
    lines = body.split("\n")
    for place, line in enumerate(lines):
        quote = _QUOTE.fullmatch(line)
        if quote:
            lines[place] = f"> [@{quote[1]}](/posts/{post_ids[int(quote[2])]})"
    return "\n".join(lines)
