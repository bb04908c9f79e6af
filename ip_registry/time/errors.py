"""The refusals of this package, as sentences that can be translated by whoever has a reader."""

from collections.abc import Iterator
from contextlib import contextmanager


class TokenError(ValueError):
    """A token that proves nothing. `sentence` with `values` put in is the sentence, in English."""

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message % values if values else message)
        self.sentence = message
        self.values = values


class AskingError(Exception):
    """Nobody answered, or not as was asked. The next try may fare better."""


def N_(message: str) -> str:  # noqa: N802 - the name by which extractors of messages know it
    """Mark a sentence for translation without translating it: nothing here knows a reader's language."""
    return message


@contextmanager
def refusing(message: str) -> Iterator[None]:
    """Whatever fails inside is a refusal: parsers of hostile bytes fail in every way."""
    try:
        yield
    except TokenError:
        raise
    except Exception as error:
        raise TokenError(message) from error


def printable(text: str) -> str:
    """What somebody outside wrote, without what no database keeps and no page shows."""
    return "".join(sign for sign in text if sign.isprintable())
