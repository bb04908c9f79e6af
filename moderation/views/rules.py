"""The rules of the house, for everybody; and where the staff keep them."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue

from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door, authorise
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.rules import add_rule, bring_back_rule, change_rule, retire_rule, rule_of
from moderation.forms import RuleForm
from moderation.policy import ModerationRight
from moderation.queries.rules import all_rules, rules_in_force
from moderation.room import room


@room.page("/rules", may=Door.ANYONE)
def rules() -> ResponseReturnValue:
    """What holds here, and what happens to what breaks it."""
    return render_template("moderation/rules.html", rules=rules_in_force())


@room.page("/staff/rules", may=ModerationRight.KEEP_RULES)
def staff_rules() -> ResponseReturnValue:
    """All rules, the retired ones too."""
    return render_template("moderation/staff_rules.html", rules=all_rules())


@room.page("/staff/rules/new", may=ModerationRight.KEEP_RULES, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, methods=["POST"])
def new_rule() -> ResponseReturnValue:
    """One more."""
    form = RuleForm()
    if form.validate_on_submit():
        with form.attempt():
            add_rule(current_viewer(), form.facts)
        if form.is_fine:
            flash(_("The rule counts from now on."), "success")
            return redirect("/staff/rules", 303)
    return render_template("moderation/rule_form.html", form=form, rule=None), 422 if form.errors else 200


@room.page("/staff/rules/<int:rule_id>", may=ModerationRight.KEEP_RULES, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, methods=["POST"])
def edit_rule(rule_id: int) -> ResponseReturnValue:
    """Say it anew."""
    authorise(current_viewer(), ModerationRight.KEEP_RULES)
    rule = rule_of(rule_id)
    form = RuleForm(obj=rule)
    if form.validate_on_submit():
        with form.attempt():
            change_rule(current_viewer(), form.facts, rule_id=rule_id)
        if form.is_fine:
            flash(_("It is saved."), "success")
            return redirect("/staff/rules", 303)
    return render_template("moderation/rule_form.html", form=form, rule=rule), 422 if form.errors else 200


@room.page("/staff/rules/<int:rule_id>/retirement", may=ModerationRight.KEEP_RULES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def retire(rule_id: int) -> ResponseReturnValue:
    """It counts no more."""
    retire_rule(current_viewer(), rule_id=rule_id)
    return redirect("/staff/rules", 303)


@room.page("/staff/rules/<int:rule_id>/return", may=ModerationRight.KEEP_RULES, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def bring_back(rule_id: int) -> ResponseReturnValue:
    """It counts again."""
    bring_back_rule(current_viewer(), rule_id=rule_id)
    return redirect("/staff/rules", 303)
