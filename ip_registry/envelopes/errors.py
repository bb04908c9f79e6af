"""The one refusal of this package, as a sentence that can be translated by whoever has a reader."""


class EnvelopeError(ValueError):
    """Bytes that are not what they claim to be. `sentence` with `values` put in is the sentence, in English."""

    def __init__(self, message: str, **values: str | int) -> None:
        super().__init__(message % values if values else message)
        self.sentence = message
        self.values = values


def N_(message: str) -> str:  # noqa: N802 - the name by which extractors of messages know it
    """Mark a sentence for translation without translating it: nothing here knows a reader's language."""
    return message
