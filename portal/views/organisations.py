"""What other rooms know of an organisation, on its page."""

from flask import render_template
from markupsafe import Markup

from accounts.models import Organisation
from alliances.models import PartyKind
from alliances.parties import Party
from alliances.queries.memberships import memberships_of
from kernel.slots import fill
from kernel.viewer import Viewer
from portal.achievement_lists import achievements_of_organisation
from portal.organisation_listings import listings_of_organisation

SOME = 6


@fill("organisation.body")
def show_alliances(viewer: Viewer, organisation: Organisation) -> Markup | None:
    """The alliances that have it as a member."""
    memberships = memberships_of(viewer, Party(PartyKind.ORGANISATION, organisation.id))
    if not memberships:
        return None
    page = render_template("portal/organisation_alliances.html", memberships=memberships)
    return Markup(page)  # noqa: S704 - rendered by a template that escapes


@fill("organisation.body")
def show_listings(viewer: Viewer, organisation: Organisation) -> Markup | None:
    """What its people offer, as far as this viewer sees it on the shelf."""
    rows = listings_of_organisation(viewer, organisation.id, limit=SOME)
    if not rows:
        return None
    page = render_template("portal/organisation_listings.html", rows=rows)
    return Markup(page)  # noqa: S704 - rendered by a template that escapes


@fill("organisation.body")
def show_achievements(_viewer: Viewer, organisation: Organisation) -> Markup | None:
    """What its people achieved and showed to everybody."""
    rows = achievements_of_organisation(organisation.id, limit=SOME)
    if not rows:
        return None
    page = render_template("portal/organisation_achievements.html", rows=rows)
    return Markup(page)  # noqa: S704 - rendered by a template that escapes
