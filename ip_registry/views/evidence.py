"""What is taken home of a record: the evidence bundle, and the certificate as a page to print."""

from flask import Response, current_app, make_response, request

from ip_registry.evidence.bundle import make_bundle
from ip_registry.policy import RegistryRight
from ip_registry.room import room
from kernel.limits import POSTING, limiter
from kernel.web import current_viewer

CHINESE, ENGLISH = "zh_Hans", "en"


@room.page("/registry/<number>/evidence", may=RegistryRight.READ)
@limiter.limit(POSTING)
def evidence(number: str) -> Response:
    """The evidence bundle, with as much in it as the viewer may see; papers and certificate in `?lang=`."""
    return bundle_of(number)


@room.page("/registry/<number>/certificate.pdf", may=RegistryRight.READ)
@limiter.limit(POSTING)
def certificate(number: str) -> Response:
    """The certificate in `?lang=`; `?key=no` keeps what opens the record out of its code."""
    from ip_registry.evidence.gathering import certificate_of  # its drawing libraries take long to load

    made = certificate_of(current_viewer(), number, locale=locale_wanted(), site=site(), has_key=is_key_wanted())
    return _file(made, name=f"guildhall-{number}.pdf", media_type="application/pdf", is_inline=True)


@room.page("/registry/<number>/erasure.pdf", may=RegistryRight.MANAGE)
@limiter.limit(POSTING)
def erasure(number: str) -> Response:
    """What was erased when, and what is left, for the owner who asked for it."""
    from ip_registry.evidence.gathering import erasure_certificate  # its drawing libraries take long to load

    made = erasure_certificate(current_viewer(), number, locale=locale_wanted(), site=site())
    return _file(made, name=f"guildhall-{number}-erasure.pdf", media_type="application/pdf", is_inline=True)


def bundle_of(number: str) -> Response:
    """The zip file, for the page and for programs."""
    from ip_registry.evidence.gathering import parts_of  # its drawing libraries take long to load

    parts = parts_of(current_viewer(), number, locale=locale_wanted(), site=site(), has_key=is_key_wanted())
    return _file(make_bundle(parts), name=f"guildhall-{number}.zip", media_type="application/zip", is_inline=False)


def locale_wanted() -> str:
    """The language of the papers: the one that was asked for, else the reader's."""
    wanted = request.args.get("lang", "") or current_viewer().locale
    return CHINESE if wanted.startswith("zh") else ENGLISH


def is_key_wanted() -> bool:
    """Whether the code of the certificate may open the record."""
    return request.args.get("key") != "no"


def site() -> str:
    """Where this site is."""
    address: str = current_app.config["BASE_URL"]
    return address.rstrip("/")


def _file(content: bytes, *, name: str, media_type: str, is_inline: bool) -> Response:
    response = make_response(content)
    response.content_type = media_type
    response.headers["Content-Disposition"] = f'{"inline" if is_inline else "attachment"}; filename="{name}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
