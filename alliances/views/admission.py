"""Asking to join, and deciding on it."""

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from alliances.actions import admission
from alliances.charters import charter_of
from alliances.forms.members import AnswerForm, DecisionForm, JoinForm, MessageForm, SponsorForm, put_errors
from alliances.here import Here, here_at
from alliances.models import Admission, Application, AskState, Invitation, Standing, State
from alliances.parties import Party, parties, spoken_for
from alliances.policy import AllianceRight
from alliances.powers import Power
from alliances.queries import admission as queries
from alliances.queries.members import my_members
from alliances.room import room
from alliances.views.frame import alliance_page
from alliances.views.members import members_page
from kernel.clock import now
from kernel.errors import InvalidError
from kernel.limits import POSTING, SMALL_DEEDS, limiter
from kernel.policy import authorise, can
from kernel.rooms import id_of
from kernel.web import current_viewer


@room.page("/alliances/<slug>/join", may=AllianceRight.READ)
def join(slug: str) -> ResponseReturnValue:
    """How one joins, the form for it, and what became of it so far."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    form = JoinForm(formdata=None, standing=Standing.FULL.value)
    answers = [AnswerForm(formdata=None, prefix=f"answer-{place}") for place in range(len(here.alliance.questions))]
    return _join_page(here, form, answers)


@room.page("/alliances/<slug>/join", may=AllianceRight.APPLY, methods=("POST",), endpoint="apply_to_join")
@limiter.limit(POSTING)
def send_application(slug: str) -> ResponseReturnValue:
    """Apply; what cannot be sent stays in the form."""
    viewer, form = current_viewer(), JoinForm()
    here = here_at(viewer, slug)
    answers = [AnswerForm(prefix=f"answer-{place}") for place in range(len(here.alliance.questions))]
    accepted = request.form.get("accepted", "")
    fit = [form.validate(), *(answer.validate() for answer in answers)]
    if all(fit):
        try:
            made = admission.apply(
                viewer,
                slug=slug,
                party=Party.parse(form.party.data or ""),
                standing=form.standing.data or "",
                answers=[answer.answer.data or "" for answer in answers],
                message=form.message.data or "",
                accepted=accepted,
            )
        except InvalidError as error:
            return _join_page(here, form, answers, accepted=accepted, extra=_sort(form, answers, error)), 422
        if made.state == AskState.ACCEPTED:
            flash(_("Welcome: you are a member now."), "success")
        else:
            flash(_("Your application was sent. You will hear what becomes of it, with a message."), "success")
        return redirect(f"/alliances/{slug}/applications/{made.id}", 303)
    return _join_page(here, form, answers, accepted=accepted), 422


def _sort(form: JoinForm, answers: list[AnswerForm], error: InvalidError) -> dict[str, str]:
    """Errors of answers to the answers; that of the charter is given back."""
    rest: dict[str, str] = {}
    for name, message in error.errors.items():
        place = id_of(name.removeprefix("answer-")) if name.startswith("answer-") else None
        if place is not None and place < len(answers):
            answers[place].answer.errors = [*answers[place].answer.errors, message]
        elif name == "accepted":
            rest[name] = message
        else:
            put_errors(form, InvalidError(error.detail, errors={name: message}))
    return rest


def _shuts_out(asked: Application | Invitation) -> bool:
    """One application at a time, and none until the day that a refusal named."""
    if not isinstance(asked, Application):
        return False
    return asked.state == AskState.OPEN or (asked.again_at is not None and asked.again_at > now())


def _join_page(
    here: Here,
    form: JoinForm,
    answers: list[AnswerForm],
    *,
    accepted: str = "",
    extra: dict[str, str] | None = None,
) -> str:
    viewer = here.viewer
    mine = spoken_for(viewer)
    facts = parties(mine)
    inside = {Party(row.member.party_kind, row.member.party_id) for row in my_members(here)}
    asks = queries.my_asks(viewer, here)
    shut = inside | {Party(row.asked.party_kind, row.asked.party_id) for row in asks if _shuts_out(row.asked)}
    form.offer(viewer.locale, [(party, facts[party]) for party in mine if party in facts and party not in shut])
    return alliance_page(
        "alliances/join.html",
        here,
        tab="overview",
        form=form,
        answers=answers,
        accepted=accepted,
        extra=extra or {},
        asks=asks,
        waiting=[row for row in asks if row.asked.state == AskState.OPEN],
        charter=charter_of(here.alliance),
        takes=here.alliance.state in (State.FORMING, State.ACTIVE)
        and here.alliance.admission != Admission.INVITE
        and here.alliance.open_seats != 0,
        is_slow=queries.is_slow_to_answer(here.alliance.id),
    )


@room.page("/alliances/<slug>/applications", may=AllianceRight.READ_INSIDE)
def applications(slug: str) -> ResponseReturnValue:
    """Those that wait, and how the others ended: for who decides."""
    viewer = current_viewer()
    here = here_at(viewer, slug)
    authorise(viewer, AllianceRight.READ_INSIDE, here)
    state = request.args.get("state", "")[:10]
    return members_page(
        "alliances/applications.html",
        here,
        part="applications",
        page=queries.application_page(viewer, here, state=state, cursor=request.args.get("cursor")),
        state=state,
    )


@room.page("/alliances/<slug>/applications/<int:application_id>", may=AllianceRight.ANSWER_INVITATION)
def application(slug: str, application_id: int) -> ResponseReturnValue:
    """One application, for who decides and for who asked."""
    return _as_page(here_at(current_viewer(), slug), application_id)


def _as_page(
    here: Here,
    application_id: int,
    *,
    decision: DecisionForm | None = None,
    sponsorship: SponsorForm | None = None,
) -> str:
    viewer = here.viewer
    row = queries.application_at(viewer, here, application_id)
    asked = row.asked
    is_mine = Party(asked.party_kind, asked.party_id) in spoken_for(viewer)
    form = (decision or DecisionForm(formdata=None, standing=asked.standing)).offer(viewer.locale)
    sponsor_form = sponsorship or SponsorForm(formdata=None, prefix="sponsor")
    voices = here.voices
    names = parties([Party(member.party_kind, member.party_id) for member in voices])
    sponsor_form.member.choices = [
        (str(member.id), facts.name_in(viewer.locale))
        for member in voices
        if (facts := names.get(Party(member.party_kind, member.party_id)))
    ]
    waits = asked.state == AskState.OPEN
    by_members = here.alliance.state == State.ACTIVE and here.alliance.admission in (
        Admission.VOTE,
        Admission.SPONSORS,
    )
    may_decide = waits and not is_mine and here.has(Power.ADMIT) and can(viewer, AllianceRight.ADMIT, here)
    proposal_id = asked.proposal_id if isinstance(asked, Application) else None
    return members_page(
        "alliances/application.html",
        here,
        part="applications",
        row=row,
        is_mine=is_mine,
        may_withdraw=waits and is_mine,
        may_accept=may_decide and not by_members and proposal_id is None,
        may_refuse=may_decide and proposal_id is None,
        may_vote=may_decide and here.alliance.admission == Admission.VOTE and proposal_id is None and by_members,
        may_sponsor=waits
        and not is_mine
        and here.alliance.admission == Admission.SPONSORS
        and can(viewer, AllianceRight.SPONSOR, here),
        decision=form,
        sponsor_form=sponsor_form,
        number=queries.proposal_number(proposal_id) if here.is_inside else None,
        withdrawal=MessageForm(formdata=None, prefix="withdrawal"),
    )


@room.page(
    "/alliances/<slug>/applications/<int:application_id>/<any(acceptance,refusal):deed>",
    may=AllianceRight.ADMIT,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def decide_application(slug: str, application_id: int, deed: str) -> ResponseReturnValue:
    """Accept or refuse, with a message."""
    viewer, form = current_viewer(), DecisionForm()
    if form.validate():
        try:
            admission.decide(
                viewer,
                slug=slug,
                application_id=application_id,
                accept=deed == "acceptance",
                message=form.message.data,
                standing=form.standing.data or "",
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("Your decision was sent with the message."), "success")
            return _back(slug, application_id)
    return _as_page(here_at(viewer, slug), application_id, decision=form), 422


@room.page(
    "/alliances/<slug>/applications/<int:application_id>/sponsorship", may=AllianceRight.SPONSOR, methods=("POST",)
)
@limiter.limit(SMALL_DEEDS)
def sponsor_application(slug: str, application_id: int) -> ResponseReturnValue:
    """Speak for it."""
    viewer, form = current_viewer(), SponsorForm(prefix="sponsor")
    if form.validate():
        try:
            admission.sponsor(
                viewer,
                slug=slug,
                application_id=application_id,
                member_id=id_of(form.member.data),
                message=form.message.data,
            )
        except InvalidError as error:
            put_errors(form, error)
        else:
            flash(_("You speak for this application now."), "success")
            return _back(slug, application_id)
    return _as_page(here_at(viewer, slug), application_id, sponsorship=form), 422


@room.page("/alliances/<slug>/applications/<int:application_id>/vote", may=AllianceRight.ADMIT, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def vote_on_application(slug: str, application_id: int) -> ResponseReturnValue:
    """Let the members decide."""
    admission.put_application_to_vote(current_viewer(), slug=slug, application_id=application_id)
    flash(_("The members are asked."), "success")
    return _back(slug, application_id)


@room.page(
    "/alliances/<slug>/applications/<int:application_id>/withdrawal",
    may=AllianceRight.ANSWER_INVITATION,
    methods=("POST",),
)
@limiter.limit(SMALL_DEEDS)
def withdraw_application(slug: str, application_id: int) -> ResponseReturnValue:
    """Take it back."""
    form = MessageForm(prefix="withdrawal")
    admission.withdraw_application(
        current_viewer(), slug=slug, application_id=application_id, message=form.message.data or ""
    )
    flash(_("Your application was taken back."), "success")
    return _back(slug, application_id)


def _back(slug: str, application_id: int) -> ResponseReturnValue:
    return redirect(f"/alliances/{slug}/applications/{application_id}", 303)
