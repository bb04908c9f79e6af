"""What is written into a proposal, and which of it can be kept: shape, lengths, and what the charter asks at least."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import select

from accounts.models import User
from alliances.counting import Method
from alliances.counting.rules import MAX_SEATS
from alliances.here import Here
from alliances.models import Electorate, Group, GroupMember, Matter, Member, MemberState, Office, Option, Proposal, Seat
from alliances.rules import LARGEST_NUMBER, LONGEST_VOTE, MatterRule, fraction, rule_for
from alliances.wishes import AMONG_OPTIONS, BY_THRESHOLD, Wishes, methods_for, threshold_of
from kernel.clock import now
from kernel.db import session
from kernel.errors import InvalidError
from kernel.i18n import zone
from kernel.words import gettext as _

LONGEST_TITLE = 200
LONGEST_BODY = 20_000
LONGEST_OPTION = 300
LONGEST_STATEMENT = 2000
MOST_OPTIONS = 30
HIGHEST_SCORE = 10
MOST_DOTS = 100
SHORT_VOTES = (Method.SENSE, Method.TIME)  # that decide nothing to be afraid of


@dataclass(frozen=True, slots=True)
class OptionDraft:
    """What can be chosen: a text, a candidate with a statement, a time, or “none of these”."""

    label: str
    statement: str = ""
    user_id: int | None = None
    member_id: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody to be elected, as a form names them."""

    handle: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that may suit."""

    starts_at: datetime
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProposalFacts:
    """What its author fills in. Which of `options`, `candidates` and `slots` counts depends on the method."""

    title: str
    body: str = ""
    method: str = Method.SIMPLE.value
    electorate: str = Electorate.MEMBERS.value
    group_id: int | None = None
    office: str = ""
    is_secret: bool = False
    hides_results: bool = False
    days: int | None = None
    review_on: date | None = None
    options: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    slots: tuple[Slot, ...] = ()
    with_none: bool = False
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def matter(self) -> Matter:
        """An election is one to an office; all else that is proposed freely is a general matter."""
        return Matter.OFFICE if self.method == Method.ELECTION else Matter.GENERAL


def check_proposal(here: Here, facts: ProposalFacts) -> list[OptionDraft]:
    """The options that the facts mean; raises `InvalidError` naming every field that is not right."""
    errors: dict[str, str] = {}
    method = _method(here, facts, errors)
    if not facts.title.strip() or len(facts.title) > LONGEST_TITLE:
        errors["title"] = _("Give a title of at most %(number)s characters.", number=LONGEST_TITLE)
    if len(facts.body) > LONGEST_BODY:
        errors["body"] = _("At most %(number)s characters.", number=LONGEST_BODY)
    _electorate(here, facts, errors)
    options: list[OptionDraft] = []
    if method is not None:
        _numbers(here, facts, method, errors)
        options = _options(here, facts, method, errors)
    if facts.review_on is not None and facts.review_on <= now().astimezone(zone(here.viewer.timezone)).date():
        errors["review_on"] = _("Choose a day to come.")
    if facts.is_secret and method is Method.TIME:
        errors["is_secret"] = _("A time poll is open: one has to see who can come.")
    if errors:
        raise InvalidError(_("Please look at the marked fields."), errors=errors)
    return options


def least_days(rule: MatterRule, method: Method) -> int:
    """The shortest vote: what the charter gives its members, a day where nothing is decided."""
    return 1 if method in SHORT_VOTES else rule.days


def facts_of(proposal: Proposal, options: Sequence[Option], handles: dict[int, str]) -> ProposalFacts:
    """What was filled in, to be changed or proposed again. `handles` are those of the candidates."""
    shown = [option for option in options if not option.is_none]
    return ProposalFacts(
        title=proposal.title,
        body=proposal.body,
        method=proposal.method,
        electorate=proposal.electorate,
        group_id=proposal.group_id,
        office=proposal.office,
        is_secret=proposal.is_secret,
        hides_results=proposal.hides_results,
        days=proposal.days,
        review_on=proposal.review_on,
        options=tuple(option.label for option in shown if option.user_id is None and option.starts_at is None),
        candidates=tuple(
            Candidate(handles.get(option.user_id, ""), option.statement) for option in shown if option.user_id
        ),
        slots=tuple(Slot(option.starts_at, option.ends_at) for option in shown if option.starts_at),
        with_none=any(option.is_none for option in options),
        wishes=Wishes.of(proposal),
    )


def _method(here: Here, facts: ProposalFacts, errors: dict[str, str]) -> Method | None:
    if facts.method in methods_for(here.alliance, facts.matter):
        return Method(facts.method)
    if facts.method in set(Method):
        errors["method"] = _("The charter asks for more agreement than this method does.")
    else:
        errors["method"] = _("Choose how it is decided.")
    return None


def _electorate(here: Here, facts: ProposalFacts, errors: dict[str, str]) -> None:
    if facts.electorate not in set(Electorate):
        errors["electorate"] = _("Choose who decides.")
    elif facts.electorate == Electorate.COUNCIL and not here.is_in_council:
        errors["electorate"] = _("Only somebody in the council puts a question to it.")
    elif facts.electorate == Electorate.GROUP:
        group = session().get(Group, facts.group_id) if facts.group_id is not None else None
        if group is None or group.alliance_id != here.alliance.id or not here.holds(group.token):
            errors["electorate"] = _("Choose a working group of which you are part.")
        elif group.closed_at is not None:
            errors["electorate"] = _("This working group has ended.")
    if facts.method == Method.ELECTION:
        _office(facts, errors)


def _office(facts: ProposalFacts, errors: dict[str, str]) -> None:
    if facts.office not in set(Office):
        errors["office"] = _("Choose the office to be filled.")
    elif (facts.office == Office.LEAD) != (facts.electorate == Electorate.GROUP):
        errors["office"] = _("A working group elects its lead, and nobody else does.")
    elif facts.office == Office.COUNCIL and facts.electorate == Electorate.COUNCIL:
        errors["office"] = _("The council does not elect itself.")


def _numbers(here: Here, facts: ProposalFacts, method: Method, errors: dict[str, str]) -> None:
    rule, wishes = rule_for(here.alliance, facts.matter), facts.wishes
    least = least_days(rule, method)
    if facts.days is not None and not least <= facts.days <= LONGEST_VOTE:
        errors["days"] = _("From %(least)s to %(most)s days.", least=least, most=LONGEST_VOTE)
    if method in BY_THRESHOLD and wishes.threshold:
        wished, floor = fraction(wishes.threshold), threshold_of(rule, method, "1/2")
        if wished is None or not floor <= wished <= 1:
            errors["threshold"] = _("From %(least)s to 1, as a fraction such as 2/3.", least=_text(floor))
    if wishes.quorum_share:
        wished, floor = fraction(wishes.quorum_share), fraction(rule.quorum_share) or Fraction(0)
        if wished is None or not floor <= wished <= 1:
            errors["quorum_share"] = _("From %(least)s to 1, as a fraction such as 2/3.", least=_text(floor))
    bounds = {
        "quorum_count": (wishes.quorum_count, 0, LARGEST_NUMBER),
        "seats": (wishes.seats, 1, MAX_SEATS),
        "max_score": (wishes.max_score, 2, HIGHEST_SCORE),
        "dots": (wishes.dots, 2, MOST_DOTS),
    }
    for name, (value, lowest, highest) in bounds.items():
        if not lowest <= value <= highest:
            errors[name] = _("From %(least)s to %(most)s.", least=lowest, most=highest)
    if wishes.ballot not in (Method.RANKED, Method.APPROVAL):
        errors["ballot"] = _("Choose what a ballot looks like.")


def _options(here: Here, facts: ProposalFacts, method: Method, errors: dict[str, str]) -> list[OptionDraft]:
    if method is Method.ELECTION:
        drafts = _candidates(here, facts, errors)
    elif method is Method.TIME:
        drafts = [OptionDraft("", starts_at=slot.starts_at, ends_at=slot.ends_at) for slot in facts.slots]
        _count_of(drafts, 2, "slots", errors)
        if any(slot.ends_at is not None and slot.ends_at <= slot.starts_at for slot in facts.slots):
            errors["slots"] = _("Every time ends after it begins.")
        elif len({slot.starts_at for slot in facts.slots}) < len(facts.slots):
            errors["slots"] = _("Every time stands once.")
    elif method in AMONG_OPTIONS:
        labels = [label.strip() for label in facts.options if label.strip()]
        drafts = [OptionDraft(label) for label in labels]
        _count_of(drafts, 2, "options", errors)
        if len({label.casefold() for label in labels}) < len(labels):
            errors["options"] = _("Every option stands once.")
        elif any(len(label) > LONGEST_OPTION for label in labels):
            errors["options"] = _("An option has at most %(number)s characters.", number=LONGEST_OPTION)
    else:
        return []
    if drafts and not 1 <= facts.wishes.seats <= len(drafts):
        errors["seats"] = _("No more can be chosen than there are options.")
    if facts.with_none and method in (Method.ELECTION, *AMONG_OPTIONS):
        drafts.append(OptionDraft(_("None of these"), is_none=True))
    return drafts


def _count_of(drafts: Sequence[OptionDraft], fewest: int, field_name: str, errors: dict[str, str]) -> None:
    if not fewest <= len(drafts) <= MOST_OPTIONS:
        errors[field_name] = _("Give %(least)s to %(most)s of them.", least=fewest, most=MOST_OPTIONS)


def _candidates(here: Here, facts: ProposalFacts, errors: dict[str, str]) -> list[OptionDraft]:
    """People who act for a member; for the lead of a working group, those who are in it."""
    named = {one.handle.strip().removeprefix("@").lower(): one.statement.strip() for one in facts.candidates}
    named.pop("", None)
    if any(len(statement) > LONGEST_STATEMENT for statement in named.values()):
        errors["candidates"] = _("A statement has at most %(number)s characters.", number=LONGEST_STATEMENT)
    query = select(User.id, User.handle, User.display_name, Member.id.label("member_id"))
    if facts.office == Office.LEAD:
        query = query.join(GroupMember, GroupMember.user_id == User.id).outerjoin(
            Member, Member.id == GroupMember.member_id
        )
        query = query.where(GroupMember.group_id == facts.group_id)
    else:
        query = query.join(Seat, Seat.user_id == User.id).join(Member, Member.id == Seat.member_id)
        query = query.where(
            Seat.until.is_(None), Member.alliance_id == here.alliance.id, Member.state == MemberState.ACTIVE
        )
    rows = session().execute(query.where(User.handle.in_(sorted(named)), User.suspended_at.is_(None)))
    found = {row.handle: row for row in rows}
    if unknown := [handle for handle in named if handle not in found]:
        errors["candidates"] = _("Nobody in the alliance goes by %(handle)s.", handle=f"@{unknown[0]}")
    drafts = [
        OptionDraft(found[handle].display_name, statement, user_id=found[handle].id, member_id=found[handle].member_id)
        for handle, statement in named.items()
        if handle in found
    ]
    _count_of(drafts, 1, "candidates", errors) if "candidates" not in errors else None
    return drafts


def _text(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}"
