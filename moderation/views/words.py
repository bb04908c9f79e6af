"""Watched words, for the staff: the list, adding and removing, and trying a text against it."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import SelectChoice

from kernel.db import session
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import authorise
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.words import forget_word, watch_word
from moderation.models import WatchAction, WatchedWord
from moderation.policy import ModerationRight
from moderation.room import room
from moderation.texts import seen
from moderation.watching import compiled
from moderation.word_forms import WordForm

LONGEST_TRIAL = 20_000


@room.page("/staff/words", may=ModerationRight.KEEP_RULES)
def words() -> ResponseReturnValue:
    """The list; with `text`, which of them stand in it."""
    authorise(current_viewer(), ModerationRight.KEEP_RULES)
    return _page(WordForm(formdata=None), text=request.args.get("text", "")[:LONGEST_TRIAL])


@room.page("/staff/words", may=ModerationRight.KEEP_RULES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def add_word() -> ResponseReturnValue:
    """Add one."""
    form = WordForm()
    if form.validate():
        with form.attempt():
            watch_word(
                current_viewer(),
                pattern=form.pattern.data or "",
                action=form.action.data or WatchAction.HOLD,
                note=form.note.data or "",
            )
        if form.is_fine:
            flash(_("The word is watched from now on."), "success")
            return redirect("/staff/words", 303)
    return _page(form), 422


@room.page("/staff/words/<int:word_id>/removal", may=ModerationRight.KEEP_RULES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def remove_word(word_id: int) -> ResponseReturnValue:
    """Take one off the list."""
    forget_word(current_viewer(), word_id=word_id)
    flash(_("The word is not watched any more."), "success")
    return redirect("/staff/words", 303)


def action_names() -> dict[str, str]:
    """What a watched word brings about, in words."""
    return {
        WatchAction.HOLD.value: _("waits for approval"),
        WatchAction.FLAG.value: _("is published, and looked at"),
        WatchAction.REFUSE.value: _("is refused"),
    }


def _page(form: WordForm, *, text: str = "") -> str:
    form.action.choices = [SelectChoice(value, label) for value, label in action_names().items()]
    rows = session().scalars(select(WatchedWord).order_by(WatchedWord.pattern, WatchedWord.id)).all()
    found = {row.id for row in rows if compiled(row.pattern).search(seen(text))} if text else set()
    return render_template(
        "moderation/words.html", form=form, rows=rows, text=text, found=found, action_names=action_names()
    )
