"""Boards of alliances: opened with them, named after them, closed when nothing is decided there any more."""

from sqlalchemy import select, update

from accounts.actions.grants import grant_by_rule, revoke_by_rule
from accounts.models import Grant
from alliances.events import AllianceChanged, GroupClosed, GroupOpened, StateChanged, TermBegan, TermEnded
from alliances.models import LIVING, Alliance, Group, State, Term
from alliances.powers import POWERS, Power
from forum.models import Board, Community, Thread
from forum.naming import board_name
from forum.policy import OFFICER
from kernel.clock import now
from kernel.db import session
from kernel.events import subscribe

POSITION = 1000  # after the boards of the sector
OTHER = "en"
KEEPERS = tuple(office for office, powers in POWERS.items() if Power.PAGE in powers)
MEMBERS = ("成员", "Members")
COUNCIL = ("理事会", "Council")


@subscribe(StateChanged)
def follow_state(event: StateChanged) -> None:
    """An alliance that becomes active has its boards; they close and open with its life."""
    alliance = session().get_one(Alliance, event.alliance_id)
    if alliance.state == State.ACTIVE:
        ensure_boards(alliance)
    open_or_close(alliance)
    keep_officers(alliance.id)


@subscribe(AllianceChanged)
def follow_name(event: AllianceChanged) -> None:
    """Its boards bear its name."""
    alliance = session().get_one(Alliance, event.alliance_id)
    if (groups := _boards(alliance.id)) != {}:
        _name_boards(alliance, groups)


@subscribe(GroupOpened)
def open_group_board(event: GroupOpened) -> None:
    """A working group has a board of its own."""
    group = session().get_one(Group, event.group_id)
    alliance = session().get_one(Alliance, group.alliance_id)
    if alliance.state in LIVING:
        ensure_boards(alliance)


@subscribe(GroupClosed)
def close_group_board(event: GroupClosed) -> None:
    """It ended: what was written stays to be read."""
    open_or_close(session().get_one(Alliance, session().get_one(Group, event.group_id).alliance_id))


@subscribe(TermBegan, TermEnded)
def follow_offices(event: TermBegan | TermEnded) -> None:
    """Chair, vice-chairs and secretary look after the boards of their alliance."""
    keep_officers(session().get_one(Term, event.term_id).alliance_id)


def keep_officers(alliance_id: int) -> None:
    """Give the right to look after its boards to those who hold such an office now, and to nobody else."""
    session().flush()
    token = f"{OFFICER}{alliance_id}"
    terms = select(Term.user_id).where(
        Term.alliance_id == alliance_id, Term.ended_at.is_(None), Term.group_id.is_(None), Term.office.in_(KEEPERS)
    )
    should = set(session().scalars(terms))
    has = set(session().scalars(select(Grant.user_id).where(Grant.token == token)))
    for person in sorted(should - has):
        grant_by_rule(user_id=person, token=token)
    for person in sorted(has - should):
        revoke_by_rule(user_id=person, token=token)


def expected_tokens(alliance: Alliance) -> dict[str, bool]:
    """The tokens of the boards that an alliance has once it is active, and whether each is open now."""
    is_open = alliance.state in LIVING
    groups = session().scalars(select(Group).where(Group.alliance_id == alliance.id).order_by(Group.id))
    return {
        alliance.everybody: is_open,
        alliance.council: is_open,
        **{group.token: is_open and group.closed_at is None for group in groups},
    }


def ensure_boards(alliance: Alliance) -> None:
    """Make those that are missing: for its members, its council, and each working group."""
    known = _boards(alliance.id)
    wanted = [token for token, is_open in expected_tokens(alliance).items() if is_open and token not in known]
    community_id = _community(alliance) if wanted else 0
    for token in wanted:
        board = Board(
            community_id=community_id,
            slug=token.replace("alliance:", "a").replace(":", "-"),
            position=POSITION + len(known),
            audience=token,
            alliance_id=alliance.id,
            name_zh="",
            name_en="",
        )
        session().add(board)
        known[token] = board
    _name_boards(alliance, known)
    session().flush()


def _boards(alliance_id: int) -> dict[str, Board]:
    """By the token that opens each."""
    rows = session().scalars(select(Board).where(Board.alliance_id == alliance_id).order_by(Board.id))
    return {board.audience: board for board in rows}


def _name_boards(alliance: Alliance, boards: dict[str, Board]) -> None:
    groups = {
        group.token: (group.name, group.name)
        for group in session().scalars(select(Group).where(Group.alliance_id == alliance.id))
    }
    labels = {alliance.everybody: MEMBERS, alliance.council: COUNCIL, **groups}
    for token, board in boards.items():
        zh, en = labels[token]
        names = (board_name(alliance.name, zh), board_name(alliance.name_in(OTHER), en))
        if (board.name_zh, board.name_en) != names:
            board.name_zh, board.name_en = names
            board.version += 1


def open_or_close(alliance: Alliance) -> None:
    """Closed while nothing changes in the alliance, or its group has ended. Pages that were kept ready are outdated."""
    should = expected_tokens(alliance)
    for token, board in _boards(alliance.id).items():
        is_closed = not should.get(token, False)
        if is_closed == (board.closed_at is not None):
            continue
        board.closed_at = now() if is_closed else None
        board.version += 1
        session().execute(
            update(Thread)
            .where(Thread.board_id == board.id)
            .values(version=Thread.version + 1)
            .execution_options(synchronize_session=False)
        )
    session().flush()


def _community(alliance: Alliance) -> int:
    """That of its first sector; of the first sector of all where it names none."""
    query = select(Community.id).order_by(Community.position)
    slugs = alliance.sectors[:1]
    found = session().scalar(query.where(Community.slug.in_(slugs)).limit(1)) if slugs else None
    return found or session().scalars(query.limit(1)).one()
