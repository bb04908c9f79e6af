"""Needs: the list, the page of one, and writing them."""

from typing import Any

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from accounts.places import place_name, region_code, regions
from accounts.sectors import sectors
from activity.models import Level
from activity.queries import bookmarked, levels_for
from alliances.queries.names import alliances_by_token
from kernel.errors import InvalidError, NotFoundError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.refs import Ref
from kernel.web import Kept, current_viewer
from kernel.words import gettext as _
from resources.actions import needs as actions
from resources.actions.refusing import REASONS
from resources.kinds.needs import NEED
from resources.models import Need, NeedState
from resources.need_addresses import need_url
from resources.need_forms import AnswerForm, NeedForm
from resources.need_loading import my_need, need_of
from resources.need_text import LONGEST_TITLE, MOST_TARGETS, Target
from resources.need_words import alias_name, names
from resources.policy import NeedRight
from resources.quality import ENOUGH, Quality, quality_of
from resources.queries import needs as queries
from resources.queries.answers import answers_to, my_offers
from resources.queries.match_scores import text_scores
from resources.queries.matching import listings_for
from resources.queries.matching_achievements import achievements_for
from resources.queries.matching_organisations import IN_SEARCH as ORGANISATIONS
from resources.queries.matching_organisations import organisations_for
from resources.queries.matching_people import IN_SEARCH as PEOPLE
from resources.queries.matching_people import people_for
from resources.room import room
from search_index.synonyms import synonyms

MORE_ROWS = 3
ON_PAGE = 6


@room.page("/needs", may=NeedRight.READ)
def needs() -> ResponseReturnValue:
    """What is looked for, narrowed by kind, sector, region and state."""
    viewer = current_viewer()
    asked = {name: request.args.get(name, "")[:20] for name in queries.FACETS}
    wanted = queries.NeedWanted(**{**asked, "state": asked["state"] or NeedState.OPEN.value})
    counts = queries.facet_counts(viewer, wanted)
    labels = {
        "kind": names("kind", viewer.locale),
        "sector": sectors(viewer.locale),
        "region": regions(viewer.locale),
        "state": {code: name for code, name in names("state", viewer.locale).items() if code != NeedState.DRAFT},
    }
    return render_template(
        "resources/needs.html",
        page=queries.need_page(viewer, wanted, cursor=request.args.get("cursor")),
        wanted=wanted,
        counts=counts,
        labels=labels,
        region_name=place_name(wanted.region, viewer.locale) if wanted.region else "",
    )


@room.page("/needs/mine", may=NeedRight.POST)
def my_needs() -> ResponseReturnValue:
    """What I look for, and what I answered."""
    viewer = current_viewer()
    page = queries.my_needs(viewer, cursor=request.args.get("cursor"))
    return render_template(
        "resources/needs_mine.html",
        page=page,
        answered=queries.needs_answered(viewer),
        answer_states=names("answer_state", viewer.locale),
    )


@room.page("/needs/<int:need_id>", may=NeedRight.READ)
def need_without_slug(need_id: int) -> ResponseReturnValue:
    """The same need under its full address."""
    return need(need_id, "")


@room.page("/needs/<int:need_id>-<slug>", may=NeedRight.READ)
def need(need_id: int, slug: str) -> ResponseReturnValue:
    """A need, with what fits it and its answers as far as they are this viewer's."""
    view = queries.need_view(current_viewer(), need_id)
    if view.row.url != need_url(need_id, slug):
        return redirect(view.row.url, 301)
    return need_as_page(view)


def need_as_page(
    view: queries.NeedView, *, answer_form: FlaskForm | None = None, errors: dict[str, str] | None = None
) -> str:
    """The page of a need, with what was typed into a form that was refused."""
    viewer, held = current_viewer(), view.need
    ref = Ref(NEED, held.id)
    refs = [] if view.row.is_mine else [ref]
    form = answer_form or AnswerForm(formdata=None)
    if isinstance(form, AnswerForm):
        form.listing.choices = [("", _("None")), *((str(number), title) for number, title in my_offers(viewer))]
    is_matched = held.state == NeedState.OPEN and view.row.is_mine
    also = synonyms() if is_matched else {}
    texts = text_scores(viewer, held, PEOPLE, ORGANISATIONS, also=also) if is_matched else {}
    return render_template(
        "resources/need.html",
        view=view,
        need=view.row,
        alias=alias_name(held.alias, viewer.locale),
        ally=alliances_by_token([held.alliance], viewer.locale).get(held.alliance) if held.alliance else None,
        answers=answers_to(viewer, held, cursor=request.args.get("answers")),
        form=form,
        errors=errors or {},
        matches=listings_for(viewer, held, limit=ON_PAGE, also=also) if is_matched else [],
        achievements=achievements_for(viewer, held, also=also) if is_matched else [],
        organisations=organisations_for(viewer, held, also=also, texts=texts[ORGANISATIONS]) if is_matched else [],
        people=people_for(viewer, held, also=also, texts=texts[PEOPLE]) if is_matched else [],
        readings=queries.readings(viewer, held) if view.has_full else [],
        invited=queries.invited(viewer, held),
        quality=quality_of(_columns(held)) if view.row.is_mine else None,
        refusal_reasons=refusal_reasons(viewer.locale),
        decline_reasons=names("decline", viewer.locale),
        level=levels_for(viewer, refs).get(ref, Level.NORMAL).value,
        is_bookmarked=ref in bookmarked(viewer, refs),
    )


def refusal_reasons(locale: str) -> dict[str, dict[str, str]]:
    """Why one of each kind may be refused, by the kind."""
    said = names("refusal", locale)
    return {kind: {reason.value: said[reason] for reason in reasons} for kind, reasons in REASONS.items()}


@room.page("/needs/new", may=NeedRight.POST)
def new_need() -> ResponseReturnValue:
    """Write a need."""
    form = NeedForm(
        formdata=None,
        title=request.args.get("title", "")[:LONGEST_TITLE],
        visibility="public",
        kind="research",
        is_full_shown="",
    )
    return _form_page(form)


@room.page("/needs", may=NeedRight.POST, methods=("POST",), endpoint="draft_need")
@limiter.limit(POSTING)
def send_need() -> ResponseReturnValue:
    """Keep it as a draft, or publish it at once; what cannot be kept stays in the form."""
    viewer, form = current_viewer(), NeedForm()
    if request.form.get("more") or request.form.get("preview"):
        return _form_page(form)
    if form.validate():
        try:
            held = actions.draft_need(viewer, form.facts, once=form.once.data or None)
        except InvalidError as error:
            put_errors(form, error)
        else:
            return _go_on(form, held)
    return _form_page(form), 422


@room.page("/needs/<int:need_id>/edit", may=NeedRight.MANAGE)
def edit_need(need_id: int) -> ResponseReturnValue:
    """Change a need of one's own."""
    held = need_of(current_viewer(), need_id)
    if held.owner_id != current_viewer().user_id:
        raise NotFoundError
    return _form_page(_form_of(held), need=held)


@room.page("/needs/<int:need_id>", may=NeedRight.MANAGE, methods=("POST",), endpoint="change_need")
@limiter.limit(POSTING)
def send_changes(need_id: int) -> ResponseReturnValue:
    """Keep the changes, and publish a draft if that is wished."""
    viewer, form = current_viewer(), NeedForm()
    held = my_need(viewer, need_id)
    if request.form.get("more") or request.form.get("preview"):
        return _form_page(form, need=held)
    if form.validate():
        try:
            held = actions.edit_need(viewer, form.facts, need_id=need_id)
        except InvalidError as error:
            put_errors(form, error)
        else:
            return _go_on(form, held)
    return _form_page(form, need=held), 422


@room.page("/needs/quality", may=NeedRight.POST, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def need_quality() -> ResponseReturnValue:
    """How much of what is being typed can be compared: a piece of the form's page."""
    return render_template("resources/_quality.html", quality=_quality(NeedForm()), enough=ENOUGH)


def _go_on(form: NeedForm, held: Need) -> ResponseReturnValue:
    """After saving: to the need, published if that was wished; what is missing for that is said in the form."""
    if request.form.get("then") == "publish" and held.state == NeedState.DRAFT:
        try:
            held = actions.publish_need(current_viewer(), need_id=held.id)
        except InvalidError as error:
            put_errors(form, error)
            return Kept(_form_page(form, need=held, is_kept=True), 422)
        flash(said_when_published(held), "success")
    elif held.state == NeedState.DRAFT:
        flash(_("Kept as a draft that only you see."), "success")
    return redirect(need_url(held.id, held.slug), 303)


def said_when_published(held: Need) -> str:
    """It is open; or it has to be approved first."""
    if held.state == NeedState.DRAFT:
        return _("A moderator looks at your need before it is open; you are told as soon as they have.")
    return _("Your need is open. You will hear when somebody answers, and when a listing fits it.")


def _form_page(form: NeedForm, *, need: Need | None = None, is_kept: bool = False) -> str:
    viewer = current_viewer()
    form.offer(viewer.locale, viewer.audience)
    if request.form.get("more"):
        for _row in range(MORE_ROWS):
            if len(form.targets) < MOST_TARGETS:
                form.targets.append_entry()
    return render_template(
        "resources/need_form.html",
        form=form,
        need=need,
        is_kept=is_kept,
        quality=_quality(form),
        enough=ENOUGH,
        is_preview=bool(request.form.get("preview")),
        regions=regions(viewer.locale),
        labels={section: names(section, viewer.locale) for section in ("kind", "budget", "ip_wish", "visibility")},
        sector_names=sectors(viewer.locale),
    )


def _quality(form: NeedForm) -> Quality:
    facts = form.facts
    return quality_of(
        {
            "title": facts.title,
            "teaser": facts.teaser,
            "problem": facts.problem,
            "constraints": facts.constraints,
            "tried": facts.tried,
            "region": region_code(facts.place) if facts.place else "",
            "sectors": facts.sectors,
            "targets": [row for row in facts.targets if row.quantity.strip() and row.value.strip()],
            "budget": facts.budget,
            "deadline": facts.deadline,
            "trl": facts.trl,
            "ip_wish": facts.ip_wish,
        }
    )


def _columns(need: Need) -> dict[str, Any]:
    names_of = "title teaser problem constraints tried region sectors targets budget deadline trl ip_wish"
    return {name: getattr(need, name) for name in names_of.split()}


def _form_of(need: Need) -> NeedForm:
    """The form with what is kept."""
    columns = _columns(need) | {"kind": need.kind, "visibility": need.visibility, "alliance": need.alliance}
    return NeedForm(
        formdata=None,
        **columns
        | {
            "place": place_name(need.region, current_viewer().locale) if need.region else "",
            "is_full_shown": "all" if need.is_full_shown else "",
            "trl": str(need.trl or ""),
            "targets": [Target(row["quantity"], row["value"], row["unit"]) for row in need.targets],
        },
    )


def put_errors(form: FlaskForm, error: InvalidError) -> None:
    """Each error beside its field; what belongs to none stands beside the first."""
    for name, message in error.errors.items():
        field = getattr(form, name, None)
        target = field if field is not None else next(iter(form))
        target.errors = [*target.errors, message]
