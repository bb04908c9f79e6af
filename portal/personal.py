"""What crosses rooms when an archive comes in: the evidence of records in another log, kept among one's files."""

import io
from collections.abc import Iterator
from pathlib import PurePosixPath

from flask import current_app
from sqlalchemy import select

from accounts.blobs import blob_store
from forum.actions.uploads import add_upload, inspect
from forum.models import Upload
from ip_registry.envelopes.errors import EnvelopeError
from ip_registry.evidence.verifying import verify_bundle
from kernel.db import session
from kernel.errors import GuildhallError
from kernel.personal import Report, Source, imports
from kernel.viewer import Viewer
from kernel.words import gettext as _

LARGEST_RECEIPT = 64 * 1024 * 1024


@imports("receipts")
def take_receipts(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Each is checked as `guildhall verify` does, by the policy that it brings, and named after the log it is from.

    It becomes no record here: what another log proves, that log proves.
    """
    for place in source.files("receipts"):
        content = source.blob(place, most=LARGEST_RECEIPT) or b""
        name = PurePosixPath(place).name
        try:
            verdict = verify_bundle(content, most=LARGEST_RECEIPT)
        except EnvelopeError:
            report.skip(name, _("This is no evidence bundle."))
            yield 0
            continue
        if not verdict.proven:
            report.skip(name, _("What it should prove does not hold."))
        else:
            _keep(viewer, report, content, name=f"{(verdict.origin or '').replace('/', '-')}-{name}"[-150:])
        yield 0


def _keep(viewer: Viewer, report: Report, content: bytes, *, name: str) -> None:
    newest = select(Upload.id).where(Upload.owner_id == viewer.me).order_by(Upload.id.desc()).limit(1)
    before = session().scalar(newest) or 0
    limit = current_app.config["SETTINGS"].upload_limit_mb * 1_000_000
    try:
        file = inspect(viewer, stream=io.BytesIO(content), name=name, limit_bytes=limit)
        made = add_upload(viewer, file=file, store=blob_store())
    except GuildhallError as refusal:
        report.skip(name, refusal.detail)
        return
    (report.took if made.id > before else report.knew)("receipts")
