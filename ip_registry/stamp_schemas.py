"""What programs send to have a file stamped, and get of its stamps."""

import base64
from datetime import datetime
from typing import Annotated

from pydantic import Field

from ip_registry.models import TimeToken
from kernel.api import Given, Shown


class StampWish(Given):
    """The file of the record, by its path. Its bare SHA-256 is shown to the time authorities."""

    path: Annotated[str, Field(min_length=1, max_length=1000)]


class StampShown(Shown):
    """A time stamp over one file: `token` is the authority's answer in base64, `chain` its certificates in PEM.

    `state` is waiting, good, or refused when the authority was asked in vain for days.
    """

    sha256: str
    authority: str
    state: str
    is_demo: bool
    stated_at: datetime | None
    token: str | None
    chain: str | None

    @classmethod
    def of(cls, row: TimeToken) -> "StampShown":
        """For the record's owner: nobody else is told that it was asked for."""
        return cls(
            sha256=row.imprint,
            authority=row.authority or row.url,
            state=row.state,
            is_demo=row.is_demo,
            stated_at=row.stated_at,
            token=None if row.token is None else base64.b64encode(row.token).decode(),
            chain=None if row.chain_pem is None else row.chain_pem.decode(),
        )


class StampList(Shown):
    """The stamps over files of one record."""

    items: list[StampShown]
