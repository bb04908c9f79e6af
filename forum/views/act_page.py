"""The page of all acts on a thread: which there are, in which words, with which fields."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm

from forum import act_forms as shapes
from forum.queries.communities import communities
from forum.queries.rows import ThreadRow
from kernel.errors import InvalidError
from kernel.viewer import Viewer

Act = tuple[str, str, str, list[Any], str, str]


@dataclass(frozen=True, slots=True)
class ActForms:
    """One form for each act, of which at most one was sent."""

    lock: shapes.LockForm
    pin: shapes.PinForm
    move: shapes.MoveForm
    split: shapes.SplitForm
    merge: shapes.MergeForm
    delete: shapes.DeleteThreadForm
    restore: shapes.RestoreThreadForm


SHAPES: dict[str, type[FlaskForm]] = {
    "lock": shapes.LockForm,
    "pin": shapes.PinForm,
    "move": shapes.MoveForm,
    "split": shapes.SplitForm,
    "merge": shapes.MergeForm,
    "delete": shapes.DeleteThreadForm,
    "restore": shapes.RestoreThreadForm,
}


def act_forms(viewer: Viewer, *, sent: str | None = None) -> ActForms:
    """The forms; the one that was `sent` holds what was typed."""
    forms = ActForms(**{name: shape() if name == sent else shape(formdata=None) for name, shape in SHAPES.items()})
    forms.move.place.choices = {
        community.place.name: [
            (f"{community.place.slug}/{board.place.slug}", f"{community.place.name} · {board.place.name}")
            for board in community.boards
        ]
        for community in communities(viewer)
        if viewer.moderates(community.place.id)
    }
    return forms


def put_errors(form: FlaskForm, error: InvalidError) -> None:
    """Show an action's refusal at the fields it names, else at the reason."""
    for name, message in (error.errors or {"reason": error.detail}).items():
        field = form[name] if name in form else form["reason"]
        field.errors = [*field.errors, message]


def acts(thread: ThreadRow, forms: ActForms) -> list[Act]:
    """What can be done with the thread as it is: name, title, hint, fields, button and icon of each act."""
    if thread.is_deleted:
        return [_restore(forms)]
    lock = (
        ("unlock", _("Unlock"), _("Members can reply again."))
        if thread.is_locked
        else ("lock", _("Lock"), _("It can be read, but members cannot reply any more."))
    )
    pin = (
        ("unpin", _("Unpin"), _("It sinks among the others."))
        if thread.is_pinned
        else ("pin", _("Pin"), _("It stands above the others of its community."))
    )
    return [
        (lock[0], lock[1], lock[2], [forms.lock.reason], lock[1], "lock"),
        (pin[0], pin[1], pin[2], [forms.pin.reason], pin[1], "pin"),
        (
            "move",
            _("Move to another board"),
            _("Whoever sees the other board sees the thread from then on, and nobody else."),
            [forms.move.place, forms.move.reason],
            _("Move"),
            "move",
        ),
        (
            "split",
            _("Split into a thread of its own"),
            _("The first of the posts becomes its opening post. Links to the posts keep working; numbers change."),
            [forms.split.numbers, forms.split.title, forms.split.reason, forms.split.once],
            _("Split"),
            "split",
        ),
        (
            "merge",
            _("Merge into another thread"),
            _("All posts go there, in the order of their times. This address leads there afterwards."),
            [forms.merge.into, forms.merge.reason],
            _("Merge"),
            "merge",
        ),
        (
            "delete",
            _("Delete the thread"),
            _("Only those who look after the community see it then, and can bring it back."),
            [forms.delete.reason],
            _("Delete the thread"),
            "trash-2",
        ),
    ]


def _restore(forms: ActForms) -> Act:
    hint = _("It stands on its board again, with the posts that were not deleted one by one.")
    return ("restore", _("Restore the thread"), hint, [forms.restore.reason], _("Restore"), "undo-2")
