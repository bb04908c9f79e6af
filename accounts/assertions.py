"""What of a profile somebody has checked: who vouches for what, since when. Nobody is an "expert" by a tick alone.

Each asserter says two things: in SQL, of whom it holds (for lists and counts), and of one person, what exactly.
Another one (an institution that names its people, staff who saw a document) is another entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, and_, func, literal

from accounts.models import User
from kernel.words import gettext as _

PUBLIC_MAIL = Path(__file__).resolve().parent / "data" / "public-mail.txt"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One statement about a person: what, by whom, when."""

    what: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Asserter:
    """Who vouches: what a filter calls it, of whom it holds, and what is said of one of them."""

    slug: str
    label: Callable[[], str]
    holds: Callable[[], ColumnElement[bool]]
    says: Callable[[User], Assertion | None]


def asserted(user: User) -> list[Assertion]:
    """All that was checked of somebody."""
    return [said for asserter in ASSERTERS.values() if (said := asserter.says(user)) is not None]


@cache
def public_mail_hosts() -> frozenset[str]:
    """Hosts where anybody gets an address: reading mail there says nothing of where somebody works."""
    return frozenset(PUBLIC_MAIL.read_text(encoding="utf-8").split())


def mail_host(user: User) -> str:
    """What stands behind the @."""
    return user.email.rpartition("@")[2]


def _reads_work_mail() -> ColumnElement[bool]:
    """The address is confirmed, and its host is not one of the public ones."""
    at = literal("@")
    name = func.rtrim(User.email, func.replace(User.email, at, ""))  # up to and with the last @
    return and_(
        User.email_confirmed_at.is_not(None),
        func.replace(User.email, name, "").not_in(sorted(public_mail_hosts())),
    )


def _mail(user: User) -> Assertion | None:
    """Mail is read at that host; at a public one too, though it is no proof of an affiliation."""
    if user.email_confirmed_at is None:
        return None
    what = _("Reads mail at %(domain)s", domain=mail_host(user))
    return Assertion(what, _("Confirmed by this site"), user.email_confirmed_at)


_MAIL = Asserter("mail", lambda: _("Mail at an organisation, confirmed by this site"), _reads_work_mail, _mail)

ASSERTERS = {asserter.slug: asserter for asserter in (_MAIL,)}
