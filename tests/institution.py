"""The sign-in server of an institution (OpenID Connect): `python -m tests.institution PORT CALLBACK`.

It asks no password: its page lets one choose who one is. Some of these people have an institution that lies.
"""

import base64
import html
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from Cryptodome.PublicKey import RSA
from jwkest.jwk import RSAKey
from jwkest.jws import JWS
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidAuthorizationCode, OAuthError
from pyop.provider import Provider
from pyop.subject_identifier import HashBasedSubjectIdentifierFactory
from pyop.userinfo import Userinfo

CLIENT, SECRET = "guildhall", "a secret between the two"
PEOPLE: dict[str, dict[str, Any]] = {
    "teacher": {"email": "wang@uni.example.cn", "email_verified": True, "name": "王老师", "preferred_username": "wang"},
    "student": {"email": "li@uni.example.cn", "email_verified": False, "name": "Li Ming", "preferred_username": "li"},
    "nameless": {},
    "open-screen": {
        "email": "wang@uni.example.cn",
        "email_verified": True,
        "name": "王老师",
        "preferred_username": "wang",
    },
    "liar-nonce": {},
    "liar-issuer": {},
    "liar-audience": {},
    "liar-time": {},
    "liar-key": {},
}
LIES = {
    "liar-nonce": {"nonce": "of another sign-in"},
    "liar-issuer": {"iss": "https://evil.example"},
    "liar-audience": {"aud": ["somebody-else"]},
    "liar-time": {"exp": int(time.time()) - 3600},
    "liar-key": {},
    "open-screen": {"auth_time": int(time.time()) - 3600},
}


def provider_at(issuer: str, callback: str) -> Provider:
    """A real OpenID provider; it gives the claims with the ID token, as small ones do."""
    told = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/keys",
        "end_session_endpoint": f"{issuer}/leave",
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "email", "profile"],
    }
    client = {
        "client_secret": SECRET,
        "redirect_uris": [callback],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    key = RSAKey(key=RSA.generate(2048), alg="RS256", use="sig", kid="one")
    state = AuthorizationState(HashBasedSubjectIdentifierFactory("salt"))
    safe = {name: value.replace("http:", "https:") if isinstance(value, str) else value for name, value in told.items()}
    made = Provider(key, safe, state, {CLIENT: client}, Userinfo(PEOPLE))
    made.configuration_information.update(told)  # on this machine there is no TLS, which it would insist on
    return made


class Desk(BaseHTTPRequestHandler):
    """The server's few addresses."""

    provider: Provider
    codes: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        """What it publishes, its page, and what it knows of whoever has a token."""
        parts = urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._json(self.provider.provider_configuration.to_dict())
        elif parts.path == "/keys":
            self._json(self.provider.jwks)
        elif parts.path == "/authorize":
            self._authorize(parts.query)
        elif parts.path == "/userinfo":
            self._json(self.provider.handle_userinfo_request(http_headers=dict(self.headers)).to_dict())
        else:
            self._answer(200, "Goodbye.")

    def do_POST(self) -> None:
        """Code against token, once."""
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        who = Desk.codes.pop(dict(parse_qsl(sent)).get("code", ""), "")
        try:
            token = self.provider.handle_token_request(sent, dict(self.headers))
        except (OAuthError, InvalidAuthorizationCode) as fault:
            self._json({"error": "invalid_grant", "error_description": str(fault)}, status=400)
        else:
            self._json(token.to_dict() | {"id_token": self._retold(token["id_token"], who)})

    def _retold(self, token: str, who: str) -> str:
        """Another token than the provider made, which says when it asked, and for some people lies; signed as well."""
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        claims |= {"auth_time": int(time.time())} | LIES.get(who, {})
        key = RSAKey(key=RSA.generate(2048), kid="one") if who == "liar-key" else self.provider.signing_key
        return str(JWS(json.dumps(claims), alg="RS256").sign_compact([key]))

    def _authorize(self, query: str) -> None:
        asked = dict(parse_qsl(query))
        who = asked.pop("who", "")
        if who == "nobody":
            back = {"error": "access_denied", "state": asked["state"]}
            return self._send_back(f"{asked['redirect_uri']}?{urlencode(back)}")
        if who not in PEOPLE:
            links = (f'<p><a href="/authorize?{html.escape(query)}&amp;who={one}">{one}</a></p>' for one in PEOPLE)
            return self._answer(200, f"<h1>Who are you?</h1>{''.join(links)}")
        request = self.provider.parse_authentication_request(urlencode(asked))
        answer = self.provider.authorize(request, who)
        Desk.codes[answer["code"]] = who
        return self._send_back(answer.request(asked["redirect_uri"]))

    def _send_back(self, url: str) -> None:
        self.send_response(303)
        self.send_header("Location", url)
        self.end_headers()

    def _json(self, said: Any, *, status: int = 200) -> None:
        self._answer(status, json.dumps(said), kind="application/json")

    def _answer(self, status: int, text: str, *, kind: str = "text/html; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_what: object) -> None:
        """Nothing is written down."""


if __name__ == "__main__":
    port, callback = int(sys.argv[1]), sys.argv[2]
    Desk.provider = provider_at(f"http://localhost:{port}", callback)
    ThreadingHTTPServer(("127.0.0.1", port), Desk).serve_forever()
