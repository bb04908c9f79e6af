from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Model, PrimaryKey
from kernel.refs import Ref


class ReviewKind(StrEnum):
    """Why something stands in the queue: people flagged it, it waits to be published, or a decision is appealed."""

    FLAG = "flag"
    SUBMISSION = "submission"
    APPEAL = "appeal"


class ReviewState(StrEnum):
    """Open, decided by somebody, or gone by itself: withdrawn, or purged with what it was about."""

    OPEN = "open"
    DECIDED = "decided"
    GONE = "gone"


class Review(Model):
    """One thing in the queue, once for all flags of it.

    `scope` is the token of those who decide: `moderator:3` for a community (and the staff), `moderator:alliance:7` for
    an alliance's officers alone, `staff` for the staff. `kind` and `ref_id` name the thing; a submission and an appeal
    name their own row. `passed_on_at` is when it was put before the staff too, by a moderator or by whoever flagged it:
    of an alliance's private rooms they see that one thing, as `details` keep it, and nothing else. A decision counts
    only if the review is still open: the second of two moderators is told who was first.
    """

    __tablename__ = "review"

    id: Mapped[PrimaryKey]
    why: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(30))
    ref_id: Mapped[int]
    place_kind: Mapped[str] = mapped_column(String(30))
    place_id: Mapped[int]
    scope: Mapped[str] = mapped_column(String(80))
    audience: Mapped[str] = mapped_column(String(80))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    weight: Mapped[int] = mapped_column(default=1)
    hidden_at: Mapped[datetime | None]
    passed_on_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(10), default=ReviewState.OPEN.value)
    outcome: Mapped[str] = mapped_column(String(20), default="")
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("house_rule.id"), index=True)
    reason: Mapped[str] = mapped_column(String(500), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)

    __table_args__ = (
        Index(
            "uq_review_open",
            "kind",
            "ref_id",
            "why",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_review_scope_state_id", "scope", "state", "id"),
        Index("ix_review_kind_ref_id", "kind", "ref_id"),
    )

    @property
    def ref(self) -> Ref:
        """What is to be decided about."""
        return Ref(self.kind, self.ref_id)

    @property
    def place(self) -> Ref:
        """Where it stands."""
        return Ref(self.place_kind, self.place_id)

    @property
    def log_ref(self) -> Ref:
        """How the log names it: a profile by the number of its review, for the log names nobody whom it would hurt."""
        return Ref("moderation.review", self.id) if self.kind == "accounts.user" else self.ref


class Flag(Model):
    """Somebody says that a thing breaks a rule; without a rule, that it needs a moderator's eye."""

    __tablename__ = "flag"

    id: Mapped[PrimaryKey]
    review_id: Mapped[int] = mapped_column(ForeignKey("review.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("house_rule.id"), index=True)
    note: Mapped[str] = mapped_column(String(500), default="")
    weight: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (UniqueConstraint("review_id", "user_id"),)


class SubmissionState(StrEnum):
    """What became of something that was sent in."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Submission(Model):
    """Something that waits for approval. It does not exist in its room yet, so that no outlet can show it.

    `verb` names how the room publishes it, with `payload`, as `author_id` and with the rights they have at that moment.
    `title` and `body` are what was written, for the preview; `reasons` say why it waits. Once it is published or
    withdrawn the text is emptied: it stands in its room, or is nobody's. What was refused its author reads for a month.
    """

    __tablename__ = "submission"

    id: Mapped[PrimaryKey]
    author_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    verb: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    place_kind: Mapped[str] = mapped_column(String(30))
    place_id: Mapped[int]
    audience: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    lang: Mapped[str] = mapped_column(String(10), default="")
    reasons: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(10), default=SubmissionState.WAITING.value)
    result_kind: Mapped[str] = mapped_column(String(30), default="")
    result_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        Index("ix_submission_author_id_state_id", "author_id", "state", "id"),
        Index("ix_submission_place_kind_place_id_author_id", "place_kind", "place_id", "author_id"),
    )
