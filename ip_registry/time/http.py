"""How the registry speaks to other servers: to those that its operator named, by the house's one client."""

import base64

from ip_registry.time.errors import AskingError
from kernel import http
from kernel.http import LARGEST_ANSWER, SECONDS, ExchangeError, Reach, Reply

__all__ = ["LARGEST_ANSWER", "SECONDS", "Reply", "exchange"]


def exchange(
    url: str, body: bytes | None = None, *, content_type: str = "", credentials: str = "", seconds: float = SECONDS
) -> Reply:
    """Send `body` (a GET without one) and take the answer, all within so many seconds; nobody is redirected.

    Raises `AskingError` where there is no answer, or one that is too long.
    """
    headers = {"Content-Type": content_type} if content_type else {}
    if credentials:
        headers["Authorization"] = f"Basic {base64.b64encode(credentials.encode()).decode()}"
    try:
        return http.exchange(url, body, reach=Reach.NAMED, headers=headers, seconds=seconds)
    except ExchangeError as error:
        raise AskingError(str(error)) from error
