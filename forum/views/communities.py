from collections.abc import Callable

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import and_

from forum.addresses import community_url, tag_url
from forum.models import Thread
from forum.models.community import GENERAL
from forum.models.thread import Lens, ThreadKind
from forum.policy import ForumRight, Start
from forum.queries import communities as query
from forum.queries import lists
from forum.queries.rows import LensPlace
from forum.room import room
from forum.views.compose import may_start
from kernel.errors import NotFoundError
from kernel.pagecache import page_for_strangers
from kernel.viewer import Viewer
from kernel.web import current_viewer


def lens_places() -> list[LensPlace]:
    """The three lenses with what they are for."""
    return [
        LensPlace(
            Lens.EXPERTS,
            _("Experts"),
            _("Questions to experts, and discussions they lead, across all sectors."),
            community_url(Lens.EXPERTS),
        ),
        LensPlace(
            Lens.ACHIEVEMENTS,
            _("Achievements"),
            _("Results and inventions: problem, method, maturity, and the cooperation that is wanted."),
            community_url(Lens.ACHIEVEMENTS),
        ),
        LensPlace(
            Lens.ENTERPRISES,
            _("Enterprises"),
            _("What firms ask, offer and announce, across all sectors."),
            community_url(Lens.ENTERPRISES),
        ),
    ]


@room.page("/communities", may=ForumRight.READ)
def communities() -> ResponseReturnValue:
    """All sectors at a glance."""
    viewer = current_viewer()
    return page_for_strangers(
        ("communities",),
        version=0 if viewer.signed_in else query.version_of(viewer),
        render=lambda: render_template(
            "forum/communities.html", communities=query.communities(viewer), lenses=lens_places()
        ),
    )


@room.page("/communities/<slug>", may=ForumRight.READ)
def community(slug: str) -> ResponseReturnValue:
    """A sector, or a lens across all of them."""
    if slug in set(Lens):
        return _cached(("lens", slug), None, lambda viewer: _lens_page(viewer, Lens(slug)))
    return _cached(("community", slug), slug, lambda viewer: _community_page(viewer, slug, None))


@room.page("/communities/<slug>/<board_slug>", may=ForumRight.READ)
def board(slug: str, board_slug: str) -> ResponseReturnValue:
    """A board within a sector."""
    return _cached(("board", slug, board_slug), slug, lambda viewer: _community_page(viewer, slug, board_slug))


def _cached(key: tuple[str, ...], slug: str | None, render: Callable[[Viewer], str]) -> ResponseReturnValue:
    viewer = current_viewer()
    if viewer.signed_in:
        return render(viewer)
    chosen = tuple(sorted(request.args.items()))
    return page_for_strangers((*key, chosen), version=query.version_of(viewer, slug), render=lambda: render(viewer))


def _community_page(viewer: Viewer, slug: str, board_slug: str | None) -> str:
    found = query.community_named(viewer, slug)
    chosen = None
    if board_slug is not None:
        chosen = next((row for row in found.boards if row.place.slug == board_slug), None)
        if chosen is None:
            raise NotFoundError
    view = request.args.get("view", "latest")
    lens = request.args.get("lens")
    here = (
        and_(Thread.community_id == found.place.id, Thread.alliance_id.is_(None))  # alliances have pages of their own
        if chosen is None
        else Thread.board_id == chosen.place.id
    )
    where = [here]
    if lens in set(Lens):
        where.append(Thread.lens == lens)
    else:
        lens = None
    if view == "open":
        where.append(lists.waiting())
    elif view == "new" and viewer.signed_in:
        where.append(lists.new_to_me(viewer))
    elif view == "unread" and viewer.signed_in:
        where.append(lists.unread_by_me())
    else:
        view = "latest"
    cursor = request.args.get("cursor")
    pinned, open_questions = lists.set_apart(viewer, here) if cursor is None else ([], [])
    if view == "latest" and lens is None:
        where.append(Thread.pinned_at.is_(None))
    else:
        pinned = []
    page = lists.thread_page(viewer, *where, cursor=cursor)
    company = query.company(viewer, found.place.id)
    here_board = chosen or found.boards[0]
    start = Start(
        found.place.id,
        here_board.alliance_id,
        here_board.audience,
        here_board.is_closed,
        ThreadKind.DISCUSSION,
        Lens(lens) if lens else None,
        company.my_fields,
        company.my_affiliation_kind,
        here_board.place.slug,
    )
    reasons = query.reasons_against(viewer, start) if viewer.signed_in else {}
    return render_template(
        "forum/community.html",
        community=found,
        board=chosen,
        alliances=query.alliances_here(viewer, found.boards),
        lens=lens,
        lenses=lens_places(),
        view=view,
        page=page,
        pinned=pinned,
        open_questions=open_questions,
        moderators=company.moderators,
        my_level=found.level,
        may_start={kind: not reason for kind, reason in reasons.items()},
        why_not=next((reason for reason in reasons.values() if reason), ""),
    )


def _lens_page(viewer: Viewer, lens: Lens) -> str:
    place = next(place for place in lens_places() if place.slug == lens)
    everywhere = query.communities(viewer)
    slug = request.args.get("community", "")
    chosen = next((row for row in everywhere if row.place.slug == slug), None)
    where = [Thread.lens == lens]
    if chosen is not None:
        where.append(Thread.community_id == chosen.place.id)
    page = lists.thread_page(viewer, *where, cursor=request.args.get("cursor"))
    may = may_start(viewer, f"{(chosen or everywhere[0]).place.slug}/{GENERAL}", lens) if viewer.signed_in else {}
    return render_template(
        "forum/lens.html",
        lens=place,
        page=page,
        communities=everywhere,
        may_start=may,
        why_not="",
    )


@room.page("/tags", may=ForumRight.READ)
def tags() -> ResponseReturnValue:
    """The words that threads share."""
    return render_template(
        "forum/tags.html",
        tags=[(tag.name, tag.public_thread_count, tag_url(tag.name)) for tag in query.tags()],
    )


@room.page("/tags/<name>", may=ForumRight.READ)
def tag(name: str) -> ResponseReturnValue:
    """Threads that bear a tag, newest first."""
    viewer = current_viewer()
    found = query.tag_named(name)
    page = lists.thread_page(viewer, lists.tagged(found.id), keys=lists.BY_BIRTH, cursor=request.args.get("cursor"))
    if not page.items and found.public_thread_count == 0:
        raise NotFoundError
    return render_template(
        "forum/tag.html", tag=found, page=page, my_level=query.level_of(viewer, "forum.tag", found.id)
    )
