"""What somebody who is shut out is told at the door. Why they are, a room above knows, and says it here."""

from collections.abc import Callable

from accounts.models import User
from kernel.words import gettext as _

Explain = Callable[[User], str | None]

_explain: list[Explain] = []


def explain_suspension(function: Explain) -> Explain:
    """Register what says until when, why, and what can be done; the first that says anything is heard."""
    _explain.append(function)
    return function


def explanation(user: User) -> str:
    """A sentence or two, as Markup where it holds a link; only for whoever proved that the account is theirs."""
    told = (function(user) for function in _explain)
    return next(filter(None, told), _("This account is suspended. The staff can tell you why."))
