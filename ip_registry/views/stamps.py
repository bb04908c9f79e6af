"""Asking the time authorities about a file itself, from the page of its record."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ip_registry.actions.file_stamps import stamp_file
from ip_registry.addresses import record_url
from ip_registry.record_loading import record_at
from ip_registry.room import room
from ip_registry.time.configured import configured_authorities
from kernel.limits import POSTING, limiter
from kernel.policy import Door
from kernel.web import current_viewer


@room.page("/registry/<number>/stamps", may=Door.MEMBER, methods=("POST",), endpoint="stamp")
@limiter.limit(POSTING)
def stamp(number: str) -> ResponseReturnValue:
    """Have every authority that was not asked yet stamp the hash of one file, which it is told."""
    viewer = current_viewer()
    path = request.form.get("path", "")
    stamp_file(viewer, record=record_at(viewer, number), path=path, authorities=configured_authorities())
    flash(_("The time authorities are asked. Their stamps will stand here, and in your evidence."), "success")
    return redirect(record_url(number) + "#files", 303)
