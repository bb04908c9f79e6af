"""Passkeys: added, used, removed."""

from sqlalchemy import select, update

from accounts.actions.factors import fault_free_name
from accounts.actions.security_log import tell
from accounts.models import Passkey, User
from accounts.passkeys import SIGN_IN, id_in, take_assertion, take_registration
from accounts.policy import AccountRight
from accounts.queries import my_account
from accounts.security_log import Kind
from kernel.clock import now
from kernel.db import changed, session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

MOST_PASSKEYS = 20


def add_passkey(viewer: Viewer, *, name: str, credential: str) -> Passkey:
    """Keep the public half of a key that the browser just made for this person."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    user = my_account(viewer)
    name = fault_free_name(name)
    if len(list(session().scalars(select(Passkey.id).where(Passkey.user_id == user.id)))) >= MOST_PASSKEYS:
        raise InvalidError(_("There are %(count)s already; remove one first.", count=MOST_PASSKEYS))
    made = take_registration(credential, user)
    if session().scalar(select(Passkey.id).where(Passkey.credential_id == made.credential_id)) is not None:
        raise InvalidError(_("This passkey is known here already."))
    row = Passkey(
        user_id=user.id,
        name=name,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=made.transports,
    )
    session().add(row)
    tell(user, Kind.PASSKEY_ADDED, detail=name, viewer=viewer)
    session().flush()
    return row


def remove_passkey(viewer: Viewer, *, passkey_id: int) -> None:
    """It opens nothing any more; the device may go on showing it."""
    authorise(viewer, AccountRight.CHANGE_SIGN_IN)
    row = session().get(Passkey, passkey_id)
    if row is None or row.user_id != viewer.me:
        raise NotFoundError
    session().delete(row)
    tell(my_account(viewer), Kind.PASSKEY_REMOVED, detail=row.name, viewer=viewer)


def sign_in_with_passkey(credential: str) -> User:
    """Whose key signed the challenge of the sign-in page."""
    return session().get_one(User, use_passkey(credential, purpose=SIGN_IN).user_id)


def use_passkey(credential: str, *, purpose: str, owner: User | None = None) -> Passkey:
    """The key that signed a challenge for `purpose`; with `owner`, only one of theirs.

    A counter that does not grow tells of a copy: such a key is refused, and of two uses at once one is.
    """
    key = session().scalar(select(Passkey).where(Passkey.credential_id == id_in(credential)))
    if key is None or (owner is not None and key.user_id != owner.id):
        raise InvalidError(_("This passkey is not known here; it may have been removed."))
    count = take_assertion(credential, key, purpose=purpose)
    older = update(Passkey).where(
        Passkey.id == key.id, (Passkey.sign_count < count) | ((Passkey.sign_count == 0) & (count == 0))
    )
    if not changed(older.values(sign_count=count, last_used_at=now())):
        raise CopiedError(key)
    return key


class CopiedError(InvalidError):
    """A key whose counter went back: `key` is the row, so that its owner can be told."""

    def __init__(self, key: Passkey) -> None:
        super().__init__(_("This passkey was refused: it looks like a copy of the one that is known here."))
        self.key = key
