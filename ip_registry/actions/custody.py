"""Keys of records that were sealed without JavaScript: kept here encrypted, and used when their owner asks for it.

The encryption is for copies of the database: whoever runs the site has its secret and could sign. The page says so.
"""

import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import select

from ip_registry.actions.events import RULES, add_event
from ip_registry.actions.pending import writable_log
from ip_registry.actions.registering import refusal_of
from ip_registry.envelopes.details import make_details
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.envelopes.keys import OwnerKey, owner_vkey
from ip_registry.envelopes.leaves import make_leaf
from ip_registry.envelopes.openings import commitment, new_salt
from ip_registry.models import Deposit, EventType, LedgerCheckpoint, Record, RecordEvent
from ip_registry.record_loading import deposit_of, hold_record
from kernel.db import session
from kernel.errors import ConflictError, InvalidError
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _

PURPOSE = b"guildhall-custody/v1"
FORM = b"\x01"
NONCE = 12
WITH_FRESH_KEY = (EventType.CONSENT, EventType.DISPUTE)
NAMES_A_KEY = (EventType.ASSIGN, EventType.KEY_ROTATE)


def lock(key: OwnerKey, secret: str) -> bytes:
    """The key as it may lie in the database: opened only with the site's secret."""
    nonce = os.urandom(NONCE)
    return FORM + nonce + _cipher(secret).encrypt(nonce, key.seed, PURPOSE)


def unlock(locked: bytes, secret: str) -> OwnerKey:
    """The key that was locked; refused when the site has another secret by now."""
    nonce, sealed = locked[len(FORM) : len(FORM) + NONCE], locked[len(FORM) + NONCE :]
    try:
        return OwnerKey.from_seed(_cipher(secret).decrypt(nonce, sealed, PURPOSE))
    except (InvalidTag, ValueError):
        raise ConflictError(
            _("The key that is kept here cannot be opened: the site's secret was changed. Please tell the operator.")
        ) from None


def act_in_custody(
    viewer: Viewer,
    *,
    record: Record,
    type: str,  # noqa: A002 - what the format calls it
    secret: str,
    next_key: str | None = None,
    password: str | None = None,
    **details: Any,
) -> RecordEvent:
    """Sign an event with the key that is kept here, for somebody whose browser cannot; then it is one like any other.

    `details` are the fields of its type. A consent and a dispute are signed with a key that is made for it and
    forgotten. An assignment, or a new key, without a `next_key` makes one and keeps it here.
    """
    record = hold_record(record.id)
    authorise(viewer, RULES[type].right, record)  # before anything tells whether a key lies here
    deposit = deposit_of(record)
    key = _key_for(type, deposit, secret)
    made = None if next_key or type not in NAMES_A_KEY else OwnerKey.generate()
    salt = new_salt()
    try:
        text = make_details(type, record=record.leaf_hash.hex(), **details)
        named = made.vkey if made else owner_vkey("n", next_key) if type in NAMES_A_KEY else None
        leaf = make_leaf(
            key=key,
            type=type,
            c=commitment(salt, text),
            after=newest_checkpoint(),
            prev=record.last_hash.hex(),
            next_key=named,
        )
    except EnvelopeError as error:
        raise refusal_of(error, "details") from None
    event = add_event(viewer, record=record, leaf=leaf.data, details=text, salt=salt, password=password)
    if made is not None and deposit is not None:
        kept = lock(made, secret)
        if type == EventType.ASSIGN:
            deposit.next_custody = kept
        else:
            deposit.custody = kept
        session().flush()
    return event


def newest_checkpoint() -> tuple[int, bytes]:
    """Size and root of the log that is written, for a leaf that is signed here."""
    query = select(LedgerCheckpoint.size, LedgerCheckpoint.root).where(LedgerCheckpoint.log_id == writable_log())
    row = session().execute(query.order_by(LedgerCheckpoint.size.desc()).limit(1)).one()
    return row.size, row.root


def _key_for(kind: str, deposit: Deposit | None, secret: str) -> OwnerKey:
    if kind in WITH_FRESH_KEY:
        return OwnerKey.generate()
    kept = None
    if deposit is not None:
        kept = deposit.next_custody if kind == EventType.ACCEPT else deposit.custody
    if kept is None:
        raise InvalidError(
            _("The key of this record is not kept here. Turn JavaScript on and sign with your own key file.")
        )
    return unlock(kept, secret)


def _cipher(secret: str) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode()))
