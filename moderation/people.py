"""What the watch may do with profiles and with pages of organisations: the staff look after both."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup
from sqlalchemy import select

from accounts.actions.setting_aside import (
    bring_organisation_back,
    bring_person_back,
    set_organisation_aside,
    set_person_aside,
)
from accounts.kinds.organisations import ORGANISATION
from accounts.kinds.people import USER
from accounts.models import Organisation, OrganisationSeat, SeatState, User
from accounts.policy import visible_organisations
from kernel.db import session
from kernel.i18n import guess_lang
from kernel.refs import Ref
from kernel.viewer import PUBLIC, STAFF, Viewer
from moderation.belongings import Belongings, Scopes, register_belongings
from moderation.subjects import Excerpt, Flaggable, Subject, register_subject

MOST_COUNTED = 1000


def _find_person(_viewer: Viewer, user_id: int) -> Flaggable | None:
    user = session().get(User, user_id)
    if user is None or user.is_suspended:
        return None
    ref = Ref(USER, user.id)
    return Flaggable(ref, ref, STAFF, PUBLIC, user.id, user.set_aside is not None)


def _people_excerpts(_viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    rows = session().scalars(select(User).where(User.id.in_(ids)))
    return {user.id: _person_excerpt(user) for user in rows}


def _person_excerpt(user: User) -> Excerpt:
    kept = user.set_aside or {}
    lines = [user.job_title or kept.get("job_title"), user.affiliation, user.website or kept.get("website")]
    facts = Markup("").join(Markup("<p>{}</p>").format(line) for line in lines if line)
    return Excerpt(
        title=f"{user.display_name} @{user.handle}",
        html=facts + Markup(user.bio_html or kept.get("bio_html") or ""),  # noqa: S704 - cooked when it was stored
        url=f"/people/{user.handle}",
        lang=guess_lang(user.bio or kept.get("bio") or user.display_name),
        at=user.created_at,
    )


def _find_organisation(viewer: Viewer, organisation_id: int) -> Flaggable | None:
    seen = select(Organisation).where(Organisation.id == organisation_id, visible_organisations(viewer))
    found = session().scalars(seen).first()
    if found is None or found.closed_at is not None:
        return None
    ref = Ref(ORGANISATION, found.id)
    return Flaggable(ref, ref, STAFF, PUBLIC, found.created_by_id, found.set_aside is not None)


def _organisation_excerpts(viewer: Viewer, ids: Sequence[int]) -> Mapping[int, Excerpt]:
    rows = session().scalars(select(Organisation).where(Organisation.id.in_(ids), visible_organisations(viewer)))
    return {row.id: _organisation_excerpt(row) for row in rows}


def _organisation_excerpt(found: Organisation) -> Excerpt:
    kept = found.set_aside or {}
    site = found.website or kept.get("website")
    return Excerpt(
        title=found.name,
        html=(Markup("<p>{}</p>").format(site) if site else Markup(""))
        + Markup(found.about_html or kept.get("about_html") or ""),  # noqa: S704 - cooked when it was stored
        url=f"/organisations/{found.slug}",
        lang=guess_lang(found.about or kept.get("about") or found.name),
        at=found.created_at,
    )


register_subject(
    Subject(
        USER,
        find=_find_person,
        hide=lambda _by, user_id, _reason: set_person_aside(user_id),
        show=lambda _by, user_id, _reason: bring_person_back(user_id),
        excerpts=_people_excerpts,
        edit="/settings",
    )
)
register_subject(
    Subject(
        ORGANISATION,
        find=_find_organisation,
        hide=lambda _by, number, _reason: set_organisation_aside(number),
        show=lambda _by, number, _reason: bring_organisation_back(number),
        excerpts=_organisation_excerpts,
    )
)


def _own_pages(user_id: int, scopes: Scopes, after: int, limit: int) -> Sequence[int]:
    """Pages of organisations that they made, and for which nobody else acts."""
    if scopes is not None:
        return []
    others = select(OrganisationSeat.id).where(
        OrganisationSeat.organisation_id == Organisation.id,
        OrganisationSeat.state == SeatState.ACTIVE,
        OrganisationSeat.user_id != user_id,
    )
    query = select(Organisation.id).where(
        Organisation.created_by_id == user_id,
        Organisation.closed_at.is_(None),
        Organisation.set_aside.is_(None),
        Organisation.id > after,
        ~others.exists(),
    )
    return session().scalars(query.order_by(Organisation.id).limit(limit)).all()


def _count_own_pages(user_id: int, scopes: Scopes) -> int:
    return len(_own_pages(user_id, scopes, 0, MOST_COUNTED))


register_belongings(Belongings(ORGANISATION, _own_pages, _count_own_pages))
