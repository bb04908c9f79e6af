from datetime import timedelta

from sqlalchemy import delete, update

from kernel.clock import now
from kernel.db import session
from moderation.models import Fingerprint, Submission, SubmissionState, Visit

MONTH = timedelta(days=31)
VISITS = timedelta(days=400)


def forget_old() -> None:
    """What is kept for a time only: how somebody wrote, what was refused, on which days they came."""
    moment = now()
    session().execute(delete(Fingerprint).where(Fingerprint.created_at < moment - MONTH))
    session().execute(delete(Visit).where(Visit.day < (moment - VISITS).date()))
    session().execute(
        update(Submission)
        .where(
            Submission.state == SubmissionState.REFUSED,
            Submission.decided_at < moment - MONTH,
            Submission.body != "",
        )
        .values(body="", title="")
        .execution_options(synchronize_session=False)
    )
