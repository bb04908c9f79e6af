"""Links by which whoever is shut out reaches their sanction, and the page on which they appeal: signed, not stored."""

from typing import Literal

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer

from kernel.errors import NotFoundError
from kernel.secrets import derived_key

What = Literal["sanction", "review"]


def sealed(what: What, number: int, *, user_id: int) -> str:
    """A token that opens this sanction, or this removal, for the person it concerns."""
    return _serializer().dumps([what, number, user_id])


def opened(token: str) -> tuple[What, int, int]:
    """What the token opens, its number, and for whom; raises `NotFoundError` for one that is not ours."""
    try:
        what, number, user_id = _serializer().loads(token)
    except (BadSignature, ValueError):
        raise NotFoundError from None
    return what, number, user_id


def appeal_link(what: What, number: int, *, user_id: int) -> str:
    """The whole address, for mails."""
    base: str = current_app.config["BASE_URL"]
    return f"{base}/appeals/{sealed(what, number, user_id=user_id)}"


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(derived_key("links to appeals"))
