"""Through which channels one wants to hear of what."""

from collections.abc import Mapping

from activity.models import NoticeSetting
from activity.policy import ActivityRight
from activity.topics import Topic, Wish
from activity.upsert import insert_into
from kernel.db import session
from kernel.policy import authorise
from kernel.viewer import Viewer


def choose(viewer: Viewer, wishes: Mapping[Topic, Wish]) -> None:
    """Hear of these topics as said from now on; of the others as before."""
    authorise(viewer, ActivityRight.CHOOSE_NOTICES)
    set_wishes(viewer.me, wishes)


def set_wishes(user_id: int, wishes: Mapping[Topic, Wish]) -> None:
    """The same for whoever may do it, signed in or not."""
    for topic, wish in wishes.items():
        values = {"bell": wish.bell, "mail": wish.mail.value, "push": wish.push}
        insert = insert_into(NoticeSetting).values(user_id=user_id, topic=topic.value, **values)
        session().execute(insert.on_conflict_do_update(index_elements=["user_id", "topic"], set_=values))
