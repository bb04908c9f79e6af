"""Sealing a work, and what a copy is compared with: the browser does it by script, and without one it is done here."""

from flask import Response, current_app, flash, jsonify, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.datastructures import FileStorage

from ip_registry.actions.custodial import Sent, seal_in_custody
from ip_registry.addresses import record_url
from ip_registry.evidence.pages import verify_page
from ip_registry.forms import SealForm
from ip_registry.models import Record
from ip_registry.policy import RegistryRight
from ip_registry.proving import Proven, proven, proven_at
from ip_registry.queries.copies import comparable
from ip_registry.record_loading import deposit_of, record_at
from ip_registry.room import room
from ip_registry.schemas import RegistrationGiven
from ip_registry.together import register_together
from kernel.errors import InvalidError
from kernel.limits import POSTING, UPLOADING, is_write, limiter
from kernel.policy import Door, authorise
from kernel.web import Afterwards, current_viewer
from kernel.work import step_aside


@room.page("/registry/seal", may=RegistryRight.REGISTER, methods=("GET", "POST"))
@limiter.limit(POSTING, exempt_when=lambda: not is_write())
def seal() -> ResponseReturnValue:
    """Seal a work. `?parent=` names the record that it is a new version of."""
    viewer, parent = current_viewer(), _parent()
    if request.method == "GET":
        me = f"{viewer.display_name} @{viewer.handle}\n"
        return _page(SealForm(formdata=None, authors=me, title=parent.title if parent else ""), parent)
    if request.is_json:
        return _sealed_in_browser()
    form, record = SealForm(), None
    if form.validate_on_submit():
        with form.attempt():
            files = [Sent(_path(file), file.stream) for file in form.sent_files]
            secret = current_app.config["SECRET_KEY"]
            record = seal_in_custody(viewer, files=files, work=form.work, secret=secret, parent=parent)
    if record is None or not form.is_fine:
        return _page(form, parent), 422
    leaf_hash = record.leaf_hash
    return Afterwards(lambda: _shown(leaf_hash))


@room.page("/registry/<number>/copy", may=RegistryRight.READ)
@limiter.limit(UPLOADING)
def copy_facts(number: str) -> Response:
    """What a script compares the reader's own copy with: as much as this reader may know of the record."""
    known = comparable(current_viewer(), number)
    return jsonify(
        leaf=known.leaf,
        opening=known.opening,
        salt=known.salt,
        manifest=known.manifest,
        root=known.root,
        count=known.count,
        files=[{"index": file.index, "text": file.text, "proof": file.proof} for file in known.files],
    )


@room.page("/registry/verify.html", may=Door.ANYONE)
def verify_html() -> Response:
    """The page that checks evidence without any site: to be kept, and opened from disk."""
    response = make_response(verify_page())
    response.content_type = "text/html; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=verify.html"
    return response


def _page(form: SealForm, parent: Record | None) -> str:
    deposit = deposit_of(parent) if parent else None
    limit = current_app.config["SETTINGS"].upload_limit_mb
    is_in_custody = deposit is not None and deposit.custody is not None
    return render_template("ip_registry/seal.html", form=form, parent=parent, is_in_custody=is_in_custody, limit=limit)


def _parent() -> Record | None:
    """The record of one's own that is sealed anew."""
    name = request.args.get("parent", "")
    if not name:
        return None
    viewer = current_viewer()
    record = record_at(viewer, name)
    authorise(viewer, RegistryRight.MANAGE, record)
    return record


def _path(file: FileStorage) -> str:
    return file.filename or ""


def _sealed_in_browser() -> ResponseReturnValue:
    """Accept a leaf that was signed in the browser; what comes back is its place and the proof of it."""
    try:
        given = RegistrationGiven.model_validate_json(request.get_data())
    except ValidationError as error:
        reasons = {".".join(map(str, one["loc"])): one["msg"] for one in error.errors()}
        raise InvalidError(_("This is not a registration."), errors=reasons) from None
    step_aside()  # nobody waits while signature and manifest are checked
    viewer, checked = current_viewer(), given.checked
    return Afterwards(lambda: _proven(proven_at(register_together(viewer, checked), checked.leaf_hash)))


def _proven(made: Proven) -> ResponseReturnValue:
    url = record_url(made.number)
    return jsonify(
        number=made.number,
        index=made.index,
        leaf_hash=made.leaf_hash,
        url=url,
        evidence_url=f"{url}/evidence",
        proof=made.proof,
    )


def _shown(leaf_hash: bytes) -> ResponseReturnValue:
    made = proven(leaf_hash)
    flash(
        _(
            "Sealed. Your files were hashed here and not kept. The key of this record lies here, encrypted, because "
            "your browser could not keep it: the registry signs for you when you ask it to. Download the evidence now."
        ),
        "success",
    )
    return redirect(record_url(made.number), 303)
