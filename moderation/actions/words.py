"""The list of watched words, kept by the staff."""

from sqlalchemy import delete, select

from activity.actions import record_act
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError, NotFoundError
from kernel.policy import authorise
from kernel.refs import Ref
from kernel.texts import clean_line
from kernel.viewer import STAFF, Viewer
from kernel.words import gettext as _
from moderation.models import WatchAction, WatchedWord
from moderation.policy import ModerationRight
from moderation.texts import seen
from moderation.watching import LONGEST_PATTERN, MOST_STARS

WORD = "moderation.word"
FEWEST = 2


def watch_word(viewer: Viewer, *, pattern: str, action: str, note: str = "") -> WatchedWord:
    """Add one; what two patterns have in common but their spelling is one."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    pattern = clean_line(pattern)
    errors = {}
    folded = seen(pattern).strip()
    if len([char for char in folded if char.isalnum()]) < FEWEST:
        errors["pattern"] = _("At least two letters, or everything would be found.")
    elif len(pattern) > LONGEST_PATTERN:
        errors["pattern"] = _("At most %(count)s characters.", count=LONGEST_PATTERN)
    elif folded.count("*") > MOST_STARS:
        errors["pattern"] = _("At most %(count)s stars.", count=MOST_STARS)
    elif any(seen(known).strip() == folded for known in session().scalars(select(WatchedWord.pattern))):
        errors["pattern"] = _("This word is watched already.")
    if action not in set(WatchAction):
        errors["action"] = _("This choice is not known here.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    word = WatchedWord(
        pattern=pattern, action=action, note=clean_line(note)[:200], added_by_id=viewer.me, created_at=now()
    )
    session().add(word)
    session().flush()
    _record(viewer, "word.add", word)
    return word


def forget_word(viewer: Viewer, *, word_id: int) -> None:
    """Take one off the list."""
    authorise(viewer, ModerationRight.KEEP_RULES)
    word = session().get(WatchedWord, word_id)
    if word is None:
        raise NotFoundError
    _record(viewer, "word.remove", word)
    session().execute(delete(WatchedWord).where(WatchedWord.id == word_id))


def _record(viewer: Viewer, act: str, word: WatchedWord) -> None:
    """Which word it was is the staff's: a list of them would show how to get by."""
    ref = Ref(WORD, word.id)
    record_act(
        viewer,
        act=act,
        ref=ref,
        place=ref,
        audience=STAFF,
        details={"right": ModerationRight.KEEP_RULES.value, "word": word.pattern, "action": word.action},
    )
