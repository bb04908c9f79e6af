"""The log as everybody reads it: the static resources of C2SP tlog-tiles, served from the database.

A partial tile is the beginning of the later one, so one growing row serves every width that was ever signed. The log
that is written now lies at `/ledger/`, every log, that one too, for good at `/ledger/<label>/`.
"""

from flask import Response, make_response, request

from ip_registry.keys import log_of
from ip_registry.queries.log import latest_checkpoint, log_named
from ip_registry.queries.proofs import proof_text, resource
from ip_registry.queries.trust import policy_text
from ip_registry.room import room
from kernel.errors import NotFoundError
from kernel.policy import Door
from kernel.rooms import id_of
from ledger.errors import FormatError
from ledger.tiles import parse_tile_path

FOR_GOOD = "public, max-age=31536000, immutable"
ALWAYS_ASKED = "public, no-cache"


@room.page("/ledger/checkpoint", may=Door.ANYONE, endpoint="checkpoint")
@room.page("/ledger/<label>/checkpoint", may=Door.ANYONE, endpoint="checkpoint_of")
def checkpoint(label: str | None = None) -> Response:
    """The newest signed checkpoint; `?signatures=log` leaves out those of witnesses, over which some clients trip."""
    newest = latest_checkpoint(label)
    return _text(newest.own_note if request.args.get("signatures") == "log" else newest.note)


@room.page("/ledger/tile/<path:rest>", may=Door.ANYONE, endpoint="tile")
@room.page("/ledger/<label>/tile/<path:rest>", may=Door.ANYONE, endpoint="tile_of")
def tile(rest: str, label: str | None = None) -> Response:
    """A tile or an entry bundle."""
    try:
        address = parse_tile_path(f"tile/{rest}")
    except FormatError:
        raise NotFoundError from None
    response = make_response(resource(label, address))
    response.content_type = "application/octet-stream"
    response.headers["Cache-Control"] = FOR_GOOD
    return response


@room.page("/ledger/proof/<int:index>", may=Door.ANYONE, endpoint="proof")
@room.page("/ledger/<label>/proof/<int:index>", may=Door.ANYONE, endpoint="proof_of")
def proof(index: int, label: str | None = None) -> Response:
    """The proof of an entry under the newest checkpoint, or under that of `?size=`."""
    asked = request.args.get("size", "")
    size = id_of(asked)
    if asked and size is None:
        raise NotFoundError
    return _text(proof_text(index, size, label=label))


@room.page("/ledger/policy", may=Door.ANYONE, endpoint="policy")
@room.page("/ledger/<label>/policy", may=Door.ANYONE, endpoint="policy_of")
def policy(label: str | None = None) -> Response:
    """Whom to trust, as a tlog-policy: the keys of every log of this site, and its witnesses."""
    return _text(policy_text(label))


@room.page("/ledger/key", may=Door.ANYONE, endpoint="log_key")
def log_key() -> Response:
    """The verifier keys of the log that is written now, one a line."""
    signers = log_of(log_named(None).origin).signers
    return _text("".join(f"{signer.verifier}\n" for signer in signers))


def _text(text: str) -> Response:
    response = make_response(text)
    response.content_type = "text/plain; charset=utf-8"
    response.headers["Cache-Control"] = ALWAYS_ASKED
    return response
