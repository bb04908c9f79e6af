"""Publishing an achievement, and changing its card. Before anything is written, the gate: which record proves it."""

from functools import partial

from flask import current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import Field
from wtforms.fields.choices import SelectChoice

from accounts.places import place_name, regions
from forum.actions.drafts import discard
from forum.addresses import thread_url
from forum.cooking import LONGEST_BODY, LONGEST_TITLE, preview
from forum.loading import board_at, thread_of
from forum.models import Draft
from forum.models.community import GENERAL
from forum.models.thread import ThreadKind
from forum.policy import ForumRight
from forum.queries.communities import communities
from forum.views.drafts import arrived
from ip_registry.achievement_text import read
from ip_registry.models import Record, RecordState
from ip_registry.policy import RegistryRight
from ip_registry.queries.lists import my_records
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.records import RecordView, record_view
from ip_registry.record_loading import record_at
from ip_registry.sequencing import NotSigningError, sequenced
from kernel.clock import now
from kernel.db import session
from kernel.errors import ForbiddenError, InvalidError, NotFoundError
from kernel.limits import POSTING, limiter
from kernel.policy import authorise
from kernel.rooms import id_of
from kernel.viewer import Viewer
from kernel.web import Afterwards, current_viewer
from ledger.encoding import to_base64
from moderation.models import Submission
from moderation.views.waiting import waits
from portal.achievement_forms import AchievementForm, CardForm
from portal.achievement_rows import AchievementRow, card_of
from portal.achievements import Proof, change_card, opening_of, publish
from portal.room import room

WITHOUT = "none"
MOST_OWN = 100
ENDED = (RecordState.WITHDRAWN, RecordState.ERASED)
CARRIED = ("board", "title")
DRAFT = "achievement"
KEPT = ("board", "tags", "problem", "method", "trl", "ip_status", "place", "award_name", "award_level", "award_year")


@room.page("/achievements/new", may=ForumRight.START)
def new_achievement() -> ResponseReturnValue:
    """The gate, and behind it the form."""
    viewer, chosen = current_viewer(), request.args.get("record", "")
    carried = {name: request.args[name][:LONGEST_TITLE] for name in CARRIED if request.args.get(name)}
    if not chosen:
        return render_template(
            "portal/achievement_gate.html",
            records=[row for row in my_records(viewer, limit=MOST_OWN).items if row.number and row.state not in ENDED],
            carried=carried,
            today=now().date(),
        )
    draft = session().get(Draft, (viewer.me, DRAFT))
    form = AchievementForm(formdata=None, data={**_kept(draft), **carried, "record": chosen})
    _offer(viewer, form)
    view = _record_in(viewer, form)
    form.title.data = form.title.data or (view.title if view else "")
    return _form_page(viewer, form, view, draft=draft)


@room.page("/achievements", may=ForumRight.START, methods=("POST",))
@limiter.limit(POSTING)
def publish_achievement() -> ResponseReturnValue:
    """Publish it, and disclose its record with it; what is refused changes nothing, and what was typed stays."""
    viewer, form = current_viewer(), AchievementForm()
    view = _record_in(viewer, form)
    _offer(viewer, form)
    if request.form.get("preview") and len(form.body.data or "") <= LONGEST_BODY:
        return _form_page(viewer, form, view)
    published = None
    if form.validate():
        community, _slash, board = form.board.data.partition("/")
        with form.attempt():
            try:
                published = publish(
                    viewer,
                    board=board_at(viewer, community, board),
                    text=form.text,
                    facts=form.facts,
                    proof=Proof(
                        record=record_at(viewer, view.number) if view else None,
                        is_understood=form.is_understood.data,
                        signed=form.signed,
                        secret=current_app.config["SECRET_KEY"],
                    ),
                    once=form.once.data or None,
                )
            except ForbiddenError as refusal:  # such as another person's key: said where it can be mended
                raise InvalidError(refusal.detail) from None
    if published is None:
        form.leaf.data = form.details.data = form.salt.data = ""
        return _form_page(viewer, form, view), 422
    discard(viewer, DRAFT)
    if isinstance(published, Submission):
        return redirect(waits(published), 303)
    return Afterwards(partial(_published, thread_url(published.thread.id, published.thread.slug), published.leaf_hash))


@room.page("/threads/<int:thread_id>/card", may=ForumRight.EDIT_POST)
def card(thread_id: int) -> ResponseReturnValue:
    """Change the card of an achievement, or give it one."""
    viewer = current_viewer()
    row = _card_to_change(viewer, thread_id)
    form = CardForm(formdata=None, data=_as_typed(viewer, thread_id, row))
    return _card_page(viewer, form, thread_id, row)


@room.page("/threads/<int:thread_id>/card", may=ForumRight.EDIT_POST, methods=("POST",))
@limiter.limit(POSTING)
def keep_card(thread_id: int) -> ResponseReturnValue:
    """Keep it; the opening post changes with it."""
    viewer, form = current_viewer(), CardForm()
    row = _card_to_change(viewer, thread_id)
    form.offer(viewer.locale)
    if form.validate():
        with form.attempt():
            change_card(
                viewer,
                thread_id=thread_id,
                facts=form.facts,
                record=record_at(viewer, form.record.data) if form.record.data else None,
                base=id_of(form.version.data),
            )
    if not form.is_fine:
        return _card_page(viewer, form, thread_id, row), 422
    thread, _board = thread_of(viewer, thread_id)
    return redirect(thread_url(thread.id, thread.slug), 303)


def _record_in(viewer: Viewer, form: AchievementForm) -> RecordView | None:
    """The record that the form names, which must be one's own; None for an achievement without one."""
    name = form.record.data or ""
    if name in ("", WITHOUT):
        form.record.data = WITHOUT
        return None
    view = record_view(viewer, name)
    authorise(viewer, RegistryRight.MANAGE, session().get_one(Record, view.record_id))
    if not view.number or view.state in ENDED:
        raise NotFoundError
    return view


def _offer(viewer: Viewer, form: AchievementForm) -> None:
    """Fill in what can be chosen; a community alone means its general board."""
    form.offer(viewer.locale)
    form.board.choices = [SelectChoice("", _("Choose a board…"))]
    form.board.choices += [
        SelectChoice(
            f"{community.place.slug}/{board.place.slug}",
            f"{community.place.name} · {board.place.name}",
            optgroup=community.place.name,
        )
        for community in communities(viewer)
        for board in community.boards
    ]
    if form.board.data and "/" not in form.board.data:
        form.board.data = f"{form.board.data}/{GENERAL}"


def _kept(draft: Draft | None) -> dict[str, object]:
    """What was left unfinished; what publishing means is read and ticked anew."""
    if draft is None:
        return {}
    fields = {name: value for name, value in draft.fields.items() if name in KEPT}
    year, ticked = str(fields.pop("award_year", "")), draft.fields.get("cooperation") or []
    return {
        **fields,
        "cooperation": ticked if isinstance(ticked, list) else [ticked],
        "award_year": id_of(year),
        "title": draft.title,
        "body": draft.body,
    }


def _form_page(viewer: Viewer, form: AchievementForm, view: RecordView | None, *, draft: Draft | None = None) -> str:
    is_disclosing = view is not None and view.state != RecordState.DISCLOSED
    newest = latest_checkpoint() if view is not None and is_disclosing else None
    return render_template(
        "portal/achievement_form.html",
        form=form,
        draft=draft,
        view=view,
        is_disclosing=is_disclosing,
        is_embargoed=bool(view and view.embargo_until and view.embargo_until > now().date() and is_disclosing),
        may_disclose=view is None or not is_disclosing or "reveal" in view.may,
        after=f"{newest.size}:{to_base64(newest.root)}" if newest else "",
        regions=regions(viewer.locale),
        needed=_needed(form, is_ticked=view is None or is_disclosing),
        preview_html=preview(form.body.data) if request.form.get("preview") else None,
    )


def _needed(form: AchievementForm, *, is_ticked: bool) -> list[Field]:
    """What cannot be left out, is empty so far, and stands far above the button."""
    needed = [form.title, form.board, form.problem, form.method, *([form.is_understood] if is_ticked else [])]
    return [field for field in needed if not field.data]


def _published(url: str, leaf_hash: bytes | None) -> ResponseReturnValue:
    """To the thread, once the disclosure stands in a signed checkpoint."""
    if leaf_hash is not None:
        try:
            sequenced(leaf_hash)
            flash(_("Published. The disclosure of your record is signed and in the log."), "success")
        except NotSigningError as delay:
            flash(delay.detail, "warning")
    return arrived(url, DRAFT)


def _card_to_change(viewer: Viewer, thread_id: int) -> AchievementRow | None:
    thread, _board = thread_of(viewer, thread_id)
    if thread.kind != ThreadKind.ACHIEVEMENT:
        raise NotFoundError
    authorise(viewer, ForumRight.EDIT_POST, (opening_of(thread_id), thread))
    return card_of(viewer, thread_id)


def _as_typed(viewer: Viewer, thread_id: int, row: AchievementRow | None) -> dict[str, object]:
    post = opening_of(thread_id)
    parts = read(post.body)
    start: dict[str, object] = {"version": str(post.edit_count)}
    if row is None:
        return {**start, "problem": parts.problem if parts else "", "method": parts.method if parts else ""}
    return {
        **start,
        "problem": row.problem,
        "method": row.method,
        "trl": str(row.trl or ""),
        "ip_status": row.ip_status,
        "cooperation": list(row.cooperation),
        "place": place_name(row.place, viewer.locale) if row.place else "",
        "award_name": row.award_name,
        "award_level": row.award_level,
        "award_year": row.award_year,
        "record": row.record_number,
    }


def _card_page(viewer: Viewer, form: CardForm, thread_id: int, row: AchievementRow | None) -> str:
    form.offer(viewer.locale)
    thread, _board = thread_of(viewer, thread_id)
    own = my_records(viewer, limit=MOST_OWN).items
    numbers = {one.number: one.title for one in own if one.number and one.state == RecordState.DISCLOSED}
    if row is not None and row.record_number:
        numbers.setdefault(row.record_number, "")
    form.record.choices = [("", _("None")), *((number, f"{number} {title}") for number, title in numbers.items())]
    return render_template(
        "portal/achievement_edit.html",
        form=form,
        thread=thread,
        url=thread_url(thread.id, thread.slug),
        regions=regions(viewer.locale),
    )
