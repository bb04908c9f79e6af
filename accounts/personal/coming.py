"""What accounts take from an archive: the lines of a profile that are empty here, and the photo."""

import io
from collections.abc import Iterator
from typing import Any

from accounts.actions.photos import LARGEST_BYTES, change_photo, portrait
from accounts.actions.profiles import change_profile
from accounts.queries import my_account
from kernel.errors import InvalidError
from kernel.personal import Report, Source, imports
from kernel.viewer import Viewer
from kernel.words import gettext as _

LINES = ("affiliation", "affiliation_kind", "job_title", "region", "bio", "website", "orcid")
LISTS = ("fields", "sectors")


@imports("profile")
def take_profile(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    """Fill what is empty; what was written here already stays, and nobody gets another name or address by it."""
    row = next(source.rows("profile"), {})
    user = my_account(viewer)
    lines = {name: getattr(user, name) or _text(row.get(name)) for name in LINES}
    lists = {name: getattr(user, name) or _texts(row.get(name)) for name in LISTS}
    is_new = any(lines[name] != (getattr(user, name) or "") for name in LINES) or any(
        list(lists[name]) != list(getattr(user, name)) for name in LISTS
    )
    if is_new:
        try:
            change_profile(
                viewer, display_name=user.display_name, fields=lists["fields"], sectors=lists["sectors"], **lines
            )
        except InvalidError as refusal:
            report.skip(_("Profile"), "; ".join(refusal.errors.values()) or refusal.detail)
        else:
            report.took("profile")
    else:
        report.knew("profile")
    yield 1
    yield from _take_photo(viewer, source, report)


def _take_photo(viewer: Viewer, source: Source, report: Report) -> Iterator[int]:
    places = source.files("files/photo")
    content = source.blob(places[0], most=LARGEST_BYTES) if places and my_account(viewer).avatar_hash is None else None
    if content is None:
        return
    try:
        change_photo(viewer, picture=portrait(io.BytesIO(content), name="photo.webp"))
    except InvalidError as refusal:
        report.skip(_("Photo"), "; ".join(refusal.errors.values()) or refusal.detail)
    else:
        report.took("photo")
    yield 0


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
