"""Whoever changes how an account is opened, or takes all of it along, has just proved that it is theirs.

A session remembers when its owner last gave a proof: at sign-in, or since then at `/reauthenticate`. A stolen
cookie, or a screen that was left open, is no such proof.
"""

from datetime import timedelta

from sqlalchemy import select, update

from accounts.models import UserSession
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError
from kernel.viewer import Viewer
from kernel.words import gettext as _

RECENT = timedelta(minutes=10)


class ProofNeededError(ForbiddenError):
    """The last proof is too old. On pages this becomes the way to give one, and back to what was meant."""

    code = "proof-needed"


def must_be_recent(viewer: Viewer) -> None:
    """Return if the viewer proved within the last ten minutes that the account is theirs; else send them to do so.

    Call it first in a view, both where the form is shown (GET) and where it is taken (POST): whoever looks is
    redirected to `/reauthenticate?next=<this page>`; what was sent is kept on the page that asks for the proof and sent
    on from there, so that nothing typed is lost (files are). A program's token is never enough: it gets a plain 403.
    """
    proved_at = session().scalar(select(UserSession.proved_at).where(UserSession.id == viewer.session_id))
    if proved_at is None or proved_at < now() - RECENT:
        raise ProofNeededError(_("Please prove first that this account is yours."))


def note_proof(viewer: Viewer) -> None:
    """A proof was given in this session, now."""
    session().execute(update(UserSession).where(UserSession.id == viewer.session_id).values(proved_at=now()))
