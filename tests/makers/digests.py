"""People who missed something, and a site of its own in which their digests can be interrupted."""

from sqlalchemy import insert

from accounts.models import User
from accounts.viewers import viewer_for
from activity.actions import follow, notify
from activity.models import Level
from forum.models import Thread
from kernel.clock import now
from kernel.refs import Ref
from kernel.work import unit_of_work
from tests.makers import forum as make


def many_people(count: int, *, timezone: str = "Asia/Shanghai") -> list[int]:
    """Confirmed people of one time zone, in one statement."""
    facts = {"password_hash": "!", "timezone": timezone, "locale": "en", "email_confirmed_at": now()}
    rows = [
        {"handle": f"reader-{n}", "email": f"reader-{n}@example.cn", "display_name": f"Reader {n}", **facts}
        for n in range(count)
    ]
    with unit_of_work() as work:
        return list(work.scalars(insert(User).returning(User.id), rows))


def missed(people: list[int], *, reason: str = "match", event: str = "match.need") -> Thread:
    """A thread of which all of them were told and nobody read."""
    thread = make.thread()
    ref = Ref("forum.thread", thread.id)
    with unit_of_work():
        notify(dict.fromkeys(people, reason), event=event, actor_id=None, ref=ref, place=ref, audience="public")
    return thread


def watch(user: User, ref: Ref) -> None:
    """Somebody watches something."""
    with unit_of_work():
        follow(viewer_for(user.id), ref=ref, level=Level.WATCHING)
