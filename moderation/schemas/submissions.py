from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from kernel.api import Answer, Given, Listing, Shown, link
from kernel.viewer import Viewer
from moderation.models import Submission
from moderation.queries.submissions import SubmissionRow, my_submission


class SubmissionGiven(Given):
    """Another text in place of the one that waits."""

    title: Annotated[str, Field(max_length=200)] = ""
    body: Annotated[str, Field(min_length=1, max_length=60_000, description="Markdown.")]


class SubmissionShown(Shown):
    """Something of yours that waits for approval, or what became of it. `result` is where it stands once it does."""

    id: int
    state: Literal["waiting", "approved", "refused", "withdrawn"]
    url: str
    title: str
    body_markdown: str
    why: list[str] = Field(description="Why it waits, in sentences.")
    reason: str = Field(description="Why it was refused.")
    result: str | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: SubmissionRow) -> "SubmissionShown":
        """As a program reads it."""
        return cls.model_validate(
            {
                "id": row.id,
                "state": row.state,
                "url": link(f"/submissions/{row.id}"),
                "title": row.title,
                "body_markdown": row.body,
                "why": row.why,
                "reason": row.reason,
                "result": None if row.result is None else link(row.result.url),
                "created_at": row.created_at,
                "decided_at": row.decided_at,
            }
        )


class SubmissionList(Listing[SubmissionShown]):
    """A page of them."""


def waits(viewer: Viewer, submission: Submission) -> Answer:
    """The answer to whoever sent something that waits: 202, and where to ask what becomes of it."""
    shown = SubmissionShown.of(my_submission(viewer, submission.id))
    return Answer(shown, 202, location=f"/api/v1/submissions/{submission.id}")
