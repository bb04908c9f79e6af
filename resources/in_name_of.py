"""In whose name something is offered: one's own, or that of an organisation for which one's seat lets one speak."""

from collections.abc import Mapping

from sqlalchemy import select

from accounts.models import Organisation
from accounts.organisations import organisations_of
from accounts.policy.organisations import editor_token
from kernel.db import session
from kernel.errors import InvalidError
from kernel.viewer import Viewer
from kernel.words import gettext as _


def edited_by(viewer: Viewer) -> list[int]:
    """Organisations whose editors and admins the viewer belongs to: no query."""
    parts = (token.split(":") for token in viewer.audience)
    return sorted(int(part[1]) for part in parts if part[0] == "organisation" and part[2:] == ["editor"])


def names_to_offer_in(viewer: Viewer, *, before: int | None = None) -> list[Organisation]:
    """Those in whose name the viewer may offer, by name; and the one in whose name it is offered already."""
    mine = set(edited_by(viewer))
    found = [one for one in organisations_of(viewer) if one.id in mine] if mine else []
    if before is None or before in {one.id for one in found}:
        return found
    return [*found, session().get_one(Organisation, before)]


def called(organisation: Organisation, locale: str) -> str:
    """Its name in the language of the page, if it has one."""
    is_chinese = locale.startswith("zh") or not organisation.name_en
    return organisation.name if is_chinese else organisation.name_en


def check_name(viewer: Viewer, organisation_id: int | None, *, before: int | None = None) -> None:
    """Seats decide; what stood there stays there, whoever changes the rest."""
    if organisation_id in (None, before) or editor_token(organisation_id or 0) in viewer.audience:
        return
    sentence = _("Only editors and admins of an organisation offer something in its name.")
    raise InvalidError(_("Please look at the marked fields."), errors={"organisation": sentence})


def with_number(typed: Mapping[str, str], known: Mapping[str, int]) -> dict[str, str]:
    """The same with the organisation by its number, where a table or a program says its address or its name."""
    said = typed.get("organisation", "").strip().rstrip("/").rpartition("/")[2]
    number = known.get(said.casefold()) if said else None
    return {**typed, "organisation": said if number is None else str(number)}


def by_address_and_name(viewer: Viewer) -> dict[str, int]:
    """How the viewer may call the organisations in whose name they offer."""
    return {
        called.casefold(): one.id
        for one in names_to_offer_in(viewer)
        for called in (one.name, one.name_en, one.slug)
        if called
    }


def slugs_of(numbers: set[int]) -> dict[int, str]:
    """Their addresses. One query, none for nobody."""
    if not numbers:
        return {}
    rows = session().execute(select(Organisation.id, Organisation.slug).where(Organisation.id.in_(sorted(numbers))))
    return {row.id: row.slug for row in rows}
