from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network

from flask import Response, current_app, request
from sqlalchemy import Select, func, select

from accounts.models import User
from forum.models import Post, Thread
from ip_registry.queries.health import ledger_health
from kernel.backups import backup_health
from kernel.clock import now
from kernel.db import session
from kernel.errors import NotFoundError
from kernel.jobs import Job
from kernel.mail import Mail
from kernel.metrics import exposition
from kernel.policy import Door
from portal.room import room
from search_index.indexing.health import health

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


@room.page("/metrics", may=Door.ANYONE)
def metrics() -> Response:
    """What there is to measure, for whoever asks from the networks of `GUILDHALL_METRICS_FROM`; nothing for others."""
    if not _is_near():
        raise NotFoundError
    body, content_type = exposition(_gauges())
    response = Response(body, content_type=content_type)
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_near() -> bool:
    """By the address that asks. A request that came through a proxy that is not trusted says nothing about its own."""
    settings = current_app.config["SETTINGS"]
    if not settings.trusted_proxies and any(name in request.headers for name in FORWARDED):
        return False
    try:
        address = ip_address((request.remote_addr or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(one, strict=False) for one in settings.metrics_from.split())


def _gauges() -> Iterator[tuple[str, str, Mapping[str, float]]]:
    """What is read anew each time: by index, and what would need a whole table is counted by its greatest number."""
    jobs = _by_state(select(Job.state, func.count()).group_by(Job.state))
    oldest = session().scalar(select(func.min(Job.run_at)).where(Job.state == "waiting", Job.run_at <= now()))
    lag = max((now() - oldest).total_seconds(), 0.0) if oldest else 0.0
    mails = _by_state(select(Mail.state, func.count()).where(Mail.state.in_(("waiting", "dead"))).group_by(Mail.state))
    index, ledger, backup = health(), ledger_health(), backup_health()
    yield "guildhall_jobs_waiting", "Jobs that wait to be done.", {"": jobs.get("waiting", 0)}
    yield "guildhall_jobs_dead", "Jobs that were given up.", {"": jobs.get("dead", 0)}
    yield "guildhall_worker_lag_seconds", "How long the oldest due job has waited.", {"": lag}
    yield "guildhall_mails_waiting", "Mails that wait to be delivered.", {"": mails.get("waiting", 0)}
    yield "guildhall_mails_dead", "Mails that were given up.", {"": mails.get("dead", 0)}
    yield "guildhall_index_documents", "Documents in the search index.", {"": index.documents}
    yield "guildhall_index_lag_changes", "Changes that the search index has not taken yet.", {"": index.lag_changes}
    yield "guildhall_index_lag_seconds", "Age of the oldest of them.", {"": index.lag_seconds}
    yield "guildhall_ledger_size", "Entries in the log.", {"": float(str(ledger["size"]))}
    yield "guildhall_ledger_waiting", "Leaves that are not in the log yet.", {"": float(str(ledger["waiting"]))}
    ages = {"backup": backup.last_good, "rehearsal": backup.last_rehearsal}
    known = {name: (now() - at).total_seconds() for name, at in ages.items() if at is not None}
    yield "guildhall_backup_age_seconds", "Time since the last good backup and rehearsal.", known
    highest = {"people": User.id, "threads": Thread.id, "posts": Post.id}
    numbers = {name: float(session().scalar(select(func.max(column))) or 0) for name, column in highest.items()}
    yield "guildhall_highest_number", "The highest number given so far.", numbers


def _by_state(query: Select[str, int]) -> dict[str, float]:
    return {state: float(count) for state, count in session().execute(query)}
