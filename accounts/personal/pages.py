"""My data: taking it along, bringing it from elsewhere, going for good; and what is kept of everybody, and why."""

from flask import flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from accounts.models import ArchiveKind, ArchiveState
from accounts.personal import going, keeping
from accounts.personal.opening import check_shape
from accounts.policy import AccountRight
from accounts.recent import must_be_recent
from accounts.room import room
from kernel.errors import ConflictError, InvalidError, NotFoundError
from kernel.files.serving import give_file
from kernel.limits import SIGNING, SMALL_DEEDS, UPLOADING, limiter
from kernel.personal import all_kept, hindrances
from kernel.policy import Door
from kernel.web import current_viewer
from kernel.work import step_aside


@room.page("/privacy", may=Door.ANYONE)
def privacy() -> ResponseReturnValue:
    """What is kept of a person, why, for how long, and what becomes of it when they go."""
    return render_template("accounts/privacy.html", kept=all_kept())


@room.page("/settings/data", may=AccountRight.TAKE_ALONG)
def my_data() -> ResponseReturnValue:
    """Archives, and the way out."""
    viewer = current_viewer()
    return render_template(
        "accounts/settings_data.html",
        tab="data",
        archives=keeping.my_archives(viewer, ArchiveKind.EXPORT),
        imports=keeping.my_archives(viewer, ArchiveKind.IMPORT),
        departure=keeping.departure_of(viewer),
        kept_days=keeping.KEPT_FOR.days,
        kept_for=keeping.KEPT_FOR,
    )


@room.page("/settings/data/archives", may=AccountRight.TAKE_ALONG, methods=("POST",))
@limiter.limit(SIGNING)
def ask_for_archive() -> ResponseReturnValue:
    """Have everything packed."""
    viewer = current_viewer()
    must_be_recent(viewer)
    keeping.ask_for_archive(viewer)
    flash(_("Your archive is being packed. You will get a mail when it is ready."), "success")
    return redirect("/settings/data", 303)


@room.page("/settings/data/archives/<int:archive_id>", may=AccountRight.TAKE_ALONG)
def fetch_archive(archive_id: int) -> ResponseReturnValue:
    """The ZIP, for whose it is and nobody else."""
    viewer = current_viewer()
    archive = keeping.my_archive(viewer, archive_id, ArchiveKind.EXPORT)
    if archive.state != ArchiveState.READY or archive.sha256 is None:
        raise NotFoundError
    must_be_recent(viewer)
    return give_file(
        blob_store(),
        archive.sha256,
        name=archive.name,
        media_type="application/zip",
        is_inline=False,
        is_public=False,
    )


@room.page("/settings/data/import", may=AccountRight.BRING)
def bring() -> ResponseReturnValue:
    """Bring an archive from elsewhere."""
    return _bring_page()


@room.page("/settings/data/import", may=AccountRight.BRING, methods=("POST",), endpoint="send_archive")
@limiter.limit(UPLOADING)
def send_archive() -> ResponseReturnValue:
    """Keep an archive as it was sent; the worker looks through it and takes it in."""
    viewer, sent = current_viewer(), request.files.get("file")
    if sent is None or not sent.filename:
        return make_response(_bring_page(_("Choose a file first.")), 422)
    step_aside()
    try:
        check_shape(sent.stream)
        keeping.bring_archive(viewer, file=sent.stream, name=sent.filename)
    except (ConflictError, InvalidError) as refusal:
        return make_response(_bring_page(refusal.detail), refusal.status)
    flash(_("Your archive is being looked through, then taken in. You will get a mail when that is done."), "success")
    return redirect("/settings/data/import", 303)


@room.page("/settings/data/deletion", may=AccountRight.GO)
def deletion() -> ResponseReturnValue:
    """What going for good means, what stands in the way, and the choice."""
    viewer = current_viewer()
    must_be_recent(viewer)
    return render_template(
        "accounts/settings_deletion.html",
        tab="data",
        hindrances=hindrances(viewer),
        departure=keeping.departure_of(viewer),
        days=going.WAITING.days,
        error="",
    )


@room.page("/settings/data/deletion", may=AccountRight.GO, methods=("POST",), endpoint="ask_to_go")
@limiter.limit(SIGNING)
def ask_to_go() -> ResponseReturnValue:
    """Delete my account, in two weeks."""
    viewer, choice = current_viewer(), request.form.get("choice", "")
    must_be_recent(viewer)
    if choice not in {"anonymise", "remove"}:
        page = render_template(
            "accounts/settings_deletion.html",
            tab="data",
            hindrances=hindrances(viewer),
            departure=keeping.departure_of(viewer),
            days=going.WAITING.days,
            error=_("Choose what becomes of what you wrote."),
        )
        return make_response(page, 422)
    going.ask_to_go(viewer, removes=choice == "remove")
    flash(_("Your account will be deleted. Until then you can keep it here with one press."), "success")
    return redirect("/settings/data", 303)


@room.page("/settings/data/deletion/stop", may=AccountRight.GO, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def stay() -> ResponseReturnValue:
    """Think better of it."""
    going.stay(current_viewer())
    flash(_("Your account stays, and nothing of it was changed."), "success")
    return redirect("/settings/data", 303)


@room.page("/staff/archives", may=AccountRight.LET_IN)
def archives_to_decide() -> ResponseReturnValue:
    """Imports whose posts wait for the staff."""
    return render_template("accounts/staff_archives.html", rows=keeping.asked_of_staff())


@room.page("/staff/archives/<int:archive_id>", may=AccountRight.LET_IN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def decide_archive(archive_id: int) -> ResponseReturnValue:
    """Let the posts in, or not."""
    let_in = request.form.get("let_in") == "yes"
    keeping.decide_posts(current_viewer(), archive_id=archive_id, let_in=let_in)
    flash(_("The posts are being taken in.") if let_in else _("The posts stay outside."), "success")
    return redirect("/staff/archives", 303)


def _bring_page(error: str = "") -> str:
    viewer = current_viewer()
    return render_template(
        "accounts/settings_import.html",
        tab="data",
        imports=keeping.my_archives(viewer, ArchiveKind.IMPORT),
        error=error,
    )
