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
    VOUCH = "account.vouch"
    IMPERSONATE = "account.impersonate"
    RESET_FACTORS = "account.reset_factors"
    TAKE_ALONG = "account.take_along"
    BRING = "account.bring"
    LET_IN = "account.let_in"
    GO = "account.go"


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


@rule(AccountRight.VOUCH, door=Door.STAFF)
def may_vouch(viewer: Viewer, user_id: object) -> Verdict:
    """The staff note what they saw of somebody, but never of themselves."""
    return (
        Denied(_("Somebody else of the staff has to see your own documents.")) if user_id == viewer.user_id else ALLOWED
    )


@rule(AccountRight.TAKE_ALONG, door=Door.SIGNED_IN)
def may_take_along(_viewer: Viewer, _subject: object) -> Verdict:
    """Everybody, all that is theirs."""
    return ALLOWED


@rule(AccountRight.BRING, door=Door.MEMBER)
def may_bring(_viewer: Viewer, _subject: object) -> Verdict:
    """Whoever may write here."""
    return ALLOWED


@rule(AccountRight.LET_IN, door=Door.STAFF)
def may_let_in(_viewer: Viewer, _subject: object) -> Verdict:
    """Posts with dates of the past are for the staff to look at first."""
    return ALLOWED


@rule(AccountRight.GO, door=Door.SIGNED_IN)
def may_go(_viewer: Viewer, _subject: object) -> Verdict:
    """Everybody, at any time."""
    return ALLOWED


@rule(AccountRight.IMPERSONATE, door=Door.STAFF)
def may_impersonate(viewer: Viewer, user_id: object) -> Verdict:
    """The staff, for a reason; whom they may not look as, the action says."""
    return Denied(_("You see the site as yourself already.")) if user_id == viewer.user_id else ALLOWED


@rule(AccountRight.RESET_FACTORS, door=Door.STAFF)
def may_reset_factors(viewer: Viewer, user_id: object) -> Verdict:
    """The staff, for a reason and after a time; one's own is removed in one's settings, after a proof."""
    return Denied(_("Your own second step is removed in your settings.")) if user_id == viewer.user_id else ALLOWED
