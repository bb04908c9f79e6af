"""What people say about themselves, and how the site looks to them."""

from collections.abc import Sequence

from stdnum import isni
from stdnum.exceptions import ValidationError

from accounts.actions.registration import fault_of_name
from accounts.actions.vouching import assert_by_rule, withdraw_all
from accounts.assertions import ORCID
from accounts.events import ProfileChanged, TextOffered
from accounts.models import User
from accounts.names import clean_line, fault_of_website
from accounts.places import ZONES, affiliation_kinds, regions
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.sectors import sectors as sectors_by_name
from kernel.errors import InvalidError
from kernel.events import emit
from kernel.i18n import LOCALES
from kernel.markup import cook
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.viewer import Viewer
from kernel.words import gettext as _

LONGEST_BIO, LONGEST_LINE, LONGEST_TITLE = 5000, 120, 80
MOST_FIELDS, LONGEST_FIELD = 8, 40
THEMES = ("system", "light", "dark")


def change_profile(
    viewer: Viewer,
    *,
    display_name: str,
    affiliation: str = "",
    affiliation_kind: str = "",
    job_title: str = "",
    region: str = "",
    fields: Sequence[str] = (),
    sectors: Sequence[str] = (),
    bio: str = "",
    website: str = "",
    orcid: str = "",
) -> User:
    """One's own profile, as a whole."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    display_name, affiliation, job_title = clean_line(display_name), clean_line(affiliation), clean_line(job_title)
    topics, known_sectors = clean_fields(fields), sectors_by_name(viewer.locale)
    errors = {
        "display_name": fault_of_name(display_name),
        "affiliation": _too_long(affiliation, LONGEST_LINE),
        "affiliation_kind": _unknown(affiliation_kind, affiliation_kinds(viewer.locale)),
        "job_title": _too_long(job_title, LONGEST_TITLE),
        "region": _unknown(region, regions(viewer.locale)),
        "fields": _fault_of_fields(topics),
        "sectors": next((fault for sector in sectors if (fault := _unknown(sector, known_sectors))), None),
        "bio": _too_long(bio, LONGEST_BIO),
        "website": fault_of_website(website.strip()),
    }
    faults = {field: fault for field, fault in errors.items() if fault}
    try:
        normal_orcid = clean_orcid(orcid)
    except ValidationError:
        faults["orcid"] = _("This is not an ORCID iD: its check digit does not fit. It looks like 0000-0002-1825-0097.")
    if faults:
        raise InvalidError(_("Please look at the marked fields."), errors=faults)
    emit(
        TextOffered(
            viewer,
            Ref("accounts.user", user.id),
            field="bio",
            text=bio,
            text_before=user.bio,
            website=website.strip(),
            website_before=user.website,
            title=" ".join((display_name, affiliation, job_title, *topics)),
            is_profile=True,
        )
    )
    is_renamed = display_name != user.display_name
    user.display_name = display_name
    user.affiliation, user.affiliation_kind, user.job_title = affiliation, affiliation_kind, job_title
    user.region = region
    user.fields = topics
    user.sectors = [sector for sector in known_sectors if sector in sectors]
    user.bio = bio.replace("\r\n", "\n").strip()
    user.bio_html = cook(user.bio).html if user.bio else ""
    user.website = website.strip()
    _note_orcid(user, normal_orcid)
    emit(ProfileChanged(user_id=user.id, is_renamed=is_renamed))
    return user


def _note_orcid(user: User, orcid: str | None) -> None:
    """What is said of it is dated: the iD was named, and its check digit is right. Whose it is, nobody has asked."""
    if orcid == user.orcid:
        return
    withdraw_all(ORCID, user_id=user.id)
    if orcid is not None:
        assert_by_rule(ORCID, orcid, user_id=user.id)
    user.orcid = orcid


def change_appearance(
    viewer: Viewer, *, locale: str | None = None, timezone: str | None = None, theme: str | None = None
) -> None:
    """Language, zone and theme; what is not given stays."""
    authorise(viewer, AccountRight.EDIT_PROFILE)
    user = my_account(viewer)
    errors = {
        "locale": _unknown(locale or "", LOCALES),
        "timezone": _unknown(timezone or "", dict.fromkeys(ZONES, "")),
        "theme": _unknown(theme or "", dict.fromkeys(THEMES, "")),
    }
    faults = {field: fault for field, fault in errors.items() if fault}
    if faults:
        raise InvalidError(_("Please look at the marked fields."), errors=faults)
    user.locale = locale or user.locale
    user.timezone = timezone or user.timezone
    user.theme = theme or user.theme


def clean_orcid(text: str) -> str | None:
    """The iD in its written form, from any form people paste; raises `ValidationError` on a wrong check digit.

    An ORCID iD is an ISNI of a range of its own, written with hyphens.
    """
    bare = text.strip().removeprefix("https://").removeprefix("http://").removeprefix("orcid.org/").strip("/ ")
    return isni.format(isni.validate(bare)).replace(" ", "-") if bare else None


def clean_fields(fields: Sequence[str]) -> list[str]:
    """Each field of work once, in the order given."""
    topics = dict.fromkeys(clean_line(field) for field in fields)
    return [topic for topic in topics if topic]


def _fault_of_fields(topics: Sequence[str]) -> str | None:
    if len(topics) > MOST_FIELDS:
        return _("Please name at most %(count)s fields.", count=MOST_FIELDS)
    return next((fault for topic in topics if (fault := _too_long(topic, LONGEST_FIELD))), None)


def _too_long(text: str, most: int) -> str | None:
    return _("This may have at most %(count)s characters.", count=most) if len(text) > most else None


def _unknown(value: str, known: dict[str, str]) -> str | None:
    return _("This choice is not known here.") if value and value not in known else None
