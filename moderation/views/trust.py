"""How trust grows: the levels, what each asks for and allows, and how far oneself has come."""

from dataclasses import dataclass

from flask import current_app, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import SelectChoice

from accounts.models import User
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.limits import SMALL_DEEDS, is_write, limiter
from kernel.policy import Door, authorise
from kernel.web import current_viewer
from kernel.words import gettext as _
from moderation.actions.trusting import set_trust
from moderation.levels import fact_names, level_names
from moderation.limits import LEVELS, Limits
from moderation.policy import ModerationRight
from moderation.room import room
from moderation.trust import CONDITIONS, Conditions, Standing, standings
from moderation.trust_forms import BY_NUMBERS, TrustForm


@dataclass(frozen=True, slots=True)
class Progress:
    """One condition, and how far somebody has come: `share` in percent, where it is something to be reached."""

    name: str
    wanted: int
    have: int | None
    is_met: bool
    share: int | None


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A level as the page shows it."""

    number: int
    name: str
    limits: Limits
    conditions: list[Progress]
    is_rolling: bool
    is_mine: bool


@room.page("/trust", may=Door.ANYONE)
def trust() -> ResponseReturnValue:
    """The levels; for somebody signed in, with their own numbers."""
    viewer = current_viewer()
    mine = standings([viewer.me])[viewer.me] if viewer.signed_in else None
    levels = _levels(viewer.trust if viewer.signed_in else None, mine)
    return render_template("moderation/trust.html", levels=levels, first=_first())


@room.page("/staff/people/<handle>/trust", may=ModerationRight.OVERSEE, methods=("GET", "POST"))
@limiter.limit(SMALL_DEEDS, exempt_when=lambda: not is_write())
def person_trust(handle: str) -> ResponseReturnValue:
    """Somebody's numbers, for the staff, who may fix their level."""
    viewer = current_viewer()
    authorise(viewer, ModerationRight.OVERSEE)
    user = _person(handle)
    form = TrustForm(data={"level": str(user.trust_level) if user.trust_is_fixed else BY_NUMBERS})
    form.level.choices = [SelectChoice(BY_NUMBERS, _("As the numbers say")), *_choices()]
    if form.validate_on_submit():
        level = None if form.level.data == BY_NUMBERS else int(form.level.data)
        with form.attempt():
            set_trust(viewer, user_id=user.id, level=level, reason=form.reason.data or "")
        if form.is_fine:
            flash(_("The level is set."), "success")
            return redirect(f"/staff/people/{user.handle}/trust", 303)
    levels = _levels(user.trust_level, standings([user.id])[user.id])
    page = render_template("moderation/person_trust.html", user=user, levels=levels, form=form, first=_first())
    return page, 422 if form.errors else 200


def _choices() -> list[SelectChoice]:
    return [SelectChoice(str(number), f"{number} · {name}") for number, name in enumerate(level_names())]


def _first() -> int:
    return int(current_app.config["SETTINGS"].approve_first)


def _person(handle: str) -> User:
    """Suspended people too."""
    user = session().scalar(select(User).where(User.handle == handle.lower()))
    if user is None:
        raise NotFoundError
    return user


def _levels(present: int | None, standing: Standing | None) -> list[LevelRow]:
    asked = {conditions.level: conditions for conditions in CONDITIONS}
    return [
        LevelRow(
            number=number,
            name=name,
            limits=LEVELS[number],
            conditions=_progress(asked[number], standing) if number in asked else [],
            is_rolling=number in asked and asked[number].is_rolling,
            is_mine=number == present,
        )
        for number, name in enumerate(level_names())
    ]


def _progress(conditions: Conditions, standing: Standing | None) -> list[Progress]:
    facts = None if standing is None else standing.facts_for(conditions)
    names = fact_names()
    rows = []
    for fact, wanted in conditions.least.items():
        have = None if facts is None else facts[fact]
        share = 0 if have is None else min(100, 100 * have // max(wanted, 1))
        rows.append(Progress(names[fact], wanted, have, have is not None and have >= wanted, share))
    for fact, wanted in conditions.most.items():
        have = None if facts is None else facts[fact]
        rows.append(Progress(names[fact], wanted, have, have is not None and have <= wanted, None))
    return rows
