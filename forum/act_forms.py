"""The forms of moderation: several stand on one page, so each field has an id of its own."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from forum.actions.acts import LONGEST_REASON
from forum.cooking import LONGEST_TITLE
from kernel.ids import new_token
from kernel.viewer import MEMBERS, PUBLIC, STAFF, Viewer


def _reason(act: str, *, is_needed: bool = False) -> StringField:
    checks = [InputRequired(_("Say in a few words why."))] if is_needed else []
    return StringField(_("Why, in a few words"), [*checks, Length(max=LONGEST_REASON)], id=f"{act}-reason")


class LockForm(FlaskForm):  # type: ignore[misc]
    """Close a thread, or open it."""

    reason = _reason("lock")


class PinForm(FlaskForm):  # type: ignore[misc]
    """Pin a thread, or unpin it."""

    reason = _reason("pin")


class MoveForm(FlaskForm):  # type: ignore[misc]
    """Another board."""

    place = SelectField(_("Where"))
    reason = _reason("move")


class SplitForm(FlaskForm):  # type: ignore[misc]
    """Some posts, and the title of the thread that they become. `once` makes the second sending harmless."""

    numbers = StringField(
        _("Numbers of the posts"),
        [InputRequired(_("Such as 3, 5-9.")), Length(max=2000)],
        render_kw={"placeholder": "3, 5-9"},
    )
    title = StringField(
        _("Title of the new thread"), [InputRequired(_("A title helps others to find it.")), Length(max=LONGEST_TITLE)]
    )
    reason = _reason("split")
    once = HiddenField(default=new_token)


class MergeForm(FlaskForm):  # type: ignore[misc]
    """The thread that takes the posts in: its number, or its address."""

    into = StringField(_("Number or address of the other thread"), [InputRequired(_("Such as 123.")), Length(max=500)])
    reason = _reason("merge")


class DeleteThreadForm(FlaskForm):  # type: ignore[misc]
    """Delete a whole thread."""

    reason = _reason("delete", is_needed=True)


class RestoreThreadForm(FlaskForm):  # type: ignore[misc]
    """Bring a whole thread back."""

    reason = _reason("restore")


class DeletePostForm(FlaskForm):  # type: ignore[misc]
    """Delete a post; the staff may destroy its text with it."""

    reason = _reason("delete")
    purge = BooleanField(_("Destroy the text for good"))


class AudienceForm(FlaskForm):  # type: ignore[misc]
    """Who sees a board: among those whom the viewer belongs to."""

    audience = SelectField(_("Who sees it"))
    reason = _reason("audience")

    def offer(self, viewer: Viewer, present: str) -> None:
        """Name the choices, and choose the present one where nothing was sent."""
        names = {PUBLIC: _("Everybody"), MEMBERS: _("Members"), STAFF: _("Staff")}
        alliances = sorted(token for token in viewer.audience if token.startswith("alliance:"))
        held = [token for token in names if token in viewer.audience]
        self.audience.choices = [(token, names.get(token, token)) for token in [*held, *alliances]]
        if not self.is_submitted():
            self.audience.data = present
