"""What rooms bring the watch: what may be done to their things, and how something that waited is published."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from kernel.refs import Card, Ref
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Flaggable:
    """A thing as the queue needs it, as somebody sees it who wants to flag it."""

    ref: Ref
    place: Ref
    scope: str
    audience: str
    author_id: int | None
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A thing as moderators look at it: what it says, when it was written and last changed, and where it is tended.

    `tools` are pages of its room on which more can be done with it, each a label and an address. With `hides_reader`
    whoever flags it goes by another name there, and stays unnamed to the watch.
    """

    title: str
    html: Markup
    url: str
    lang: str = ""
    at: datetime | None = None
    changed_at: datetime | None = None
    is_anonymous: bool = False
    hides_reader: bool = False
    tools: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """What a room offers for one kind of its things.

    `find` answers None for what the viewer may not see. `hide` takes out of sight and `show` brings back, in the name
    of a moderator, or with None by a rule of the house (enough flags); whether that is allowed, and the line in the
    log, are the caller's, who holds the review and no thing yet. Done twice it is done once. `excerpts` shows those
    that the viewer sees, hidden ones to whoever looks after them or wrote them. `edit` is where its author changes one.

    With `is_private` moderators see none of them by themselves: a flag puts one before them, as whoever flags it sees
    it at that moment.
    """

    kind: str
    find: Callable[[Viewer, int], Flaggable | None]
    hide: Callable[[Viewer | None, int, str], None]
    show: Callable[[Viewer | None, int, str], None]
    excerpts: Callable[[Viewer, Sequence[int]], Mapping[int, Excerpt]]
    edit: str = ""
    is_private: bool = False


@dataclass(frozen=True, slots=True)
class Verb:
    """How a room publishes a submission: as its author, with all rules of the room, which may still refuse.

    `change` answers with another title and text, for an author who corrects what waits; None where that is done in the
    room itself.
    """

    name: str
    publish: Callable[[Viewer, Mapping[str, Any]], Card]
    change: Callable[[Mapping[str, Any], str, str], "Changed"] | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A payload with another text, checked by its room, and that text as it is cooked."""

    payload: Mapping[str, Any]
    title: str
    body: str
    html: str


_subjects: dict[str, Subject] = {}
_verbs: dict[str, Verb] = {}


def register_subject(subject: Subject) -> None:
    """Each room does this once for a kind, when it is wired."""
    _subjects[subject.kind] = subject


def register_verb(verb: Verb) -> None:
    """Each room does this once for a way of writing, when it is wired."""
    _verbs[verb.name] = verb


def subject_of(kind: str) -> Subject | None:
    """What may be done to things of this kind, if anything."""
    return _subjects.get(kind)


def verb_named(name: str) -> Verb:
    """How it is published; raises `KeyError` for a verb that no room brings any more."""
    return _verbs[name]


def looks_after(viewer: Viewer, scope: str) -> bool:
    """Whether the viewer decides what stands under `scope`: the staff not what is for an alliance's officers."""
    return scope in viewer.rights or (viewer.is_staff and not scope.startswith("moderator:alliance:"))
