"""Checking evidence here: a bundle is read, judged and forgotten; whoever has only a number is led to its record."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ip_registry.actions.registering import refusal_of
from ip_registry.addresses import HASH, leaf_url, parse_number, record_url
from ip_registry.envelopes.sealing import Readable
from ip_registry.evidence.bundle import BundleError
from ip_registry.evidence.verdicts import Verdict
from ip_registry.evidence.verifying import verify_bundle
from ip_registry.forms import KIND_NAMES
from ip_registry.keys import KeyMissingError
from ip_registry.queries.trust import policy
from ip_registry.record_loading import record_at
from ip_registry.room import room
from kernel.errors import NotFoundError
from kernel.limits import UPLOADING, limiter
from kernel.policy import Door
from kernel.web import current_viewer
from kernel.words import gettext as say
from kernel.work import step_aside

LONGEST = 80
KINDS = {str(kind): name for kind, name in KIND_NAMES.items()}
LARGEST_HERE = 64 * 1024 * 1024  # bytes, unpacked: anybody may send it


class Said(NamedTuple):
    """A line of a verdict, to be read."""

    state: str
    text: str


@room.page("/registry/verify", may=Door.ANYONE)
def verify() -> ResponseReturnValue:
    """Two ways to check evidence here; a number or a leaf hash leads to its record."""
    asked = request.args.get("number", "").strip().lower()[:LONGEST]
    if not asked:
        return _page()
    if not parse_number(asked) and not HASH.fullmatch(asked):
        return _page(number=asked, refusal=_("This is no number of a record, and no leaf hash."))
    try:
        record_at(current_viewer(), asked)
    except NotFoundError:
        return _page(number=asked, refusal=_("This registry has no record of this number or hash.")), 404
    return redirect(record_url(asked) + "#check" if parse_number(asked) else leaf_url(bytes.fromhex(asked)), 302)


@room.page("/registry/verify", may=Door.ANYONE, methods=("POST",), endpoint="verify_evidence", form_token=False)
@limiter.limit(UPLOADING)
def verify_evidence() -> ResponseReturnValue:
    """What a bundle proves, and whether copies of the files belong to it. Nothing of it is kept."""
    sent = request.files.get("bundle")
    if sent is None or not sent.filename:
        return _page(bundle_error=_("Choose an evidence bundle first.")), 422
    copies: list[tuple[str, Readable]] = [
        (one.filename or "", one.stream) for one in request.files.getlist("copies") if one.filename
    ]
    try:
        verdict, is_ours = _judge(sent.stream.read(), copies)
    except BundleError as error:
        return _page(bundle_error=refusal_of(error, "bundle").detail), 422
    return _page(verdict=verdict, is_ours=is_ours, name=sent.filename)


def _judge(bundle: bytes, copies: list[tuple[str, Readable]]) -> tuple[Verdict, bool]:
    """The verdict, by this site's own keys where the evidence is of one of its logs, else by those in the bundle."""
    step_aside()  # who looks at evidence holds up nobody who writes
    first = verify_bundle(bundle, most=LARGEST_HERE)
    ours = None
    try:
        known = policy()
        ours = str(known) if first.origin and known.log_keys(first.origin) else None
    except KeyMissingError:
        pass
    step_aside()
    return verify_bundle(bundle, copies, ours, most=LARGEST_HERE), ours is not None


def _said(verdict: Verdict) -> list[Said]:
    """The lines in the reader's language."""
    return [
        Said(line.state, say(line.sentence) % _named(line.values) if line.values else say(line.sentence))
        for line in verdict.lines
    ]


def _named(values: Mapping[str, str]) -> Mapping[str, object]:
    """The values of a line, with the kind of work as the reader calls it."""
    return {name: KINDS.get(value, value) if name == "kind" else value for name, value in values.items()}


def _page(
    *,
    verdict: Verdict | None = None,
    is_ours: bool = False,
    name: str = "",
    number: str = "",
    refusal: str = "",
    bundle_error: str = "",
) -> str:
    return render_template(
        "ip_registry/verify.html",
        verdict=verdict,
        lines=_said(verdict) if verdict else [],
        is_ours=is_ours,
        name=name,
        number=number,
        refusal=refusal,
        bundle_error=bundle_error,
    )
