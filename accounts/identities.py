"""Accounts at institutions, as their owner sees them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from accounts.models import Identity, User
from accounts.oidc.providers import Provider, provider_of
from kernel.db import session
from kernel.viewer import Viewer


@dataclass(frozen=True, slots=True)
class IdentityLine:
    """One that is linked: with the institution, as long as the operator names it."""

    id: int
    name: str
    email: str
    since: datetime
    used_at: datetime


def my_identities(viewer: Viewer) -> list[IdentityLine]:
    """What is linked with one's own account, oldest first."""
    return [
        IdentityLine(row.id, _name(row, viewer), row.email, row.created_at, row.last_used_at) for row in _mine(viewer)
    ]


def my_providers(viewer: Viewer) -> list[Provider]:
    """The institutions that can say that it is the viewer."""
    found = (provider_of(row.issuer) for row in _mine(viewer))
    return [provider for provider in found if provider is not None]


def identity_of(issuer: str, subject: str) -> Identity | None:
    """The link that this account at an institution has here."""
    return session().scalar(select(Identity).where(Identity.issuer == issuer, Identity.subject == subject))


def owner_of_address(address: str | None) -> User | None:
    """Whose account has this address."""
    return session().scalar(select(User).where(User.email == address)) if address else None


def _mine(viewer: Viewer) -> list[Identity]:
    return list(session().scalars(select(Identity).where(Identity.user_id == viewer.me).order_by(Identity.id)))


def _name(row: Identity, viewer: Viewer) -> str:
    provider = provider_of(row.issuer)
    return provider.name_in(viewer.locale) if provider else row.issuer
