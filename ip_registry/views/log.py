"""The log as people look at it: how far it has come, who vouches for it from outside, and how to keep a copy."""

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue

from ip_registry.keys import KeyMissingError, log_of
from ip_registry.policy import RegistryRight
from ip_registry.queries.bitcoin import newest_stamps
from ip_registry.queries.figures import growth
from ip_registry.queries.log import CheckpointRow, checkpoints, latest_checkpoint
from ip_registry.queries.outsiders import authorities, witnesses
from ip_registry.room import room
from kernel.errors import NotFoundError
from ledger.tiles import WIDTH, tile_path

LONGEST_LABEL = 12


@room.page("/registry/log", may=RegistryRight.READ)
def log() -> ResponseReturnValue:
    """The newest checkpoint and those before it, witnesses and time authorities, and how the log grew."""
    label = request.args.get("log", "")[:LONGEST_LABEL] or None
    try:
        latest = latest_checkpoint(label)
    except NotFoundError:
        if label is not None:
            raise
        return render_template("ip_registry/log.html", latest=None)
    return render_template(
        "ip_registry/log.html",
        latest=latest,
        base=current_app.config["BASE_URL"],
        is_current=label is None,
        tile=tile_path(0, 0, min(WIDTH, latest.size)).removeprefix("tile/") if latest.size else "",
        keys=_keys(latest),
        page=checkpoints(latest.label, cursor=request.args.get("cursor")),
        growth=growth(latest.log_id),
        witnesses=witnesses(latest.log_id),
        authorities=authorities(latest.log_id),
        bitcoin=newest_stamps(latest.log_id),
    )


def _keys(latest: CheckpointRow) -> list[str]:
    """The public keys of the log; none where its secret is not at hand, as on a copy of the database."""
    try:
        return [str(signer.verifier) for signer in log_of(latest.origin).signers]
    except KeyMissingError:
        return []
