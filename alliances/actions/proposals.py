"""A proposal is written, changed, opened, thrown away, and proposed again."""

from sqlalchemy import delete, select

from accounts.models import User
from alliances.actions.voting import begin, next_number, set_options
from alliances.actions.withdrawing import FREE, take_back
from alliances.here import Here, here_at
from alliances.models import Electorate, Matter, Option, Proposal, ProposalState
from alliances.policy import AllianceRight
from alliances.proposal_loading import options_of, proposal_at
from alliances.proposal_text import ProposalFacts, check_proposal, facts_of
from alliances.rules import rule_for
from kernel.db import session
from kernel.errors import ConflictError, ForbiddenError, NotFoundError
from kernel.i18n import guess_lang
from kernel.idempotency import claim, fingerprint, keep
from kernel.markup import cook
from kernel.policy import authorise
from kernel.viewer import Viewer
from kernel.words import gettext as _


def draft_proposal(viewer: Viewer, facts: ProposalFacts, *, slug: str, once: str | None = None) -> Proposal:
    """Keep a new proposal as a draft that nobody else sees."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.PROPOSE, here)
    options = check_proposal(here, facts)
    if once:
        done = claim(viewer.me, once, fingerprint("proposal", slug, repr(facts)))
        if done is not None:
            return session().get_one(Proposal, int(done))
    proposal = Proposal(
        alliance_id=here.alliance.id,
        number=next_number(here.alliance),
        audience=f"user:{viewer.me}",
        author_id=viewer.me,
        member_id=next((member.id for member in here.voices), None),
    )
    _fill(here, proposal, facts)
    session().add(proposal)
    session().flush()
    set_options(proposal, options)
    if once:
        keep(viewer.me, once, str(proposal.id))
    return proposal


def change_draft(viewer: Viewer, facts: ProposalFacts, *, slug: str, number: int) -> Proposal:
    """Change one's own draft."""
    here, proposal = _own_draft(viewer, slug, number)
    options = check_proposal(here, facts)
    _fill(here, proposal, facts)
    session().execute(delete(Option).where(Option.proposal_id == proposal.id))
    set_options(proposal, options)
    proposal.version += 1
    return proposal


def open_proposal(viewer: Viewer, *, slug: str, number: int) -> Proposal:
    """Freeze the roll and the rules of a draft, and take votes from now on. What it replaces is withdrawn."""
    here, proposal = _own_draft(viewer, slug, number)
    options = options_of(proposal)
    check_proposal(here, stored_facts(proposal, options))  # the charter, or who is a member, may have changed since
    if proposal.replaces_id is not None:
        _replace(here, proposal)
    begin(here.alliance, proposal, options, actor=viewer)
    return proposal


def discard_draft(viewer: Viewer, *, slug: str, number: int) -> None:
    """Throw one's own draft away."""
    _here, proposal = _own_draft(viewer, slug, number)
    session().execute(delete(Option).where(Option.proposal_id == proposal.id))
    session().delete(proposal)


def propose_again(viewer: Viewer, *, slug: str, number: int) -> Proposal:
    """A draft with the same content, linked to what it replaces: to change what is being voted on, or to vote again."""
    here = here_at(viewer, slug, hold=True)
    authorise(viewer, AllianceRight.PROPOSE, here)
    before = proposal_at(here, number)
    if before.state == ProposalState.DRAFT:
        raise ConflictError(_("This is a draft: change it."))
    if before.state == ProposalState.OPEN:
        authorise(viewer, AllianceRight.OPEN_VOTE, (here, before))
    if before.matter not in FREE:
        raise ForbiddenError(_("This vote ends with what it is about; bring that up again."))
    mine = select(Proposal).where(
        Proposal.replaces_id == before.id,
        Proposal.state == ProposalState.DRAFT,
        Proposal.author_id == viewer.me,
    )
    if (begun := session().scalar(mine)) is not None:
        return begun
    proposal = Proposal(
        alliance_id=here.alliance.id,
        number=next_number(here.alliance),
        audience=f"user:{viewer.me}",
        author_id=viewer.me,
        member_id=next((member.id for member in here.voices), None),
        replaces_id=before.id,
    )
    options = options_of(before)
    facts = stored_facts(before, options)
    _fill(here, proposal, facts)
    session().add(proposal)
    session().flush()
    for option in options:
        session().add(_copy(option, proposal))
    session().flush()
    return proposal


def stored_facts(proposal: Proposal, options: list[Option]) -> ProposalFacts:
    """What was filled in, with the candidates by their handles."""
    people = {option.user_id for option in options if option.user_id is not None}
    rows = session().execute(select(User.id, User.handle).where(User.id.in_(people))) if people else ()
    return facts_of(proposal, options, {row.id: row.handle for row in rows})


def draft_at(here: Here, number: int) -> tuple[Proposal, list[Option]]:
    """One's own draft, to be shown in its form."""
    proposal = proposal_at(here, number)
    if proposal.state != ProposalState.DRAFT:
        raise NotFoundError
    return proposal, options_of(proposal)


def _own_draft(viewer: Viewer, slug: str, number: int) -> tuple[Here, Proposal]:
    """A draft of the viewer's, held with its alliance."""
    here = here_at(viewer, slug, hold=True)
    proposal = proposal_at(here, number, hold=True)
    authorise(viewer, AllianceRight.PROPOSE, here)
    authorise(viewer, AllianceRight.OPEN_VOTE, (here, proposal))
    if proposal.state != ProposalState.DRAFT:
        raise ConflictError(_("It is no draft any more."))
    return here, proposal


def _fill(here: Here, proposal: Proposal, facts: ProposalFacts) -> None:
    """What was filled in, as it is kept in a draft."""
    is_of_group = facts.electorate == Electorate.GROUP
    proposal.title, proposal.body = facts.title.strip(), facts.body.strip()
    proposal.body_html = cook(proposal.body).html if proposal.body else ""
    proposal.lang = guess_lang(proposal.title + proposal.body)
    proposal.matter, proposal.method = facts.matter.value, facts.method
    proposal.office = facts.office if facts.matter is Matter.OFFICE else ""
    proposal.electorate, proposal.group_id = facts.electorate, facts.group_id if is_of_group else None
    proposal.is_secret, proposal.hides_results = facts.is_secret, facts.hides_results or facts.is_secret
    proposal.days = facts.days or rule_for(here.alliance, facts.matter).days
    proposal.review_on, proposal.rules = facts.review_on, facts.wishes.kept()


def _replace(here: Here, proposal: Proposal) -> None:
    """What a proposal replaces is withdrawn, unless it has ended already; its votes stay to be seen."""
    query = select(Proposal).where(Proposal.id == proposal.replaces_id).with_for_update()
    before = session().scalars(query.execution_options(populate_existing=True)).one()
    if before.state == ProposalState.OPEN:
        authorise(here.viewer, AllianceRight.OPEN_VOTE, (here, before))
        message = _("Replaced by proposal %(number)s.", number=proposal.number)
        take_back(here.alliance, before, actor=here.viewer, message=message)


def _copy(option: Option, proposal: Proposal) -> Option:
    return Option(
        proposal_id=proposal.id,
        position=option.position,
        label=option.label,
        statement=option.statement,
        user_id=option.user_id,
        member_id=option.member_id,
        starts_at=option.starts_at,
        ends_at=option.ends_at,
        is_none=option.is_none,
    )
