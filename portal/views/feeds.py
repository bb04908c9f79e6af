"""Atom feeds and the site map: what anybody may read, in the forms that readers and crawlers understand."""

from datetime import timedelta

from flask import Response, current_app, make_response, render_template
from flask_babel import gettext as _
from sqlalchemy import select

from forum.addresses import thread_url
from forum.models import Board, Thread
from forum.policy import live_threads
from forum.queries.communities import communities, community_named, tag_named
from forum.queries.rows import ThreadRow
from ip_registry.queries.lists import public_timeline
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.policy import Door
from kernel.viewer import Viewer
from kernel.web import current_viewer
from portal import queries
from portal.room import room

MOST_URLS = 20_000
MOST_RECORDS = 5_000
SECURITY_TXT_HOLDS = timedelta(days=180)


@room.page("/feeds/latest.atom", may=Door.ANYONE)
def feed() -> Response:
    """The newest threads of the whole site."""
    stranger = _stranger()
    return _atom("/feeds/latest.atom", "/", current_app.config["SETTINGS"].site_name, queries.feed_threads(stranger))


@room.page("/feeds/communities/<slug>.atom", may=Door.ANYONE)
def community_feed(slug: str) -> Response:
    """The newest threads of a community."""
    stranger = _stranger()
    found = community_named(stranger, slug)
    return _atom(
        f"/feeds/communities/{slug}.atom",
        found.place.url,
        found.place.name,
        queries.feed_threads(stranger, community=slug),
    )


@room.page("/feeds/tags/<name>.atom", may=Door.ANYONE)
def tag_feed(name: str) -> Response:
    """The newest threads under a tag."""
    found = tag_named(name)
    threads = queries.feed_threads(_stranger(), tag_id=found.id)
    if not threads:  # else it could be told from no tag at all that something private bears it
        raise NotFoundError
    return _atom(f"/feeds/tags/{name}.atom", f"/tags/{name}", found.name, threads)


@room.page("/feeds/achievements.atom", may=Door.ANYONE)
def achievements_feed() -> Response:
    """The newest achievements of the gallery."""
    threads = queries.feed_achievements(_stranger())
    return _atom("/feeds/achievements.atom", "/achievements", _("Gallery of achievements"), threads)


def _stranger() -> Viewer:
    """Feeds are read by programs without a session: they carry what a stranger may see, whoever asks."""
    return Viewer(locale=current_viewer().locale)


def _atom(address: str, page: str, title: str, threads: list[ThreadRow]) -> Response:
    base = current_app.config["BASE_URL"]
    updated = max((thread.last_post_at for thread in threads), default=now())
    body = render_template(
        "portal/feed.atom",
        base=base,
        address=address,
        page=page,
        title=title,
        threads=threads,
        updated=updated,
    )
    response = make_response(body)
    response.content_type = "application/atom+xml; charset=utf-8"
    response.add_etag()
    return response


@room.page("/sitemap.xml", may=Door.ANYONE)
def sitemap() -> Response:
    """Where a crawler finds what everybody may read: communities, the newest threads, and disclosed records."""
    stranger = Viewer()
    rows = session().execute(
        select(Thread.id, Thread.slug, Thread.last_post_at)
        .join(Board, Board.id == Thread.board_id)
        .where(live_threads(stranger))
        .order_by(Thread.last_post_at.desc(), Thread.id.desc())
        .limit(MOST_URLS)
    )
    threads = [(thread_url(row.id, row.slug), row.last_post_at) for row in rows]
    body = render_template(
        "portal/sitemap.xml",
        base=current_app.config["BASE_URL"],
        communities=[row.place.url for row in communities(stranger)],
        threads=threads,
        records=[(row.url, row.disclosed_at) for row in public_timeline(limit=MOST_RECORDS, disclosed_only=True).items],
    )
    response = make_response(body)
    response.content_type = "application/xml; charset=utf-8"
    return response


@room.page("/.well-known/security.txt", may=Door.ANYONE)
def security_txt() -> Response:
    """Whom to tell of a fault of security (RFC 9116), if the operator named somebody."""
    contact = current_app.config["SETTINGS"].security_contact
    if not contact:
        raise NotFoundError
    base, until = current_app.config["BASE_URL"], (now() + SECURITY_TXT_HOLDS).strftime("%Y-%m-%dT00:00:00Z")
    lines = (
        f"Contact: {contact}",
        f"Expires: {until}",
        "Preferred-Languages: zh, en",
        f"Canonical: {base}/.well-known/security.txt",
    )
    response = make_response("\n".join(lines) + "\n")
    response.content_type = "text/plain; charset=utf-8"
    return response


@room.page("/robots.txt", may=Door.ANYONE)
def robots() -> Response:
    """Nothing that needs a person, and no endless spaces."""
    lines = [
        "User-agent: *",
        "Disallow: /settings",
        "Disallow: /new",
        "Disallow: /achievements/new",
        "Disallow: /search",
        "Disallow: /*?cursor=",
        f"Sitemap: {current_app.config['BASE_URL']}/sitemap.xml",
    ]
    response = make_response("\n".join(lines) + "\n")
    response.content_type = "text/plain; charset=utf-8"
    return response
