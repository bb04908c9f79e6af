"""What happens to a need and its answers after it was written: each deed by one form, back to the page."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_timedelta
from flask_babel import gettext as _

from accounts.kinds import ORGANISATION
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.refs import Ref
from kernel.rooms import id_of
from kernel.web import current_viewer
from resources.actions import answers, needs, refusing
from resources.models import NeedState, Side
from resources.need_addresses import conversation_url, need_url
from resources.need_forms import AnswerForm
from resources.need_loading import need_of
from resources.policy import NeedRight
from resources.queries.figures import figures
from resources.queries.matching import has_refused, listings_for
from resources.queries.matching_achievements import THREAD, achievements_for
from resources.queries.matching_organisations import organisations_for
from resources.queries.matching_people import PERSON
from resources.queries.needs import need_view
from resources.room import room
from resources.views.needs import need_as_page, put_errors, refusal_reasons, said_when_published
from search_index.synonyms import synonyms

LIST = 30
ANCHORS = {THREAD: "#achievements", ORGANISATION: "#organisations", PERSON: "#people"}


def _back(need_id: int, anchor: str = "") -> ResponseReturnValue:
    held = need_of(current_viewer(), need_id)
    return redirect(need_url(held.id, held.slug) + anchor, 303)


def _refused(need_id: int, error: InvalidError) -> ResponseReturnValue:
    """The page again, with what was wrong and what was typed."""
    view = need_view(current_viewer(), need_id)
    return need_as_page(view, errors=error.errors or {"message": error.detail}), 422


@room.page("/needs/<int:need_id>/publication", may=NeedRight.MANAGE, methods=("POST",))
@limiter.limit(POSTING)
def publish_need(need_id: int) -> ResponseReturnValue:
    """Open a draft to its audience."""
    try:
        held = needs.publish_need(current_viewer(), need_id=need_id)
    except InvalidError as error:
        return _refused(need_id, error)
    flash(said_when_published(held), "success")
    return _back(need_id)


@room.page("/needs/<int:need_id>/discard", may=NeedRight.MANAGE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def discard_need(need_id: int) -> ResponseReturnValue:
    """Throw a draft away."""
    needs.discard_need(current_viewer(), need_id=need_id)
    flash(_("The draft is gone."), "success")
    return redirect("/needs/mine", 303)


@room.page("/needs/<int:need_id>/ending", may=NeedRight.CLOSE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def end_need(need_id: int) -> ResponseReturnValue:
    """Met or closed, with a message to those who wait."""
    state = NeedState.MET if request.form.get("state") == "met" else NeedState.CLOSED
    try:
        needs.end_need(current_viewer(), need_id=need_id, state=state, message=request.form.get("message", ""))
    except InvalidError as error:
        return _refused(need_id, error)
    return _back(need_id)


@room.page("/needs/<int:need_id>/invitations", may=NeedRight.MANAGE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def invite_to_need(need_id: int) -> ResponseReturnValue:
    """Let somebody see it."""
    try:
        person = needs.invite(current_viewer(), need_id=need_id, handle=request.form.get("handle", ""))
    except InvalidError as error:
        return _refused(need_id, error)
    flash(_("%(name)s sees this need now, and was told.", name=person.display_name), "success")
    return _back(need_id, "#invited")


@room.page("/needs/<int:need_id>/invitations/withdrawal", may=NeedRight.MANAGE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def uninvite_from_need(need_id: int) -> ResponseReturnValue:
    """Somebody does not see it any more."""
    needs.uninvite(current_viewer(), need_id=need_id, handle=request.form.get("handle", ""))
    return _back(need_id, "#invited")


@room.page("/needs/<int:need_id>/reading", may=NeedRight.ANSWER, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def read_full_text(need_id: int) -> ResponseReturnValue:
    """I read the full text, and its owner may know."""
    answers.read_full_text(current_viewer(), need_id=need_id)
    return _back(need_id, "#full")


@room.page("/needs/<int:need_id>/answers", may=NeedRight.ANSWER, methods=("POST",))
@limiter.limit(POSTING)
def answer_need(need_id: int) -> ResponseReturnValue:
    """Propose something; what cannot be sent stays in the form."""
    viewer, form = current_viewer(), AnswerForm()
    if form.validate():
        try:
            answers.give_answer(
                viewer,
                need_id=need_id,
                message=form.message.data,
                listing_id=id_of(form.listing.data),
                price=form.price.data or "",
                time_needed=form.time_needed.data or "",
                once=form.once.data or None,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(
                _("Your answer was sent. You will hear what becomes of it: every answer ends with a message."),
                "success",
            )
            return _back(need_id, "#answers")
    return need_as_page(need_view(viewer, need_id), answer_form=form), 422


@room.page(
    "/answers/<int:answer_id>/<any(shortlist,acceptance,refusal,withdrawal,opening):deed>",
    may=NeedRight.ANSWER,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def move_answer(answer_id: int, deed: str) -> ResponseReturnValue:
    """Short-list, accept, decline, withdraw, or open the full text to its author."""
    viewer, message = current_viewer(), request.form.get("message", "")
    try:
        if deed == "shortlist":
            moved = answers.shortlist(viewer, answer_id=answer_id, message=message)
        elif deed == "acceptance":
            moved = answers.accept(viewer, answer_id=answer_id, message=message)
        elif deed == "refusal":
            reason = request.form.get("reason", "")
            moved = answers.decline(viewer, answer_id=answer_id, reason=reason, message=message)
        elif deed == "withdrawal":
            moved = answers.withdraw(viewer, answer_id=answer_id, message=message)
        else:
            moved = answers.open_full_text(viewer, answer_id=answer_id)
    except InvalidError as error:
        need_id = answers.need_of_answer(viewer, answer_id)
        return _refused(need_id, error)
    if deed == "withdrawal":  # of a need that the author may not see any more
        return redirect(conversation_url(moved.conversation_id), 303)
    return _back(moved.need_id, f"#answer-{moved.id}")


@room.page("/needs/<int:need_id>/matches", may=NeedRight.READ)
def need_matches(need_id: int) -> ResponseReturnValue:
    """The listings, achievements and organisations that fit a need, each with the reasons."""
    viewer, also = current_viewer(), synonyms()
    view = need_view(viewer, need_id)
    return render_template(
        "resources/need_matches.html",
        view=view,
        need=view.row,
        matches=listings_for(viewer, view.need, limit=LIST, also=also),
        achievements=achievements_for(viewer, view.need, limit=LIST, also=also),
        organisations=organisations_for(viewer, view.need, limit=LIST, also=also),
        has_refused=view.row.is_mine and has_refused(viewer, Side.NEED, need_id),
        refusal_reasons=refusal_reasons(viewer.locale),
    )


@room.page("/needs/<int:need_id>/matches/refusals", may=NeedRight.REFUSE, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def refuse_listing(need_id: int) -> ResponseReturnValue:
    """Not this, because …; or, without a reason, everything that was refused may come again."""
    viewer, kind = current_viewer(), request.form.get("kind", "")
    if "reason" not in request.form:
        refusing.take_back_refusals(viewer, need_id=need_id)
    else:
        refusing.refuse_match(
            viewer,
            need_id=need_id,
            ref=Ref(kind, id_of(request.form.get("ref_id")) or 0),
            side=Side.NEED,
            reason=request.form["reason"],
            words=request.form.get("words", ""),
        )
    return _back(need_id, ANCHORS.get(kind, "#matches"))


@room.page("/needs/figures", may=NeedRight.READ)
def need_figures() -> ResponseReturnValue:
    """How many needs are answered, how soon, and how they end: each figure with how it is counted."""
    counted = figures()
    wait = counted.median_first_answer
    first = format_timedelta(wait, threshold=1.5) if wait is not None else ""
    return render_template("resources/need_figures.html", figures=counted, first_answer=first)
