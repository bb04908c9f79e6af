"""Handles of people who left: nobody gets one for a year, so that nobody passes for whoever had it."""

import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import delete, select

from accounts.models import RetiredHandle
from kernel.clock import now
from kernel.db import session
from kernel.jobs import job
from kernel.secrets import derived_key

FOR = timedelta(days=365)


def retire(handle: str) -> None:
    """Keep it back from now on."""
    session().merge(RetiredHandle(digest=_digest(handle), until=now() + FOR))


def is_retired(handle: str) -> bool:
    """Whether somebody had it until lately."""
    kept = select(RetiredHandle.digest).where(RetiredHandle.digest == _digest(handle), RetiredHandle.until > now())
    return session().scalar(kept) is not None


@job("accounts.forget_handles", every=timedelta(hours=24))
def forget_handles() -> None:
    """Those that are free again."""
    session().execute(delete(RetiredHandle).where(RetiredHandle.until <= now()))


def _digest(handle: str) -> str:
    """Keyed with the site's secret, so that the table cannot be asked whether somebody was here."""
    return hmac.new(derived_key("retired handles"), handle.encode(), hashlib.sha256).hexdigest()
