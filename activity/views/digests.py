from flask import render_template
from flask.typing import ResponseReturnValue

from activity.digests.composing import sheet_of
from activity.policy import ActivityRight
from activity.queries.digests import digest_at
from activity.room import room
from activity.topics import Cadence
from activity.unsubscribing import rule_of_digest
from kernel.web import current_viewer


@room.page("/digests/<name>", may=ActivityRight.READ_NOTICES)
def digest(name: str) -> ResponseReturnValue:
    """A digest as a page: of what was in the mail, what may be seen now."""
    viewer = current_viewer()
    found = digest_at(viewer, name)
    return render_template(
        "activity/digest.html",
        digest=found,
        sheet=sheet_of(viewer, found.content),
        token=rule_of_digest(viewer.me, Cadence(found.period)).token,
    )
