"""The nine people of the matrix, in an alliance in any state."""

from dataclasses import dataclass

from accounts.models import User
from accounts.viewers import viewer_for
from alliances.actions.admission import apply
from alliances.actions.groups import join_group, open_group
from alliances.joining import end_membership
from alliances.models import ENDED, Application, Group, Member, MemberState, Office, Proposal, Standing, State
from alliances.parties import Party
from alliances.terms import begin_term
from kernel.clock import now
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from tests.makers import alliances as make
from tests.makers import decisions
from tests.makers.people import person

ROLES = ("outsider", "applicant", "observer", "member", "council", "chair", "former", "other", "staff")


@dataclass
class Stage:
    """An alliance with all of them, and one thing of each kind. The chair is the first of its people."""

    made: make.MadeAlliance
    users: dict[str, User]
    group: Group
    vote: Proposal
    application: Application
    members: dict[str, Member]

    def viewer(self, role: str) -> Viewer:
        """Somebody as of now."""
        return viewer_for(self.users[role].id) if role in self.users else Viewer()

    def part(self) -> None:
        """The former member goes."""
        with unit_of_work():
            end_membership(
                self.made.alliance, self.members["former"], state=MemberState.LEFT, reason="zqleft", actor=None
            )

    def turn(self, state: State) -> "Stage":
        """Let it be in this state, as if it had come there the usual way."""
        with unit_of_work() as work:
            alliance = work.get_one(type(self.made.alliance), self.made.alliance.id)
            alliance.state = state.value
            alliance.audience = alliance.everybody if state is State.DRAFT else "public"
            alliance.ended_at = now() if state in ENDED else None
        self.made.alliance = alliance
        return self


def people() -> dict[str, User]:
    """Those who have a role somewhere; what it is, `stage` says."""
    users = {role: person(handle=f"the-{role}", staff=role == "staff") for role in ROLES[1:]}
    elsewhere = make.alliance(members=2)
    member = make.add_member(elsewhere, admin=users["other"])
    with unit_of_work():
        begin_term(elsewhere.alliance, Office.VICE_CHAIR, user_id=users["other"].id, member_id=member.id, actor=None)
    return users


def stage(users: dict[str, User], *, answer: str = "Because.", is_over: bool = True) -> Stage:
    """An active alliance in which everybody is what they are called; the former member left, if it `is_over`."""
    made = make.alliance(members=2)
    members: dict[str, Member] = {}
    for role in ("chair", "member", "council", "observer", "former"):
        standing = Standing.OBSERVER if role == "observer" else Standing.FULL
        members[role] = make.add_member(made, admin=users[role], standing=standing)
    with unit_of_work():
        for role, office in (("chair", Office.VICE_CHAIR), ("council", Office.COUNCIL)):
            begin_term(made.alliance, office, user_id=users[role].id, member_id=members[role].id, actor=None)
    with unit_of_work():
        group = open_group(made.viewer(), slug=made.alliance.slug, name="Coatings")
    with unit_of_work():
        join_group(viewer_for(users["member"].id), slug=made.alliance.slug, group_id=group.id)
    vote = decisions.proposal(made, title="Buy a tester")
    house = make.organisation(admin=users["applicant"])
    with unit_of_work():
        application = apply(
            viewer_for(users["applicant"].id),
            slug=made.alliance.slug,
            party=Party("organisation", house.id),
            message=answer,
            accepted="0" * 64,
        )
    here = Stage(made, users, group, vote, application, members)
    if is_over:
        here.part()
    return here
