"""What people and their addresses may be called."""

import re
import unicodedata
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from kernel.texts import composed
from kernel.words import gettext as _

HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{1,29}")
LONGEST_EMAIL, LONGEST_WEBSITE = 254, 300
_RESERVED = """
about account accounts admin administrator alliance alliances all anonymous api avatar bookmarks bot
communities community complete confirm contact drafts edit everyone experts feeds files forgot forum
guest guildhall healthz help here home huiguan info ledger listings log login logout mail me members
moderator moderators needs new news noreply no-reply nobody null official owner people post posts
postmaster preview privacy registry reset root search security settings sign-in sign-out sign-up
staff static support system tag tags team terms thread threads undefined user users webmaster www
"""
RESERVED = frozenset(_RESERVED.split())


def fault_of_handle(handle: str) -> str | None:
    """Why a handle is refused, in a sentence, or None. ASCII only, so that none looks like another."""
    if not HANDLE.fullmatch(handle):
        return _(
            "A handle has 2 to 30 characters: small letters a–z, digits and hyphens, and does not begin with a hyphen."
        )
    if handle in RESERVED or handle.endswith("-") or "--" in handle:
        return _("This handle cannot be used here; please choose another.")
    return None


def clean_line(text: str) -> str:
    """One line in compatibility form, without control, direction and other invisible characters."""
    visible = (
        " " if char.isspace() else char for char in composed(text, "NFKC") if char.isspace() or _is_visible(char)
    )
    return " ".join("".join(visible).split())


def clean_email(text: str) -> str | None:
    """The address in the form in which it is stored and compared, or None if nobody can have it."""
    try:
        address = validate_email(text.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        return None
    return address if len(address) <= LONGEST_EMAIL else None


def fault_of_website(url: str) -> str | None:
    """Why an address is refused, in a sentence, or None."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        is_web = False
    if not is_web or len(url) > LONGEST_WEBSITE or any(ord(char) <= ord(" ") for char in url):
        return _("This is not a web address; it begins with https://.")
    return None


def _is_visible(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
