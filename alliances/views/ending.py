"""The end of an alliance, step by step, and the archive that stays."""

from collections.abc import Iterator

from flask import Response, flash, redirect, render_template, stream_with_context
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.blobs import blob_store
from alliances.actions import dissolving as actions
from alliances.archiving import archive_pieces, file_name
from alliances.forms.members import MessageForm, NoteForm, ReasonForm, put_errors
from alliances.here import Here, here_at
from alliances.log_words import sentence_of
from alliances.models import State
from alliances.policy import AllianceRight
from alliances.queries import archive
from alliances.queries.ending import dissolution_of
from alliances.queries.log import called
from alliances.queries.names import names_of_people
from alliances.room import room
from alliances.views.frame import word
from alliances.views.members import members_page
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.limits import SMALL_DEEDS, UPLOADING, limiter
from kernel.policy import authorise, can
from kernel.web import current_viewer


@room.page("/alliances/<slug>/archive", may=AllianceRight.READ_INSIDE)
def ending(slug: str) -> ResponseReturnValue:
    """What the archive holds, and how the end of the alliance stands."""
    here = here_at(current_viewer(), slug)
    authorise(here.viewer, AllianceRight.READ_INSIDE, here)
    return _page(here)


def _page(
    here: Here,
    *,
    form: ReasonForm | None = None,
    dropping: MessageForm | None = None,
    settling: tuple[str, NoteForm] | None = None,
) -> str:
    view = dissolution_of(here)
    done = view.dissolution.items if view else {}
    return members_page(
        "alliances/ending.html",
        here,
        part="ending",
        view=view,
        names=names_of_people(one["by"] for one in done.values()),
        checklist=[(item, done.get(item)) for item in actions.CHECKLIST],
        is_settled=bool(view) and not [item for item in actions.CHECKLIST if item not in done],
        may_dissolve=can(here.viewer, AllianceRight.DISSOLVE, here),
        may_propose=view is None and here.alliance.state == State.ACTIVE,
        form=form or ReasonForm(formdata=None),
        dropping=dropping or MessageForm(formdata=None, prefix="dropping"),
        settling=settling,
        note_form=NoteForm(formdata=None),
    )


@room.page("/alliances/<slug>/dissolution", may=AllianceRight.DISSOLVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def propose_dissolution(slug: str) -> ResponseReturnValue:
    """Ask the members to end it."""
    viewer, form = current_viewer(), ReasonForm()
    if form.validate():
        try:
            actions.propose_dissolution(viewer, slug=slug, reason=form.reason.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The members are asked whether the alliance shall end."), "success")
            return _back(slug)
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    return _page(here, form=form), 422


@room.page("/alliances/<slug>/dissolution/dropping", may=AllianceRight.DISSOLVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def drop_dissolution(slug: str) -> ResponseReturnValue:
    """Take the question back."""
    viewer, form = current_viewer(), MessageForm(prefix="dropping")
    if form.validate():
        try:
            actions.drop_dissolution(viewer, slug=slug, message=form.message.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("The alliance goes on; the vote was taken back."), "success")
            return _back(slug)
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    return _page(here, dropping=form), 422


@room.page("/alliances/<slug>/dissolution/items/<item>", may=AllianceRight.DISSOLVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def settle_item(slug: str, item: str) -> ResponseReturnValue:
    """A point of the checklist is settled."""
    viewer, form = current_viewer(), NoteForm()
    if form.validate():
        try:
            actions.tick(viewer, slug=slug, item=item, words=form.note.data or "")
        except InvalidError as error:
            put_errors(form, error)
        else:
            return _back(slug)
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    return _page(here, settling=(item, form)), 422


@room.page("/alliances/<slug>/dissolution/finishing", may=AllianceRight.DISSOLVE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def finish_dissolution(slug: str) -> ResponseReturnValue:
    """The last act."""
    actions.finish_dissolution(current_viewer(), slug=slug)
    flash(_("The alliance is dissolved. Its members read and download all of it, as before."), "success")
    return _back(slug)


@room.page("/alliances/<slug>/archive.zip", may=AllianceRight.READ_INSIDE)
@limiter.limit(UPLOADING)
def archive_file(slug: str) -> ResponseReturnValue:
    """Everything that this viewer may read, as it is made."""
    here = here_at(current_viewer(), slug)
    authorise(here.viewer, AllianceRight.READ_INSIDE, here)
    pieces: Iterator[bytes] = archive_pieces(here, blob_store(), page=_index(here))
    response = Response(stream_with_context(pieces), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-{now():%Y-%m-%d}.zip"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _index(here: Here) -> str:
    """The page of the archive: it stands alone, without this site and without a network."""
    lines = [line for line, _shown in archive.log_lines(here)]
    names = called(lines)
    return render_template(
        "alliances/archive_index.html",
        here=here,
        alliance=here.alliance,
        word=word,
        made_at=now(),
        charters=[version for version, _text in archive.charter_versions(here)],
        members=list(archive.members(here)),
        offices=archive.offices(here),
        decisions=list(archive.decisions(here)),
        resolutions=archive.resolutions(here),
        documents=[
            (document, [(version, file_name(document, version)) for version in versions])
            for document, versions in archive.documents(here)
        ],
        events=archive.meetings(here),
        names=names,
        log=[
            (line, "" if line.is_withheld else sentence_of(line.act, line.facts or {}, here.viewer.locale, names))
            for line in lines
        ],
    )


def _back(slug: str) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/archive", 303)
