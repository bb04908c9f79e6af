"""What the page of an act shows: the record as far as the viewer sees it, the form, and whose key will sign."""

from collections.abc import Mapping

from flask import render_template, request
from flask_babel import gettext as _

from ip_registry.act_forms import FORMS, ActForm
from ip_registry.actions.custody import WITH_FRESH_KEY
from ip_registry.actions.embargoes import REMINDED
from ip_registry.models import EventType, PartyRole, PartyState
from ip_registry.policy import RegistryRight
from ip_registry.queries.acts import DECLINE
from ip_registry.queries.lists import my_records
from ip_registry.queries.log import latest_checkpoint
from ip_registry.queries.records import PartyRow, RecordView, record_view
from ip_registry.queries.shown_files import shown_files
from ip_registry.record_loading import record_at
from kernel.errors import ForbiddenError, NotFoundError
from kernel.policy import authorise
from kernel.viewer import Viewer
from ledger.encoding import to_base64

SCOPES = ("public", "file", "person")
MOST_OWN = 100
MOST_CHOICES = 500
RIGHTS: Mapping[str, RegistryRight] = {
    EventType.CONSENT: RegistryRight.CONSENT,
    DECLINE: RegistryRight.CONSENT,
    EventType.ACCEPT: RegistryRight.ACCEPT,
    EventType.DISPUTE: RegistryRight.DISPUTE,
}


def asked(viewer: Viewer, number: str, act: str) -> RecordView:
    """The record on which the viewer may do this act now."""
    if act not in FORMS:
        raise NotFoundError
    view = record_view(viewer, number)
    authorise(viewer, RIGHTS.get(act, RegistryRight.MANAGE), record_at(viewer, number))
    if act not in view.may:
        raise ForbiddenError(_("This cannot be done with this record now, or not by you."))
    return view


def fill(form: ActForm, viewer: Viewer, view: RecordView) -> None:
    """What the form says by itself, and what can be chosen in it."""
    if "scope" in form:
        scope = form["scope"].data if form.is_submitted() else request.args.get("scope")
        form["scope"].data = scope if scope in SCOPES else "public"
        found = shown_files(view, at_most=MOST_CHOICES)
        form.offer(paths=[(file.path, file.path) for file in found.files] if found else [])
    stands = view.embargo_until is not None and view.embargo_mode != REMINDED
    if "then" in form and stands and not form.is_submitted() and "lift" not in request.args:
        form["until"].data, form["mode"].data = view.embargo_until, view.embargo_mode
    if "id_commit" in form:
        mine = _undecided(view)
        form["author"].data, form["id_commit"].data = mine.position, mine.id_commit
    if "assign" in form:
        form["assign"].data = next(one.leaf_hash for one in reversed(view.events) if one.type == EventType.ASSIGN)
    if "dispute" in form and not form["dispute"].data:
        waiting = [one.dispute.leaf_hash for one in view.disputes if one.answer is None]
        asked_for = request.args.get("dispute", "")
        form["dispute"].data = asked_for if asked_for in waiting else waiting[0]
    if "own_record" in form:
        mine_too = my_records(viewer, limit=MOST_OWN).items
        form.offer(own_record=[("", _("None")), *((row.leaf_hash, f"{row.number} {row.title}") for row in mine_too)])


def act_page(view: RecordView, act: str, form: ActForm) -> str:
    """The page of an act."""
    newest = latest_checkpoint()
    return render_template(
        "ip_registry/act.html",
        view=view,
        act=act,
        form=form,
        after=f"{newest.size}:{to_base64(newest.root)}",
        signing_key=_signing_key(view, act),
        is_kept_here=view.is_in_custody or act in WITH_FRESH_KEY,
        is_fresh=act in WITH_FRESH_KEY,
        most_choices=MOST_CHOICES,
        dispute=next(
            (one for one in view.disputes if "dispute" in form and one.dispute.leaf_hash == form["dispute"].data), None
        ),
    )


def _signing_key(view: RecordView, act: str) -> str:
    """The key that has to sign; empty where one is made for it."""
    if act == EventType.CONSENT:
        return _undecided(view).key or ""
    if act == EventType.DISPUTE:
        return ""
    return (view.next_key or "") if act == EventType.ACCEPT else view.owner_key


def _undecided(view: RecordView) -> PartyRow:
    """The viewer's place among the named authors who were not heard yet."""
    return next(
        one for one in view.parties if one.is_me and one.role == PartyRole.AUTHOR and one.state == PartyState.NAMED
    )
