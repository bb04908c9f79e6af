"""Asking an institution who somebody is: authorization code with PKCE, state and nonce; every answer bounded."""

import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from requests import RequestException, Response

from accounts.oidc.providers import LOOPBACK, Provider
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.words import gettext as _

log = structlog.get_logger("guildhall.oidc")

CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 3.0, 5.0, 10.0
LARGEST_ANSWER = 512 * 1024
KEPT_SECONDS = 3600.0
LEEWAY_SECONDS = 60
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519"})

_kept: dict[str, tuple[float, dict[str, Any]]] = {}


@dataclass(frozen=True, slots=True)
class Asked:
    """Where the browser is sent, and what has to be remembered until it is back."""

    url: str
    remembered: dict[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What an institution says of whoever stands at the door. An address counts only if it says that it checked it."""

    issuer: str
    subject: str
    email: str
    is_email_verified: bool
    name: str
    handle: str
    nonce: str


class UnreachableError(InvalidError):
    """The institution does not answer, or not as it should."""


def ask(provider: Provider, *, callback: str, anew: bool, locale: str) -> Asked:
    """Begin: `anew` makes the institution ask for the password even if it knows the browser."""
    metadata = _discover(provider)
    nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    extra = {"prompt": "login", "max_age": "0"} if anew else {}
    url, state = _client(provider, callback).create_authorization_url(
        metadata["authorization_endpoint"],
        code_verifier=verifier,
        nonce=nonce,
        ui_locales="zh-CN" if locale.startswith("zh") else "en",
        **extra,
    )
    return Asked(url, {"state": state, "nonce": nonce, "verifier": verifier})


def hear(
    provider: Provider,
    *,
    callback: str,
    answer: Mapping[str, str],
    remembered: Mapping[str, str],
    since: int | None = None,
) -> Said:
    """The browser is back: check that it is the same, fetch what the institution says, and check that it said so.

    With `since` (seconds of the epoch), the institution must say that it asked for the password after that moment:
    whoever sits at an open screen can take the wish to be asked anew out of the address.
    """
    if not hmac.compare_digest(answer.get("state", ""), remembered["state"]):
        raise InvalidError(_("This sign-in was begun in another window. Please begin again."))
    if answer.get("iss", provider.issuer) != provider.issuer:
        raise UnreachableError(_("The answer comes from another institution than the one that was asked."))
    if "code" not in answer:
        raise InvalidError(_("The institution did not let you in, or you turned back."))
    try:
        metadata = _discover(provider)
        client = _client(provider, callback)
        token = client.fetch_token(
            metadata["token_endpoint"], code=answer["code"], code_verifier=remembered["verifier"]
        )
        claims = _checked(provider, metadata, token, nonce=remembered["nonce"])
        if "email" not in claims and "userinfo_endpoint" in metadata:
            told = client.get(metadata["userinfo_endpoint"]).json()
            claims |= told if told.get("sub") == claims["sub"] else {}
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError, TypeError, AttributeError) as fault:
        log.warning(
            "sign-in with an institution failed", provider=provider.slug, error=f"{type(fault).__name__}: {fault}"
        )
        raise UnreachableError(_("What the institution answered could not be checked. Please try again.")) from fault
    if since is not None and not _is_fresh(claims, since):
        raise InvalidError(_("The institution did not ask for your password anew. Prove it in another way."))
    return _said(provider, claims, remembered["nonce"])


def way_out(provider: Provider, *, home: str) -> str:
    """Where somebody ends their session at the institution itself; empty when it offers no such place."""
    try:
        metadata = _discover(provider)
    except UnreachableError:
        return ""
    endpoint = str(metadata.get("end_session_endpoint") or "")
    asked = urlencode({"client_id": provider.client_id, "post_logout_redirect_uri": home})
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{asked}" if endpoint else ""


def _is_fresh(claims: Mapping[str, Any], since: int) -> bool:
    at = claims.get("auth_time")
    return isinstance(at, int | float) and at >= since - LEEWAY_SECONDS


def _said(provider: Provider, claims: Mapping[str, Any], nonce: str) -> Said:
    return Said(
        issuer=provider.issuer,
        subject=str(claims["sub"])[:255],
        email=str(claims.get("email") or "")[:320],
        is_email_verified=claims.get("email_verified") is True,
        name=str(claims.get("name") or "")[:80],
        handle=str(claims.get("preferred_username") or claims.get("email") or claims.get("name") or "")[:80],
        nonce=nonce,
    )


def _checked(
    provider: Provider, metadata: Mapping[str, Any], token: Mapping[str, Any], *, nonce: str
) -> dict[str, Any]:
    """What the ID token claims, once its signature, issuer, audience, times and nonce are right."""
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    registry = JWSRegistry(algorithms=sorted(ALGORITHMS & set(offered)), strict_check_header=False)
    try:
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(_keys(metadata)), registry=registry)
    except InvalidKeyIdError:
        decoded = jwt.decode(token["id_token"], KeySet.import_key_set(_keys(metadata, anew=True)), registry=registry)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}},
        {"nonce": nonce, "client_id": provider.client_id, "access_token": token.get("access_token")},
    )
    claims.validate(now=int(now().timestamp()), leeway=LEEWAY_SECONDS)
    return dict(claims)


def _discover(provider: Provider) -> dict[str, Any]:
    """What the institution publishes of itself; it must be about the issuer that the operator named."""
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        found = _fetch(url)
    except (RequestException, ValueError) as fault:
        log.warning("an institution does not answer", provider=provider.slug, error=f"{type(fault).__name__}: {fault}")
        raise UnreachableError(
            _("The institution does not answer at the moment. Come in another way, or try later.")
        ) from fault
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(str(found.get(name, ""))):
            raise UnreachableError(_("What the institution says of itself is not complete."))
    if found.get("issuer") != provider.issuer:
        raise UnreachableError(_("What the institution says of itself is not complete."))
    return found


def _keys(metadata: Mapping[str, Any], *, anew: bool = False) -> Any:
    return _fetch(metadata["jwks_uri"], anew=anew)


def _fetch(url: str, *, anew: bool = False) -> dict[str, Any]:
    """A public document of an institution, kept for an hour."""
    kept = _kept.get(url)
    if kept and not anew and time.monotonic() - kept[0] < KEPT_SECONDS:
        return kept[1]
    response = _Bounded().request("GET", url, withhold_token=True)
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise ValueError("not an object")  # noqa: TRY004 - the answer is at fault, not a caller
    _kept[url] = (time.monotonic(), found)
    return found


def _client(provider: Provider, callback: str) -> OAuth2Session:
    return _Bounded(
        provider.client_id,
        provider.client_secret or None,
        scope=provider.scope,
        redirect_uri=callback,
        code_challenge_method="S256",
    )


class _Bounded(OAuth2Session):  # type: ignore[misc]  # Authlib has no types
    """Follows no redirect, waits no longer than ten seconds in all, and reads no more than half a megabyte.

    Neither a proxy nor a password of the environment is used.
    """

    def request(self, method: str, url: str, **options: Any) -> Response:
        """Ask, and have the whole answer within the bounds."""
        deadline = time.monotonic() + TOTAL_SECONDS
        self.trust_env = False
        options |= {"timeout": (CONNECT_SECONDS, READ_SECONDS), "allow_redirects": False, "stream": True}
        response: Response = super().request(method, url, **options)
        body = bytearray()
        for portion in response.iter_content(8192):
            body += portion
            if len(body) > LARGEST_ANSWER or time.monotonic() > deadline:
                response.close()
                raise RequestException("the answer is too long, or takes too long")
        response._content = bytes(body)  # noqa: SLF001 - as Response.content itself does; there is no other way in
        return response


def _is_safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
