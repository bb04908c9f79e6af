from feedback.models import SuggestionState
from kernel.words import gettext as _


def states() -> dict[str, str]:
    """The states in words, in their order."""
    return {
        SuggestionState.RECEIVED.value: _("Received"),
        SuggestionState.STARTED.value: _("Being worked on"),
        SuggestionState.DONE.value: _("Taken up"),
        SuggestionState.DECLINED.value: _("Not taken up"),
    }
