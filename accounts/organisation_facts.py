"""What an organisation says of itself, as it was typed: cleaned, and judged field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

from accounts.names import clean_line, fault_of_website
from accounts.organisation_kinds import PATENT_FIRM, organisation_kinds, sub_kinds_of
from accounts.places import region_code, region_name
from accounts.sectors import is_sector
from kernel.errors import InvalidError
from kernel.texts import clean_body
from kernel.words import gettext as _

LONGEST_NAME, LONGEST_LICENCE, LONGEST_ABOUT = 120, 40, 10_000
MOST_SECTORS = 5


@dataclass(frozen=True, slots=True)
class OrganisationFacts:
    """All of it; `code` and `licence_number` may be empty."""

    name: str
    kind: str
    name_en: str = ""
    sub_kinds: tuple[str, ...] = ()
    code: str = ""
    licence_number: str = ""
    region: str = ""
    sectors: tuple[str, ...] = ()
    about: str = ""
    website: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What says which organisation it is: only admins change it, and what was seen of another does not count."""
        return self.name, self.name_en, self.code, self.licence_number


def read_facts(typed: OrganisationFacts) -> OrganisationFacts:
    """The same, clean; raises `InvalidError` with what is wrong in each field."""
    facts = replace(
        typed,
        name=clean_line(typed.name),
        name_en=clean_line(typed.name_en),
        code=uscc.compact(clean_line(typed.code)).upper(),
        licence_number=clean_line(typed.licence_number) if typed.kind == PATENT_FIRM else "",
        sub_kinds=tuple(dict.fromkeys(typed.sub_kinds)),
        region=region_code(typed.region) or clean_line(typed.region),
        sectors=tuple(dict.fromkeys(typed.sectors)),
        about=clean_body(typed.about).strip(),
        website=typed.website.strip(),
    )
    faults = {field: fault for field, fault in _faults(facts).items() if fault}
    if faults:
        raise InvalidError(_("Please look at the marked fields."), errors=faults)
    return facts


def _faults(facts: OrganisationFacts) -> Mapping[str, str | None]:
    unknown = _("This choice is not known here.")
    fitting = sub_kinds_of(facts.kind, "en")
    return {
        "name": _("Please fill this in.") if not facts.name else _too_long(facts.name, LONGEST_NAME),
        "name_en": _too_long(facts.name_en, LONGEST_NAME),
        "kind": None if facts.kind in organisation_kinds("en") else unknown,
        "sub_kinds": None
        if all(sub_kind in fitting for sub_kind in facts.sub_kinds)
        else _("One of these does not belong to this kind of organisation."),
        "code": fault_of_code(facts.code),
        "licence_number": _too_long(facts.licence_number, LONGEST_LICENCE),
        "region": None
        if not facts.region or region_name(facts.region, "en")
        else _("No province or city of this name is known here."),
        "sectors": unknown
        if not all(map(is_sector, facts.sectors))
        else _("Please choose at most %(count)s.", count=MOST_SECTORS)
        if len(facts.sectors) > MOST_SECTORS
        else None,
        "about": _too_long(facts.about, LONGEST_ABOUT),
        "website": fault_of_website(facts.website),
    }


def fault_of_code(code: str) -> str | None:
    """Why a 统一社会信用代码 is refused: its form, or its check digit."""
    if not code:
        return None
    try:
        uscc.validate(code)
    except ValidationError:
        return _(
            "This is not a unified social credit code: 18 digits and letters, the last of which checks the others."
        )
    return None


def _too_long(text: str, most: int) -> str | None:
    return _("This may have at most %(count)s characters.", count=most) if len(text) > most else None
