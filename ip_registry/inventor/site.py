"""The site as the command line speaks with it: a few requests, none of which follows a redirect or waits for ever."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ip_registry.envelopes.sealing import Sealed
from ledger.proofs import format_proof, parse_proof

PATIENCE = 60  # seconds
LARGEST_ANSWER = 256 * 1024 * 1024
LOCAL = {"localhost", "127.0.0.1", "::1"}
REFUSED = 400
FAILED = 500
AGAIN = 429


class SiteError(Exception):
    """The site did not do what it was asked. `is_final` says that the same request will be refused again."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final


@dataclass(frozen=True)
class Registered:
    """Where a leaf stands, by the site's word; `proof` shows it."""

    number: str
    url: str
    proof: str


@dataclass(frozen=True)
class Site:
    """A site and the token by which it knows us."""

    url: str
    token: str

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise SiteError(f"“{self.url}” is not the address of a site.", is_final=True)
        if parts.scheme == "http" and parts.hostname not in LOCAL:
            raise SiteError(f"{self.url} is not encrypted: the token would be read on its way.", is_final=True)

    def checkpoint(self) -> str:
        """The newest checkpoint of the log."""
        return self._get("/ledger/checkpoint").decode()

    def policy(self) -> str:
        """Whom the site asks us to trust."""
        return self._get("/ledger/policy").decode()

    def register(self, sealed: Sealed, *, with_deposit: bool) -> Registered:
        """Register one leaf; the same again gives the same answer."""
        made = self._post("/api/v1/registrations", _item(sealed, with_deposit=with_deposit))
        try:
            return Registered(str(made["number"]), str(made["url"]), str(made["proof"]))
        except (KeyError, TypeError) as error:
            raise _unknown() from error

    def register_all(self, works: Sequence[Sealed], *, with_deposit: bool) -> list[Registered]:
        """Register many leaves at once, all or none."""
        items = [_item(sealed, with_deposit=with_deposit) for sealed in works]
        made = self._post("/api/v1/registrations:batch", {"items": items})
        try:
            return [_placed(item, made["checkpoint"]) for item in made["items"]]
        except (KeyError, TypeError, ValueError) as error:
            raise _unknown() from error

    def evidence(self, number: str, *, lang: str) -> bytes:
        """The evidence bundle of a record as the site has it now."""
        return self._get(f"/api/v1/registrations/{number}/evidence?lang={lang}")

    def last_event(self, number: str) -> str:
        """The leaf hash of what happened last to a record."""
        try:
            events = json.loads(self._get(f"/api/v1/registrations/{number}/events"))["items"]
            return str(events[-1]["leaf_hash"])
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise _unknown() from error

    def _get(self, path: str) -> bytes:
        return self._ask(Request(self.url.rstrip("/") + path))  # noqa: S310 - the scheme was checked

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        data = json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"}
        answer = self._ask(Request(self.url.rstrip("/") + path, data, headers))  # noqa: S310 - the scheme was checked
        try:
            return json.loads(answer)
        except ValueError as error:
            raise _unknown() from error

    def _ask(self, request: Request) -> bytes:
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with build_opener(_StayHere).open(request, timeout=PATIENCE) as answer:
                content: bytes = answer.read(LARGEST_ANSWER)
                return content
        except HTTPError as error:
            with error:
                raise _refusal(error, self.url) from error
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise SiteError(f"{self.url} cannot be reached ({reason}).", is_final=False) from error


class _StayHere(HTTPRedirectHandler):
    """A token is for one site: nobody is sent elsewhere with it."""

    def redirect_request(self, *_args: object, **_kwargs: object) -> None:
        return None


def _item(sealed: Sealed, *, with_deposit: bool) -> dict[str, Any]:
    deposit = {
        "opening": sealed.opening_text,
        "salt": sealed.salt.hex(),
        "authors": [author.fields for author in sealed.authors],
        "manifest": sealed.manifest.texts,
    }
    return {"leaf": sealed.leaf.data.decode(), "opening": deposit if with_deposit else None}


def _placed(item: Any, checkpoint: str) -> Registered:
    head = format_proof(int(item["index"]), (), checkpoint).partition("\n\n")[0]
    proof = "\n".join([head, *map(str, item["path"])]) + "\n\n" + checkpoint
    parse_proof(proof)
    return Registered(str(item["number"]), str(item["url"]), proof)


def _refusal(error: HTTPError, url: str) -> SiteError:
    try:
        problem = json.loads(error.read(LARGEST_ANSWER))
        said = " ".join(
            [str(problem["detail"] or problem["title"]), *map(str, dict(problem.get("errors") or {}).values())]
        )
    except (ValueError, KeyError, TypeError, OSError):
        said = f"status {error.code}"
    is_final = REFUSED <= error.code < FAILED and error.code not in {AGAIN, 401, 403}
    return SiteError(f"{url} refuses: {said}", is_final=is_final)


def _unknown() -> SiteError:
    return SiteError("The site answers in a form that this command does not know.", is_final=False)
