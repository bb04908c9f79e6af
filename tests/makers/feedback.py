"""Suggestions about the site, through the real actions, for tests."""

from accounts.models import User
from accounts.viewers import viewer_for
from feedback import actions
from forum.models import Thread
from kernel.work import unit_of_work
from tests.makers.people import person


def suggestion(*, author: User | None = None, title: str = "Remember how I sort lists", body: str = "") -> Thread:
    """A suggestion by `author`, or by somebody."""
    author = author or person()
    with unit_of_work():
        made = actions.suggest(viewer_for(author.id), title=title, body=body or "Each time I choose it anew.")
    assert isinstance(made, Thread)
    return made


def decided(thread: Thread, state: str, *, by: User, note: str = "", link: str = "") -> None:
    """The staff said what becomes of it."""
    with unit_of_work():
        actions.decide(viewer_for(by.id), thread_id=thread.id, state=state, note=note, link=link)


def voted(thread: Thread, *people: User) -> None:
    """These want it too."""
    for one in people:
        with unit_of_work():
            actions.vote(viewer_for(one.id), thread_id=thread.id, wanted=True)
