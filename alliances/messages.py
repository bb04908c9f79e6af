"""What people write to each other about joining, leaving and deciding, in the form in which it is kept."""

from kernel.errors import InvalidError
from kernel.texts import clean_body, clean_line, composed
from kernel.words import gettext as _

LONGEST_MESSAGE = 5_000
LONGEST_LINE = 120


def said(text: str, *, field: str = "message", needed: bool = True, longest: int = LONGEST_MESSAGE) -> str:
    """A text of some lines; raises `InvalidError` at the field where it is missing or too long."""
    text = composed(clean_body(text)).strip()
    if needed and not text:
        raise InvalidError(_("Please look at the marked fields."), errors={field: _("Please write a sentence or two.")})
    return _short_enough(text, field, longest)


def one_line(text: str, *, field: str, longest: int = LONGEST_LINE) -> str:
    """A line that is not empty; raises `InvalidError` at the field otherwise."""
    text = clean_line(text)
    if not text:
        raise InvalidError(_("Please look at the marked fields."), errors={field: _("This is needed.")})
    return _short_enough(text, field, longest)


def _short_enough(text: str, field: str, longest: int) -> str:
    if len(text) > longest:
        raise InvalidError(
            _("Please look at the marked fields."),
            errors={field: _("At most %(count)s characters.", count=longest)},
        )
    return text
