"""Documents: the list, a document at one of its versions, and writing them."""

from contextlib import ExitStack

from flask import current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from activity.models import Level
from activity.queries import levels_for
from alliances.actions import documents as actions
from alliances.actions.documents import VERSION
from alliances.forms.documents import DocumentForm, DocumentSettingsForm, VersionForm
from alliances.here import Here, here_at
from alliances.kinds.rooms import DOCUMENT
from alliances.policy import AllianceRight
from alliances.queries import documents as queries
from alliances.readers import choices_for, group_here, readers_of
from alliances.room import room
from alliances.views.answers import put_errors
from alliances.views.frame import alliance_page
from kernel.diff import DiffLine, readable_diff
from kernel.errors import ConflictError, InvalidError, TooLargeError
from kernel.files import Inspected
from kernel.files.serving import give_file
from kernel.limits import POSTING, SMALL_DEEDS, UPLOADING, limiter
from kernel.policy import authorise, can
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.viewer import PUBLIC
from kernel.web import current_viewer

BASE = "/alliances/<slug>/documents"


@room.page(BASE, may=AllianceRight.READ)
def documents(slug: str) -> ResponseReturnValue:
    """What the alliance has written down, as far as this viewer reads it."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    group = group_here(here, id_of(request.args.get("group")))
    is_archived = request.args.get("view") == "archive"
    page = queries.document_page(
        viewer,
        here,
        group_id=group.id if group else None,
        is_archived=is_archived,
        cursor=request.args.get("cursor"),
    )
    return alliance_page(
        "alliances/documents.html", here, tab="documents", page=page, group=group, is_archived=is_archived
    )


@room.page(f"{BASE}/new", may=AllianceRight.WRITE_DOCUMENT)
def new_document(slug: str) -> ResponseReturnValue:
    """Write one, or add a file."""
    here, group_id = _place(slug)
    return _new_page(here, group_id, DocumentForm(formdata=None))


@room.page(BASE, may=AllianceRight.WRITE_DOCUMENT, methods=("POST",), endpoint="write_document")
@limiter.limit(UPLOADING)
def send_document(slug: str) -> ResponseReturnValue:
    """Keep it; what cannot be kept stays in the form."""
    viewer, form = current_viewer(), DocumentForm()
    here, group_id = _place(slug)
    form.audience.choices = choices_for(here, group_id=group_id)
    if form.validate():
        try:
            with ExitStack() as opened:
                file = _looked_into(here, group_id, opened)
                made = actions.write_document(
                    viewer,
                    slug=slug,
                    title=form.title.data,
                    audience=form.audience.data,
                    body=form.body.data or "",
                    file=file,
                    store=blob_store(),
                    comment=form.comment.data or "",
                    files_it=form.files_it.data,
                    group_id=group_id,
                )
        except (InvalidError, TooLargeError) as error:
            _show(form, error)
        else:
            flash(_("Kept as version 1."), "success")
            return redirect(f"{here.alliance.url}/documents/{made.id}", 303)
    return _new_page(here, group_id, form), 422


@room.page(f"{BASE}/<int:document_id>", may=AllianceRight.READ)
def document(slug: str, document_id: int) -> ResponseReturnValue:
    """A document at its newest version, or at another one."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    view = queries.document_view(viewer, here, document_id, id_of(request.args.get("version")))
    ref = Ref(DOCUMENT, document_id)
    return alliance_page(
        "alliances/document.html",
        here,
        tab="documents",
        view=view,
        may_write=can(viewer, AllianceRight.WRITE_DOCUMENT, (here, view.group_id)),
        settings=_settings_form(here, view),
        level=levels_for(viewer, [ref]).get(ref, Level.NORMAL).value,
        version_kind=VERSION,
    )


@room.page(f"{BASE}/<int:document_id>/edit", may=AllianceRight.WRITE_DOCUMENT)
def edit_document(slug: str, document_id: int) -> ResponseReturnValue:
    """Write the next version."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    view = queries.document_view(viewer, here, document_id)
    authorise(viewer, AllianceRight.WRITE_DOCUMENT, (here, view.group_id))
    form = VersionForm(formdata=None, base=view.row.latest, body=view.version.body, files_it=view.version.files_it)
    return _edit_page(here, view, form)


@room.page(f"{BASE}/<int:document_id>/versions", may=AllianceRight.WRITE_DOCUMENT, methods=("POST",))
@limiter.limit(UPLOADING)
def save_version(slug: str, document_id: int) -> ResponseReturnValue:
    """Keep the next version. When somebody else was faster, both texts are shown and nothing is lost."""
    viewer, form = current_viewer(), VersionForm()
    here = here_at(viewer, slug)
    view = queries.document_view(viewer, here, document_id)
    if form.validate():
        try:
            with ExitStack() as opened:
                file = _looked_into(here, view.group_id, opened)
                actions.save_version(
                    viewer,
                    slug=slug,
                    document_id=document_id,
                    base=form.base.data or 0,
                    body=form.body.data or "",
                    file=file,
                    store=blob_store(),
                    comment=form.comment.data or "",
                    files_it=form.files_it.data,
                )
        except (InvalidError, TooLargeError) as error:
            _show(form, error)
        except ConflictError as error:
            return _meanwhile(here, document_id, form, error)
        else:
            flash(_("Kept as a new version."), "success")
            return redirect(view.row.url, 303)
    return _edit_page(here, view, form), 422


@room.page(f"{BASE}/<int:document_id>/settings", may=AllianceRight.WRITE_DOCUMENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def set_document(slug: str, document_id: int) -> ResponseReturnValue:
    """Its title, and who reads it."""
    viewer, form = current_viewer(), DocumentSettingsForm()
    here = here_at(viewer, slug)
    view = queries.document_view(viewer, here, document_id)
    form.audience.choices = choices_for(here, group_id=view.group_id)
    if form.validate():
        try:
            actions.set_document(
                viewer, slug=slug, document_id=document_id, title=form.title.data, audience=form.audience.data
            )
        except InvalidError as error:
            put_errors(form, error, first="title")
        else:
            flash(_("Changed."), "success")
            return redirect(view.row.url, 303)
    page = alliance_page(
        "alliances/document.html",
        here,
        tab="documents",
        view=view,
        may_write=can(viewer, AllianceRight.WRITE_DOCUMENT, (here, view.group_id)),
        settings=form,
        level=Level.NORMAL.value,
        version_kind=VERSION,
    )
    return page, 422


@room.page(f"{BASE}/<int:document_id>/archive", may=AllianceRight.WRITE_DOCUMENT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def archive_document(slug: str, document_id: int) -> ResponseReturnValue:
    """Put it away, or bring it back."""
    is_away = request.form.get("away") == "1"
    actions.put_away(current_viewer(), slug=slug, document_id=document_id, is_away=is_away)
    flash(_("Put away: it is in the archive.") if is_away else _("It is in the list again."), "success")
    return redirect(f"/alliances/{slug}/documents/{document_id}", 303)


@room.page(f"{BASE}/<int:document_id>/adoption", may=AllianceRight.WRITE_DOCUMENT, methods=("POST",))
@limiter.limit(POSTING)
def adopt_document(slug: str, document_id: int) -> ResponseReturnValue:
    """Put a version to the vote."""
    proposal = actions.put_to_adoption(
        current_viewer(),
        slug=slug,
        document_id=document_id,
        number=id_of(request.form.get("number")) or 0,
        words=request.form.get("words", ""),
    )
    flash(_("The vote is open."), "success")
    return redirect(f"/alliances/{slug}/proposals/{proposal.number}", 303)


@room.page(f"{BASE}/<int:document_id>/differences", may=AllianceRight.READ)
def document_diff(slug: str, document_id: int) -> ResponseReturnValue:
    """What changed from one version to another."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    older, newer = (id_of(request.args.get(name)) or 0 for name in ("from", "to"))
    return alliance_page(
        "alliances/document_diff.html",
        here,
        tab="documents",
        document=queries.document_of(viewer, here, document_id),
        older=older,
        newer=newer,
        diff=queries.changed_lines(viewer, here, document_id, older, newer),
    )


@room.page(f"{BASE}/<int:document_id>/versions/<int:number>/file", may=AllianceRight.READ)
def document_file(slug: str, document_id: int, number: int) -> ResponseReturnValue:
    """The file of a version, for whoever reads the document."""
    viewer = current_viewer()
    found, version = queries.file_of(viewer, here_at(viewer, slug), document_id, number)
    return give_file(
        blob_store(),
        version.hash,
        name=version.file_name,
        media_type=version.media_type,
        is_inline=version.media_type.startswith("image/"),
        is_public=found.audience == PUBLIC,
    )


def _place(slug: str) -> tuple[Here, int | None]:
    """Where a new document comes, as far as the viewer may write there."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    group = group_here(here, id_of(request.values.get("group")))
    group_id = group.id if group else None
    authorise(viewer, AllianceRight.WRITE_DOCUMENT, (here, group_id))
    return here, group_id


def _looked_into(here: Here, group_id: int | None, opened: ExitStack) -> Inspected | None:
    """The file that was sent, inspected while nobody waits for us."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    limit = int(current_app.config["SETTINGS"].upload_limit_mb) * 1_000_000
    file = actions.inspect(
        current_viewer(),
        slug=here.alliance.slug,
        group_id=group_id,
        stream=sent.stream,
        name=sent.filename,
        limit_bytes=limit,
    )
    opened.enter_context(file.content)
    return file


def _show(form: VersionForm, error: InvalidError | TooLargeError) -> None:
    put_errors(form, InvalidError(error.detail, errors=error.errors), first="file")


def _meanwhile(here: Here, document_id: int, form: VersionForm, error: ConflictError) -> ResponseReturnValue:
    """The form with what was typed, on the version that is the newest now, and what differs between the two."""
    view = queries.document_view(current_viewer(), here, document_id)
    if view.row.latest == form.base.data:
        raise error
    form.base.data = view.row.latest
    form.base.raw_data = None
    typed = form.body.data or ""
    diff = None if view.row.is_file else readable_diff(view.version.body, typed)
    return _edit_page(here, view, form, meanwhile=error.detail, diff=diff), 409


def _new_page(here: Here, group_id: int | None, form: DocumentForm) -> str:
    form.audience.choices = choices_for(here, group_id=group_id)
    return alliance_page(
        "alliances/document_form.html", here, tab="documents", form=form, group=group_here(here, group_id), view=None
    )


def _edit_page(
    here: Here,
    view: queries.DocumentView,
    form: VersionForm,
    *,
    meanwhile: str = "",
    diff: list[DiffLine] | None = None,
) -> str:
    return alliance_page(
        "alliances/document_edit.html", here, tab="documents", form=form, view=view, meanwhile=meanwhile, diff=diff
    )


def _settings_form(here: Here, view: queries.DocumentView) -> DocumentSettingsForm:
    readers = readers_of(here.alliance, view.document.audience).value
    form = DocumentSettingsForm(formdata=None, title=view.document.title, audience=readers)
    form.audience.choices = choices_for(here, group_id=view.group_id)
    return form
