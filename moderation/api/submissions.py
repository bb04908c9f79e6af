from kernel.api import PageQuery, endpoint, room
from kernel.viewer import Viewer
from moderation.actions.submissions import correct, withdraw
from moderation.policy import ModerationRight
from moderation.queries.submissions import my_submission, my_submissions
from moderation.schemas.submissions import SubmissionGiven, SubmissionList, SubmissionShown


@endpoint(room, "GET", "/submissions", may=ModerationRight.READ_OWN, query=PageQuery, answers={200: SubmissionList})
def submissions(viewer: Viewer, *, query: PageQuery) -> SubmissionList:
    """What you sent in and had to wait for approval, newest first."""
    page = my_submissions(viewer, cursor=query.cursor, limit=query.limit)
    return SubmissionList(items=[SubmissionShown.of(row) for row in page.items], next=page.next)


@endpoint(room, "GET", "/submissions/<int:submission_id>", may=ModerationRight.READ_OWN, answers={200: SubmissionShown})
def submission(viewer: Viewer, *, submission_id: int) -> SubmissionShown:
    """One of yours, and what became of it."""
    return SubmissionShown.of(my_submission(viewer, submission_id))


@endpoint(
    room,
    "PATCH",
    "/submissions/<int:submission_id>",
    may=ModerationRight.READ_OWN,
    body=SubmissionGiven,
    answers={200: SubmissionShown},
)
def patch_submission(viewer: Viewer, *, submission_id: int, body: SubmissionGiven) -> SubmissionShown:
    """Another text in place of the one that waits."""
    correct(viewer, submission_id=submission_id, title=body.title, body=body.body)
    return SubmissionShown.of(my_submission(viewer, submission_id))


@endpoint(room, "DELETE", "/submissions/<int:submission_id>", may=ModerationRight.READ_OWN, answers={204: None})
def delete_submission(viewer: Viewer, *, submission_id: int) -> None:
    """Take back what waits."""
    withdraw(viewer, submission_id=submission_id)
