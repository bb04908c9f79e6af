"""The API's mechanism: endpoints declared with their models, checked, run, answered and described in one place.

A room's `api.py` says what an endpoint takes and gives; this package reads the request by those models, refuses what
does not fit as problem+json, runs the same queries and actions as the pages do, remembers the first answer under an
`Idempotency-Key`, and describes everything in `/api/v1/openapi.json`.
"""

from kernel.api.document import describe
from kernel.api.endpoints import Answer, Download, Later, endpoint, room
from kernel.api.reading import read_key
from kernel.api.shapes import Given, Id, Listing, PageQuery, Plain, Reason, Shown, Word, link

__all__ = [
    "Answer",
    "Download",
    "Given",
    "Id",
    "Later",
    "Listing",
    "PageQuery",
    "Plain",
    "Reason",
    "Shown",
    "Word",
    "describe",
    "endpoint",
    "link",
    "read_key",
    "room",
]
