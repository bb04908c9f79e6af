from collections.abc import Mapping
from datetime import timedelta

from flask import Response, jsonify
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from ip_registry.queries.health import ledger_health
from kernel.backups import BackupHealth, backup_health
from kernel.clock import now
from kernel.db import session
from kernel.jobs import Job
from kernel.policy import Door
from portal.room import room
from search_index.indexing.health import health

LONGEST_LAG = timedelta(minutes=10)


@room.page("/healthz", may=Door.ANYONE)
def healthz() -> Response:
    """Whether the site is fit: the database answers, and no due job waits for long.

    How search, the log and the backups are doing is said as well; a site where one of them is in trouble still serves
    its pages.
    """
    try:
        session().execute(text("SELECT 1"))
        oldest = session().scalar(select(func.min(Job.run_at)).where(Job.state == "waiting", Job.run_at <= now()))
        index = health()
        ledger = ledger_health()
        backup = backup_health()
    except SQLAlchemyError:
        session().rollback()
        return _answer(503, {"database": "unreachable"})
    lag = max((now() - oldest).total_seconds(), 0.0) if oldest else 0.0
    is_fit = lag < LONGEST_LAG.total_seconds()
    search = {
        "state": index.state,
        "engine": index.engine,
        "documents": index.documents,
        "lag_changes": index.lag_changes,
        "lag_seconds": index.lag_seconds,
    }
    facts = {"database": "ok", "worker_lag_seconds": round(lag, 1), "search": search, "ledger": ledger}
    facts["backup"] = _backup(backup)
    return _answer(200 if is_fit else 503, facts)


def _backup(health: BackupHealth) -> dict[str, object]:
    ages = {"age_seconds": health.last_good, "rehearsal_age_seconds": health.last_rehearsal}
    return {
        "state": health.state,
        "rehearsal": health.rehearsal,
        **{name: round((now() - at).total_seconds()) if at else None for name, at in ages.items()},
    }


def _answer(status: int, facts: Mapping[str, object]) -> Response:
    response = jsonify({"status": "ok" if status == 200 else "unfit", **facts})  # noqa: PLR2004 - HTTP
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
