"""Cards of organisations, for everybody, and of seats, for whose they are and for those who decide on them."""

from collections.abc import Iterable, Mapping

from sqlalchemy import or_, select

from accounts.models import Organisation, OrganisationSeat
from accounts.policy import admin_token, visible_organisations
from kernel.db import session
from kernel.refs import Card, Kind, Ref, register_kind
from kernel.viewer import Viewer

ORGANISATION, SEAT = "accounts.organisation", "accounts.seat"


def organisation_cards(viewer: Viewer, ids: Iterable[int]) -> dict[int, Card]:
    """The name in the viewer's language, and the page, of those that the viewer may see."""
    rows = session().execute(
        select(Organisation.id, Organisation.slug, Organisation.name, Organisation.name_en).where(
            Organisation.id.in_(set(ids)), visible_organisations(viewer)
        )
    )
    return {
        row.id: Card(
            Ref(ORGANISATION, row.id),
            row.name_en if row.name_en and viewer.locale != "zh_Hans" else row.name,
            f"/organisations/{row.slug}",
        )
        for row in rows
    }


def _seats(viewer: Viewer, ids: Iterable[int]) -> Mapping[int, Card]:
    led = led_by(viewer)
    rows = session().execute(
        select(
            OrganisationSeat.id,
            OrganisationSeat.organisation_id,
            Organisation.slug,
            Organisation.name,
            Organisation.name_en,
        )
        .join(Organisation, Organisation.id == OrganisationSeat.organisation_id)
        .where(
            OrganisationSeat.id.in_(set(ids)),
            visible_organisations(viewer),
            or_(OrganisationSeat.user_id == viewer.user_id, OrganisationSeat.organisation_id.in_(led)),
        )
    )
    return {
        row.id: Card(
            Ref(SEAT, row.id),
            row.name_en if row.name_en and viewer.locale != "zh_Hans" else row.name,
            f"/organisations/{row.slug}/people" if row.organisation_id in led else f"/organisations/{row.slug}",
        )
        for row in rows
    }


def led_by(viewer: Viewer) -> set[int]:
    """The ids of the organisations that the viewer acts for: the tokens say it."""
    numbers = {token.split(":")[1] for token in viewer.audience if token.startswith("organisation:")}
    return {int(number) for number in numbers if admin_token(int(number)) in viewer.audience}


register_kind(Kind(ORGANISATION, organisation_cards))
register_kind(Kind(SEAT, _seats))
