from dataclasses import dataclass
from datetime import datetime

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from accounts.assertions import asserted, asserted_of_people
from accounts.avatars import avatar_url
from accounts.directory import people_counts, people_found, people_matching
from accounts.models import User
from accounts.organisations import workplaces
from accounts.places import kind_name, region_name
from accounts.queries import complete_handles, person_by_handle
from accounts.sectors import sector_name
from alliances.models import PartyKind
from alliances.parties import Party
from alliances.queries.memberships import memberships_of, offices_of
from forum.models import Thread
from forum.queries import lists
from forum.queries.communities import level_of
from ip_registry.queries.lists import disclosed_by
from kernel.i18n import guess_lang
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.web import current_viewer
from portal import queries
from portal.directory import facets_of, wanted_from
from portal.room import room
from resources.queries.listings import listings_of
from resources.queries.needs import is_slow_person

SOME_LISTINGS = 5
SOME_WORKS = 6


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
    sectors: list[str]
    sector_names: list[str]
    fields: list[str]
    bio_html: Markup
    bio_lang: str
    website: str
    orcid: str | None
    joined_at: datetime

    @property
    def ask_url(self) -> str:
        """Where a question to them is written; empty where no field is named: nobody would know what to ask."""
        if not self.fields:
            return ""
        place = f"&place={self.sectors[0]}" if self.sectors else ""
        return f"/new?kind=question&lens=experts{place}&ask={self.handle}"


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
        sectors=user.sectors,
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
    """The directory: whom one can ask, under facets with their counts."""
    viewer = current_viewer()
    q = request.args.get("q", "").strip()[:80]
    wanted = wanted_from(request.args, viewer.locale)
    among = people_matching(viewer, q) if q else None
    page = people_found(viewer, wanted, among=among, cursor=request.args.get("cursor"))
    counts = people_counts(viewer, wanted, among=among)
    return render_template(
        "portal/people.html",
        page=page.map(lambda user: profile_of(user, viewer.locale)),
        q=q,
        total=counts.total,
        facets=facets_of(wanted, counts, q=q, locale=viewer.locale),
        asserted=asserted_of_people(page.items),
    )


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
        listings=listings_of(viewer, user.id, limit=SOME_LISTINGS),
        works=disclosed_by(user.id, limit=SOME_WORKS),
        my_level=level_of(viewer, "accounts.user", user.id),
        is_me=viewer.user_id == user.id,
        stats=queries.stats_of(viewer, user.id),
        asserted=asserted(user),
        is_slow=is_slow_person(user.id),
        offices=offices_of(viewer, user.id),
        memberships=memberships_of(viewer, Party(PartyKind.PERSON, user.id)),
        workplaces=[place for place, _seat in workplaces(viewer, [user.id]).get(user.id, [])],
    )
