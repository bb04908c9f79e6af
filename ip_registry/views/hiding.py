"""Staff hide what a dispute says, or show it again."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ip_registry.actions.hiding import hide_statement, show_statement
from ip_registry.addresses import HASH
from ip_registry.models import Record
from ip_registry.policy import RegistryRight
from ip_registry.room import room
from kernel.errors import NotFoundError
from kernel.web import current_viewer


@room.page("/registry/statements/<leaf_hash>/hide", may=RegistryRight.HIDE, methods=("POST",))
def hide(leaf_hash: str) -> ResponseReturnValue:
    """Hide a statement, with a reason that everybody reads."""
    reason = request.form.get("reason", "")
    record = hide_statement(current_viewer(), leaf_hash=_digest(leaf_hash), reason=reason)
    flash(_("Hidden. Its entry in the log stays, and the page says that staff hid it."), "success")
    return _back(record)


@room.page("/registry/statements/<leaf_hash>/show", may=RegistryRight.HIDE, methods=("POST",))
def show(leaf_hash: str) -> ResponseReturnValue:
    """Show it again."""
    record = show_statement(current_viewer(), leaf_hash=_digest(leaf_hash))
    flash(_("Everybody who sees the record can read it again."), "success")
    return _back(record)


def _digest(leaf_hash: str) -> bytes:
    if not HASH.fullmatch(leaf_hash):
        raise NotFoundError
    return bytes.fromhex(leaf_hash)


def _back(record: Record) -> ResponseReturnValue:
    return redirect(url_for("ip_registry.leaf", leaf_hash=record.leaf_hash.hex()), 303)
