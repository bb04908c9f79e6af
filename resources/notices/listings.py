from activity.models import Notice
from activity.sentences import sentence_for
from kernel.words import gettext as _
from resources.events import STILL_TRUE


@sentence_for(STILL_TRUE)
def _still_true(_notice: Notice, _name: str) -> str:
    return _("A year has passed: is this listing of yours still true?")
