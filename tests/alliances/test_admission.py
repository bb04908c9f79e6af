"""How parties come in: by each mode from the first word to the last, and what stays closed to whom."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.models import Organisation, User
from accounts.viewers import viewer_for
from activity.models import Notice
from alliances.actions.admission import apply, decide, put_application_to_vote, sponsor, withdraw_application
from alliances.actions.invitations import (
    accept_invitation,
    decline_invitation,
    invite,
    send_prepared,
    withdraw_invitation,
)
from alliances.charters import charter_of
from alliances.here import here_of
from alliances.jobs.upkeep import due_alliances, keep_up
from alliances.models import Acceptance, Application, AskState, Invitation, Matter, PartyKind, Proposal, Standing, State
from alliances.parties import Party
from alliances.queries.admission import application_page, asks_waiting, is_slow_to_answer, my_asks
from kernel.clock import now
from kernel.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from kernel.i18n import speaking
from kernel.work import unit_of_work
from tests.makers import decisions
from tests.makers.alliances import MadeAlliance, alliance, organisation
from tests.makers.people import person


@pytest.fixture(autouse=True)
def in_english(database: Session) -> Iterator[None]:
    """Refusals are recognised by their sentences."""
    with speaking("en"):
        yield


@pytest.fixture
def firm(database: Session) -> tuple[Organisation, User]:
    admin = person()
    return organisation(admin=admin), admin


def ask(made: MadeAlliance, house: Organisation, who: User, **facts: object) -> Application:
    charter = charter_of(made.alliance)
    assert charter is not None
    given = {"message": "We test modules.", "accepted": charter.hash, **facts}
    with unit_of_work():
        party = Party(PartyKind.ORGANISATION, house.id)
        return apply(viewer_for(who.id), slug=made.alliance.slug, party=party, **given)


def test_an_open_alliance_takes_whom_it_is_for_at_once(database: Session, firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="open", open_seats=1)
    house, admin = firm
    asked = ask(made, house, admin)
    assert asked.state == AskState.ACCEPTED
    assert made.alliance.everybody in viewer_for(admin.id).audience
    assert (made.alliance.member_count, made.alliance.open_seats) == (4, 0)
    assert database.scalars(select(Acceptance.user_id).where(Acceptance.user_id == admin.id)).all() == [admin.id]
    late = person()
    with pytest.raises(ConflictError, match="no open seat"):
        ask(made, organisation(admin=late), late)
    alone = person()
    charter = charter_of(made.alliance)
    assert charter is not None
    made.alliance.open_seats = None
    with pytest.raises(InvalidError) as refusal, unit_of_work():
        apply(
            viewer_for(alone.id),
            slug=made.alliance.slug,
            party=Party(PartyKind.PERSON, alone.id),
            accepted=charter.hash,
        )
    assert "standing" in refusal.value.errors


def test_officers_accept_with_a_message_and_in_another_standing(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="apply", questions=["Why?"])
    house, admin = firm
    with pytest.raises(InvalidError) as refusal:
        ask(made, house, admin)
    assert list(refusal.value.errors) == ["answer-0"]
    with pytest.raises(InvalidError, match="marked fields"):
        ask(made, house, admin, answers=["Because."], accepted="")
    with pytest.raises(ConflictError, match="charter has changed"):
        ask(made, house, admin, answers=["Because."], accepted="f" * 64)
    asked = ask(made, house, admin, answers=["Because."])
    slug, number = made.alliance.slug, asked.id
    with pytest.raises(ConflictError, match="waiting"):
        ask(made, house, admin, answers=["Again."])
    with pytest.raises(InvalidError):
        decide(made.viewer(0), slug=slug, application_id=number, accept=True, message=" ")
    with pytest.raises(ForbiddenError):
        decide(made.viewer(2), slug=slug, application_id=number, accept=True, message="Yes")
    with pytest.raises(NotFoundError):
        decide(viewer_for(admin.id), slug=slug, application_id=number, accept=True, message="Yes")
    with unit_of_work():
        decide(made.viewer(1), slug=slug, application_id=number, accept=True, message="Welcome", standing="associate")
    assert (asked.state, asked.answer, asked.decided_by_id) == (AskState.ACCEPTED, "Welcome", made.people[1].id)
    here = here_of(viewer_for(admin.id), made.alliance.id)
    assert [member.standing for member in here.members] == [Standing.ASSOCIATE]
    assert here.voices == ()


def test_a_refused_party_reads_why_and_applies_again_only_after_the_date(
    database: Session, firm: tuple[Organisation, User]
) -> None:
    made = alliance(admission="apply", reapply_days=10)
    house, admin = firm
    asked = ask(made, house, admin)
    with unit_of_work():
        decide(made.viewer(0), slug=made.alliance.slug, application_id=asked.id, accept=False, message="Too early.")
    assert (asked.state, asked.answer) == (AskState.REFUSED, "Too early.")
    told = database.scalars(select(Notice.event).where(Notice.user_id == admin.id)).all()
    assert "application.refused" in told
    with pytest.raises(ConflictError, match=(now() + timedelta(days=10)).date().isoformat()):
        ask(made, house, admin)
    with time_machine.travel(now() + timedelta(days=11)):
        ask(made, house, admin)
    rows = my_asks(viewer_for(admin.id), here_of(viewer_for(admin.id), made.alliance.id))
    assert [row.asked.state for row in rows] == ["open", "refused"]


def test_the_members_vote_and_the_outcome_is_the_answer(database: Session, firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="vote", members=3)
    house, admin = firm
    asked = ask(made, house, admin)
    on = database.get_one(Proposal, asked.proposal_id)
    assert (on.matter, on.state, on.roll_size) == (Matter.ADMISSION, "open", 3)
    with pytest.raises(ConflictError, match="voting"):
        decide(made.viewer(0), slug=made.alliance.slug, application_id=asked.id, accept=True, message="Yes")
    for who in (0, 1):
        decisions.vote(made, on, who, decisions.YES)
    decisions.end(on)
    assert asked.state == AskState.ACCEPTED
    assert made.alliance.everybody in viewer_for(admin.id).audience

    other = person()
    refused = ask(made, organisation(admin=other), other)
    on = database.get_one(Proposal, refused.proposal_id)
    for who in (0, 1):
        decisions.vote(made, on, who, decisions.NO, reason="We do no sensors yet.")
    decisions.vote(made, on, 2, decisions.YES, reason="Why not?")
    decisions.end(on)
    assert (refused.state, refused.answer) == (AskState.REFUSED, "We do no sensors yet.")
    assert refused.again_at is not None

    silent = person()
    ignored = ask(made, organisation(admin=silent), silent)
    decisions.end(database.get_one(Proposal, ignored.proposal_id))
    assert (ignored.state, ignored.again_at) == (AskState.LAPSED, None)


def test_an_application_taken_back_ends_its_vote(database: Session, firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="vote")
    house, admin = firm
    asked = ask(made, house, admin)
    with pytest.raises(NotFoundError):
        withdraw_application(made.viewer(0), slug=made.alliance.slug, application_id=asked.id)
    with unit_of_work():
        withdraw_application(viewer_for(admin.id), slug=made.alliance.slug, application_id=asked.id)
    assert asked.state == AskState.WITHDRAWN
    assert database.get_one(Proposal, asked.proposal_id).state == "withdrawn"


def test_an_application_from_before_the_mode_changed_is_put_to_the_vote(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="apply")
    house, admin = firm
    asked = ask(made, house, admin)
    made.alliance.admission = "vote"
    with pytest.raises(ForbiddenError, match="vote"):
        decide(made.viewer(0), slug=made.alliance.slug, application_id=asked.id, accept=True, message="Yes")
    with unit_of_work():
        put_application_to_vote(made.viewer(0), slug=made.alliance.slug, application_id=asked.id)
    assert asked.proposal_id is not None


def test_the_last_of_the_sponsors_it_needs_makes_it_a_member(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="sponsors", sponsors_needed=2, members=4)
    house, admin = firm
    asked = ask(made, house, admin)
    slug, number = made.alliance.slug, asked.id
    with pytest.raises(ForbiddenError, match="speaking for it"):
        decide(made.viewer(0), slug=slug, application_id=number, accept=True, message="Yes")
    with unit_of_work():
        sponsor(made.viewer(2), slug=slug, application_id=number, message="We know them.")
    with pytest.raises(ConflictError, match="already"):
        sponsor(made.viewer(2), slug=slug, application_id=number, message="Really.")
    assert asked.state == AskState.OPEN
    with unit_of_work():
        sponsor(made.viewer(3), slug=slug, application_id=number, message="They are good.")
    assert asked.state == AskState.ACCEPTED


def test_only_whom_an_invitation_names_joins_where_others_may_not(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="invite")
    house, admin = firm
    slug, guest = made.alliance.slug, viewer_for(admin.id)
    with pytest.raises(ForbiddenError, match="invited"):
        ask(made, house, admin)
    with pytest.raises(InvalidError) as refusal:
        invite(made.viewer(0), slug=slug, kind="organisation", name="nobody")
    assert "name" in refusal.value.errors
    with unit_of_work():
        sent = invite(made.viewer(0), slug=slug, kind="organisation", name=house.slug, message="Come")
    assert isinstance(sent, Invitation)
    assert [row.asked.id for row in asks_waiting(guest)] == [sent.id]
    with pytest.raises(ConflictError, match="invited already"):
        invite(made.viewer(1), slug=slug, kind="organisation", name=house.slug)
    with pytest.raises(NotFoundError):
        accept_invitation(viewer_for(person().id), slug=slug, invitation_id=sent.id)
    with pytest.raises(InvalidError):
        accept_invitation(guest, slug=slug, invitation_id=sent.id)
    charter = charter_of(made.alliance)
    assert charter is not None
    with unit_of_work():
        accept_invitation(guest, slug=slug, invitation_id=sent.id, accepted=charter.hash)
    assert sent.state == AskState.ACCEPTED
    assert made.alliance.everybody in viewer_for(admin.id).audience


def test_inviting_who_has_applied_accepts_and_applying_when_invited_too(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="apply")
    house, admin = firm
    asked = ask(made, house, admin)
    with unit_of_work():
        answer = invite(made.viewer(0), slug=made.alliance.slug, kind="organisation", name=house.slug)
    assert (answer, asked.state) == (asked, AskState.ACCEPTED)
    other = person()
    guest = organisation(admin=other)
    with unit_of_work():
        sent = invite(
            made.viewer(0), slug=made.alliance.slug, kind="organisation", name=guest.slug, standing="observer"
        )
    applied = ask(made, guest, other)
    assert (applied.state, applied.standing, sent.state) == (AskState.ACCEPTED, "observer", AskState.ACCEPTED)


def test_officers_do_not_get_around_the_members_by_inviting(database: Session, firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="vote")
    house, admin = firm
    charter = charter_of(made.alliance)
    assert charter is not None
    with unit_of_work():
        sent = invite(made.viewer(0), slug=made.alliance.slug, kind="organisation", name=house.slug)
        accept_invitation(viewer_for(admin.id), slug=made.alliance.slug, invitation_id=sent.id, accepted=charter.hash)
    assert made.alliance.everybody not in viewer_for(admin.id).audience
    asked = database.scalars(select(Application)).one()
    assert (asked.state, asked.proposal_id is not None) == (AskState.OPEN, True)


def test_what_is_prepared_in_a_draft_is_sent_when_it_opens(database: Session, firm: tuple[Organisation, User]) -> None:
    made = alliance(state=State.DRAFT)
    house, admin = firm
    with unit_of_work():
        kept = invite(made.viewer(0), slug=made.alliance.slug, kind="organisation", name=house.slug)
    guest = viewer_for(admin.id)
    assert asks_waiting(guest) == []
    with pytest.raises(NotFoundError):
        decline_invitation(guest, slug=made.alliance.slug, invitation_id=kept.id, message="No")
    with unit_of_work():
        made.alliance.state, made.alliance.audience = State.FORMING.value, "public"
        send_prepared(made.alliance)
    assert [row.asked.id for row in asks_waiting(guest)] == [kept.id]
    told = select(Notice.event).where(Notice.user_id == admin.id)
    assert database.scalars(told).all() == ["invitation.sent"]


def test_an_invitation_is_declined_withdrawn_or_lapses_with_its_word(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="invite")
    house, admin = firm
    slug, chair = made.alliance.slug, made.viewer(0)

    def sent() -> Invitation:
        with unit_of_work():
            made_one = invite(chair, slug=slug, kind="organisation", name=house.slug)
        assert isinstance(made_one, Invitation)
        return made_one

    declined = sent()
    with pytest.raises(InvalidError):
        decline_invitation(viewer_for(admin.id), slug=slug, invitation_id=declined.id, message="")
    with unit_of_work():
        decline_invitation(viewer_for(admin.id), slug=slug, invitation_id=declined.id, message="Not now.")
    assert (declined.state, declined.answer) == (AskState.REFUSED, "Not now.")
    withdrawn = sent()
    with pytest.raises(NotFoundError):
        withdraw_invitation(viewer_for(admin.id), slug=slug, invitation_id=withdrawn.id, message="No")
    with unit_of_work():
        withdraw_invitation(chair, slug=slug, invitation_id=withdrawn.id, message="A mistake.")
    late = sent()
    with time_machine.travel(now() + timedelta(days=31)):
        with pytest.raises(ConflictError, match="over"):
            accept_invitation(viewer_for(admin.id), slug=slug, invitation_id=late.id)
        assert due_alliances() == [made.alliance.id]
        with unit_of_work():
            keep_up(made.alliance.id)
        assert due_alliances() == []
    assert late.state == AskState.LAPSED


def test_who_lets_applicants_wait_is_reminded_and_then_everybody_may_know(
    database: Session, firm: tuple[Organisation, User]
) -> None:
    made = alliance(admission="apply")
    house, admin = firm
    ask(made, house, admin)
    with time_machine.travel(now() + timedelta(days=8)):
        assert due_alliances() == [made.alliance.id]
        with unit_of_work():
            keep_up(made.alliance.id)
        assert due_alliances() == []
        assert not is_slow_to_answer(made.alliance.id)
    told = select(Notice.user_id).where(Notice.event == "application.waiting").order_by(Notice.user_id)
    assert database.scalars(told).all() == sorted(user.id for user in made.people[:2])
    with time_machine.travel(now() + timedelta(days=22)):
        assert is_slow_to_answer(made.alliance.id)


def test_nobody_decides_on_an_application_of_their_own(firm: tuple[Organisation, User]) -> None:
    made = alliance(admission="apply")
    house = organisation(admin=made.people[0])
    asked = ask(made, house, made.people[0])
    with pytest.raises(ForbiddenError, match="own"):
        decide(made.viewer(0), slug=made.alliance.slug, application_id=asked.id, accept=True, message="Yes")


def test_applications_are_seen_by_the_council_and_by_members_only_where_they_decide(
    firm: tuple[Organisation, User],
) -> None:
    made = alliance(admission="apply")
    house, admin = firm
    asked = ask(made, house, admin)

    def seen(who: int) -> list[int]:
        return [row.asked.id for row in application_page(made.viewer(who), made.here(who)).items]

    assert (seen(0), seen(1), seen(2)) == ([asked.id], [asked.id], [])
    made.alliance.admission = "sponsors"
    assert seen(2) == [asked.id]
    stranger = viewer_for(person().id)
    assert application_page(stranger, here_of(stranger, made.alliance.id)).items == []


def test_while_it_is_forming_whoever_is_accepted_has_signed(firm: tuple[Organisation, User]) -> None:
    made = alliance(state=State.FORMING, members=2, admission="apply", founding_members=3)
    house, admin = firm
    asked = ask(made, house, admin)
    with unit_of_work():
        decide(made.viewer(0), slug=made.alliance.slug, application_id=asked.id, accept=True, message="Welcome")
    assert made.alliance.state == State.ACTIVE
    assert made.alliance.everybody in viewer_for(admin.id).audience
