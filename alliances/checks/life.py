"""What can be worked out again of alliances: sectors, sight, charters, and the chain of every log."""

import hashlib

from sqlalchemy import select

from alliances.charters import charter_hash
from alliances.log import START, chained, is_effaced
from alliances.models import Alliance, AllianceSector, CharterState, CharterVersion, LogLine, State
from kernel.checks import check
from kernel.db import session
from kernel.viewer import PUBLIC

AT_ONCE = 1_000


@check
def sectors_of_alliances(*, mend: bool) -> list[str]:
    """What an alliance shows and what lists are filtered by are the same."""
    listed: dict[int, set[str]] = {}
    for alliance_id, sector in session().execute(select(AllianceSector.alliance_id, AllianceSector.sector)):
        listed.setdefault(alliance_id, set()).add(sector)
    faults = []
    for row in session().execute(select(Alliance.id, Alliance.sectors).order_by(Alliance.id)):
        right, kept = set(row.sectors), listed.get(row.id, set())
        if right == kept:
            continue
        faults.append(f"alliance {row.id} is listed under {sorted(kept)}, and should be under {sorted(right)}")
        if mend:
            for sector in kept - right:
                session().delete(session().get_one(AllianceSector, (row.id, sector)))
            session().add_all(AllianceSector(alliance_id=row.id, sector=sector) for sector in right - kept)
            session().get_one(Alliance, row.id).version += 1
    return faults


@check
def sight_of_alliances(*, mend: bool) -> list[str]:
    """A draft is for its own people; what was opened stays public, unless the watch took it out of sight."""
    faults = []
    rows = session().scalars(select(Alliance).order_by(Alliance.id).execution_options(yield_per=AT_ONCE))
    for alliance in rows:
        was_opened = alliance.opened_at is not None or alliance.state not in (State.DRAFT, State.LAPSED)
        right = PUBLIC if was_opened and alliance.hidden_at is None else alliance.everybody
        if alliance.audience != right:
            faults.append(f"alliance {alliance.id} is for {alliance.audience}, and should be for {right}")
            if mend:
                alliance.audience = right
                alliance.version += 1
    return faults


@check
def charters_of_alliances(*, mend: bool) -> list[str]:  # noqa: ARG001 - what was signed cannot be mended
    """The charter that an alliance names is the one in force, and every version that was signed hashes to its hash."""
    faults = []
    rows = session().execute(
        select(CharterVersion, Alliance)
        .join(Alliance, Alliance.id == CharterVersion.alliance_id)
        .order_by(CharterVersion.alliance_id, CharterVersion.number)
        .execution_options(yield_per=AT_ONCE)
    )
    for charter, alliance in rows:
        of = f"charter {charter.number} of alliance {alliance.id}"
        if charter.state != CharterState.DRAFT and charter.hash != charter_hash(alliance, charter):
            faults.append(f"{of} is not the text whose hash was signed")
        is_named = charter.number == alliance.charter_number
        if (charter.state in (CharterState.SIGNING, CharterState.IN_FORCE)) != (
            is_named and charter.state != CharterState.REJECTED
        ):
            faults.append(f"{of} is {charter.state}, and the alliance names version {alliance.charter_number}")
    return faults


@check
def logs_of_alliances(*, mend: bool) -> list[str]:  # noqa: ARG001 - a chain is never mended
    """Every line follows the one before it and says what its digest says, unless a name was taken out of it since."""
    ends: dict[int, tuple[int, str]] = {}
    faults: dict[int, str] = {}
    lines = session().execute(
        select(LogLine.alliance_id, LogLine.number, LogLine.content, LogLine.digest, LogLine.hash)
        .order_by(LogLine.alliance_id, LogLine.number)
        .execution_options(yield_per=AT_ONCE)
    )
    for line in lines:
        number, head = ends.get(line.alliance_id, (0, START))
        is_said = line.digest == hashlib.sha256(line.content.encode()).hexdigest() or is_effaced(line.content)
        is_right = line.number == number + 1 and is_said and line.hash == chained(head, line.digest)
        if not is_right:
            faults.setdefault(line.alliance_id, f"the log of alliance {line.alliance_id} breaks at line {line.number}")
        ends[line.alliance_id] = (line.number, line.hash)
    for row in session().execute(select(Alliance.id, Alliance.log_length, Alliance.log_head).order_by(Alliance.id)):
        if (row.log_length, row.log_head or START) != ends.get(row.id, (0, START)):
            faults.setdefault(row.id, f"the log of alliance {row.id} does not end where the alliance says")
    return [faults[key] for key in sorted(faults)]
