from enum import StrEnum

from flask_babel import gettext as _

from kernel.policy import ALLOWED, Denied, Door, Verdict, rule
from kernel.viewer import Viewer


class AccountRight(StrEnum):
    """What one may do with one's own account, and what the staff may do with others'."""

    EDIT_PROFILE = "account.edit_profile"
    CHANGE_SIGN_IN = "account.change_sign_in"
    USE_API = "account.use_api"
    GRANT = "account.grant"
    SUSPEND = "account.suspend"


@rule(AccountRight.EDIT_PROFILE, door=Door.SIGNED_IN)
def may_edit_profile(_viewer: Viewer, _subject: object) -> Verdict:
    """One's own; the actions know no other person than the viewer."""
    return ALLOWED


@rule(AccountRight.CHANGE_SIGN_IN, door=Door.SIGNED_IN)
def may_change_sign_in(_viewer: Viewer, _subject: object) -> Verdict:
    """One's own address, password and sessions."""
    return ALLOWED


@rule(AccountRight.USE_API, door=Door.MEMBER)
def may_use_api(_viewer: Viewer, _subject: object) -> Verdict:
    """Programs act for members, so a confirmed address comes first."""
    return ALLOWED


@rule(AccountRight.GRANT, door=Door.STAFF)
def may_grant(_viewer: Viewer, _subject: object) -> Verdict:
    """The staff give and take rights."""
    return ALLOWED


@rule(AccountRight.SUSPEND, door=Door.STAFF)
def may_suspend(viewer: Viewer, user_id: object) -> Verdict:
    """The staff, but nobody locks themselves out."""
    return Denied(_("You cannot suspend your own account.")) if user_id == viewer.user_id else ALLOWED
