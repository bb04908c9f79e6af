"""The one module that knows the WebAuthn library: what a browser is asked to sign, and whether it did."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import webauthn
from flask import current_app
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from accounts.challenges import new_challenge, take_challenge
from accounts.factors import passkeys_of
from accounts.models import Passkey, User
from kernel.errors import InvalidError
from kernel.secrets import derived_key
from kernel.words import gettext as _

SIGN_IN = "sign-in"
TRANSPORTS = frozenset(one.value for one in AuthenticatorTransport)
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Made:
    """A new key: its name among the browser's keys, its public half, and its counter."""

    credential_id: str
    public_key: bytes
    sign_count: int
    transports: list[str]


def are_possible() -> bool:
    """Browsers bind keys to a domain: a site that is reached by a bare address has none."""
    try:
        ip_address(_domain())
    except ValueError:
        return True
    return False


def registration_options(user: User) -> str:
    """What the browser needs to make a key of this person, as JSON."""
    options = webauthn.generate_registration_options(
        rp_id=_domain(),
        rp_name=current_app.config["SETTINGS"].site_name,
        user_id=_handle_of(user.id),
        user_name=user.handle,
        user_display_name=user.display_name,
        challenge=new_challenge(f"register:{user.id}"),
        timeout=5 * 60_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(passkeys_of(user.id)),
    )
    return options_to_json(options)


def sign_in_options() -> str:
    """What the browser needs to offer any key of this site, as JSON."""
    return _request_options(SIGN_IN, [])


def second_step_options(user_id: int) -> str:
    """What the browser needs to ask for a key of this person, as JSON; empty when there is none."""
    keys = passkeys_of(user_id)
    return _request_options(f"second:{user_id}", _descriptors(keys)) if keys else ""


def take_registration(sent: str, user: User) -> Made:
    """The key that the browser made for the challenge; refuses another site's, and what is no key at all."""
    said = _read(sent)
    challenge = _challenge_in(said)
    take_challenge(challenge, f"register:{user.id}")
    try:
        made = webauthn.verify_registration_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_domain(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except _FAULTS as fault:
        raise InvalidError(_refused()) from fault
    told = said["response"].get("transports")
    transports = [str(one) for one in told if one in TRANSPORTS] if isinstance(told, list) else []
    return Made(bytes_to_base64url(made.credential_id), made.credential_public_key, made.sign_count, transports)


def id_in(sent: str) -> str:
    """Which key the browser says it used."""
    return str(_read(sent).get("id", ""))[:1400]


def take_assertion(sent: str, key: Passkey, *, purpose: str) -> int:
    """The key's counter after it signed the challenge; refuses what it did not sign, or signed for something else."""
    said = _read(sent)
    challenge = _challenge_in(said)
    take_challenge(challenge, purpose)
    handle = said["response"].get("userHandle")
    if handle and handle != bytes_to_base64url(_handle_of(key.user_id)):
        raise InvalidError(_refused())
    try:
        used = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_domain(),
            expected_origin=_origin(),
            credential_public_key=key.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _FAULTS as fault:
        raise InvalidError(_refused()) from fault
    return used.new_sign_count


_FAULTS = (WebAuthnException, ValueError, TypeError, KeyError)


def _request_options(purpose: str, keys: list[PublicKeyCredentialDescriptor]) -> str:
    options = webauthn.generate_authentication_options(
        rp_id=_domain(),
        challenge=new_challenge(purpose),
        timeout=5 * 60_000,
        allow_credentials=keys,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def _read(sent: str) -> dict[str, dict[str, object]]:
    try:
        said = json.loads(sent[:LONGEST])
    except ValueError:
        said = None
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict):
        raise InvalidError(_refused())
    return said


def _challenge_in(said: dict[str, dict[str, object]]) -> bytes:
    """The challenge that the browser says it answered; whether it is ours is asked next."""
    try:
        client_data = json.loads(base64url_to_bytes(str(said["response"]["clientDataJSON"])))
        return base64url_to_bytes(client_data["challenge"])
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidError(_refused()) from fault


def _descriptors(keys: list[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(key.credential_id),
            transports=[AuthenticatorTransport(one) for one in key.transports if one in TRANSPORTS] or None,
        )
        for key in keys
    ]


def _handle_of(user_id: int) -> bytes:
    """What keys know an account by: nothing about the person, and always the same."""
    return hmac.digest(derived_key("passkeys"), str(user_id).encode(), hashlib.sha256)


def _domain() -> str:
    return urlsplit(current_app.config["BASE_URL"]).hostname or ""


def _origin() -> str:
    parts = urlsplit(current_app.config["BASE_URL"])
    return f"{parts.scheme}://{parts.netloc}"


def _refused() -> str:
    return _("This passkey could not be checked. Nothing has changed; try again.")
