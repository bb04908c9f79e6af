"""What happened in the forum, in the past tense: told inside the transaction of the deed."""

from dataclasses import dataclass, field

from kernel.refs import Ref


@dataclass(frozen=True, slots=True)
class PostAdded:
    """A post was added; `number` 1 means that a thread was started with it."""

    actor_id: int
    post: Ref
    thread: Ref
    number: int
    community: Ref
    tags: tuple[int, ...]
    audience: str
    mentions: frozenset[str] = field(default_factory=frozenset)
    quoted_posts: frozenset[int] = field(default_factory=frozenset)
    reply_to_author_id: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerAccepted:
    """The asker, or a moderator, accepted an answer."""

    actor_id: int
    post: Ref
    thread: Ref
    author_id: int | None
    audience: str


@dataclass(frozen=True, slots=True)
class ThreadChanged:
    """A thread, or what may be seen of it, changed: renamed, moved, deleted, restored, merged, answered.

    `posts` are those that read otherwise now, stand elsewhere, or came or went; None means all of them.
    `hides`: somebody who saw these posts (with None: the thread) may not see them any more.
    """

    thread: Ref
    posts: frozenset[int] | None = frozenset()
    hides: bool = False
