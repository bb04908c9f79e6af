from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from accounts.avatars import avatar_url
from accounts.models import User
from accounts.places import kind_name, region_name
from accounts.queries import complete_handles, people_page, person_by_handle
from accounts.sectors import sector_name
from forum.models import Thread
from forum.queries import lists
from forum.queries.communities import level_of
from kernel.i18n import guess_lang
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.web import current_viewer
from portal import queries
from portal.room import room


@dataclass(frozen=True, slots=True)
class Profile:
    """A person as their page shows them, codes turned into names."""

    id: int
    handle: str
    name: str
    avatar_url: str | None
    affiliation: str
    job_title: str
    kind_name: str
    region_name: str
    sector_names: list[str]
    fields: list[str]
    bio_html: Markup
    bio_lang: str
    website: str
    orcid: str | None
    joined_at: datetime


def profile_of(user: User, locale: str) -> Profile:
    """The public side of an account."""
    return Profile(
        id=user.id,
        handle=user.handle,
        name=user.display_name,
        avatar_url=avatar_url(user.handle, user.avatar_hash),
        affiliation=user.affiliation,
        job_title=user.job_title,
        kind_name=kind_name(user.affiliation_kind, locale),
        region_name=region_name(user.region, locale),
        sector_names=[sector_name(sector, locale) for sector in user.sectors],
        fields=user.fields,
        bio_html=Markup(user.bio_html),  # noqa: S704 - cooked and sanitised when it was stored
        bio_lang=guess_lang(user.bio),
        website=user.website,
        orcid=user.orcid,
        joined_at=user.created_at,
    )


@room.page("/people", may=Door.ANYONE)
def people() -> ResponseReturnValue:
    """Who writes here."""
    viewer = current_viewer()
    q = request.args.get("q", "")[:80]
    page = people_page(viewer, cursor=request.args.get("cursor"), q=q)
    return render_template("portal/people.html", page=page.map(lambda user: profile_of(user, viewer.locale)), q=q)


@room.page("/people/complete", may=Door.SIGNED_IN)
@limiter.limit(SMALL_DEEDS)
def complete_people() -> ResponseReturnValue:
    """Handles that somebody may be typing."""
    found = complete_handles(request.args.get("q", "")[:30])
    return jsonify([{"handle": one.handle, "name": one.name, "avatar_url": one.avatar_url} for one in found])


@room.page("/people/<handle>", may=Door.ANYONE)
def profile(handle: str) -> ResponseReturnValue:
    """A person: what they say of themselves, what was checked of it, and what they wrote."""
    viewer = current_viewer()
    user = person_by_handle(handle)
    return render_template(
        "portal/profile.html",
        person=profile_of(user, viewer.locale),
        threads=lists.thread_page(
            viewer,
            Thread.author_id == user.id,
            keys=lists.BY_BIRTH,
            cursor=request.args.get("cursor"),
            limit=15,
            with_muted=True,
        ),
        recent_posts=queries.recent_posts(viewer, user.id),
        my_level=level_of(viewer, "accounts.user", user.id),
        is_me=viewer.user_id == user.id,
        stats=queries.stats_of(viewer, user.id),
        asserted=_asserted(user),
    )


def _asserted(user: User) -> list[tuple[str, str, datetime]]:
    """What somebody checked: what, by whom, when. An ORCID of the right form proves no more than that."""
    if user.email_confirmed_at is None:
        return []
    domain = user.email.rpartition("@")[2]
    return [(_("Reads mail at %(domain)s", domain=domain), _("Confirmed by this site"), user.email_confirmed_at)]
