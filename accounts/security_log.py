"""What happened to how an account is opened, as its owner reads it: from where somebody came in, what was added."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from flask_babel import get_locale
from sqlalchemy import select

from accounts.devices import device_of, place_of
from accounts.models import SecurityEvent
from accounts.oidc.providers import providers
from kernel.clock import now
from kernel.db import session
from kernel.paging import Page, keyset_page
from kernel.viewer import Viewer
from kernel.words import gettext as _

KEPT = timedelta(days=365)


class Kind(StrEnum):
    """What is told of."""

    SIGNED_IN = "signed-in"
    SIGNED_IN_NEW = "signed-in-new-device"
    SECOND_STEP_FAILED = "second-step-failed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - a name, no password
    EMAIL_CHANGED = "email-changed"
    AUTHENTICATOR_ADDED = "authenticator-added"
    AUTHENTICATOR_REMOVED = "authenticator-removed"
    CODES_MADE = "recovery-codes-made"
    CODE_USED = "recovery-code-used"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    PASSKEY_COPIED = "passkey-copied"
    INSTITUTION_LINKED = "institution-linked"
    INSTITUTION_UNLINKED = "institution-unlinked"
    TOKEN_MADE = "token-made"  # noqa: S105 - a name, no token
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - a name, no token
    SESSION_ENDED = "session-ended"
    SESSIONS_ENDED = "other-sessions-ended"
    RESET_ASKED = "factor-reset-asked"
    RESET_DONE = "factor-reset-done"
    RESET_STOPPED = "factor-reset-stopped"
    IMPERSONATED = "impersonated"


ALARMING = frozenset(
    {Kind.SIGNED_IN_NEW, Kind.SECOND_STEP_FAILED, Kind.CODE_USED, Kind.PASSKEY_COPIED, Kind.RESET_ASKED}
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """What happened, when, with what and from where; `is_alarming` is what deserves a second look."""

    sentence: str
    at: datetime
    device: str
    place: str
    is_alarming: bool


def my_security_events(viewer: Viewer, *, cursor: str | None) -> Page[LogLine]:
    """One's own lines, newest first."""
    query = select(SecurityEvent).where(SecurityEvent.user_id == viewer.me)
    page = keyset_page(query, keys=[SecurityEvent.id], limit=20, cursor=cursor)
    return page.map(lambda row: log_line(row[0]))


def my_impersonations(viewer: Viewer) -> list[SecurityEvent]:
    """When somebody of the staff looked at the site as the viewer, newest first."""
    query = select(SecurityEvent).where(
        SecurityEvent.user_id == viewer.me, SecurityEvent.kind == Kind.IMPERSONATED, SecurityEvent.at > now() - KEPT
    )
    return list(session().scalars(query.order_by(SecurityEvent.id.desc()).limit(50)))


def log_line(event: SecurityEvent) -> LogLine:
    """As its owner reads it."""
    device = device_of(event.user_agent) if event.user_agent else ""
    return LogLine(sentence_of(event), event.at, device, place_of(event.ip), event.kind in ALARMING)


def sentence_of(event: SecurityEvent) -> str:
    """The line, in the reader's language."""
    detail = event.detail
    sentences = {
        Kind.SIGNED_IN: _("Signed in %(way)s", way=way_of(detail)),
        Kind.SIGNED_IN_NEW: _("Signed in %(way)s, in a browser that was not known", way=way_of(detail)),
        Kind.SECOND_STEP_FAILED: _("The first step of a sign-in was right, the second was not"),
        Kind.PASSWORD_CHANGED: _("The password was changed"),
        Kind.EMAIL_CHANGED: _("The e-mail address was changed; before it was %(address)s", address=detail),
        Kind.AUTHENTICATOR_ADDED: _("The authenticator app “%(name)s” was added", name=detail),
        Kind.AUTHENTICATOR_REMOVED: _("The authenticator app “%(name)s” was removed", name=detail),
        Kind.CODES_MADE: _("New recovery codes were made"),
        Kind.CODE_USED: _("A recovery code was used"),
        Kind.PASSKEY_ADDED: _("The passkey “%(name)s” was added", name=detail),
        Kind.PASSKEY_REMOVED: _("The passkey “%(name)s” was removed", name=detail),
        Kind.PASSKEY_COPIED: _(
            "The passkey “%(name)s” was refused: its counter went back, as that of a copy", name=detail
        ),
        Kind.INSTITUTION_LINKED: _("An account at %(institution)s was linked", institution=detail),
        Kind.INSTITUTION_UNLINKED: _("The account at %(institution)s was unlinked", institution=detail),
        Kind.TOKEN_MADE: _("The API token “%(name)s” was made", name=detail),
        Kind.TOKEN_REVOKED: _("The API token “%(name)s” was revoked", name=detail),
        Kind.SESSION_ENDED: _("A session was ended"),
        Kind.SESSIONS_ENDED: _("All other sessions were ended"),
        Kind.RESET_ASKED: _("The staff will turn the second step off: %(reason)s", reason=detail),
        Kind.RESET_DONE: _("The second step was turned off by the staff"),
        Kind.RESET_STOPPED: _("The second step stays: turning it off was stopped"),
        Kind.IMPERSONATED: _("The staff looked at the site as you: %(reason)s", reason=detail),
    }
    return sentences[Kind(event.kind)]


def way_of(way: str) -> str:
    """How somebody came in, as part of a sentence."""
    first, _plus, second = way.partition("+")
    slug = first.partition(":")[2]
    firsts = {"password": _("with the password"), "passkey": _("with a passkey")}
    seconds = {"code": _("a code"), "recovery": _("a recovery code"), "passkey": _("a passkey")}
    named = providers().get(slug)
    institution = named.name_in(str(get_locale())) if named else slug
    said = firsts.get(first) or _("with the account at %(institution)s", institution=institution)
    return _("%(first)s and %(second)s", first=said, second=seconds[second]) if second in seconds else said
