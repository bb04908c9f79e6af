"""What the calendar does to records: embargoes end, and new keys take over."""

from datetime import timedelta

from flask import current_app

from ip_registry.actions.embargoes import end_embargoes
from ip_registry.actions.rekeying import settle_all
from kernel.jobs import job


@job("registry.end_embargoes", every=timedelta(minutes=30))
def end_what_is_due() -> None:
    """Records whose day has come; those that are published get their place in the log like everything that waits."""
    end_embargoes(secret=current_app.config["SECRET_KEY"])


@job("registry.settle_keys", every=timedelta(hours=1))
def settle_keys() -> None:
    """Keys whose week has passed."""
    settle_all()
