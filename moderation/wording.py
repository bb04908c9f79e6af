"""What moderators write: reasons that others read, notes that they do not."""

from kernel.errors import InvalidError
from kernel.texts import clean_line
from kernel.words import gettext as _

LONGEST_REASON = 500


def check_reason(text: str, *, field: str = "reason", is_needed: bool = False) -> str:
    """The text as it is kept; raises `InvalidError` on `field`."""
    text = clean_line(text)
    if is_needed and not text:
        raise InvalidError(_("The log needs a reason."), errors={field: _("Say in a few words why.")})
    if len(text) > LONGEST_REASON:
        raise InvalidError(errors={field: _("At most %(count)s characters.", count=LONGEST_REASON)})
    return text


def outcome_names() -> dict[str, str]:
    """What each outcome is called."""
    return {
        "keep": _("kept as it is"),
        "remove": _("removed"),
        "edited": _("edited and kept"),
        "moved": _("moved to where it belongs"),
        "approve": _("approved"),
        "refuse": _("refused"),
        "uphold": _("the decision stands"),
        "lift": _("the decision is taken back"),
    }


def sanction_names() -> dict[str, str]:
    """What each sanction is called."""
    return {"warning": _("Warning"), "silence": _("Silence"), "suspension": _("Suspension")}
