"""What somebody takes along of the registry: every record with its evidence, which proves it without this site."""

from collections.abc import Callable, Iterable

from flask import current_app
from sqlalchemy import String, cast, func, literal, select

from ip_registry.evidence.bundle import make_bundle
from ip_registry.models import Achievement, Deposit, LedgerEntry, LedgerLog, Record, RecordEvent, RecordParty
from kernel.db import session
from kernel.personal import Blob, Piece, Table, exports
from kernel.viewer import Viewer


@exports("registry")
def my_records(viewer: Viewer) -> Iterable[Piece]:
    """Records, what I signed about them, where I am named, achievements, and a bundle for each record in the log."""
    number = (LedgerLog.label.concat("-").concat(cast(LedgerEntry.index, String))).label("number")
    mine = (
        select(Record)
        .join(LedgerLog, LedgerLog.id == Record.log_id)
        .outerjoin(LedgerEntry, LedgerEntry.leaf_hash == Record.leaf_hash)
        .where(Record.owner_id == viewer.me)
    )
    yield Table(
        "records",
        "My records",
        mine.outerjoin(Deposit, Deposit.record_id == Record.id).with_only_columns(
            number, Record.leaf_hash, Record.commitment, Record.owner_key, Record.state, Record.title, Record.kind,
            Record.lang, Record.is_disputed, Record.embargo_until, Record.created_at, Record.disclosed_at,
            Record.erased_at, LedgerLog.origin.label("log"),
            func.coalesce(literal("receipts/").concat(number).concat(".zip"), "").label("receipt"),
            Deposit.opening, Deposit.salt, Deposit.authors, Deposit.manifest,
        ),
        key=(Record.id,),
    )  # fmt: skip
    yield Table(
        "record-events",
        "What I signed about records",
        select(
            Record.leaf_hash.label("record"), RecordEvent.type, RecordEvent.leaf_hash, RecordEvent.details,
            RecordEvent.salt, RecordEvent.is_public, RecordEvent.created_at,
        )
        .join(Record, Record.id == RecordEvent.record_id)
        .where(RecordEvent.actor_id == viewer.me),
        key=(RecordEvent.id,),
    )  # fmt: skip
    yield Table(
        "record-parties",
        "Records in which I am named",
        select(
            Record.leaf_hash.label("record"), RecordParty.role, RecordParty.state, RecordParty.name,
            RecordParty.share, RecordParty.message, RecordParty.created_at, RecordParty.decided_at,
        )
        .join(Record, Record.id == RecordParty.record_id)
        .where(RecordParty.user_id == viewer.me),
        key=(RecordParty.id,),
    )  # fmt: skip
    yield Table(
        "achievements",
        "Achievements that I presented",
        select(
            Achievement.thread_id, Achievement.problem, Achievement.method, Achievement.trl, Achievement.ip_status,
            Achievement.region, Achievement.city, Achievement.award_name, Achievement.award_level,
            Achievement.award_year, Achievement.created_at,
        ).where(Achievement.owner_id == viewer.me),
        key=(Achievement.id,),
    )  # fmt: skip
    for row in session().execute(
        mine.with_only_columns(number).where(LedgerEntry.index.is_not(None)).order_by(Record.id)
    ):
        yield Blob(f"receipts/{row.number}.zip", _bundle(viewer, row.number))


def _bundle(viewer: Viewer, number: str) -> Callable[[], bytes]:
    def make() -> bytes:
        from ip_registry.evidence.gathering import parts_of  # its drawing libraries take long to load

        site = str(current_app.config["BASE_URL"]).rstrip("/")
        return make_bundle(parts_of(viewer, number, locale=viewer.locale, site=site))

    return make
