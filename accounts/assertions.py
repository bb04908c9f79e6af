"""What of a person or an organisation somebody has checked: who vouches for what, since when.

Nobody is an "expert" by a tick alone.
Each asserter is known by its slug and says in SQL of whom it holds, for lists and counts. Confirmed mail is read from
the account; everything else stands in rows (`Vouch`), each with its date and whoever asserted it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, select

from accounts.models import Organisation, User, Vouch
from kernel.db import session
from kernel.words import gettext as _

PUBLIC_MAIL = Path(__file__).resolve().parent / "data" / "public-mail.txt"

MAIL_DOMAIN, VOUCH, DOCUMENT, CODE, ORCID = "mail-domain", "vouch", "document", "code", "orcid"
INSTITUTION = "institution"


@dataclass(frozen=True, slots=True)
class Assertion:
    """One statement: what, by whom, when. `vouch_id` names its row, `url` the organisation that speaks in it."""

    what: str
    by: str
    at: datetime
    vouch_id: int | None = None
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Asserter:
    """Who vouches: what a filter calls it, and of whom it holds."""

    slug: str
    label: Callable[[], str]
    holds: Callable[[], ColumnElement[bool]]


def asserted(user: User) -> list[Assertion]:
    """All that was checked of somebody."""
    return asserted_of_people([user])[user.id]


def asserted_of_people(users: Sequence[User]) -> dict[int, list[Assertion]]:
    """All that was checked of each of them; one query."""
    found: dict[int, list[Assertion]] = {user.id: _mail(user) for user in users}
    if users:
        for row in session().execute(_standing().where(Vouch.user_id.in_(found))):
            found[row.Vouch.user_id].append(_said(row))
    return found


def asserted_of_organisations(ids: Iterable[int]) -> dict[int, list[Assertion]]:
    """All that was checked of each of them; one query, none for none."""
    found: dict[int, list[Assertion]] = defaultdict(list)
    wanted = set(ids)
    if wanted:
        for row in session().execute(_standing().where(Vouch.organisation_id.in_(wanted))):
            found[row.Vouch.organisation_id].append(_said(row))
    return found


@cache
def public_mail_hosts() -> frozenset[str]:
    """Hosts where anybody gets an address: reading mail there says nothing of where somebody works."""
    return frozenset(PUBLIC_MAIL.read_text(encoding="utf-8").split())


def mail_host(user: User) -> str:
    """What stands behind the @."""
    return user.email.rpartition("@")[2]


def _standing() -> Select[Vouch, str, str, str, str]:
    """The rows that nobody withdrew, oldest first, with the names of those who spoke."""
    return (
        select(Vouch, User.display_name, Organisation.name, Organisation.name_en, Organisation.slug)
        .outerjoin(User, User.id == Vouch.by_user_id)
        .outerjoin(Organisation, Organisation.id == Vouch.by_organisation_id)
        .where(Vouch.withdrawn_at.is_(None))
        .order_by(Vouch.id)
    )


def _said(row: Row[Vouch, str, str, str, str]) -> Assertion:
    vouch = row.Vouch
    what, by, url = vouch.what, row.display_name or _("Somebody who is gone"), ""
    by_rule = _("Computed by this site; whose it is was not asked")
    if vouch.kind == VOUCH:
        url = f"/organisations/{row.slug}"
        place = {"organisation": row.name, "title": what}
        what = _("Works at %(organisation)s as %(title)s", **place) if what else _("Works at %(organisation)s", **place)
        by = _("Said on its behalf by %(name)s", name=by)
    elif vouch.kind == INSTITUTION:
        url = f"/organisations/{row.slug}" if row.slug else ""
        what = _("Signs in with an account of %(organisation)s", organisation=row.name or what)
        by = _("Said by its sign-in server")
    elif vouch.kind == DOCUMENT:
        what, by = _("Document seen: %(what)s", what=what), _("Seen by %(name)s of the staff", name=by)
    elif vouch.kind == MAIL_DOMAIN:
        what, by = _("%(name)s reads mail at %(domain)s", name=by, domain=what), _("Confirmed by this site")
    elif vouch.kind == CODE:
        what, by = _("Unified social credit code %(code)s: its check digit is right", code=what), by_rule
    else:
        what, by = _("Names the ORCID iD %(orcid)s: its check digit is right", orcid=what), by_rule
    return Assertion(what, by, vouch.at, vouch.id, url, vouch.kind)


def _reads_work_mail() -> ColumnElement[bool]:
    """The address is confirmed, and its host is not one of the public ones."""
    at = literal("@")
    name = func.rtrim(User.email, func.replace(User.email, at, ""))  # up to and with the last @
    return and_(
        User.email_confirmed_at.is_not(None),
        func.replace(User.email, name, "").not_in(sorted(public_mail_hosts())),
    )


def _mail(user: User) -> list[Assertion]:
    """Mail is read at that host; at a public one too, though it is no proof of an affiliation."""
    if user.email_confirmed_at is None:
        return []
    what = _("Reads mail at %(domain)s", domain=mail_host(user))
    return [Assertion(what, _("Confirmed by this site"), user.email_confirmed_at)]


def _person_has(kind: str) -> Callable[[], ColumnElement[bool]]:
    standing = (Vouch.kind == kind, Vouch.user_id.is_not(None), Vouch.withdrawn_at.is_(None))
    return lambda: User.id.in_(select(Vouch.user_id).where(*standing))


def _organisation_has(kind: str) -> Callable[[], ColumnElement[bool]]:
    standing = (Vouch.kind == kind, Vouch.organisation_id.is_not(None), Vouch.withdrawn_at.is_(None))
    return lambda: Organisation.id.in_(select(Vouch.organisation_id).where(*standing))


def _by_slug(*asserters: Asserter) -> dict[str, Asserter]:
    return {asserter.slug: asserter for asserter in asserters}


ASSERTERS = _by_slug(
    Asserter("mail", lambda: _("Mail at an organisation, confirmed by this site"), _reads_work_mail),
    Asserter(VOUCH, lambda: _("Named by the organisation they work for"), _person_has(VOUCH)),
    Asserter(INSTITUTION, lambda: _("Signs in with an account of an institution"), _person_has(INSTITUTION)),
    Asserter(DOCUMENT, lambda: _("Document seen by the staff"), _person_has(DOCUMENT)),
    Asserter(ORCID, lambda: _("ORCID iD named, check digit right"), _person_has(ORCID)),
)
ORGANISATION_ASSERTERS = _by_slug(
    Asserter(MAIL_DOMAIN, lambda: _("Mail is read at its domain"), _organisation_has(MAIL_DOMAIN)),
    Asserter(DOCUMENT, lambda: _("Document seen by the staff"), _organisation_has(DOCUMENT)),
    Asserter(CODE, lambda: _("Code named, check digit right"), _organisation_has(CODE)),
)
