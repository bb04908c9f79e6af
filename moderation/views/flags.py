"""Flagging something, and what became of what one flagged."""

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, limiter
from kernel.refs import Ref, cards
from kernel.rooms import id_of
from kernel.web import current_viewer, safe_next
from kernel.words import gettext as _
from moderation.actions.flags import flag, is_between_two, my_flag, thing_to_flag, withdraw_flag
from moderation.forms import FlagForm
from moderation.policy import OFFICERS, ModerationRight
from moderation.queries.rules import rules_in_force
from moderation.queries.standing import my_flags
from moderation.room import room


@room.page("/flags", may=ModerationRight.READ_OWN)
def flags() -> ResponseReturnValue:
    """My flags, and what came of them."""
    return render_template("moderation/flags.html", page=my_flags(current_viewer(), cursor=request.args.get("cursor")))


@room.page("/flags/new", may=ModerationRight.FLAG, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, methods=["POST"])
def new_flag() -> ResponseReturnValue:
    """Choose the rule, say what one has seen."""
    viewer = current_viewer()
    ref = Ref(request.values.get("kind", ""), id_of(request.values.get("ref_id")) or 0)
    thing = thing_to_flag(viewer, ref)
    card = cards(viewer, [thing.ref]).get(thing.ref)
    if card is None:
        raise NotFoundError
    form = FlagForm().offer(rules := rules_in_force(), viewer.locale)
    way = safe_next(request.values.get("next"), default=card.url)
    if form.validate_on_submit():
        with form.attempt():
            if not form.rule_id.data:
                form.rule_id.errors = [_("Choose one of these.")]
            else:
                flag(viewer, ref=ref, rule_id=form.rule, note=form.note.data or "", pass_on=bool(form.pass_on.data))
        if form.is_fine:
            flash(_("Thank you. Somebody looks at it, and you are told what comes of it."), "success")
            return redirect(way, 303)
    page = render_template(
        "moderation/flag.html",
        form=form,
        rules={str(rule.id): rule for rule in rules},
        card=card,
        next=way,
        mine=my_flag(viewer, thing.ref),
        is_private=thing.scope.startswith(OFFICERS),
        is_between_two=is_between_two(thing),
    )
    return page, 422 if form.errors else 200


@room.page("/flags/<int:flag_id>/withdrawal", may=ModerationRight.READ_OWN, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def withdraw(flag_id: int) -> ResponseReturnValue:
    """I was wrong."""
    withdraw_flag(current_viewer(), flag_id=flag_id)
    flash(_("Your flag is taken back."), "success")
    return redirect("/flags", 303)
