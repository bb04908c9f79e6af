from flask import render_template
from flask.typing import ResponseReturnValue

from alliances.queries.proposals import votes_waiting
from forum.queries.communities import communities, version_of
from kernel.pagecache import page_for_strangers
from kernel.policy import Door
from kernel.viewer import Viewer
from kernel.web import current_viewer
from portal import queries
from portal.room import room


@room.page("/", may=Door.ANYONE)
def home() -> ResponseReturnValue:
    """What is new in what I follow; for a stranger, what this place is."""
    viewer = current_viewer()
    if viewer.signed_in:
        return _mine(viewer)
    return page_for_strangers(("home",), version=version_of(viewer), render=lambda: _welcome(viewer))


def _mine(viewer: Viewer) -> str:
    followed = queries.followed_by(viewer)
    unread, answered = queries.unread_for_me(viewer), queries.answered_for_me(viewer)
    shown = {row.id for row in (*unread, *answered)}
    fresh = queries.new_for_me(viewer, follows_anything=bool(followed))
    return render_template(
        "portal/home.html",
        unread=unread,
        answered=[row for row in answered if row not in unread],
        fresh=[row for row in fresh if row.id not in shown],
        communities=communities(viewer),
        votes=votes_waiting(viewer) if any(token.startswith("alliance:") for token in viewer.audience) else [],
        followed=[{"name": card.title, "url": card.url} for card in followed],
    )


def _welcome(viewer: Viewer) -> str:
    return render_template(
        "portal/welcome.html",
        communities=communities(viewer),
        fresh=queries.active_lately(viewer),
        answered=queries.answered_lately(viewer),
        totals=queries.totals(viewer),
    )
