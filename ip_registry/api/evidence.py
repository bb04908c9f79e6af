from typing import Annotated, Literal

from flask import current_app
from pydantic import Field

from ip_registry.evidence.bundle import make_bundle
from ip_registry.policy import RegistryRight
from kernel.api import Download, Given, endpoint, room
from kernel.limits import POSTING
from kernel.viewer import Viewer

ZIP = "application/zip"
LOCALES = {"zh": "zh_Hans", "en": "en"}


class EvidenceQuery(Given):
    """How the bundle is wanted."""

    lang: Annotated[Literal["zh", "en"], Field(description="The language of its papers and its certificate.")] = "en"
    key: Annotated[
        Literal["yes", "no"], Field(description="Whether the certificate's code may open the record, where it can.")
    ] = "yes"


@endpoint(
    room,
    "GET",
    "/registrations/<number>/evidence",
    may=RegistryRight.READ,
    query=EvidenceQuery,
    answers={200: ZIP},
    refusals=(409, 429),
    limit=POSTING,
)
def get_evidence(viewer: Viewer, *, number: str, query: EvidenceQuery) -> Download:
    """The evidence bundle of a record: what proves it to anyone without this site. A stranger gets the bare proof."""
    from ip_registry.evidence.gathering import parts_of  # its drawing libraries take long to load

    parts = parts_of(
        viewer,
        number,
        locale=LOCALES[query.lang],
        site=str(current_app.config["BASE_URL"]).rstrip("/"),
        has_key=query.key == "yes",
    )
    return Download(make_bundle(parts), ZIP, f"guildhall-{number}.zip")
