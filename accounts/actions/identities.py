"""Accounts at institutions: coming in and joining with one, linking and unlinking; and the badge that comes of it."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.exc import IntegrityError

from accounts.actions.registration import make_account, must_be_free_of, send_confirmation
from accounts.actions.security_log import note, tell
from accounts.actions.signing import must_be_open
from accounts.assertions import INSTITUTION
from accounts.challenges import spend
from accounts.events import PersonConfirmed, ProfileChanged
from accounts.identities import identity_of, owner_of_address
from accounts.mails import mail_known_address
from accounts.models import Identity, Organisation, Passkey, User, Vouch
from accounts.names import clean_email
from accounts.oidc.providers import Provider, provider_of
from accounts.oidc.talking import Said
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.recent import must_be_recent, note_proof
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import session
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.events import emit
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

SAID_ANEW = timedelta(days=30)


def come_with(said: Said) -> User:
    """Whose account is linked with the one that the institution speaks of."""
    identity = identity_of(said.issuer, said.subject)
    if identity is None:
        raise NotFoundError
    spend(said.nonce)
    user = session().get_one(User, identity.user_id)
    must_be_open(user)
    identity.last_used_at = now()
    _keep_badge(user, said.issuer)
    return user


def join_with(viewer: Viewer, said: Said, *, handle: str, display_name: str, email: str = "") -> User | None:
    """A new account for whoever has none. An address that the institution checked is confirmed at once.

    With one that it did not check the account waits for the link in the mail, and None is returned, whether the
    address was free or not: its owner is told by mail, and nothing is linked with an account that stands already.
    """
    if identity_of(said.issuer, said.subject) is not None:
        raise ConflictError(_("This account is linked here already. Please begin again."))
    spend(said.nonce)
    address = clean_email(said.email if said.is_email_verified else email)
    if address is None:
        raise InvalidError(errors={"email": _("This is not an e-mail address that mail could reach.")})
    owner = owner_of_address(address)
    if owner is not None and said.is_email_verified:
        raise ConflictError(_("There is an account with your address already. Sign in to it, and link it."))
    must_be_free_of({}, handle=handle, display_name=display_name)
    if owner is not None:
        mail_known_address(owner)
        return None
    user = make_account(viewer, handle=handle, display_name=display_name, address=address, password_hash="")
    if said.is_email_verified:
        user.email_confirmed_at = now()
        emit(PersonConfirmed(user_id=user.id))
    else:
        send_confirmation(user)
    _link(user, said)
    return user if said.is_email_verified else None


def link(viewer: Viewer, said: Said) -> None:
    """From now on the account at the institution opens the viewer's; it can open one account only.

    What the institution said may have been said before anybody signed in: the proof of the moment is asked for here.
    """
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    must_be_recent(viewer)
    spend(said.nonce)
    user = my_account(viewer)
    _link(user, said)
    tell(user, Kind.INSTITUTION_LINKED, detail=_name(said.issuer, user), viewer=viewer)


def unlink(viewer: Viewer, *, identity_id: int) -> None:
    """It opens nothing any more, and the badge goes; the last way in cannot be taken away."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    row = session().get(Identity, identity_id)
    if row is None or row.user_id != viewer.me:
        raise NotFoundError
    user = my_account(viewer)
    if not user.password_hash and _count(Identity, user) == 1 and not _count(Passkey, user):
        raise InvalidError(_("This is your only way in. Choose a password first, or add a passkey."))
    session().delete(row)
    provider = provider_of(row.issuer)
    if provider is not None:
        _withdraw_badge(user, provider)
    note(user.id, Kind.INSTITUTION_UNLINKED, detail=_name(row.issuer, user), viewer=viewer)
    emit(ProfileChanged(user.id))


def prove_with(viewer: Viewer, said: Said) -> None:
    """The institution asked for the password just now: a proof that it is still the same person."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    identity = identity_of(said.issuer, said.subject)
    if identity is None or identity.user_id != viewer.me:
        raise InvalidError(_("This account at the institution belongs to nobody here, or to somebody else."))
    spend(said.nonce)
    note_proof(viewer)


def _link(user: User, said: Said) -> None:
    try:
        with session().begin_nested():
            session().add(Identity(user_id=user.id, issuer=said.issuer, subject=said.subject, email=said.email))
    except IntegrityError:
        raise ConflictError(
            _("This account at the institution is linked with another account, or yours with another one there.")
        ) from None
    _keep_badge(user, said.issuer)


def _keep_badge(user: User, issuer: str) -> None:
    """The dated statement that the institution knows them; said anew once it is a month old."""
    provider = provider_of(issuer)
    if provider is None:
        return
    fresh = (*_standing(user, provider), Vouch.at > now() - SAID_ANEW)
    if session().scalar(select(Vouch.id).where(*fresh)) is not None:
        return
    _withdraw_badge(user, provider)
    session().add(
        Vouch(
            user_id=user.id,
            kind=INSTITUTION,
            what=provider.name_zh,
            by_organisation_id=_organisation_of(provider),
            at=now(),
        )
    )
    session().flush()
    emit(ProfileChanged(user.id))


def _withdraw_badge(user: User, provider: Provider) -> None:
    session().execute(update(Vouch).where(*_standing(user, provider)).values(withdrawn_at=now()))


def _standing(user: User, provider: Provider) -> tuple[ColumnElement[bool], ...]:
    return (
        Vouch.user_id == user.id,
        Vouch.kind == INSTITUTION,
        Vouch.what == provider.name_zh,
        Vouch.withdrawn_at.is_(None),
    )


def _organisation_of(provider: Provider) -> int | None:
    known = (Organisation.slug == provider.organisation, Organisation.closed_at.is_(None))
    return session().scalar(select(Organisation.id).where(*known)) if provider.organisation else None


def _name(issuer: str, user: User) -> str:
    provider = provider_of(issuer)
    return provider.name_in(user.locale) if provider else issuer


def _count(model: type[Identity | Passkey], user: User) -> int:
    return session().scalar(select(func.count()).select_from(model).where(model.user_id == user.id)) or 0
