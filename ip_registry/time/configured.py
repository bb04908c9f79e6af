"""The authorities and calendars of this site."""

from typing import cast

from flask import current_app

from ip_registry.time.authorities import Authority


def configured_authorities() -> tuple[Authority, ...]:
    """Those of GUILDHALL_TSA_URLS, read when the site started."""
    return cast("tuple[Authority, ...]", current_app.config["TIME_AUTHORITIES"])


def configured_calendars() -> tuple[str, ...]:
    """Those of GUILDHALL_OTS_CALENDARS, read when the site started."""
    return cast("tuple[str, ...]", current_app.config["CALENDARS"])
