"""Every refusal the house can give; one handler in `kernel.web` renders them as page, fragment or problem+json."""

from collections.abc import Mapping


class GuildhallError(Exception):
    """Base of all expected refusals: a status, a stable code, a sentence for people, and errors by field.

    `again_in` is after how many seconds another try may fare better.
    """

    status = 500
    code = "error"
    again_in: int | None = None

    def __init__(self, detail: str = "", *, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})


class NotFoundError(GuildhallError):
    """Absent, or invisible to this viewer: the two are never told apart."""

    status = 404
    code = "not-found"


class UnauthenticatedError(GuildhallError):
    """Nobody is signed in, and somebody must be."""

    status = 401
    code = "sign-in-required"


class ForbiddenError(GuildhallError):
    """Visible, but this viewer may not do it; `detail` says which right is missing and who grants it."""

    status = 403
    code = "forbidden"


class ConflictError(GuildhallError):
    """The state moved on in between."""

    status = 409
    code = "conflict"


class InvalidError(GuildhallError):
    """The input breaks a rule; `errors` names the fields."""

    status = 422
    code = "invalid"


class TooLargeError(GuildhallError):
    """More bytes than the place takes."""

    status = 413
    code = "too-large"


class TooManyError(GuildhallError):
    """Faster than the place allows."""

    status = 429
    code = "too-many"

    def __init__(self, detail: str = "", *, again_in: int | None = None) -> None:
        super().__init__(detail)
        self.again_in = again_in


class UnavailableError(GuildhallError):
    """What the house stands on does not answer at the moment; nothing was done."""

    status = 503
    code = "unavailable"
    again_in = 10


class FullError(GuildhallError):
    """There is no room to write; nothing was done."""

    status = 507
    code = "disk-full"
    again_in = 300
